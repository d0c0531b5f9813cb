//! How many characters a PIN has.

use crate::text;
use std::fmt;
use std::str::FromStr;

/// How many characters a PIN has, 4 to 16 (the gateway's contract §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PinLength(u8);

/// Something that is no length of a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the length of a PIN is a number from {min} to {max}, not {input}", min = PinLength::MIN, max = PinLength::MAX)]
pub(crate) struct PinLengthError {
    input: String,
}

impl PinLengthError {
    /// Masks what it repeats.
    pub(crate) fn mask(&mut self) {
        text::mask(&mut self.input);
    }
}

impl PinLength {
    /// The shortest.
    pub(crate) const MIN: Self = Self(4);
    /// The longest.
    pub(crate) const MAX: Self = Self(16);
    /// What the gateway makes when it is told nothing.
    pub(crate) const GATEWAY_DEFAULT: Self = Self(6);

    /// A length in characters, 4 to 16.
    pub(crate) fn new(length: u64) -> Result<Self, PinLengthError> {
        u8::try_from(length)
            .ok()
            .map(Self)
            .filter(|length| (Self::MIN..=Self::MAX).contains(length))
            .ok_or_else(|| PinLengthError {
                input: length.to_string(),
            })
    }

    /// The length in characters.
    pub(crate) const fn get(self) -> u8 {
        self.0
    }
}

impl FromStr for PinLength {
    type Err = PinLengthError;

    /// Reads a plain number; white space around it is dropped.
    fn from_str(text: &str) -> Result<Self, PinLengthError> {
        super::limits::whole_number(text)
            .and_then(|length| Self::new(length).ok())
            .ok_or_else(|| PinLengthError {
                input: text::quote(text),
            })
    }
}

impl fmt::Display for PinLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    #[test]
    fn lengths_go_from_4_to_16() {
        for good in 4..=16 {
            assert_eq!(u64::from(PinLength::new(good).unwrap().get()), good);
            assert_eq!(
                u64::from(format!(" {good}").parse::<PinLength>().unwrap().get()),
                good
            );
        }
        for bad in [0, 3, 17, 260, u64::MAX] {
            assert!(PinLength::new(bad).is_err(), "{bad}");
        }
        for bad in [
            "",
            "+6",
            "-6",
            "6.0",
            "six",
            "٦",
            "3",
            "17",
            "99999999999999999999999",
        ] {
            let message = bad.parse::<PinLength>().unwrap_err().to_string();
            assert!(
                message.starts_with("the length of a PIN is a number from 4 to 16, not “"),
                "{message}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_length_or_a_clear_refusal(text in hostile::text()) {
            if let Err(error) = text.parse::<PinLength>() {
                hostile::assert_printable(&error.to_string());
            }
        }
    }
}
