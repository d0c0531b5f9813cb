//! Why a text is not the value that it was meant as. Every parser of the domain gives this one error: nothing asks which rule
//! was broken, only people read it.

use std::fmt;

/// What is wrong with a value, in words that hold nothing unsafe to print and nothing of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Invalid {
    what: String,
}

impl Invalid {
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self {
            what: what.to_string(),
        }
    }
}
