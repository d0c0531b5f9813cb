//! How a batch stands when nothing more is sent: the journal is asked what happened, the results are written, and a summary
//! says it all.

use super::destination::Destination;
use super::errors::journal_failure;
use super::options::BatchOptions;
use super::plan::BatchPlan;
use super::preflight::Survey;
use super::results::RowException;
use super::send::{self, BegunRun, RunResult, SentRun, StopReason};
use super::standings::Standings;
use super::{Batch, BatchError};
use crate::domain::duration;
use crate::failure::{Exit, Failure};
use crate::journal::{JournalError, JournalFault, Resend, Rules, RunEnd, Store};
use crate::outcome::OutcomeWord;
use crate::text::count;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How a batch stands.
#[derive(Debug)]
pub(crate) struct Summary {
    /// Every row of the input by its outcome; empty where the journal can't say.
    pub(crate) rows: BTreeMap<&'static str, u64>,
    /// Rows of this run by the error id that the gateway gave.
    pub(crate) error_ids: BTreeMap<String, u64>,
    /// In words, that nothing was sent because numbers were reached before, and the ways on.
    pub(crate) all_reached: Option<String>,
    /// Rows that the same command would send.
    pub(crate) open: u64,
    pub(crate) journal: String,
    /// When the journal's first run began, where that was before this one.
    pub(crate) journal_since: Option<Timestamp>,
    /// Where the results are, if they were written.
    pub(crate) results: Option<PathBuf>,
    /// Why the results were not written.
    pub(crate) results_error: Option<String>,
    /// The first rows that were not accepted, if results were written.
    pub(crate) exceptions: Vec<RowException>,
    /// When the PIN of every unknown row is over, where that is known.
    pub(crate) pins_end: Option<Timestamp>,
    /// The rows are those of a sheet.
    pub(crate) of_sheet: bool,
    /// Delivery reports were asked for.
    pub(crate) has_report_url: bool,
    /// The run that has just ended, if there was one.
    pub(crate) run: Option<RunResult>,
    /// Why the journal or the input could not be read or written to the end.
    error: Option<String>,
    /// The disk, or what is on it, kept something from being done.
    disk: bool,
    /// How the batch ends if nothing but its rows decides.
    worst: Exit,
}

impl Summary {
    /// How the rows stand, by what was found when the numbers were looked up.
    pub(crate) fn new(batch: &Batch, survey: &Survey, standings: Option<&Standings>) -> Self {
        let mut rows = no_rows();
        let (mut open, mut worst) = (0, Exit::Done);
        for (_, _, decision) in batch.numbers.decisions() {
            *rows.entry(decision.word().as_str()).or_default() += 1;
            open += u64::from(decision.is_left());
            worst = worse(worst, decision.exit());
        }
        if survey.invalid > 0 {
            worst = worse(worst, Exit::No);
        }
        for (word, number) in [
            (OutcomeWord::Invalid, survey.invalid),
            (OutcomeWord::Duplicate, batch.numbers.duplicates()),
        ] {
            *rows.entry(word.as_str()).or_default() += number;
        }
        Self {
            rows,
            error_ids: BTreeMap::new(),
            all_reached: None,
            open,
            journal: batch.options.journal.to_string(),
            journal_since: None,
            results: None,
            results_error: None,
            exceptions: Vec::new(),
            pins_end: standings.and_then(|standings| standings.last_pin_end),
            of_sheet: batch.input.sheet().is_some(),
            has_report_url: batch.options.receives.needs_report_url(),
            run: None,
            error: None,
            disk: false,
            worst,
        }
    }

    /// After the last request of a run, and a look at how the numbers stand by then: writes the results, and ends the run.
    pub(super) fn after_run(
        mut batch: Batch,
        survey: &Survey,
        plan: &BatchPlan,
        SentRun {
            mut result, store, ..
        }: SentRun,
        looked: Result<Standings, JournalError>,
    ) -> Self {
        let mut summary = Self::new(&batch, survey, looked.as_ref().ok());
        summary.error_ids.clone_from(&result.counters.error_ids);
        summary.error = result.input_error.take().map(|error| error.to_string());
        match looked {
            Ok(standings) => summary.write_results(&mut batch, &standings),
            Err(error) => {
                // How each row stands can't be said now; the next run reads it from the journal.
                summary.rows.clear();
                summary.error = Some(error.to_string());
            }
        }
        summary.disk |= summary.error.is_some();
        summary.run = Some(result);
        summary.journal_since = plan.journal_since;
        summary.end(store);
        summary
    }

    /// Nothing was left to send. Where the results are missing or old, they are written, by a run that the journal knows.
    pub(crate) fn of_finished(mut batch: Batch, survey: &Survey, plan: &BatchPlan) -> Result<Self, Failure> {
        let mut summary = Self::new(&batch, survey, Some(&plan.standings));
        summary.journal_since = plan.journal_since;
        if plan.standings.counts.accepted + plan.standings.counts.undelivered > 0 {
            summary.all_reached = all_reached(plan.rules.now, &plan.standings);
        }
        if plan.has_results && batch.remembers_exclusions().map_err(journal_failure)? {
            summary.results = batch.options.destination.file().map(ToOwned::to_owned);
            return Ok(summary);
        }
        let BegunRun { store, .. } = send::begin(&mut batch, survey)?;
        let standings = batch.look(&plan.rules, None).map_err(journal_failure)?;
        summary.write_results(&mut batch, &standings);
        summary.end(Ok(store));
        Ok(summary)
    }

    /// Ends the run in its journal. One that can't be ended is dead for the next run, which finds all that was recorded.
    fn end(&mut self, store: Result<Box<dyn Store>, JournalError>) {
        let ended = store.and_then(|mut store| {
            let end = RunEnd {
                at: crate::clock::now(),
                exit: self.exit().code(),
                left: self.open,
            };
            store.end(end)?;
            store.close()
        });
        if let Err(error) = ended {
            self.disk = true;
            match self.run.as_mut().map(|run| &mut run.stop) {
                // What it broke by in the end says more than what broke it first.
                Some(Some(StopReason::Journal(first))) => *first = error,
                _ => self.error = Some(error.to_string()),
            }
        }
    }

    fn write_results(&mut self, batch: &mut Batch, standings: &Standings) {
        let written = match batch.options.destination.clone() {
            Destination::File(path) => batch.write_results(&path, standings),
            Destination::Stream => Ok(Vec::new()),
        };
        self.results(written, &batch.options);
    }

    fn results(&mut self, written: Result<Vec<RowException>, BatchError>, options: &BatchOptions) {
        match (written, &options.destination) {
            (Ok(exceptions), Destination::File(path)) => {
                self.results = Some(path.clone());
                self.exceptions = exceptions;
            }
            (Ok(_), Destination::Stream) => {}
            (Err(error), _) => {
                self.disk = true;
                self.results_error = Some(match error {
                    BatchError::Read(error) => {
                        let input = options.asked.file.display();
                        format!("the results are not written: cannot read {input} once more: {error}")
                    }
                    error => error.to_string(),
                });
            }
        }
    }

    /// True where nothing was sent, and every number was sent to before, or may have been.
    pub(crate) fn is_all_reached(&self) -> bool {
        let others = self.count(OutcomeWord::Refused) + self.count(OutcomeWord::Excluded);
        self.all_reached.is_some() && others == 0
    }

    /// How many rows have this outcome.
    pub(crate) fn count(&self, outcome: OutcomeWord) -> u64 {
        self.rows.get(outcome.as_str()).copied().unwrap_or_default()
    }

    /// Why the run stopped launching, if it did.
    pub(crate) fn stop(&self) -> Option<&StopReason> {
        self.run.as_ref().and_then(|run| run.stop.as_ref())
    }

    /// Why the batch is not through, in words.
    pub(crate) fn stopped_by(&self) -> Option<String> {
        self.stop()
            .map(ToString::to_string)
            .or_else(|| self.error.clone())
    }

    /// True where the same command may have something to send: rows, or some that another run is sending to now.
    pub(crate) fn is_left(&self) -> bool {
        self.open > 0 || self.count(OutcomeWord::UnderWay) > 0
    }

    /// One word for the whole.
    pub(crate) fn outcome(&self) -> OutcomeWord {
        if self.stopped_by().is_some() && !self.stop().is_some_and(StopReason::is_planned) {
            OutcomeWord::Stopped
        } else if self.is_left() {
            OutcomeWord::Pending
        } else {
            OutcomeWord::Finished
        }
    }

    /// The first that applies, from the worst.
    pub(crate) fn exit(&self) -> Exit {
        match self.stop() {
            Some(StopReason::Signal(signal)) => return Exit::Signal(*signal),
            Some(StopReason::Journal(_)) => return Exit::Disk,
            Some(StopReason::Account(_)) if !self.disk => return Exit::Account,
            _ => {}
        }
        if self.disk { Exit::Disk } else { self.worst }
    }
}

/// The rules of a look after the run: what was to be sent again, and was not, isn't left by itself.
pub(super) fn rules_after(plan: &BatchPlan) -> Rules {
    Rules {
        resend: Resend::default(),
        ..plan.rules
    }
}

/// Looks where every number stands after a run. What other runs have under way is waited for, as long as one of their requests
/// may take.
pub(super) fn look_once_settled(
    batch: &mut Batch,
    plan: &BatchPlan,
    sent: &SentRun,
) -> Result<Standings, JournalError> {
    const GRACE: Duration = Duration::from_secs(10);
    const AGAIN: Duration = Duration::from_millis(200);
    match &sent.store {
        // It was waited for long enough.
        Err(error) if error.fault == JournalFault::Unanswered => return Err(error.clone()),
        _ => {}
    }
    let (rules, is_stopped) = (rules_after(plan), sent.result.stop.is_some());
    let deadline = Instant::now() + batch.options.timeout() + GRACE;
    loop {
        let standings = batch.look(&rules, Some(sent.id))?;
        if standings.counts.under_way == 0 || is_stopped || Instant::now() >= deadline {
            return Ok(standings);
        }
        std::thread::sleep(AGAIN);
    }
}

/// The ways on where nothing is sent because the numbers were sent to before.
fn all_reached(now: Timestamp, standings: &Standings) -> Option<String> {
    let last = standings.reached_by().first().map(|list| list.last)?;
    let age = Duration::try_from(now.duration_since(last)).unwrap_or_default();
    let reached = standings.counts.accepted + standings.counts.undelivered + standings.counts.unknown;
    Some(format!(
        "nothing is left to send: {} sent to before, the last one {} ago (once more: --campaign NAME, or --once-per 25d)",
        count(reached, "number was", "numbers were"),
        duration::human(Duration::from_secs(age.as_secs()))
    ))
}

/// Every outcome, each with no rows: a program finds the same names whatever became of a batch.
pub(crate) fn no_rows() -> BTreeMap<&'static str, u64> {
    OutcomeWord::OF_ROWS.map(|word| (word.as_str(), 0)).into()
}

/// The worse of two ways that rows can end.
pub(crate) fn worse(one: Exit, other: Exit) -> Exit {
    let order = [Exit::Account, Exit::Unknown, Exit::Unsent, Exit::No];
    let worst = order.into_iter().find(|exit| *exit == one || *exit == other);
    worst.unwrap_or(Exit::Done)
}
