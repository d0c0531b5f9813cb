//! What `smspin request --once-per` asks of a journal: the right to send one PIN to a number, and to give it back.
//!
//! A claim is on disk before the first byte of its request leaves. One that is never settled counts as a PIN that may have
//! been sent, like an intent of a batch.

use crate::batch::state::AttemptResult;
use crate::domain::msisdn::Msisdn;
use crate::domain::once_per::OncePer;
use std::time::Duration;

/// The right to send one PIN to a number.
#[derive(Debug)]
#[must_use = "a claim that is not settled counts as a PIN that may have been sent"]
pub(crate) struct RequestClaim {
    pub(super) id: i64,
    pub(super) msisdn: Msisdn,
}

/// What becomes of a claim.
#[derive(Debug)]
pub(crate) enum Claimed {
    Granted(RequestClaim),
    Refused(SentRecently),
}

/// A PIN that a number was sent within the time that was asked for, or may have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentRecently {
    /// The time since the request began, as far as it is known: no more than it was.
    pub(crate) ago: Duration,
    /// The time until the number may be sent to again.
    pub(crate) left: Duration,
    /// False where it is not known whether the request was taken.
    pub(crate) accepted: bool,
}

impl SentRecently {
    /// `None` for a request that began so long ago that its number is free.
    pub(super) fn within(once_per: OncePer, ago: Duration, accepted: bool) -> Option<Self> {
        let left = once_per.duration().checked_sub(ago)?;
        (!left.is_zero()).then_some(Self { ago, left, accepted })
    }
}

/// Whether a request that ended so was taken, or may have been. Any other gives its number back.
pub(super) const fn may_be_taken(ended: AttemptResult) -> bool {
    match ended {
        AttemptResult::Accepted | AttemptResult::Unknown => true,
        AttemptResult::Refused | AttemptResult::RefusedAccount | AttemptResult::Unsent => false,
    }
}
