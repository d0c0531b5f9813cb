//! How long a PIN is valid, and how many failed attempts it bears.

use crate::domain::duration::{self, DurationError};
use crate::text;
use std::fmt;
use std::str::FromStr;

/// For how many seconds a PIN is valid, up to ten years; 0 is for ever (the gateway's contract §1). The gateway
/// documents no upper end; ours is there because more can only be a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ExpiresIn(u32);

/// After how many failed attempts a PIN is invalid for good, up to a million; 0 is never (the gateway's contract §1).
/// The gateway documents no upper end; a million tries find every PIN of six digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MaxTries(u32);

/// Why something is no validity of a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ExpiresInError {
    #[error(transparent)]
    Duration(#[from] DurationError),
    #[error("a PIN is valid for whole seconds, not {0}")]
    NotWholeSeconds(String),
    #[error("a PIN is valid for at most 3650d, not {0}; 0 means for ever")]
    TooLong(String),
}

/// Something that is no number of failed attempts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the most failed attempts is a number from 0 (no limit) to {max}, not {input}", max = MaxTries::MAX)]
pub(crate) struct MaxTriesError {
    input: String,
}

impl ExpiresInError {
    /// Masks what it repeats.
    pub(crate) fn mask(&mut self) {
        match self {
            Self::Duration(error) => error.mask(),
            Self::NotWholeSeconds(input) | Self::TooLong(input) => text::mask(input),
        }
    }
}

impl MaxTriesError {
    /// Masks what it repeats.
    pub(crate) fn mask(&mut self) {
        text::mask(&mut self.input);
    }
}

impl ExpiresIn {
    /// Ten years of 365 days.
    pub(crate) const MAX: Self = Self(3_650 * 86_400);
    /// What the gateway takes when it is told nothing: an hour.
    pub(crate) const GATEWAY_DEFAULT: Self = Self(3_600);

    /// A validity in seconds, 0 for ever.
    pub(crate) fn from_secs(secs: u64) -> Result<Self, ExpiresInError> {
        Self::within(secs).ok_or_else(|| ExpiresInError::TooLong(format!("{secs}s")))
    }

    /// The validity in seconds, 0 for ever.
    pub(crate) const fn secs(self) -> u32 {
        self.0
    }

    fn within(secs: u64) -> Option<Self> {
        u32::try_from(secs)
            .ok()
            .map(Self)
            .filter(|validity| *validity <= Self::MAX)
    }
}

impl FromStr for ExpiresIn {
    type Err = ExpiresInError;

    /// Reads a duration such as `10m`, or seconds.
    fn from_str(text: &str) -> Result<Self, ExpiresInError> {
        let validity = duration::parse(text)?;
        if validity.subsec_nanos() != 0 {
            return Err(ExpiresInError::NotWholeSeconds(text::quote(text)));
        }
        Self::within(validity.as_secs()).ok_or_else(|| ExpiresInError::TooLong(text::quote(text)))
    }
}

impl fmt::Display for ExpiresIn {
    /// Seconds, as the gateway has them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl MaxTries {
    /// A million.
    pub(crate) const MAX: Self = Self(1_000_000);
    /// What the gateway takes when it is told nothing.
    pub(crate) const GATEWAY_DEFAULT: Self = Self(3);

    /// A number of failed attempts, 0 for no limit.
    pub(crate) fn new(tries: u64) -> Result<Self, MaxTriesError> {
        Self::within(tries).ok_or_else(|| MaxTriesError {
            input: tries.to_string(),
        })
    }

    /// The number of failed attempts, 0 for no limit.
    pub(crate) const fn get(self) -> u32 {
        self.0
    }

    fn within(tries: u64) -> Option<Self> {
        u32::try_from(tries)
            .ok()
            .map(Self)
            .filter(|tries| *tries <= Self::MAX)
    }
}

impl FromStr for MaxTries {
    type Err = MaxTriesError;

    /// Reads a plain number; white space around it is dropped.
    fn from_str(text: &str) -> Result<Self, MaxTriesError> {
        whole_number(text)
            .and_then(Self::within)
            .ok_or_else(|| MaxTriesError {
                input: text::quote(text),
            })
    }
}

impl fmt::Display for MaxTries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number in ASCII digits alone: no sign, no other script, white space only around it.
pub(super) fn whole_number(text: &str) -> Option<u64> {
    let digits = text.trim();
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

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
        assert!(ExpiresIn::from_secs(315_360_001).is_err());
        assert!(ExpiresIn::from_secs(1 << 32).is_err());
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
        assert!(MaxTries::new(1_000_001).is_err());
        assert!(MaxTries::new(1 << 32).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_limit_or_a_clear_refusal(text in hostile::text()) {
            if let Err(error) = text.parse::<ExpiresIn>() {
                hostile::assert_printable(&error.to_string());
            }
            if let Err(error) = text.parse::<MaxTries>() {
                hostile::assert_printable(&error.to_string());
            }
        }
    }
}
