//! What comes back: `status`, and either a `result` or an `error_id` (the gateway's contract §1 and §2).

use super::ErrorId;
use serde_json::Value;

/// A whole JSON object that came back; whether it means success is the outcome table's to say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// As received.
    pub(crate) status: Option<String>,
    pub(crate) error_id: Option<ErrorId>,
    pub(crate) error_msg: Option<String>,
    pub(crate) result: Value,
}

/// Why some bytes are no answer of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAnAnswer {
    #[error("an empty body")]
    Empty,
    #[error("HTML, so something other than the gateway answered")]
    Html,
    #[error("a body that isn't JSON")]
    NotJson,
    #[error("JSON that isn't an object")]
    NotAnObject,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, NotAnAnswer> {
        let text = bytes.trim_ascii_start();
        if text.is_empty() {
            return Err(NotAnAnswer::Empty);
        }
        let value = match serde_json::from_slice::<Value>(text) {
            Ok(value) => value,
            Err(_) if text[0] == b'<' => return Err(NotAnAnswer::Html),
            Err(_) => return Err(NotAnAnswer::NotJson),
        };
        let Value::Object(mut object) = value else {
            return Err(NotAnAnswer::NotAnObject);
        };
        let text_of = |name: &str| {
            object
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        Ok(Self {
            status: text_of("status").map(str::to_owned),
            error_id: text_of("error_id").map(ErrorId::from_text),
            error_msg: text_of("error_msg").map(str::to_owned),
            result: object.remove("result").unwrap_or(Value::Null),
        })
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.status.as_deref() == Some("ok")
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status.as_deref() == Some("error")
    }
}
