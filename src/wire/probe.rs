//! A call with the key and no parameters: it can send nothing and costs nothing, and a gateway refuses it in its own form (the
//! gateway's contract, opening). So it tells whether a path is there.

use super::{Body, Call, ErrorId, Scope};
use serde::Serialize;

/// The body of a call that must be refused.
pub(crate) fn body(call: Call) -> Body {
    #[derive(Serialize)]
    struct NoFields {}
    Body::new(call, &NoFields {})
}

/// Whether this refusal is what a gateway says to a call without parameters. One of the account says nothing about the path.
pub(crate) fn proves_path(id: &ErrorId) -> bool {
    ErrorId::LISTED.contains(id) && matches!(id.scope(), Scope::Request | Scope::Number)
}
