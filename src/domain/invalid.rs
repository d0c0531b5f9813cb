//! Why a text is not the value that it was meant as. One error for the parsers whose rules nothing tells apart: only people
//! read it.

use crate::text;
use std::fmt;

/// A sentence about a value. What was typed stands in it quoted and apart from our own words, so that it can be masked where
/// the sentence is passed on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Invalid(Vec<InvalidPart>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum InvalidPart {
    Said(String),
    Typed(String),
}

impl Invalid {
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self::default().and(what)
    }

    /// A sentence that begins with what was typed.
    pub(crate) fn quoting(text: &str) -> Self {
        Self::default().and_quote(text)
    }

    /// A sentence about one field of several.
    pub(crate) fn of(field: &str, what: impl fmt::Display) -> Self {
        Self::new(format_args!("{field}: {what}"))
    }

    #[must_use]
    pub(crate) fn and(mut self, what: impl fmt::Display) -> Self {
        self.0.push(InvalidPart::Said(what.to_string()));
        self
    }

    #[must_use]
    pub(crate) fn and_quote(mut self, text: &str) -> Self {
        self.0.push(InvalidPart::Typed(text::quote(text)));
        self
    }

    /// The same about a larger value, of which `part` is wrong.
    #[must_use]
    pub(crate) fn because(mut self, part: Self) -> Self {
        self.0.extend(part.0);
        self
    }

    /// Masks what was typed: people put phone numbers into every place.
    pub(crate) fn mask(&mut self) {
        for part in &mut self.0 {
            if let InvalidPart::Typed(typed) = part {
                text::mask(typed);
            }
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            InvalidPart::Said(text) | InvalidPart::Typed(text) => f.write_str(text),
        })
    }
}

impl std::error::Error for Invalid {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_masked_and_nothing_else() {
        let number = Invalid::new("not ")
            .and_quote("34600000014")
            .and(", which has 11 of 100000 digits");
        let mut invalid = Invalid::quoting("a\n").and(" is wrong: ").because(number);
        assert_eq!(
            invalid.to_string(),
            "“a\\n” is wrong: not “34600000014”, which has 11 of 100000 digits"
        );
        invalid.mask();
        assert_eq!(
            invalid.to_string(),
            "“a\\n” is wrong: not “34*******14”, which has 11 of 100000 digits"
        );
    }
}
