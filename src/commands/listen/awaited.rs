//! `--until-final`: the SMS whose final statuses end the listener.

use crate::answers::AwaitedCounts;
use crate::dlr::{DeliveryReport, DeliveryStatus, StoredReport};
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use jiff::Timestamp;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How often a batch is looked at while it is being sent, or while many reports come.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Rows that are not counted again for every single report.
const MANY: usize = 10_000;

/// What is waited for, and what has come.
pub(super) struct Awaited {
    goal: Goal,
    finals: Mutex<FinalReports>,
    changed: Notify,
}

enum Goal {
    /// The next SMS to this number.
    Number(Msisdn),
}

/// The final reports so far.
#[derive(Default)]
struct FinalReports {
    /// Those that came without an id of ours, with the time of arrival.
    by_number: HashMap<Msisdn, (Timestamp, DeliveryStatus)>,
}

impl Awaited {
    /// `text` names a file with rows, a journal, or a number. Reports that are in `out` already count for a batch.
    pub(super) fn parse(text: &str, sandbox: bool, out: &Path) -> Result<Self, Failure> {
        let _ = (sandbox, out);
        if Path::new(text).exists() {
            let error = "--until-final takes a number only, for now";
            return Err(Failure::message(Kind::Usage, error));
        }
        let msisdn = Msisdn::parse(text, None).map_err(|error| {
            Failure::new(Kind::Usage, error)
                .doing("--until-final names neither a file that exists nor a phone number")
        })?;
        Ok(Self::new(Goal::Number(msisdn)))
    }

    fn new(goal: Goal) -> Self {
        Self {
            goal,
            finals: Mutex::default(),
            changed: Notify::new(),
        }
    }

    /// Hears of a report that is on disk.
    pub(super) fn note(&self, report: &DeliveryReport, attempt_id: Option<&str>, received_at: Timestamp) {
        let Some(status) = report.known_status().filter(|status| status.is_final()) else {
            return;
        };
        let mut finals = self.finals.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = attempt_id;
        let Goal::Number(msisdn) = &self.goal;
        if *msisdn != report.to {
            return;
        }
        finals.by_number.insert(report.to, (received_at, status));
        drop(finals);
        self.changed.notify_one();
    }

    /// Returns once everything has its final status.
    pub(super) async fn complete(self: &Arc<Self>) -> Result<(), Failure> {
        while self.counts().missing > 0 {
            self.changed.notified().await;
        }
        Ok(())
    }

    pub(super) fn counts(&self) -> AwaitedCounts {
        let finals = self.finals.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts = AwaitedCounts::default();
        let mut add = |status: Option<DeliveryStatus>| match status {
            None => counts.missing += 1,
            Some(DeliveryStatus::Delivered) => counts.delivered += 1,
            Some(_) => counts.not_delivered += 1,
        };
        let Goal::Number(msisdn) = &self.goal;
        add(finals.by_number.get(msisdn).map(|(_, status)| *status));
        counts
    }
}
