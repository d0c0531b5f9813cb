//! Amounts of the account's currency, exact to a ten-thousandth as the gateway gives them. Never a binary float.

use super::invalid::Invalid;
use std::fmt;
use std::str::FromStr;

/// Units in one of the currency.
const SCALE: i64 = 10_000;
/// Decimals in a unit.
const DECIMALS: usize = 4;

/// An amount in ten-thousandths of the account's currency (the gateway's contract §4), up to some 922 million million
/// either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Money(i64);

impl Money {
    /// Nothing.
    pub(crate) const ZERO: Self = Self(0);

    /// The sum, or none beyond the range.
    #[must_use]
    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The price of `count` things at this price each, or none beyond the range.
    #[must_use]
    pub(crate) fn checked_mul(self, count: u64) -> Option<Self> {
        self.0.checked_mul(i64::try_from(count).ok()?).map(Self)
    }

    /// An amount from its ten-thousandths.
    pub(crate) const fn from_ten_thousandths(units: i64) -> Self {
        Self(units)
    }

    /// The amount in ten-thousandths.
    pub(crate) const fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// Whether it is less than nothing.
    pub(crate) const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl FromStr for Money {
    type Err = Invalid;

    /// Reads a plain decimal number: a sign or none, digits, and after a point up to four decimals (zeros beyond them are
    /// taken too).
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong = |is: &str| Invalid::quoting(text).and(" ").and(is);
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) {
            let comma = unsigned
                .split_once(',')
                .is_some_and(|(whole, rest)| digits(whole) && digits(rest));
            return Err(wrong(if comma {
                "is not an amount; decimals come after a point, as in 0.6000"
            } else {
                "is not an amount; write it like 12, -3.5 or 0.6000"
            }));
        }
        let significant = decimals.trim_end_matches('0');
        if significant.len() > DECIMALS {
            return Err(wrong("has more than 4 decimals"));
        }
        let padding = std::iter::repeat_n(b'0', DECIMALS - significant.len());
        // Negative amounts reach one unit further, so every amount is built below zero.
        whole
            .bytes()
            .chain(significant.bytes())
            .chain(padding)
            .try_fold(0_i64, |sum, digit| {
                sum.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))
            })
            .and_then(|below| {
                if negative {
                    Some(below)
                } else {
                    below.checked_neg()
                }
            })
            .map(Self)
            .ok_or_else(|| wrong("is beyond any balance"))
    }
}

/// A decimal, as text.
impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Money {
    /// Always four decimals, as the gateway writes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = SCALE.unsigned_abs();
        let units = self.0.unsigned_abs();
        let amount = format!("{}.{:0width$}", units / scale, units % scale, width = DECIMALS);
        f.pad_integral(self.0 >= 0, "", &amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn amounts_are_exact() {
        let cases = [
            ("0.6000", 6_000, "0.6000"),
            ("12", 120_000, "12.0000"),
            ("-3.5", -35_000, "-3.5000"),
            ("-0.0001", -1, "-0.0001"),
            ("-0", 0, "0.0000"),
            ("007.10", 71_000, "7.1000"),
            ("0.12340000", 1_234, "0.1234"),
            ("922337203685477.5807", i64::MAX, "922337203685477.5807"),
            ("-922337203685477.5808", i64::MIN, "-922337203685477.5808"),
        ];
        for (input, units, shown) in cases {
            assert_eq!(money(input), Money(units), "{input}");
            assert_eq!(money(input).to_string(), shown);
        }
        assert_eq!(format!("{:>10}", money("0.6")), "    0.6000");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        let malformed = [
            "", "-", ".5", "5.", "1e3", "+1", " 1", "1.2.3", "0x1", "--1", "1_000", "٣", "NaN", "1.-5",
        ];
        let cases = malformed
            .map(|input| (input, "write it like 12"))
            .into_iter()
            .chain([
                ("0,60", "after a point"),
                ("0.00001", "more than 4 decimals"),
                ("922337203685477.5808", "beyond any balance"),
                ("-922337203685477.5809", "beyond any balance"),
                ("99999999999999999999", "beyond any balance"),
            ]);
        for (input, expected) in cases {
            let message = input.parse::<Money>().unwrap_err().to_string();
            assert!(message.contains(expected), "{input}: {message}");
        }
    }

    #[test]
    fn sums_are_checked() {
        assert_eq!(money("0.1").checked_add(money("0.2")), Some(money("0.3")));
        assert_eq!(money("0.0455").checked_mul(1_000_000), Some(money("45500")));
        assert_eq!(Money(i64::MAX).checked_add(Money(1)), None);
        assert_eq!(Money(2).checked_mul(u64::MAX), None);
        assert_eq!(Money(i64::MAX).checked_mul(2), None);
        assert!(money("-0.0001").is_negative() && !Money::ZERO.is_negative());
    }

    proptest! {
        #[test]
        fn what_we_write_we_read(units in any::<i64>()) {
            prop_assert_eq!(Money(units).to_string().parse(), Ok(Money(units)));
        }

        #[test]
        fn any_text_is_an_amount_or_a_clear_refusal(text in prop_oneof![hostile::text(), "-?[0-9.,]{0,24}"]) {
            match text.parse::<Money>() {
                Ok(amount) => prop_assert_eq!(amount.to_string().parse(), Ok(amount)),
                Err(error) => hostile::assert_printable(&error.to_string()),
            }
        }
    }
}
