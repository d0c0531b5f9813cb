//! `--until-final`: the SMS whose final status ends the listener.

use crate::answers::AwaitedCounts;
use crate::dlr::{DeliveryReport, DeliveryStatus};
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use crate::listen::KeptReport;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// What is waited for.
pub(super) struct Awaited {
    msisdn: Msisdn,
    status: Mutex<Option<DeliveryStatus>>,
    changed: Notify,
}

impl Awaited {
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let msisdn = Msisdn::parse(text, None)
            .map_err(|error| Failure::new(Kind::Usage, error).doing("--until-final: invalid phone number"))?;
        Ok(Self {
            msisdn,
            status: Mutex::new(None),
            changed: Notify::new(),
        })
    }

    /// Hears of a report that is on disk.
    pub(super) fn note(&self, kept: &KeptReport<'_>) {
        let Some(report) = kept.report.filter(|report| report.to == self.msisdn) else {
            return;
        };
        if let Some(status) = report_status(report).filter(|status| status.is_final()) {
            *self.status.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
            self.changed.notify_one();
        }
    }

    /// Returns once everything has its final status.
    pub(super) async fn complete(&self) {
        self.changed.notified().await;
    }

    pub(super) fn counts(&self) -> AwaitedCounts {
        let mut counts = AwaitedCounts::default();
        match *self.status.lock().unwrap_or_else(PoisonError::into_inner) {
            None => counts.missing += 1,
            Some(DeliveryStatus::Delivered) => counts.delivered += 1,
            Some(_) => counts.not_delivered += 1,
        }
        counts
    }
}

fn report_status(report: &DeliveryReport) -> Option<DeliveryStatus> {
    report.known_status()
}
