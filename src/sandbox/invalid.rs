//! Why a text that chooses how the sandbox behaves is refused: an option of `serve`, or a field of a behaviour.

use std::fmt::Display;

/// What is wrong with the text, in words that say what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct InvalidChoice(String);

impl InvalidChoice {
    pub(super) fn new(words: impl Display) -> Self {
        Self(words.to_string())
    }

    /// The same with the name of the field in front.
    pub(super) fn of(field: &str, words: impl Display) -> Self {
        Self(format!("{field}: {words}"))
    }
}
