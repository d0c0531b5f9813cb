//! How a batch stands when nothing more is sent: the journal is asked what happened, the results are written, and a summary
//! says it all.

use super::asides::Asides;
use super::course::Tally;
use super::decision::RetryUnknown;
use super::errors::journal_failure;
use super::journal::{Journal, JournalError};
use super::options::{BatchOptions, Destination};
use super::plan::BatchPlan;
use super::preflight::Survey;
use super::results::{OUTCOMES, RowException};
use super::send::{RunResult, StopReason};
use super::state::NumberState;
use super::{Batch, BatchError, outcomes};
use crate::failure::{Exit, Failure};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// How a batch stands.
#[derive(Debug)]
pub(crate) struct Summary {
    /// Every row of the input by its outcome; empty where the journal can't say.
    pub(crate) rows: BTreeMap<&'static str, u64>,
    /// Rows of this batch by the error id that the gateway gave.
    pub(crate) error_ids: BTreeMap<String, u64>,
    /// Rows that the same command would send.
    pub(crate) open: u64,
    pub(crate) journal: String,
    /// Where the results are, if they were written.
    pub(crate) results: Option<PathBuf>,
    /// Why the results were not written.
    pub(crate) results_error: Option<String>,
    /// The first rows that were not accepted, if results were written.
    pub(crate) exceptions: Vec<RowException>,
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
    fn new(batch: &Batch, survey: &Survey) -> Self {
        let mut rows = no_rows();
        let (mut open, mut worst) = (0, Exit::Done);
        for (_, _, decision) in batch.numbers.decisions(RetryUnknown::Never) {
            *rows.entry(decision.word()).or_default() += 1;
            open += u64::from(decision.is_open());
            worst = worse(worst, decision.exit());
        }
        if survey.invalid > 0 {
            worst = worse(worst, Exit::No);
        }
        for (word, number) in [
            ("invalid", survey.invalid),
            ("duplicate", batch.numbers.duplicates()),
        ] {
            *rows.entry(word).or_default() += number;
        }
        Self {
            rows,
            error_ids: BTreeMap::new(),
            open,
            journal: batch.options.journal.to_string(),
            results: None,
            results_error: None,
            exceptions: Vec::new(),
            run: None,
            error: None,
            disk: false,
            worst,
        }
    }

    /// After the last request of a run.
    pub(super) fn after_run(mut batch: Batch, survey: &Survey, mut run: RunResult) -> Self {
        let settled = batch.journal.take().map(|journal| settle(journal, &mut batch));
        let mut summary = Self::new(&batch, survey);
        summary.error = run.input_error.take().map(|error| error.to_string());
        match settled {
            Some(Ok((error_ids, written))) => {
                summary.error_ids = error_ids.into_iter().collect();
                summary.results(written, &batch.options);
            }
            Some(Err(error)) => summary.error = Some(error.to_string()),
            // Nobody can say now where each row stands; the next run reads it from the journal.
            None => {
                summary.rows.clear();
                summary.disk = true;
            }
        }
        summary.disk |= summary.error.is_some();
        summary.run = Some(run);
        summary
    }

    /// Nothing was left to send. Writes the results if they are missing, or if the run that sent the last row did not live to
    /// write them.
    pub(super) fn of_finished(mut batch: Batch, survey: &Survey, plan: &BatchPlan) -> Result<Self, Failure> {
        let mut journal = batch
            .journal
            .take()
            .expect("a batch has its journal until it sends");
        let mut summary = Self::new(&batch, survey);
        let missing = match &batch.options.destination {
            Destination::File(path) => !plan.concluded || !path.exists(),
            Destination::Stream => false,
        };
        let written = if missing {
            let asides = Asides::of(&journal).map_err(journal_failure)?;
            write_results(&asides, &mut journal, &mut batch)
        } else {
            Ok(Vec::new())
        };
        summary.results(written, &batch.options);
        summary.error_ids = journal
            .error_ids()
            .map_err(journal_failure)?
            .into_iter()
            .collect();
        if !summary.disk {
            journal.conclude().map_err(journal_failure)?;
        }
        journal.close().map_err(journal_failure)?;
        Ok(summary)
    }

    /// Delivery reports were read: the results are written again.
    pub(super) fn after_reports(mut batch: Batch, survey: &Survey) -> Result<Self, Failure> {
        let journal = batch
            .journal
            .take()
            .expect("a batch has its journal until it sends");
        let (error_ids, written) = settle(journal, &mut batch).map_err(journal_failure)?;
        let mut summary = Self::new(&batch, survey);
        summary.error_ids = error_ids.into_iter().collect();
        summary.results(written, &batch.options);
        Ok(summary)
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
                        let input = options.file.display();
                        format!("the results are not written: cannot read {input} once more: {error}")
                    }
                    error => error.to_string(),
                });
            }
        }
    }

    /// How many rows have this outcome.
    pub(crate) fn count(&self, outcome: &str) -> u64 {
        self.rows.get(outcome).copied().unwrap_or_default()
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

    /// One word for the whole.
    pub(crate) fn outcome(&self) -> &'static str {
        if self.stopped_by().is_some() && !self.stop().is_some_and(StopReason::is_planned) {
            "stopped"
        } else if self.open > 0 {
            "pending"
        } else {
            "finished"
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

/// Error ids with how many rows met them, and whether the results could be written.
type Settled = (Vec<(String, u64)>, Result<Vec<RowException>, BatchError>);

/// Asks the journal where every number stands, writes the results, and closes it.
fn settle(mut journal: Journal, batch: &mut Batch) -> Result<Settled, JournalError> {
    batch.numbers.change_all(|_| NumberState::NEW);
    let asides = Asides::of(&journal)?;
    asides.fold_into(&journal, &mut batch.numbers, crate::clock::now())?;
    let error_ids = journal.error_ids()?;
    let written = write_results(&asides, &mut journal, batch);
    if written.is_ok() && Tally::of(&batch.numbers, RetryUnknown::Never).open == 0 {
        journal.conclude()?;
    }
    journal.close()?;
    Ok((error_ids, written))
}

fn write_results(
    asides: &Asides,
    journal: &mut Journal,
    batch: &mut Batch,
) -> Result<Vec<RowException>, BatchError> {
    let Batch {
        options,
        input,
        checker,
        numbers,
        ..
    } = batch;
    let Destination::File(path) = &options.destination else {
        return Ok(Vec::new());
    };
    let history = asides.histories(journal)?;
    outcomes::write(path, input, checker, numbers, Some(history))
}

/// Every outcome, each with no rows: whoever reads them finds the same names whatever became of a batch.
pub(crate) fn no_rows() -> BTreeMap<&'static str, u64> {
    OUTCOMES.map(|word| (word, 0)).into()
}

/// The worse of two ways that rows can end.
pub(crate) fn worse(one: Exit, other: Exit) -> Exit {
    let order = [Exit::Account, Exit::Unknown, Exit::Unsent, Exit::No];
    let worst = order.into_iter().find(|exit| *exit == one || *exit == other);
    worst.unwrap_or(Exit::Done)
}
