//! A list whose SMS are waited for: the reports go into the journal as they come, and the journal says what is missing.

use crate::answers::AwaitedCounts;
use crate::batch::Batch;
use crate::batch::asked::BatchRequest;
use crate::batch::errors::journal_failure;
use crate::commands::journal::reconcile;
use crate::failure::Failure;
use crate::journal::{JournalPlace, Rules, Standing};
use crate::session::{Context, Session, journal};
use crate::settings::Flags;
use std::path::{Path, PathBuf};

/// The list, its journal, and the file that the listener appends to.
pub(super) struct AwaitedList {
    batch: Batch,
    digest: String,
    place: JournalPlace,
    reports: PathBuf,
    /// The bytes of the reports that are in the journal.
    read: u64,
}

impl AwaitedList {
    pub(super) fn open(context: &Context, list: &Path, reports: &Path) -> Result<Self, Failure> {
        let session = Session::open(context, Flags::default())?;
        let place = journal::place(&session)?;
        let mut batch = Batch::open(&session, &BatchRequest::of(list), place.clone())?;
        let survey = batch.survey()?;
        if let Some(doubt) = survey.column_doubt() {
            return Err(doubt);
        }
        Ok(Self {
            digest: survey.digest(),
            batch,
            place,
            reports: reports.to_owned(),
            read: 0,
        })
    }

    /// Takes the new reports into the journal. Returns what has become of the SMS, and whether all of them were sent.
    pub(super) fn look(&mut self) -> Result<(AwaitedCounts, bool), Failure> {
        self.take_reports()?;
        self.batch.look_at_journal().map_err(journal_failure)?;
        let rules = Rules::plain(crate::clock::now());
        let standings = self.batch.look(&rules, None).map_err(journal_failure)?;
        let deliveries = &standings.deliveries;
        let delivered = deliveries.delivered + deliveries.probably_delivered;
        let not_delivered = deliveries.not_delivered + deliveries.probably_not_delivered;
        let accepted = standings.counts.accepted + standings.counts.undelivered;
        let counts = AwaitedCounts {
            missing: accepted.saturating_sub(delivered + not_delivered),
            delivered,
            not_delivered,
        };
        let mut runs = standings
            .runs
            .all()
            .filter(|run| run.digest.as_deref() == Some(&self.digest))
            .peekable();
        let has_begun = runs.peek().is_some();
        let is_at_work = runs.any(|run| run.is_alive);
        let is_open = |standing| {
            matches!(
                standing,
                Standing::Untried | Standing::Unsent | Standing::UnderWay
            )
        };
        let mut decisions = self.batch.numbers.decisions();
        let is_left = decisions.any(|(_, _, decision)| !decision.is_excluded() && is_open(decision.standing));
        Ok((counts, has_begun && !is_at_work && !is_left))
    }

    fn take_reports(&mut self) -> Result<(), Failure> {
        let length = std::fs::metadata(&self.reports).map_or(0, |found| found.len());
        if length < self.read {
            // Another file has taken its place.
            self.read = 0;
        }
        if length == self.read || self.place.look().map_err(journal_failure)?.is_none() {
            return Ok(());
        }
        let mut store = self.place.open().map_err(journal_failure)?;
        let read = reconcile::read(store.as_mut(), &self.reports, self.read)?;
        store.close().map_err(journal_failure)?;
        if read.counts.early == 0 {
            self.read += read.length;
        }
        Ok(())
    }
}
