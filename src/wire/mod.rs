//! The JSON of the gateway, a file per call, both directions: the only place that knows field names.
//!
//! A client builds a [`Body`] here and reads an [`Answer`]; a server reads a body by hand, so that it can tell a
//! missing value from a bad one. Nothing here knows HTTP connections, settings or people.

mod answer;
pub(crate) mod balance;
mod body;
pub(crate) mod error_id;
pub(crate) mod lookup;
pub(crate) mod probe;
pub(crate) mod request;
mod secrets;
pub(crate) mod server;
pub(crate) mod verify;

pub(crate) use answer::{Answer, ReceivedBody};
pub(crate) use body::{Body, Call};
pub(crate) use error_id::{ErrorId, Scope};
pub(crate) use secrets::{MASK, Secrets};
