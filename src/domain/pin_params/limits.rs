//! The numbers that a PIN is made with: how long it is, how long it is valid, how many failed attempts it bears.

use crate::domain::duration;
use crate::domain::invalid::Invalid;
use std::fmt;
use std::str::FromStr;

/// A whole number with its limits, and what the gateway takes when it is told nothing.
macro_rules! limited {
    ($(#[$doc:meta])* $name:ident($number:ty), $new:ident, $get:ident: $min:literal to $max:expr, else $default:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) struct $name($number);

        impl $name {
            pub(crate) const MIN: Self = Self($min);
            pub(crate) const MAX: Self = Self($max);
            /// What the gateway takes when it is told nothing.
            pub(crate) const GATEWAY_DEFAULT: Self = Self($default);

            /// The number, if it is within the limits.
            pub(crate) fn $new(number: u64) -> Option<Self> {
                let number = <$number>::try_from(number).ok().map(Self);
                number.filter(|number| (Self::MIN..=Self::MAX).contains(number))
            }

            pub(crate) const fn $get(self) -> $number {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

limited! {
    /// How many characters a PIN has, 4 to 16 (the gateway's contract §1).
    PinLength(u8), new, get: 4 to 16, else 6
}
limited! {
    /// For how many seconds a PIN is valid, up to ten years of 365 days; 0 is for ever (the gateway's contract §1). The gateway
    /// documents no upper end; ours is there because more can only be a slip.
    ExpiresIn(u32), from_secs, secs: 0 to 3_650 * 86_400, else 3_600
}
limited! {
    /// After how many failed attempts a PIN is invalid for good, up to a million; 0 is never (the gateway's contract §1).
    /// The gateway documents no upper end; a million tries find every PIN of six digits.
    MaxTries(u32), new, get: 0 to 1_000_000, else 3
}

impl FromStr for PinLength {
    type Err = Invalid;

    /// Reads a plain number; white space around it is dropped.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        whole_number(text).and_then(Self::new).ok_or_else(|| {
            let (min, max) = (Self::MIN, Self::MAX);
            let rule = format!("the length of a PIN is a number from {min} to {max}, not ");
            Invalid::new(rule).and_quote(text)
        })
    }
}

impl FromStr for ExpiresIn {
    type Err = Invalid;

    /// Reads a duration such as `10m`, or seconds.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let validity = duration::parse(text)?;
        if validity.subsec_nanos() != 0 {
            return Err(Invalid::new("a PIN is valid for whole seconds, not ").and_quote(text));
        }
        Self::from_secs(validity.as_secs()).ok_or_else(|| {
            Invalid::new("a PIN is valid for at most 3650d, not ")
                .and_quote(text)
                .and("; 0 means for ever")
        })
    }
}

impl FromStr for MaxTries {
    type Err = Invalid;

    /// Reads a plain number; white space around it is dropped.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        whole_number(text).and_then(Self::new).ok_or_else(|| {
            let max = Self::MAX;
            let rule = format!("the most failed attempts is a number from 0 (no limit) to {max}, not ");
            Invalid::new(rule).and_quote(text)
        })
    }
}

/// A number in ASCII digits alone: no sign, no other script, white space only around it.
fn whole_number(text: &str) -> Option<u64> {
    let digits = text.trim();
    let are_digits = digits.bytes().all(|b| b.is_ascii_digit());
    are_digits.then(|| digits.parse().ok()).flatten()
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
            assert!(PinLength::new(bad).is_none(), "{bad}");
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

    #[test]
    fn validity_is_whole_seconds_up_to_ten_years() {
        for (input, secs) in [
            ("0", 0),
            ("600", 600),
            ("10m", 600),
            ("1000ms", 1),
            ("3650d", 315_360_000),
        ] {
            assert_eq!(input.parse::<ExpiresIn>().unwrap().secs(), secs);
            assert_eq!(ExpiresIn::from_secs(secs.into()).unwrap().secs(), secs);
        }
        let cases = [
            ("1500ms", "a PIN is valid for whole seconds, not “1500ms”"),
            (
                "315360001",
                "a PIN is valid for at most 3650d, not “315360001”; 0 means for ever",
            ),
            (
                "200000000d",
                "a PIN is valid for at most 3650d, not “200000000d”; 0 means for ever",
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(input.parse::<ExpiresIn>().unwrap_err().to_string(), expected);
        }
        assert!(
            "soon"
                .parse::<ExpiresIn>()
                .unwrap_err()
                .to_string()
                .contains("is not a duration")
        );
        assert!(ExpiresIn::from_secs(315_360_001).is_none());
        assert!(ExpiresIn::from_secs(1 << 32).is_none());
    }

    #[test]
    fn tries_go_up_to_a_million() {
        for good in [0, 1, 3, 1_000_000] {
            assert_eq!(good.to_string().parse::<MaxTries>().unwrap().get(), good);
            assert_eq!(MaxTries::new(good.into()).unwrap().get(), good);
        }
        for bad in ["", "-1", "+3", "1000001", "three", "1e3", "4294967296"] {
            let message = bad.parse::<MaxTries>().unwrap_err().to_string();
            assert!(
                message.ends_with(&format!("from 0 (no limit) to 1000000, not “{bad}”")),
                "{message}"
            );
        }
        assert!(MaxTries::new(1_000_001).is_none());
        assert!(MaxTries::new(1 << 32).is_none());
    }

    proptest! {
        #[test]
        fn any_text_is_a_limit_or_a_clear_refusal(text in hostile::text()) {
            if let Err(error) = text.parse::<ExpiresIn>() {
                hostile::assert_printable(&error.to_string());
            }
            if let Err(error) = text.parse::<PinLength>() {
                hostile::assert_printable(&error.to_string());
            }
            if let Err(error) = text.parse::<MaxTries>() {
                hostile::assert_printable(&error.to_string());
            }
        }
    }
}
