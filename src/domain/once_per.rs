//! How long after a PIN a number gets no other one.

use crate::domain::duration;
use crate::domain::invalid::Invalid;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The time in which a number gets one PIN at most: 0 to 7 days, to the millisecond. 0 sends whatever was sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OncePer(Duration);

impl OncePer {
    /// As long as requests are remembered, whatever they were made with: 7 days.
    pub(crate) const LONGEST: Self = Self(Duration::from_secs(7 * 86_400));

    pub(crate) const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for OncePer {
    type Err = Invalid;

    /// Reads a duration such as `10m`, or seconds.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        let once_per = Self(duration::parse(text)?);
        if once_per > Self::LONGEST {
            return Err(Invalid::new(format_args!(
                "requests are remembered for {}, so a number can be kept from a second PIN for at most that, not ",
                Self::LONGEST
            ))
            .and_quote(text));
        }
        Ok(once_per)
    }
}

impl fmt::Display for OncePer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::human(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_duration_of_at_most_a_week() {
        for (text, expected) in [
            ("10m", Ok("10m")),
            ("600", Ok("10m")),
            ("0", Ok("0s")),
            ("7d", Ok("7d")),
            ("7d1ms", Err("remembered for 7d")),
            ("soon", Err("not a duration")),
            ("-1", Err("negative")),
        ] {
            let read = text.parse::<OncePer>();
            match (&read, expected) {
                (Ok(read), Ok(shown)) => assert_eq!(read.to_string(), shown),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
                _ => panic!("{text}: {read:?}"),
            }
        }
    }
}
