//! A PIN that a person typed, on its way to be verified. It is shown by nothing here: not by `Debug`, not by an error.

use super::invalid::Invalid;
use std::fmt;

/// The longest PIN there is, in characters (the gateway's contract §1).
pub(crate) const MAX_LEN: usize = 16;

/// A PIN: 1 to 16 ASCII letters and digits, as they were typed. Whether it is right, and whether it has the length that
/// was asked for, only the gateway knows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pin(String);

impl Pin {
    /// Reads a PIN; white space around it is dropped, letters keep their case (the gateway ignores it,
    /// the gateway's contract §3). No error holds any of what was given.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let pin = text.trim();
        if pin.is_empty() {
            return Err(Invalid::new("the PIN is empty"));
        }
        if let Some((index, c)) = pin.chars().enumerate().find(|(_, c)| !c.is_ascii_alphanumeric()) {
            let column = index + 1;
            let separator = c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
            return Err(Invalid::new(if separator {
                format!("the PIN has a space or a hyphen at position {column}; leave it out")
            } else {
                format!("the PIN's character at position {column} is not a letter A to Z or a digit 0 to 9")
            }));
        }
        if pin.len() > MAX_LEN {
            let length = pin.len();
            return Err(Invalid::new(format_args!(
                "the PIN has {length} characters; none has more than {MAX_LEN}"
            )));
        }
        Ok(Self(pin.to_owned()))
    }

    /// The PIN itself, for the body of a request and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    #[test]
    fn pins_are_taken_as_typed() {
        for (input, expected) in [
            ("123456", "123456"),
            (" 0042\n", "0042"),
            ("aBc9", "aBc9"),
            ("7", "7"),
        ] {
            assert_eq!(Pin::parse(input).unwrap().expose(), expected);
        }
        assert!(Pin::parse(&"9".repeat(16)).is_ok());
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        let cases = [
            ("", "is empty"),
            (" \n", "is empty"),
            ("12345678901234567", "has 17 characters"),
            ("123 456", "hyphen at position 4"),
            ("123-456", "hyphen at position 4"),
            ("12\u{663}456", "character at position 3"),
            ("123456!", "character at position 7"),
        ];
        for (input, expected) in cases {
            let message = Pin::parse(input).unwrap_err().to_string();
            assert!(message.contains(expected), "{input:?}: {message}");
        }
    }

    #[test]
    fn debug_is_redacted() {
        assert_eq!(format!("{:?}", Pin::parse("123456").unwrap()), "Pin(redacted)");
    }

    proptest! {
        #[test]
        fn any_text_is_a_pin_or_a_clear_refusal(text in hostile::text()) {
            match Pin::parse(&text) {
                Ok(pin) => {
                    prop_assert!(pin.expose().bytes().all(|b| b.is_ascii_alphanumeric()));
                    prop_assert!((1..=MAX_LEN).contains(&pin.expose().len()));
                }
                Err(error) => hostile::assert_printable(&error.to_string()),
            }
        }
    }
}
