//! `hlr/request`, the client's half (the gateway's contract §4).

use super::{Answer, Body, Call};
use crate::domain::msisdn::Msisdn;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

pub(crate) fn body(msisdn: Msisdn) -> Body {
    #[derive(Serialize)]
    struct Fields {
        msisdn: String,
    }
    Body::new(
        Call::Lookup,
        &Fields {
            msisdn: msisdn.to_string(),
        },
    )
}

/// What the home location register knows of a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Hlr {
    pub(crate) success: bool,
    /// Mobile country and network code: 5 or 6 digits whose leading zeros matter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mccmnc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) original_network: Option<String>,
}

/// `None` where an `ok` answer holds no result to speak of.
pub(crate) fn read(answer: &Answer) -> Option<Hlr> {
    let result = answer.result.as_object()?;
    let text = |name: &str| result.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(Hlr {
        success: result.get("success").and_then(Value::as_bool)?,
        mccmnc: text("mccmnc"),
        original_network: text("original_network"),
    })
}
