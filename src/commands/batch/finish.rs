//! What is left to do when nothing more is sent: the journal is asked what happened, the results are written, and a summary
//! says it all.

use super::errors::{UNKNOWN_HINT, journal_failure};
use super::plan::Planned;
use super::prepare::{BatchSetup, Destination};
use crate::answers::batch::{BatchReport, LatencyPart, RunPart};
use crate::batch::BatchError;
use crate::batch::course::Tally;
use crate::batch::decision::RetryUnknown;
use crate::batch::journal::{Journal, JournalError};
use crate::batch::numbers::Numbers;
use crate::batch::outcomes;
use crate::batch::request::Checker;
use crate::batch::send::{RunResult, StopReason};
use crate::batch::state::NumberState;
use crate::cli::BatchArgs;
use crate::failure::{Exit, Failure};
use crate::session::Context;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A run that has ended.
pub(super) struct Driven {
    pub(super) ended: RunResult,
    /// None if it could not be written any more.
    pub(super) journal: Option<Journal>,
    pub(super) error: Option<BatchError>,
    pub(super) numbers: Numbers,
    pub(super) checker: Checker,
    pub(super) prepared: BatchSetup,
    pub(super) invalid: u64,
    pub(super) concurrency: usize,
}

/// Nothing was left to send: says so, and writes the results if they are missing, or if the run that sent the last row did
/// not live to write them.
pub(super) fn already(
    context: &Context,
    args: &BatchArgs,
    mut prepared: BatchSetup,
    mut planned: Planned,
) -> Result<Exit, Failure> {
    let mut journal = planned
        .journal
        .take()
        .expect("a run that is no dry run has locked its journal");
    let failed = journal_failure;
    let mut facts = Facts::new(
        &planned.surveyed.numbers,
        planned.surveyed.invalid,
        planned.surveyed.numbers.duplicates(),
    );
    let missing = match &prepared.destination {
        Destination::File(path) => !planned.concluded || !path.exists(),
        Destination::Stream => false,
    };
    if missing {
        let written = write_results(&mut journal, &mut prepared, &mut planned.surveyed.numbers);
        facts.results(written, &prepared.destination);
    } else {
        facts.results_path(&prepared.destination);
    }
    facts.error_ids = journal.error_ids().map_err(failed)?.into_iter().collect();
    if !facts.disk {
        journal.conclude().map_err(failed)?;
    }
    journal.close().map_err(failed)?;
    facts.journal = prepared.journal.display().to_string();
    facts.streamed = prepared.destination == Destination::Stream;
    let report = BatchReport {
        preflight: None,
        ..facts.report(context, args, "finished", None)
    };
    context.ui.note("nothing is left to send: this batch is finished");
    Ok(facts.show(context, &report, None))
}

/// After the last request of a run.
pub(super) fn run(context: &Context, args: &BatchArgs, driven: Driven) -> Exit {
    let Driven {
        ended,
        journal,
        error,
        mut numbers,
        checker,
        mut prepared,
        invalid,
        concurrency,
    } = driven;
    prepared.checker = checker;
    let duplicates = numbers.duplicates();
    let mut errors = error.map(|error| error.to_string());
    let closed = journal.map(|journal| settle(journal, &mut prepared, &mut numbers));
    let mut facts = Facts::new(&numbers, invalid, duplicates);
    facts.journal = prepared.journal.display().to_string();
    facts.streamed = prepared.destination == Destination::Stream;
    match closed {
        Some(Ok(Settled { error_ids, results })) => {
            facts.error_ids = error_ids.into_iter().collect();
            facts.results(results, &prepared.destination);
        }
        Some(Err(error)) => {
            errors = Some(error.to_string());
            facts.disk = true;
        }
        // Nobody can say now where each row stands; the next run reads it from the journal.
        None => {
            facts.rows.clear();
            facts.disk = true;
        }
    }
    facts.disk |= errors.is_some();
    let stopped_by = ended.stop.as_ref().map(stop_reason).or(errors);
    let part = run_part(&ended, &prepared, concurrency);
    let outcome = if stopped_by.is_some() {
        "stopped"
    } else if facts.open > 0 {
        "pending"
    } else {
        "finished"
    };
    let report = BatchReport {
        run: Some(part),
        stopped_by,
        ..facts.report(context, args, outcome, ended.stop.as_ref())
    };
    facts.show(context, &report, ended.stop.as_ref())
}

struct Settled {
    error_ids: Vec<(String, u64)>,
    results: Result<(), BatchError>,
}

/// Asks the journal where every number stands, writes the results, and closes it.
fn settle(
    mut journal: Journal,
    prepared: &mut BatchSetup,
    numbers: &mut Numbers,
) -> Result<Settled, JournalError> {
    numbers.change_all(|_| NumberState::NEW);
    journal.fold_into(numbers, Timestamp::now())?;
    let error_ids = journal.error_ids()?;
    let results = write_results(&mut journal, prepared, numbers);
    if results.is_ok() && Tally::of(numbers, RetryUnknown::Never).open == 0 {
        journal.conclude()?;
    }
    journal.close()?;
    Ok(Settled { error_ids, results })
}

fn write_results(
    journal: &mut Journal,
    prepared: &mut BatchSetup,
    numbers: &mut Numbers,
) -> Result<(), BatchError> {
    let Destination::File(path) = &prepared.destination else {
        return Ok(());
    };
    let mut history = journal.history()?;
    outcomes::write(
        path,
        &prepared.input,
        &mut prepared.checker,
        numbers,
        &mut history,
    )
}

fn stop_reason(stop: &StopReason) -> String {
    match stop {
        StopReason::Account(id) => format!("the gateway refused the account: {id}"),
        StopReason::MaxFailures(most) => format!("{most} failures in a row (--max-failures)"),
        StopReason::Journal(broken) => format!("{:#}", anyhow::Error::new(broken.clone())),
        StopReason::Signal(_) => "a signal".to_owned(),
    }
}

fn run_part(ended: &RunResult, prepared: &BatchSetup, concurrency: usize) -> RunPart {
    let seconds = ended.elapsed.as_secs_f64().max(1e-9);
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let millis = |micros: u64| micros as f64 / 1000.0;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let per_second = ended.counters.requests as f64 / seconds;
    let latency = &ended.latency;
    let latency_ms = (!latency.is_empty()).then(|| LatencyPart {
        p50: millis(latency.value_at_quantile(0.5)),
        p95: millis(latency.value_at_quantile(0.95)),
        p99: millis(latency.value_at_quantile(0.99)),
        max: millis(latency.max()),
    });
    let limited_by = limited_by(ended, prepared, concurrency);
    RunPart {
        sent: ended.counters.requests,
        seconds,
        per_second,
        limited_by,
        latency_ms,
    }
}

/// What kept a run from being faster. The first row goes alone and the last answers are waited for: neither counts.
fn limited_by(ended: &RunResult, prepared: &BatchSetup, concurrency: usize) -> String {
    let latency = ended.latency.mean() / 1_000_000.0;
    let seconds = ended.elapsed.as_secs_f64();
    let busy = (seconds - 2.0 * latency).max(0.1 * seconds).max(1e-9);
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let (requests, at_once) = (ended.counters.requests as f64, concurrency as f64);
    let per_second = requests / busy;
    match prepared.conduct.rate {
        _ if ended.paused.as_secs_f64() > 0.5 * seconds => "pauses after 429 or lost connections".to_owned(),
        Some(rate) if requests > 1.0 && per_second >= 0.9 * rate.per_second() => format!("--rate {rate}"),
        _ if requests <= 2.0 * at_once => "the small number of rows".to_owned(),
        _ if per_second >= 0.8 * at_once / latency.max(1e-6) => format!(
            "the gateway's latency ({:.1} ms) × {concurrency} at once (--concurrency)",
            latency * 1000.0
        ),
        _ => "this machine".to_owned(),
    }
}

/// What a summary is made of.
pub(super) struct Facts {
    rows: BTreeMap<&'static str, u64>,
    error_ids: BTreeMap<String, u64>,
    open: u64,
    /// How the batch ends if nothing but its rows decides.
    worst: Exit,
    disk: bool,
    results: Option<String>,
    journal: String,
    errors: Option<String>,
    /// Standard output has the rows, so the summary goes to stderr.
    streamed: bool,
}

impl Facts {
    pub(super) fn new(numbers: &Numbers, invalid: u64, duplicates: u64) -> Self {
        let mut rows: BTreeMap<&'static str, u64> = BTreeMap::new();
        let (mut open, mut worst) = (0, Exit::Done);
        for (_, _, decision) in numbers.decisions(RetryUnknown::Never) {
            *rows.entry(decision.word()).or_default() += 1;
            open += u64::from(decision.is_open());
            worst = worse(worst, decision.exit());
        }
        if invalid > 0 {
            worst = worse(worst, Exit::No);
        }
        for (word, number) in [("invalid", invalid), ("duplicate", duplicates)] {
            if number > 0 {
                *rows.entry(word).or_default() += number;
            }
        }
        Self {
            rows,
            error_ids: BTreeMap::new(),
            open,
            worst,
            disk: false,
            results: None,
            journal: String::new(),
            errors: None,
            streamed: false,
        }
    }

    fn results(&mut self, written: Result<(), BatchError>, destination: &Destination) {
        match written {
            Ok(()) => self.results_path(destination),
            Err(error) => {
                self.disk = true;
                self.errors = Some(error.to_string());
            }
        }
    }

    fn results_path(&mut self, destination: &Destination) {
        if let Destination::File(path) = destination {
            self.results = Some(path.display().to_string());
        }
    }

    fn of(&self, word: &str) -> u64 {
        self.rows.get(word).copied().unwrap_or_default()
    }

    fn report(
        &self,
        context: &Context,
        args: &BatchArgs,
        outcome: &'static str,
        stop: Option<&StopReason>,
    ) -> BatchReport {
        let unknown = self.of("unknown");
        let hint = match stop {
            Some(StopReason::Account(id)) => Some(id.hint().to_owned()),
            Some(StopReason::Journal(broken)) => broken.hint(),
            // People read it as a warning.
            _ if self.errors.is_some() && context.ui.json => self.errors.clone(),
            _ if unknown > 0 => Some(UNKNOWN_HINT.to_owned()),
            _ => None,
        };
        let next = match (self.open, unknown) {
            _ if self.errors.is_some() => Some(context.command_line.clone()),
            (0, 0) => None,
            (0, _) if args.repeat.retry_unknown.is_none() => {
                Some(format!("{} --retry-unknown", context.command_line))
            }
            (0, _) => None,
            _ => Some(context.command_line.clone()),
        };
        BatchReport {
            outcome,
            sandbox: context.global.sandbox,
            rows: self.rows.clone(),
            error_ids: self.error_ids.clone(),
            journal: Some(self.journal.clone()),
            results: self.results.clone(),
            next,
            hint,
            ..BatchReport::empty()
        }
    }

    fn show(&self, context: &Context, report: &BatchReport, stop: Option<&StopReason>) -> Exit {
        let exit = self.exit(stop);
        if let Some(errors) = &self.errors {
            context.ui.warn(errors);
        }
        if self.streamed && !context.ui.json {
            context.ui.report_aside(report, report.hint.as_deref());
            return exit;
        }
        let exit = context.ui.report(report, exit, true);
        if let Some(hint) = report.hint.as_deref().filter(|_| !context.ui.json) {
            context.ui.hint(hint);
        }
        exit
    }

    /// The first that applies, from the worst.
    fn exit(&self, stop: Option<&StopReason>) -> Exit {
        match stop {
            Some(StopReason::Signal(signal)) => return Exit::Signal(*signal),
            Some(StopReason::Journal(_)) => return Exit::Disk,
            Some(StopReason::Account(_)) if !self.disk => return Exit::Account,
            _ => {}
        }
        if self.disk { Exit::Disk } else { self.worst }
    }
}

/// The worse of two ways that rows can end.
fn worse(one: Exit, other: Exit) -> Exit {
    let order = [Exit::Account, Exit::Unknown, Exit::Unsent, Exit::No];
    let worst = order.into_iter().find(|exit| *exit == one || *exit == other);
    worst.unwrap_or(Exit::Done)
}
