//! `2fa/verify`, the client's half (the gateway's contract §3).

use super::{Answer, Body, Call};
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::Pin;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The body that asks whether `pin` is the one that `msisdn` received.
pub(crate) fn body(msisdn: Msisdn, pin: &Pin) -> Body {
    #[derive(Serialize)]
    struct Fields<'a> {
        msisdn: String,
        pin: &'a str,
    }
    Body::new(
        Call::VerifyPin,
        &Fields {
            msisdn: msisdn.to_string(),
            pin: pin.expose(),
        },
    )
    .hiding(pin)
}

/// What the gateway says of a PIN. `verified` and `previously_verified` decide; the rest is for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Check {
    pub(crate) verified: bool,
    /// Whether the gateway says that the PIN was verified before.
    pub(crate) previously_verified: bool,
    /// Absent where the gateway left it out or sent something that is not a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tries_remaining: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

/// Whether a PIN is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinVerdict {
    Right,
    /// Right, and verified before. A PIN is accepted once (NIST SP 800-63B §3.1.3.2): the one who types it now may have read it
    /// over a shoulder, or from the SMS after its owner.
    Used,
    Wrong,
}

impl Check {
    /// `accept_used` takes a PIN that was verified before.
    pub(crate) const fn verdict(&self, accept_used: bool) -> PinVerdict {
        match (self.verified, self.previously_verified && !accept_used) {
            (true, false) => PinVerdict::Right,
            (true, true) => PinVerdict::Used,
            (false, _) => PinVerdict::Wrong,
        }
    }
}

/// Reads the result of an answer whose status is `ok`. Anything but `verified: true` is not verified.
pub(crate) fn read(answer: &Answer) -> Check {
    let field = |name: &str| answer.result.get(name);
    let is_true = |name: &str| field(name).and_then(Value::as_bool) == Some(true);
    let tries_remaining = match field("tries_remaining") {
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(value) => value.as_u64(),
        None => None,
    };
    Check {
        verified: is_true("verified"),
        previously_verified: is_true("previously_verified"),
        tries_remaining,
        message: field("message").and_then(Value::as_str).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ReceivedBody, Secrets};

    #[test]
    fn a_pin_is_good_once() {
        for (verified, previously_verified, accept_used, verdict) in [
            (true, false, false, PinVerdict::Right),
            (true, false, true, PinVerdict::Right),
            (true, true, false, PinVerdict::Used),
            (true, true, true, PinVerdict::Right),
            (false, false, false, PinVerdict::Wrong),
            (false, true, false, PinVerdict::Wrong),
            (false, true, true, PinVerdict::Wrong),
        ] {
            let check = Check {
                verified,
                previously_verified,
                ..Check::default()
            };
            assert_eq!(check.verdict(accept_used), verdict, "{check:?} {accept_used}");
        }
    }

    #[test]
    fn nothing_but_true_is_verified() {
        for (result, verified, tries) in [
            (r#"{"verified":true,"tries_remaining":2}"#, true, Some(2)),
            (r#"{"verified":"true","tries_remaining":"2"}"#, false, Some(2)),
            (r#"{"verified":1,"tries_remaining":null}"#, false, None),
            (r#"{"verified":false}"#, false, None),
            (r"[true]", false, None),
            ("null", false, None),
        ] {
            let answer = {
                let body = format!(r#"{{"status":"ok","result":{result}}}"#);
                Answer::parse(&ReceivedBody::new(body.into(), Secrets::default())).unwrap()
            };
            let check = read(&answer);
            assert_eq!(
                (check.verified, check.tries_remaining),
                (verified, tries),
                "{result}"
            );
        }
    }
}
