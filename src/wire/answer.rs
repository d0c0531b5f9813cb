//! What comes back: `status`, and either a `result` or an `error_id` (the gateway's contract §1 and §2).

use super::{ErrorId, Secrets};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// The body of an answer. What it repeats of the request's secrets comes out of here nowhere.
#[derive(Clone)]
pub(crate) struct ReceivedBody {
    bytes: Vec<u8>,
    secrets: Secrets,
}

impl ReceivedBody {
    /// `secrets` are those of the request.
    pub(crate) const fn new(bytes: Vec<u8>, secrets: Secrets) -> Self {
        Self { bytes, secrets }
    }

    /// As it may be shown to a person.
    pub(crate) fn shown(&self) -> String {
        self.secrets.masked(&String::from_utf8_lossy(&self.bytes))
    }
}

impl fmt::Debug for ReceivedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

const OK: &str = "ok";
const ERROR: &str = "error";

/// A whole JSON object that came back; whether it means success is the outcome table's to say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// As received.
    pub(crate) status: Option<String>,
    pub(crate) error_id: Option<ErrorId>,
    pub(crate) error_msg: Option<String>,
    pub(crate) result: Value,
}

/// Why some bytes are not an answer of the gateway.
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
    #[error("JSON that says {0} twice")]
    Twice(&'static str),
}

/// The names that decide what an answer means. One that stands twice decides nothing: another reader may take the other.
const DECIDING: [&str; 3] = ["status", "error_id", "result"];

/// The members of an object, as they stand: a map would keep one of two that share a name.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl Answer {
    /// The words of the contract are compared as they came. Every other text is masked, since it may repeat the request.
    pub(crate) fn parse(received: &ReceivedBody) -> Result<Self, NotAnAnswer> {
        let text = received.bytes.trim_ascii_start();
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
        if let Some(name) = said_twice(text) {
            return Err(NotAnAnswer::Twice(name));
        }
        let text_of = |name: &str| {
            object
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let masked = |text: &str| received.secrets.masked(text);
        let status = text_of("status").map(|text| match text {
            OK | ERROR => text.to_owned(),
            other => masked(other),
        });
        let error_id = text_of("error_id").map(|text| match ErrorId::from_text(text) {
            ErrorId::Unlisted(text) => ErrorId::Unlisted(masked(&text)),
            listed => listed,
        });
        let error_msg = text_of("error_msg").map(masked);
        let mut result = object.remove("result").unwrap_or(Value::Null);
        received.secrets.mask(&mut result);
        Ok(Self {
            status,
            error_id,
            error_msg,
            result,
        })
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.status.as_deref() == Some(OK)
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status.as_deref() == Some(ERROR)
    }
}

/// The deciding name that stands twice in an answer; in its result every name decides.
fn said_twice(answer: &[u8]) -> Option<&'static str> {
    let Members(members) = serde_json::from_slice(answer).ok()?;
    let times = |name: &str| members.iter().filter(|(found, _)| found == name).count();
    if let Some(twice) = DECIDING.into_iter().find(|name| times(name) > 1) {
        return Some(twice);
    }
    let (_, result) = members.iter().find(|(name, _)| name == "result")?;
    // A result that is not an object has no names.
    let Members(result) = serde_json::from_str(result.get()).ok()?;
    let mut names: Vec<_> = result.into_iter().map(|(name, _)| name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    (names.len() < all).then_some("something in its result")
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AsTheyStand;
        impl<'de> Visitor<'de> for AsTheyStand {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(AsTheyStand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_decides_must_not_stand_twice() {
        for (body, twice) in [
            (r#"{"status":"ok","status":"error"}"#, Some("status")),
            (r#"{"status":"ok","status":"ok"}"#, Some("status")),
            (r#"{"status":"ok","st\u0061tus":"error"}"#, Some("status")),
            (
                r#"{"status":"error","error_id":"A","error_id":"B"}"#,
                Some("error_id"),
            ),
            (r#"{"status":"ok","result":{},"result":{}}"#, Some("result")),
            (
                r#"{"status":"ok","result":{"verified":true,"verified":false}}"#,
                Some("something in its result"),
            ),
            (r#"{"status":"ok","note":1,"note":2}"#, None),
            (r#"{"status":"ok","result":{"a":{"status":1},"status":2}}"#, None),
        ] {
            let found = Answer::parse(&ReceivedBody::new(body.into(), Secrets::default())).err();
            assert_eq!(found, twice.map(NotAnAnswer::Twice), "{body}");
        }
    }
}
