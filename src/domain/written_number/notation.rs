//! Whether a number says itself which country it belongs to, or whether that has to be guessed from its digits.

use super::written::WrittenNumber;
use crate::domain::msisdn::{MAX_DIGITS, Msisdn};
use std::fmt;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// Behind a `+` or 00. Its first digits, at most three: the calling code is among them.
    International {
        leading: u16,
    },
    Bare(BareDigits),
}

/// Digits without a `+` or 00 before them: the number of some country, or digits that begin with a calling code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BareDigits {
    value: u64,
    len: u8,
}

impl Notation {
    /// `None` where the text is not a number at all, or has more than 15 digits.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let written = WrittenNumber::read(text).ok()?;
        let digits = written.digits();
        let number = |digits: &[u8]| {
            digits
                .iter()
                .fold(0, |number, &digit| number * 10 + u64::from(digit))
        };
        let abroad = match digits {
            _ if written.plus => Some(digits),
            [0, 0, digits @ ..] => Some(digits),
            _ => None,
        };
        match abroad {
            Some(digits) => {
                let leading = number(&digits[..digits.len().min(3)]);
                Some(Self::International {
                    leading: u16::try_from(leading).ok()?,
                })
            }
            None if digits.len() > MAX_DIGITS => None,
            None => Some(Self::Bare(BareDigits {
                value: number(digits),
                len: u8::try_from(digits.len()).ok()?,
            })),
        }
    }
}

/// Whether a text is written as a number is: behind a `+` or 00, or with at least so many digits.
pub(crate) fn is_number_of(text: &str, least: usize) -> bool {
    match Notation::of(text) {
        Some(Notation::International { .. }) => true,
        Some(Notation::Bare(digits)) => digits.len() >= least,
        None => false,
    }
}

impl BareDigits {
    /// How many digits there are, zeros in front included: 1 to 15.
    pub(crate) const fn len(self) -> usize {
        self.len as usize
    }

    /// The digits as a number.
    pub(crate) const fn value(self) -> u64 {
        self.value
    }

    /// The number that they are if they begin with a calling code.
    pub(crate) fn with_calling_code(self) -> Option<Msisdn> {
        Msisdn::from_u64(self.value).filter(|_| !self.begins_with_zero())
    }

    /// Whether the first digit is 0, so that no calling code does.
    pub(crate) const fn begins_with_zero(self) -> bool {
        self.len == 0 || self.value < 10_u64.pow(self.len as u32 - 1)
    }

    /// The digits of `value`, with zeros in front of it up to `len`.
    #[cfg(test)]
    fn new(value: u64, len: usize) -> Self {
        Self {
            value,
            len: u8::try_from(len.min(MAX_DIGITS)).unwrap_or(0),
        }
    }

    /// Each digit as a value from 0 to 9.
    pub(crate) fn values(self) -> Vec<u8> {
        self.to_string().bytes().map(|byte| byte - b'0').collect()
    }
}

impl fmt::Display for BareDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0len$}", self.value, len = self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_or_two_zeros_say_the_country() {
        let international = |leading| Some(Notation::International { leading });
        let bare = |value, len| Some(Notation::Bare(BareDigits::new(value, len)));
        for (text, expected) in [
            ("+34 600 000 014", international(346)),
            ("0034600000014", international(346)),
            ("(+1) 202 555 0100", international(120)),
            ("+5", international(5)),
            ("34600000014", bare(34_600_000_014, 11)),
            ("0600 00 00 14", bare(600_000_014, 10)),
            ("600-000-014", bare(600_000_014, 9)),
            ("1234567890123456", None),
            ("Ann", None),
            ("", None),
        ] {
            assert_eq!(Notation::of(text), expected, "{text:?}");
        }
        assert_eq!(BareDigits::new(600, 5).to_string(), "00600");
        assert_eq!(BareDigits::new(600, 5).values(), [0, 0, 6, 0, 0]);
    }
}
