//! The server's side of the JSON: bodies read by hand, so that a missing value, a value of another type and a wrong one
//! are told apart, and answers written.

pub(crate) mod answer;
pub(crate) mod lookup;
mod read;
pub(crate) mod request;
pub(crate) mod verify;

pub(crate) use read::ReceivedFields;

use super::ErrorId;
use std::borrow::Cow;

/// An error that a call is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestRefusal {
    id: ErrorId,
    /// The message where it says more than the id's own.
    message: Option<Cow<'static, str>>,
    /// What was wrong in particular, for who looks into the server's log. It quotes no secret.
    detail: Option<String>,
}

impl RequestRefusal {
    pub(crate) const fn new(id: ErrorId) -> Self {
        Self {
            id,
            message: None,
            detail: None,
        }
    }

    /// With a message that isn't the id's own.
    pub(crate) fn saying(id: ErrorId, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            id,
            message: Some(message.into()),
            detail: None,
        }
    }

    /// The same with what was wrong in particular.
    pub(crate) fn because(mut self, detail: &impl ToString) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    fn missing(name: &str) -> Self {
        Self::saying(
            ErrorId::MissingParams,
            format!("A mandatory parameter is missing: {name}."),
        )
    }

    fn bad(name: &str) -> Self {
        Self::saying(
            ErrorId::BadParams,
            format!("A parameter has a wrong format or value: {name}."),
        )
    }

    pub(crate) const fn id(&self) -> &ErrorId {
        &self.id
    }

    pub(crate) fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    pub(crate) fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_else(|| self.id.message())
    }
}

#[cfg(test)]
mod tests;
