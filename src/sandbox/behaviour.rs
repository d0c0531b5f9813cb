//! What a test asks of the sandbox at run time, or with `serve --pin` and its like: what it says, and what it does to a
//! call.

use super::delivery::SimulatedDelivery;
use super::fault::{CallFault, InjectedFault};
use super::hlr::HlrAnswer;
use super::options::Latency;
use super::store::accounts::AccountPrefix;
use super::store::behaviours::{self, KeptBehaviour};
use crate::domain::invalid::Invalid;
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::Pin;
use crate::wire::Call;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// It is kept as it is written here, and read again for each call.
/// One behaviour: to which calls it applies, and what it changes. What is left out changes nothing, or limits nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Behaviour {
    /// Given by the sandbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<i64>,
    /// The beginning of the SHA-256 of an account's key, 4 hexadecimal digits at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Digits only, country code first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) msisdn: Option<String>,
    /// `2fa/request`, `2fa/verify`, `hlr/request` or `account/get-balance`; or `request`, `verify`, `lookup`, `balance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<String>,
    /// For so many calls; without it until it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u32>,
    /// A fault as for `serve --fault`, or any error id, also one that the contract doesn't list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<String>,
    /// The HTTP code for an error id, 200 to 599.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<u16>,
    /// `200ms`, or `60ms..1s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latency: Option<String>,
    /// The PIN of the next SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pin: Option<String>,
    /// `ported`, `roaming`, or the digits of a network with or without a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hlr: Option<String>,
    /// A delivery status, or `late`, `twice`, `out-of-order`, `silent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<String>,
}

/// What changes for one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) fault: Option<CallFault>,
    pub(crate) latency: Option<Latency>,
    pub(crate) pin: Option<Pin>,
    pub(crate) hlr: Option<HlrAnswer>,
    pub(crate) delivery: Option<SimulatedDelivery>,
}

impl Behaviour {
    /// Reads JSON, and refuses what could not be carried out.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Invalid> {
        let mut read: Self = serde_json::from_slice(body).map_err(Invalid::new)?;
        read.id = None;
        if let Some(text) = &read.account {
            let words = "4 to 64 hexadecimal digits, the beginning of the SHA-256 of a key";
            let prefix = AccountPrefix::parse(text).ok_or(Invalid::of("account", words))?;
            read.account = prefix.as_str().map(str::to_owned);
        }
        if read.msisdn.is_some() && read.number().is_none() {
            return Err(Invalid::of("msisdn", "digits only, country code first"));
        }
        if let Some(name) = &read.call {
            let call = call_named(name).ok_or(Invalid::of("call", "request, verify, lookup or balance"))?;
            read.call = Some(call.path().to_owned());
        }
        if read.times == Some(0) {
            return Err(Invalid::of("times", "1 or more"));
        }
        if read.effects()? == Effects::default() {
            let words = "it changes nothing: give fault, latency, pin, hlr or delivery";
            return Err(Invalid::new(words));
        }
        Ok(read)
    }

    pub(super) fn number(&self) -> Option<Msisdn> {
        Msisdn::from_digits(self.msisdn.as_deref()?)
    }

    pub(super) fn effects(&self) -> Result<Effects, Invalid> {
        let fault = self.fault.as_deref().map(fault_named).transpose()?;
        let is_refusal = matches!(fault, Some(InjectedFault::Refused(_)));
        if self
            .http
            .is_some_and(|code| !is_refusal || !(200..=599).contains(&code))
        {
            let words = "200 to 599, and only together with an error id as the fault";
            return Err(Invalid::of("http", words));
        }
        let http = self.http;
        Ok(Effects {
            fault: fault.map(|fault| CallFault { fault, http }),
            latency: field("latency", self.latency.as_deref(), str::parse)?,
            pin: field("pin", self.pin.as_deref(), Pin::parse)?,
            hlr: field("hlr", self.hlr.as_deref(), str::parse)?,
            delivery: field("delivery", self.delivery.as_deref(), str::parse)?,
        })
    }

    /// Keeps it, and gives it back with its id.
    pub(crate) fn add(mut self, state: &rusqlite::Connection) -> rusqlite::Result<Self> {
        let text = serde_json::to_string(&self).expect("strings and numbers");
        let (account, call) = (self.account.as_deref(), self.call.as_deref());
        self.id = Some(behaviours::add(
            state,
            account,
            self.number(),
            call,
            self.times,
            &text,
        )?);
        Ok(self)
    }

    /// As it is kept: with its id, and with the calls that it is still for.
    pub(crate) fn of(kept: &KeptBehaviour) -> Self {
        Self {
            id: Some(kept.id),
            times: kept.times,
            ..serde_json::from_str(&kept.text).unwrap_or_default()
        }
    }
}

/// Reads one field of what a behaviour changes, where it is there.
fn field<T, E: std::fmt::Display>(
    name: &str,
    text: Option<&str>,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Invalid> {
    text.map(|text| read(text).map_err(|error| Invalid::of(name, error)))
        .transpose()
}

impl Effects {
    /// What several behaviours come to: of each effect, the one that was asked for last. The newest comes first.
    pub(crate) fn of(behaviours: &[KeptBehaviour]) -> Self {
        let mut effects = Self::default();
        for kept in behaviours {
            // What can't be read was written by another version of this program.
            let older = Behaviour::of(kept).effects().unwrap_or_default();
            effects.fault = effects.fault.or(older.fault);
            effects.latency = effects.latency.or(older.latency);
            effects.pin = effects.pin.or(older.pin);
            effects.hlr = effects.hlr.or(older.hlr);
            effects.delivery = effects.delivery.or(older.delivery);
        }
        effects
    }
}

/// A call by its path or by the name of the command that makes it.
pub(crate) fn call_named(name: &str) -> Option<Call> {
    Some(match name {
        "request" => Call::RequestPin,
        "verify" => Call::VerifyPin,
        "lookup" => Call::Lookup,
        "balance" => Call::Balance,
        path => Call::ALL.into_iter().find(|call| call.path() == path)?,
    })
}

/// A fault by its name, or any error id: another than the listed ones is written in capital letters with `_`.
fn fault_named(name: &str) -> Result<InjectedFault, Invalid> {
    name.parse().or_else(|unknown| {
        let is_id = name.contains('_')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if is_id {
            Ok(InjectedFault::Refused(crate::wire::ErrorId::from_text(name)))
        } else {
            let words = format!("{unknown}, also one that is not listed: in capital letters, with _");
            Err(Invalid::of("fault", words))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaviours_are_read_whole_or_refused_with_the_field() {
        for good in [
            r#"{"fault":"429","times":2}"#,
            r#"{"msisdn":"12025550100","call":"2fa/request","pin":"123456"}"#,
            r#"{"fault":"NEW_ERROR","http":422,"account":"ab12"}"#,
            r#"{"call":"lookup","hlr":"ported"}"#,
            r#"{"hlr":"21407 Some Network","latency":"1ms..2ms","delivery":"late"}"#,
        ] {
            assert!(
                Behaviour::read(good.as_bytes()).is_ok(),
                "{good}: {:?}",
                Behaviour::read(good.as_bytes())
            );
        }
        for (wrong, field) in [
            ("{", "EOF"),
            ("{}", "changes nothing"),
            (r#"{"pim":"1234"}"#, "pim"),
            (r#"{"pin":"12 34"}"#, "pin"),
            (r#"{"pin":"1234","msisdn":"+34"}"#, "msisdn"),
            (r#"{"pin":"1234","call":"sms/send"}"#, "call"),
            (r#"{"pin":"1234","times":0}"#, "times"),
            (r#"{"pin":"1234","account":"xyz"}"#, "account"),
            (r#"{"fault":"boom"}"#, "fault"),
            (r#"{"fault":"429","http":422}"#, "http"),
            (r#"{"fault":"NEW_ERROR","http":99}"#, "http"),
            (r#"{"latency":"fast"}"#, "latency"),
            (r#"{"hlr":"nowhere"}"#, "hlr"),
            (r#"{"delivery":"lost"}"#, "delivery"),
            (r#"{"latency":"61m"}"#, "hour"),
            (r#"{"replace_accents":true}"#, "replace_accents"),
        ] {
            let error = Behaviour::read(wrong.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(field), "{wrong}: {error}");
        }
    }
}
