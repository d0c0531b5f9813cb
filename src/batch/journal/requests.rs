//! What `smspin request --once-per` asks of a journal: the right to send one PIN to a number, and to give it back.
//!
//! A claim is on disk before the first byte of its request leaves. One that is never settled counts as a PIN that may have
//! been sent, like an intent of a batch.

use std::time::Duration;

/// The right to send one PIN to a number.
#[derive(Debug)]
#[must_use = "a claim that is not settled counts as a PIN that may have been sent"]
pub(crate) struct RequestClaim(pub(super) i64);

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
