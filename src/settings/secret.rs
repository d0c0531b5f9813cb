//! Text that must not be seen: it has no `Display`, its `Debug` is blank, and only `expose` gives it out.

use crate::text::count;
use std::fmt;

/// A secret as it was read, not yet parsed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Every caller is a place to look at when asking where a key can go.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown in its place.
    pub(crate) fn masked(&self) -> String {
        let characters = self.0.chars().count() as u64;
        format!("(set, {})", count(characters, "character", "characters"))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_mask_shows_it() {
        let secret = Secret::new("0123456789abcdef0123456789abcdef");
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
        assert_eq!(secret.masked(), "(set, 32 characters)");
        assert_eq!(Secret::new("é").masked(), "(set, 1 character)");
    }
}
