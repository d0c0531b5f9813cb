//! Why a run stopped launching, in words.

use crate::domain::duration;
use crate::failure::Signal;
use crate::journal::JournalError;
use crate::text::count;
use crate::wire::ErrorId;
use std::fmt;
use std::time::Duration;

/// Why a run stopped launching.
#[derive(Clone, Debug)]
pub(crate) enum StopReason {
    Account(ErrorId),
    MaxFailures(u32),
    Journal(JournalError),
    Signal(Signal),
    /// No connection to the gateway comes about, and none will until the user acts.
    Connection {
        detail: String,
        remedy: Option<&'static str>,
    },
    /// `--max-duration`.
    MaxDuration(Duration),
}

impl StopReason {
    /// Whether the run did what it was told to: what is left is not a failure.
    pub(crate) const fn is_planned(&self) -> bool {
        matches!(self, Self::MaxDuration(_))
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(id) => write!(f, "the gateway refused the account: {id}"),
            Self::Connection { detail, .. } => f.write_str(detail),
            Self::MaxFailures(most) => {
                let failures = count(u64::from(*most), "failure", "failures");
                write!(f, "{failures} in a row (--max-failures)")
            }
            Self::Journal(error) => fmt::Display::fmt(error, f),
            Self::Signal(_) => f.write_str("a signal"),
            Self::MaxDuration(after) => write!(f, "{} have passed (--max-duration)", duration::human(*after)),
        }
    }
}
