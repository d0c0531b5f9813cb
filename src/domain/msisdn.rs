//! A phone number in international form.
//!
//! An [`Msisdn`] is a number that could exist by its shape alone. [`written_number`](super::written_number) reads numbers as
//! people write them; whether a number's country, length and range exist is for
//! [`numbering::inspect`](super::numbering::inspect) to say.

use std::fmt;

/// The most digits that an international number has (ITU-T E.164).
pub(crate) const MAX_DIGITS: usize = 15;

/// A phone number in the form that the gateway takes: 1 to 15 digits, calling code first, the first digit not 0 (the
/// gateway's contract §6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Msisdn(u64);

impl Msisdn {
    /// Reads what the gateway takes and nothing else: 1 to 15 ASCII digits of which the first is not 0. No `+`, no `00`, no
    /// separators.
    pub(crate) fn from_digits(digits: &str) -> Option<Self> {
        let is_number = (1..=MAX_DIGITS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        is_number.then(|| Self::from_values(digits.bytes().map(|digit| digit - b'0')))
    }

    /// The number whose digits `value` has, if it has 1 to 15.
    pub(crate) fn from_u64(value: u64) -> Option<Self> {
        (1..10_u64.pow(15)).contains(&value).then_some(Self(value))
    }

    pub(crate) fn as_u64(self) -> u64 {
        self.0
    }

    /// Whether this is one of the numbers that ring nowhere and are kept for tests: 1 202 555 0100 to 0199.
    pub(crate) fn is_test_number(self) -> bool {
        (12_025_550_100..=12_025_550_199).contains(&self.0)
    }

    /// The caller has checked that there are 1 to 15 of them, and that the first is not 0.
    pub(super) fn from_values(values: impl Iterator<Item = u8>) -> Self {
        Self(values.fold(0, |number, value| number * 10 + u64::from(value)))
    }

    pub(super) fn digits(self) -> Digits {
        let mut digits = Digits {
            values: [0; MAX_DIGITS],
            start: MAX_DIGITS,
        };
        let mut rest = self.0;
        while rest > 0 {
            digits.start -= 1;
            digits.values[digits.start] = u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        digits
    }
}

impl fmt::Display for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Msisdn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The digits of a number as values from 0 to 9.
pub(super) struct Digits {
    values: [u8; MAX_DIGITS],
    start: usize,
}

impl std::ops::Deref for Digits {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.values[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_digits_takes_what_the_gateway_takes() {
        for good in ["1", "34666666111", "123456789012345"] {
            assert_eq!(Msisdn::from_digits(good).unwrap().to_string(), good);
        }
    }

    #[test]
    fn from_digits_refuses_everything_else() {
        for bad in [
            "",
            "+34666666111",
            "34 666666111",
            "3466٦666111",
            "0034666666111",
            "1234567890123456",
        ] {
            assert_eq!(Msisdn::from_digits(bad), None, "{bad}");
        }
    }

    #[test]
    fn from_u64_holds_the_same_range() {
        assert_eq!(Msisdn::from_u64(0), None);
        assert_eq!(Msisdn::from_u64(1_000_000_000_000_000), None);
        assert_eq!(
            Msisdn::from_u64(999_999_999_999_999).map(Msisdn::as_u64),
            Some(999_999_999_999_999)
        );
    }

    #[test]
    fn digits_are_the_number_in_order() {
        assert_eq!(*Msisdn(34_600).digits(), [3, 4, 6, 0, 0]);
        assert_eq!(
            *Msisdn(123_456_789_012_345).digits(),
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5]
        );
    }

    #[test]
    fn test_numbers_are_a_hundred() {
        let is_test = |value| Msisdn(value).is_test_number();
        assert!(is_test(12_025_550_100) && is_test(12_025_550_199));
        assert!(!is_test(12_025_550_099) && !is_test(12_025_550_200));
    }

    #[test]
    fn debug_shows_digits() {
        assert_eq!(format!("{:?}", Msisdn(34_666)), "34666");
    }
}
