//! What becomes of an SMS on its way, and which delivery reports say so (the gateway's contract §5).

use super::store::Millis;
use super::store::reports::NewReport;
use std::time::Duration;

/// The statuses that an SMS can end in, or stay in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Acceptd,
    Delivrd,
    Expired,
    Deleted,
    Undeliv,
    Unknown,
    Rejectd,
}

/// What becomes of an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// `ACCEPTD` at once, and this after the usual delay.
    Settles(Settled),
    /// Delivered, thirty times as late.
    Late,
    /// Delivered, with the last report posted twice.
    Twice,
    /// Delivered, and reported before `ACCEPTD` is.
    OutOfOrder,
    /// Nothing is ever reported.
    Silent,
}

/// What becomes of an ordinary SMS.
pub(crate) const ORDINARY: Delivery = Delivery::Settles(Settled::Delivrd);

/// An SMS's way, with its times.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) settled: &'static str,
    pub(crate) settled_at: Millis,
    pub(crate) reports: Vec<NewReport>,
}

/// How much later than usual a late report comes.
const LATE: u32 = 30;

impl Settled {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Acceptd => "ACCEPTD",
            Self::Delivrd => "DELIVRD",
            Self::Expired => "EXPIRED",
            Self::Deleted => "DELETED",
            Self::Undeliv => "UNDELIV",
            Self::Unknown => "UNKNOWN",
            Self::Rejectd => "REJECTD",
        }
    }
}

impl Delivery {
    /// The way of an SMS that is accepted at `at`, when a report usually takes `delay`.
    pub(crate) fn plan(self, at: Millis, delay: Duration) -> Plan {
        let report = |status: Settled, due| NewReport {
            status: status.as_str(),
            due,
        };
        let (settled, settled_at) = match self {
            Self::Settles(settled) => (settled, at.plus(delay)),
            Self::Late => (Settled::Delivrd, at.plus(delay * LATE)),
            Self::Twice | Self::OutOfOrder => (Settled::Delivrd, at.plus(delay)),
            Self::Silent => (Settled::Acceptd, at),
        };
        let accepted = report(Settled::Acceptd, at);
        let last = report(settled, settled_at);
        let reports = match self {
            Self::Settles(Settled::Acceptd) => vec![accepted],
            Self::Settles(_) | Self::Late => vec![accepted, last],
            Self::Twice => vec![accepted, last, report(settled, at.plus(delay * 2))],
            Self::OutOfOrder => vec![last, report(Settled::Acceptd, at.plus(delay * 2))],
            Self::Silent => Vec::new(),
        };
        Plan {
            settled: settled.as_str(),
            settled_at,
            reports,
        }
    }
}
