//! Answers as a server writes them. A success body never mentions an error, not even as an empty field: clients look for
//! the word anywhere (the gateway's contract §7).

use super::RequestRefusal;
use bytes::Bytes;
use serde::Serialize;

/// The answer to a call that has nothing more to say.
pub(crate) const OK: Bytes = Bytes::from_static(br#"{"status":"ok"}"#);

/// The answer with a result.
pub(crate) fn ok(result: &impl Serialize) -> Bytes {
    #[derive(Serialize)]
    struct Whole<'a, T> {
        status: &'static str,
        result: &'a T,
    }
    to_bytes(&Whole { status: "ok", result })
}

/// The answer to a call that is refused.
pub(crate) fn error(refusal: &RequestRefusal) -> Bytes {
    #[derive(Serialize)]
    struct Whole<'a> {
        status: &'static str,
        error_id: &'a str,
        error_msg: &'a str,
    }
    to_bytes(&Whole {
        status: "error",
        error_id: refusal.id().as_str(),
        error_msg: refusal.message(),
    })
}

fn to_bytes(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value)
        .expect("strings, numbers and booleans always serialize")
        .into()
}
