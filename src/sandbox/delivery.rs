//! What becomes of an SMS on its way, and which delivery reports say so (the gateway's contract §5).

use super::store::Millis;
use super::store::reports::NewReport;
use crate::dlr::DeliveryStatus;
use crate::domain::invalid::Invalid;
use std::str::FromStr;
use std::time::Duration;

/// What becomes of an SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SimulatedDelivery {
    /// `ACCEPTD` at once, and this after the usual delay.
    Settles(DeliveryStatus),
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
pub(crate) const ORDINARY: SimulatedDelivery = SimulatedDelivery::Settles(DeliveryStatus::Delivered);

/// An SMS's way, with its times.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryPlan {
    pub(crate) settled: &'static str,
    pub(crate) settled_at: Millis,
    pub(crate) reports: Vec<NewReport>,
}

/// How much later than usual a late report comes.
const LATE: u32 = 30;

impl SimulatedDelivery {
    /// The way of an SMS that is accepted at `at`, when a report usually takes `delay`.
    pub(crate) fn plan(self, at: Millis, delay: Duration) -> DeliveryPlan {
        let report = |status: DeliveryStatus, due| NewReport {
            status: status.as_str(),
            due,
        };
        let (settled, settled_at) = match self {
            Self::Settles(settled) => (settled, at.plus(delay)),
            Self::Late => (DeliveryStatus::Delivered, at.plus(delay * LATE)),
            Self::Twice | Self::OutOfOrder => (DeliveryStatus::Delivered, at.plus(delay)),
            Self::Silent => (DeliveryStatus::Accepted, at),
        };
        let accepted = report(DeliveryStatus::Accepted, at);
        let last = report(settled, settled_at);
        let reports = match self {
            Self::Settles(DeliveryStatus::Accepted) => vec![accepted],
            Self::Settles(_) | Self::Late => vec![accepted, last],
            Self::Twice => vec![accepted, last, report(settled, at.plus(delay * 2))],
            Self::OutOfOrder => vec![last, report(DeliveryStatus::Accepted, at.plus(delay * 2))],
            Self::Silent => Vec::new(),
        };
        DeliveryPlan {
            settled: settled.as_str(),
            settled_at,
            reports,
        }
    }
}

impl FromStr for SimulatedDelivery {
    type Err = Invalid;

    /// Reads a final status, or the name of another way.
    fn from_str(text: &str) -> Result<Self, Invalid> {
        Ok(match text {
            "late" => Self::Late,
            "twice" => Self::Twice,
            "out-of-order" => Self::OutOfOrder,
            "silent" => Self::Silent,
            status => {
                let known = DeliveryStatus::ALL.iter().find(|known| known.as_str() == status);
                Self::Settles(*known.ok_or_else(|| {
                    Invalid::new(
                        "DELIVRD, ACCEPTD, EXPIRED, DELETED, UNDELIV, UNKNOWN, REJECTD, late, twice, out-of-order or silent",
                    )
                })?)
            }
        })
    }
}
