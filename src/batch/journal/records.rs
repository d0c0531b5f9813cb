//! What goes into a journal and comes out of it. Nothing here knows SQL or files.

use super::super::standing::{Ended, Kind, Number, Standing};
use std::time::{SystemTime, UNIX_EPOCH};

/// A point in time: milliseconds since 1970, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(i64);

impl Stamp {
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    pub(crate) const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub(crate) const fn millis(self) -> i64 {
        self.0
    }

    /// Fit for a file name: `2026-11-23T12-30-14Z`.
    pub(super) fn in_file_name(self) -> String {
        let time = jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX);
        time.strftime("%Y-%m-%dT%H-%M-%SZ").to_string()
    }
}

/// What is written before an attempt's first byte leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Intent {
    pub(crate) number: Number,
    pub(crate) at: Stamp,
    /// How long its PIN is valid, in seconds; 0 is for ever.
    pub(crate) expires_in: u32,
    /// True where somebody has agreed that this may be a second SMS.
    pub(crate) repeat: bool,
}

/// The right to make one attempt: its intent is on disk. One that is dropped leaves the number `unknown`.
#[derive(Debug)]
#[must_use = "an intent without an outcome is unknown"]
pub(crate) struct Ticket {
    pub(super) attempt: i64,
    pub(super) number: Number,
}

impl Ticket {
    pub(crate) const fn number(&self) -> Number {
        self.number
    }
}

/// What is written after an attempt. No text in it may hold a PIN or the key: whoever fills it has seen to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) ended: Ended,
    pub(crate) at: Stamp,
    pub(crate) http: Option<u16>,
    pub(crate) error_id: Option<String>,
    /// In the gateway's words or ours; cut to [`Closing::LONGEST_DETAIL`] characters.
    pub(crate) detail: Option<String>,
}

impl Closing {
    pub(crate) const LONGEST_DETAIL: usize = 300;
}

/// An attempt, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) at: Stamp,
    pub(crate) repeat: bool,
    /// `None` is an intent without an outcome.
    pub(crate) closing: Option<Closing>,
}

/// What the journal knows of one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) standing: Standing,
    /// The attempts of the campaign that the standing comes from.
    pub(crate) attempts: u32,
    /// Of these, the last that made the standing what it is; `None` for a number that was not tried.
    pub(crate) deciding: Option<Attempt>,
}

/// What a run has before it, counted by its preflight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) rows: u64,
    pub(crate) invalid: u64,
    pub(crate) duplicates: u64,
    /// Numbers to send to, whatever `--limit` says; those to be retried are not counted.
    pub(crate) open: u64,
}

impl Plan {
    /// The counts as databases hold them, in the order of the fields.
    pub(super) fn signed(self) -> [i64; 4] {
        [self.rows, self.invalid, self.duplicates, self.open]
            .map(|count| count.try_into().unwrap_or(i64::MAX))
    }
}

/// The journal's last campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Campaign {
    pub(crate) kind: Kind,
    pub(crate) begun_at: Stamp,
    pub(crate) fingerprint: super::super::fingerprint::Fingerprint,
    /// True once a run has said that it is finished.
    pub(crate) concluded: bool,
    /// Its last run.
    pub(crate) plan: Plan,
    /// The attempt after which that run began.
    pub(super) after_attempt: i64,
}

/// The numbers that stand for values in the file: one table for both directions.
macro_rules! codes {
    ($type:ident: $($variant:ident = $code:literal),*) => {
        impl $type {
            pub(super) const fn code(self) -> i64 {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            pub(super) const fn from_code(code: i64) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

codes!(Ended: Accepted = 1, Refused = 2, RefusedAccount = 3, Unsent = 4, Unknown = 5);
codes!(Kind: First = 0, SkipSent = 1, Again = 2);
