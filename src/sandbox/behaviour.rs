//! What a test asks of the sandbox at run time, or with `serve --pin` and its like: what it says, and what it does to a
//! call.

use super::delivery::Delivery;
use super::fault::{CallFault, InjectedFault, UnknownFault};
use super::hlr::{HlrAnswer, HlrAnswerError};
use super::options::Latency;
use super::store::accounts::AccountPrefix;
use super::store::behaviours::{self, BehaviourRow};
use crate::domain::msisdn::Msisdn;
use crate::domain::pin::{Pin, PinError};
use crate::wire::Call;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    #[serde(flatten)]
    pub(crate) effects: BehaviourText,
}

/// What a behaviour changes, as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BehaviourText {
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
    /// Whether letters that GSM-7 lacks are replaced, so that the text isn't UCS-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replace_accents: Option<bool>,
}

/// What changes for one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    pub(crate) fault: Option<CallFault>,
    pub(crate) latency: Option<Latency>,
    pub(crate) pin: Option<Pin>,
    pub(crate) hlr: Option<HlrAnswer>,
    pub(crate) delivery: Option<Delivery>,
    pub(crate) replace_accents: Option<bool>,
}

/// A behaviour that can be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CheckedBehaviour {
    pub(crate) account: AccountPrefix,
    pub(crate) msisdn: Option<Msisdn>,
    pub(crate) call: Option<Call>,
    pub(crate) times: Option<u32>,
    /// What it changes, as it was written.
    pub(crate) text: BehaviourText,
}

/// Why something is no behaviour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BehaviourError {
    #[error("{0}")]
    Json(String),
    #[error("account: 4 to 64 hexadecimal digits, the beginning of the SHA-256 of a key")]
    Account,
    #[error("msisdn: digits only, country code first")]
    Msisdn,
    #[error("call: request, verify, lookup or balance")]
    Call,
    #[error("times: 1 or more")]
    Times,
    #[error("fault: {0}, or an error id in capital letters")]
    Fault(#[from] UnknownFault),
    #[error("http: 200 to 599, and only together with an error id as the fault")]
    Http,
    #[error("latency: {0}")]
    Latency(String),
    #[error("pin: {0}")]
    Pin(#[from] PinError),
    #[error("hlr: {0}")]
    Hlr(#[from] HlrAnswerError),
    #[error("delivery: {}", Delivery::NAMES)]
    Delivery,
    #[error("it changes nothing: give fault, latency, pin, hlr, delivery or replace_accents")]
    Nothing,
}

impl Behaviour {
    /// Reads JSON, and checks it.
    pub(crate) fn read(body: &[u8]) -> Result<CheckedBehaviour, BehaviourError> {
        let behaviour: Self =
            serde_json::from_slice(body).map_err(|error| BehaviourError::Json(error.to_string()))?;
        behaviour.check()
    }

    pub(crate) fn check(self) -> Result<CheckedBehaviour, BehaviourError> {
        let account = match &self.account {
            None => AccountPrefix::default(),
            Some(text) => AccountPrefix::parse(text).ok_or(BehaviourError::Account)?,
        };
        let msisdn = self
            .msisdn
            .map(|digits| Msisdn::from_digits(&digits).ok_or(BehaviourError::Msisdn));
        let call = self
            .call
            .map(|name| call_named(&name).ok_or(BehaviourError::Call));
        if self.times == Some(0) {
            return Err(BehaviourError::Times);
        }
        if self.effects.read()? == Effects::default() {
            return Err(BehaviourError::Nothing);
        }
        Ok(CheckedBehaviour {
            account,
            msisdn: msisdn.transpose()?,
            call: call.transpose()?,
            times: self.times,
            text: self.effects,
        })
    }

    /// As it is kept.
    pub(crate) fn of(row: BehaviourRow) -> Self {
        Self {
            id: Some(row.id),
            account: row.account,
            msisdn: row.msisdn.map(|msisdn| msisdn.to_string()),
            call: row.call,
            times: row.times,
            effects: serde_json::from_str(&row.effects).unwrap_or_default(),
        }
    }
}

impl CheckedBehaviour {
    /// Keeps it, and gives it back with its id.
    pub(crate) fn add(self, state: &rusqlite::Connection) -> rusqlite::Result<Behaviour> {
        let effects = serde_json::to_string(&self.text).expect("strings and numbers");
        let call = self.call.map(Call::path);
        let id = behaviours::add(state, &self.account, self.msisdn, call, self.times, &effects)?;
        Ok(Behaviour {
            id: Some(id),
            account: self.account.as_str().map(str::to_owned),
            msisdn: self.msisdn.map(|msisdn| msisdn.to_string()),
            call: call.map(str::to_owned),
            times: self.times,
            effects: self.text,
        })
    }
}

impl BehaviourText {
    fn read(&self) -> Result<Effects, BehaviourError> {
        let fault = self.fault.as_deref().map(fault_named).transpose()?;
        let is_refusal = matches!(fault, Some(InjectedFault::Refused(_)));
        if self.http.is_some_and(|code| !(200..=599).contains(&code)) || (self.http.is_some() && !is_refusal)
        {
            return Err(BehaviourError::Http);
        }
        let latency = self.latency.as_deref().map(str::parse::<Latency>).transpose();
        let delivery = self.delivery.as_deref().map(str::parse::<Delivery>).transpose();
        Ok(Effects {
            fault: fault.map(|fault| CallFault {
                fault,
                http: self.http,
            }),
            latency: latency.map_err(|error| BehaviourError::Latency(error.to_string()))?,
            pin: self.pin.as_deref().map(Pin::parse).transpose()?,
            hlr: self.hlr.as_deref().map(str::parse).transpose()?,
            delivery: delivery.map_err(|()| BehaviourError::Delivery)?,
            replace_accents: self.replace_accents,
        })
    }
}

impl Effects {
    /// What several behaviours come to: of each effect, the one that was asked for last. The newest row comes first.
    pub(crate) fn of(rows: Vec<BehaviourRow>) -> Self {
        let mut effects = Self::default();
        for row in rows {
            // What can't be read was written by a later version of this program.
            let text: BehaviourText = serde_json::from_str(&row.effects).unwrap_or_default();
            let older = text.read().unwrap_or_default();
            effects.fault = effects.fault.or(older.fault);
            effects.latency = effects.latency.or(older.latency);
            effects.pin = effects.pin.or(older.pin);
            effects.hlr = effects.hlr.or(older.hlr);
            effects.delivery = effects.delivery.or(older.delivery);
            effects.replace_accents = effects.replace_accents.or(older.replace_accents);
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
fn fault_named(name: &str) -> Result<InjectedFault, UnknownFault> {
    name.parse().or_else(|unknown| {
        let is_id = name.contains('_')
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if is_id {
            Ok(InjectedFault::Refused(crate::wire::ErrorId::from_text(name)))
        } else {
            Err(unknown)
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
            r#"{"hlr":"21407 Some Network","latency":"1ms..2ms","delivery":"late","replace_accents":true}"#,
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
        ] {
            let error = Behaviour::read(wrong.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(field), "{wrong}: {error}");
        }
    }
}
