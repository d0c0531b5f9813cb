//! The second pass: rows become jobs, and jobs become requests, each with its claim on disk before its first byte leaves
//! and its outcome after. It knows neither CSV nor SQL.

mod ahead;
mod claim;
mod feed;
mod launch;
mod marking;
mod precheck;
mod run;
#[cfg(test)]
#[path = "../../../tests/simulator/mod.rs"]
mod simulator;
mod stop;
mod supervise;
mod timeline;
mod worker;

pub(crate) use run::{Run, RunResult};
pub(crate) use stop::StopReason;

use super::Batch;
use super::connect::Connected;
use super::errors::journal_failure;
use super::plan::{BatchPlan, refuse_lost_records};
use super::preflight::Survey;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure, Kind};
use crate::journal::{
    Decision, JournalError, Marker, MarkerRun, NewRun, RecordWriter, RecorderThread, RunEnd, RunId, RunName,
    Standing, Store,
};
use crate::outcome::{Outcome, OutcomeWord, Verdict};
use crate::output::Ui;
use crate::session::{OpenGateway, Session, signals};
use crate::wire::Body;
use feed::Feed;
use marking::Marking;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::LocalSet;

/// One row to send.
#[derive(Debug)]
pub(crate) struct RowJob {
    pub(crate) number: Msisdn,
    /// Where it stands in the input.
    pub(crate) line: u64,
    pub(crate) body: Body,
    /// How long its PIN is valid, in seconds; 0 is for ever.
    pub(crate) expires_in: u32,
    /// Why it is sent to.
    pub(crate) decision: Decision,
}

impl RowJob {
    /// True where an earlier request may have been taken: only an acceptance makes the row anything but unknown.
    pub(crate) fn stays_unknown(&self) -> bool {
        self.decision.standing == Standing::Unknown
    }

    /// The word for the row once this run's last attempt has ended. What reached the number before still stands.
    pub(crate) fn word(&self, outcome: &Outcome<()>) -> OutcomeWord {
        match outcome {
            Outcome::Refused(_) | Outcome::Unsent if self.decision.is_repeat() => self.decision.word(),
            outcome => outcome.word(),
        }
    }
}

/// One attempt on its way.
pub(crate) type Attempting<'a> = Pin<Box<dyn Future<Output = Verdict<()>> + 'a>>;

/// Where the requests of a run go.
pub(crate) trait PinGateway {
    /// Sends once. However this ends, the request is not sent again from here.
    fn attempt<'a>(&'a self, body: &'a Body) -> Attempting<'a>;
}

impl PinGateway for OpenGateway {
    fn attempt<'a>(&'a self, body: &'a Body) -> Attempting<'a> {
        Box::pin(self.client.call(body, &self.key, |_| Some(()), |_| {}))
    }
}

/// Hears of each row when its last attempt of this run has ended or another run has its number, and of outcomes that could not be recorded.
pub(crate) trait Listener {
    fn ended(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32);
    fn taken(&self, job: &RowJob);
    fn unrecorded(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32);
}

/// A run that has begun in the journal.
pub(super) struct BegunRun {
    pub(super) store: Box<dyn Store>,
    pub(super) id: RunId,
    run: NewRun,
}

/// A run that sends nothing more, and has not ended in the journal.
pub(super) struct SentRun {
    pub(super) result: RunResult,
    pub(super) id: RunId,
    /// The journal, with everything recorded; why there is none where it was lost.
    pub(super) store: Result<Box<dyn Store>, JournalError>,
}

/// Writes the run's row, and then what it excludes. From then on the batch reads the journal that the run writes.
pub(super) fn begin(batch: &mut Batch, survey: &Survey) -> Result<BegunRun, Failure> {
    let store = batch.options.journal.open().map_err(journal_failure)?;
    begin_in(store, batch, survey)
}

/// The same in a journal that is open.
fn begin_in(mut store: Box<dyn Store>, batch: &mut Batch, survey: &Survey) -> Result<BegunRun, Failure> {
    let options = &batch.options;
    let looked_at = batch.journal.as_ref().map(|journal| journal.identity());
    if looked_at.is_some_and(|identity| identity != store.identity()) {
        let error = format!(
            "nothing was sent: another journal is at {} now than at the preflight",
            options.journal
        );
        return Err(Failure::message(Kind::Journal, error).hint("run the same command again"));
    }
    let run = NewRun {
        name: RunName::random(),
        campaign: options.campaign.clone(),
        began: crate::clock::now(),
        timeout: options.timeout(),
        list: batch.list.clone(),
        digest: Some(survey.digest()),
        settings: options.receives.to_json(),
    };
    let (id, campaign) = store.begin(&run).map_err(journal_failure)?;
    store.exclude(&batch.excluded).map_err(journal_failure)?;
    if batch.journal.is_none() {
        batch.look_at_journal().map_err(journal_failure)?;
    }
    batch.campaign = Some(campaign);
    Ok(BegunRun { store, id, run })
}

/// Writes the marker's line, after the run's row and before its first claim. An error ends the run.
fn mark(batch: &Batch, ui: &Ui, survey: &Survey, begun: &mut BegunRun) -> Result<Marking, Failure> {
    match begin_marker(batch, survey, begun) {
        Ok(marker) => {
            if marker.is_none() && batch.marked_list().is_some() {
                ui.note("no marker is written beside the list, since its folder can't be written");
            }
            Ok(Marking::new(marker))
        }
        Err(failure) => {
            let end = RunEnd {
                at: crate::clock::now(),
                exit: Exit::Usage.code(),
                left: 0,
            };
            // A run that can't be ended is found dead, with nothing claimed.
            let _ = begun.store.end(end);
            Err(failure)
        }
    }
}

/// Looks once more whether the journal lacks something: another copy may have come into its place since the preflight.
fn begin_marker(batch: &Batch, survey: &Survey, begun: &mut BegunRun) -> Result<Option<Marker>, Failure> {
    refuse_lost_records(begun.store.as_mut(), &batch.options)?;
    let Some(list) = batch.marked_list() else {
        return Ok(None);
    };
    let run = MarkerRun {
        name: begun.run.name.clone(),
        campaign: begun.run.campaign.clone(),
        gateway: batch.options.gateway.clone(),
        expires_in: survey.longest_pin,
        began: begun.run.began,
        adopt: batch.options.adopt_command(list),
    };
    Marker::begin(list, begun.store.as_mut(), &run).map_err(journal_failure)
}

/// Sends what a plan says. An error means that nothing of this run was sent.
pub(super) fn run(
    batch: &mut Batch,
    session: &Session<'_>,
    connected: Connected,
    survey: &Survey,
    plan: &BatchPlan,
    listener: Box<dyn Listener>,
) -> Result<SentRun, Failure> {
    let ui = &session.context.ui;
    let mut options = batch.options.run;
    options.concurrency = precheck::raise_file_limit(ui, options.concurrency);
    let signals = signals::forward("writing the results; the same signal again quits at once")
        .map_err(|error| Failure::system("nothing was sent", error))?;
    if batch.input.source().has_changed() {
        let error = "nothing was sent: the input has changed since it was checked";
        return Err(Failure::message(Kind::Input, error)
            .hint("run the same command again: it checks the rows as they are now"));
    }
    let mut begun = begin(batch, survey)?;
    let marking = mark(batch, ui, survey, &mut begun)?;
    let BegunRun { store, id, .. } = begun;
    let report_key = store.report_key();
    let committed = {
        let marking = marking.clone();
        move |groups| marking.committed(groups)
    };
    let writer = RecordWriter::new(store, plan.rules, plan.standings.runs.clone(), committed);
    let (recorder, thread) = RecorderThread::start(writer, longest_wait(options.rate.is_some()))
        .map_err(|error| Failure::system("nothing was sent", error))?;
    let (jobs, queue) = mpsc::channel(2 * options.concurrency);
    let Connected { runtime, gateway, .. } = connected;
    let run = Rc::new(Run::new(
        options,
        Box::new(gateway),
        (recorder, report_key),
        queue,
        listener,
    ));
    let total = batch.options.limited(plan.outlook.sends);
    let feed = Feed {
        input: &batch.input,
        checker: &mut batch.checker,
        numbers: &mut batch.numbers,
        limit: batch.options.run.limit,
    };
    let result = std::thread::scope(|scope| {
        let feeding = std::thread::Builder::new()
            .name("input".to_owned())
            .spawn_scoped(scope, move || feed.run(|job| jobs.blocking_send(job).is_ok()))
            .map_err(|error| Failure::system("nothing was sent", error))?;
        LocalSet::new().block_on(&runtime, supervise::supervise(ui, &run, signals, total));
        let mut result = run.result();
        // The queue goes with the run, and with the queue the pass over the input ends.
        drop(run);
        let fed = feeding
            .join()
            .map_err(|_| Failure::message(Kind::Bug, "the pass over the input ended in a panic"))?;
        result.input_error = fed.err();
        Ok::<_, Failure>(result)
    })?;
    let store = thread.finish();
    if let Some(error) = marking.finish() {
        ui.warn(format_args!(
            "the marker beside the list is behind the journal: {error}"
        ));
    }
    Ok(SentRun { result, id, store })
}

/// How long an outcome may wait for others, to be written with them in one transaction: a sync costs more than all else that a
/// row does. Until it is written a kill leaves its row unknown, as it would while a slow disk syncs; with a rate, where there
/// is time to write each, none waits.
const fn longest_wait(at_a_rate: bool) -> Duration {
    Duration::from_millis(if at_a_rate { 0 } else { 2 })
}
