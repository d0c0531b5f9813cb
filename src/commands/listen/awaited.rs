//! `--until-final`: the SMS whose final statuses end the listener.

use crate::answers::AwaitedCounts;
use crate::batch::errors::journal_failure;
use crate::batch::journal::{
    Access, AwaitedAttempt, Journal, JournalError, JournalLocation, LostRecords, ReportId,
};
use crate::batch::places::journal_beside;
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
    /// Every accepted row of the batch with this journal.
    Batch(PathBuf),
}

/// The final reports so far.
#[derive(Default)]
struct FinalReports {
    by_id: HashMap<ReportId, DeliveryStatus>,
    /// Those that came without an id of ours, with the time of arrival.
    by_number: HashMap<Msisdn, (Timestamp, DeliveryStatus)>,
    /// The accepted rows, as they were when the batch was last looked at.
    rows: Arc<Vec<AwaitedAttempt>>,
    /// Nothing of the batch is left to send.
    all_sent: bool,
}

impl Awaited {
    /// `text` names a file with rows, a journal, or a number. Reports that are in `out` already count for a batch.
    pub(super) fn parse(text: &str, sandbox: bool, out: &Path) -> Result<Self, Failure> {
        let path = Path::new(text);
        let is_journal = text.ends_with(".smspin");
        let journal = if is_journal {
            path.to_owned()
        } else {
            journal_beside(path, sandbox)
        };
        if path.exists() || journal.exists() {
            let awaited = Self::new(Goal::Batch(journal));
            awaited.note_stored(out).map_err(|error| {
                Failure::new(Kind::Disk, error).doing(format!("cannot read the reports in {}", out.display()))
            })?;
            return Ok(awaited);
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

    fn note_stored(&self, out: &Path) -> std::io::Result<()> {
        let file = match File::open(out) {
            Ok(file) => BufReader::new(file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for line in file.split(b'\n') {
            if let Some(stored) = StoredReport::read(&line?)
                && let Some(report) = &stored.report
            {
                self.note(report, stored.attempt_id.as_deref(), stored.received_at);
            }
        }
        Ok(())
    }

    /// Hears of a report that is on disk.
    pub(super) fn note(&self, report: &DeliveryReport, attempt_id: Option<&str>, received_at: Timestamp) {
        let Some(status) = report.known_status().filter(|status| status.is_final()) else {
            return;
        };
        let mut finals = self.finals.lock().unwrap_or_else(PoisonError::into_inner);
        match (&self.goal, attempt_id.and_then(ReportId::parse)) {
            (Goal::Number(msisdn), _) if *msisdn != report.to => return,
            (Goal::Batch(_), Some(id)) => drop(finals.by_id.insert(id, status)),
            (Goal::Number(_), _) | (Goal::Batch(_), None) => {
                finals.by_number.insert(report.to, (received_at, status));
            }
        }
        drop(finals);
        self.changed.notify_one();
    }

    /// Returns once everything has its final status.
    pub(super) async fn complete(self: &Arc<Self>) -> Result<(), Failure> {
        loop {
            let this = Arc::clone(self);
            // A large journal takes its time, and posts are answered meanwhile.
            let looked = tokio::task::spawn_blocking(move || this.look()).await;
            if looked.unwrap_or(Ok(false)).map_err(journal_failure)? {
                return Ok(());
            }
            let (all_sent, rows) = {
                let finals = self.finals.lock().unwrap_or_else(PoisonError::into_inner);
                (finals.all_sent, finals.rows.len())
            };
            if matches!(self.goal, Goal::Batch(_)) && !all_sent {
                tokio::time::sleep(LOOK_AGAIN).await;
                continue;
            }
            self.changed.notified().await;
            if rows > MANY {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }

    /// Whether nothing is missing any more.
    fn look(&self) -> Result<bool, JournalError> {
        if let Goal::Batch(path) = &self.goal
            && !self
                .finals
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .all_sent
        {
            let journal = Journal::open(
                &JournalLocation::File(path.clone()),
                Access::ReadOnly,
                LostRecords::Refuse,
            )?;
            let begun = journal.campaign()?.is_some();
            let all_sent = begun && journal.under_way()?.is_none() && journal.left()? == 0;
            let rows = Arc::new(journal.awaited()?);
            let mut finals = self.finals.lock().unwrap_or_else(PoisonError::into_inner);
            finals.rows = rows;
            finals.all_sent = all_sent;
            if !all_sent {
                return Ok(false);
            }
        }
        Ok(self.counts().missing == 0)
    }

    pub(super) fn counts(&self) -> AwaitedCounts {
        let finals = self.finals.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts = AwaitedCounts::default();
        let mut add = |status: Option<DeliveryStatus>| match status {
            None => counts.missing += 1,
            Some(DeliveryStatus::Delivered) => counts.delivered += 1,
            Some(_) => counts.not_delivered += 1,
        };
        match &self.goal {
            Goal::Number(msisdn) => add(finals.by_number.get(msisdn).map(|(_, status)| *status)),
            Goal::Batch(_) => finals.rows.iter().for_each(|row| add(finals.of(row))),
        }
        counts
    }
}

impl FinalReports {
    /// By the id of the request, or by the number if the report came after the request.
    fn of(&self, row: &AwaitedAttempt) -> Option<DeliveryStatus> {
        let exact = row.report_id.and_then(|id| self.by_id.get(&id)).copied();
        exact.or_else(|| {
            let (received_at, status) = self.by_number.get(&row.msisdn)?;
            (*received_at >= row.started_at).then_some(*status)
        })
    }
}
