//! The second pass: rows become jobs, and jobs become requests, each with its intent on disk before its first byte leaves
//! and its outcome after. It knows neither CSV nor SQL.

mod feed;
mod intents;
mod launch;
mod precheck;
mod run;
mod stop;
mod supervise;
mod timeline;
mod worker;

pub(crate) use run::{Run, RunResult};
pub(crate) use stop::StopReason;

use super::Batch;
use super::connect::Connected;
use super::course::Course;
use super::errors::journal_failure;
use super::evidence::{SameInput, Sends};
use super::journal::{Journal, JournalError, RunPlan, WriterThread};
use super::plan::BatchPlan;
use super::preflight::Survey;
use super::state::CampaignKind;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use crate::outcome::{Outcome, Verdict};
use crate::output::Ui;
use crate::session::{OpenGateway, Session, signals};
use crate::wire::Body;
use feed::Feed;
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
    /// Somebody has agreed that this may be a second SMS.
    pub(crate) repeat: bool,
}

impl RowJob {
    /// The word for the row once this run's last attempt has ended. Where an earlier request may have been taken, only an
    /// acceptance makes the row anything but unknown.
    pub(crate) const fn word(&self, outcome: &Outcome<()>) -> &'static str {
        match outcome {
            Outcome::Refused(_) | Outcome::Unsent if self.repeat => Outcome::Unknown.word(),
            outcome => outcome.word(),
        }
    }
}

/// Hears of each row when its last attempt of this run has ended or another run has its number, and of outcomes that could not be recorded.
pub(crate) trait Listener {
    fn ended(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32);
    fn taken(&self, job: &RowJob);
    fn unrecorded(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32);
}

/// Sends what a plan says. An error means that nothing of this run was sent.
pub(super) fn run(
    batch: &mut Batch,
    session: &Session<'_>,
    connected: Connected,
    survey: &Survey,
    plan: &BatchPlan,
    listener: Box<dyn Listener>,
) -> Result<RunResult, Failure> {
    let ui = &session.context.ui;
    let mut options = batch.options.run;
    options.concurrency = precheck::raise_file_limit(ui, options.concurrency);
    let Connected { runtime, gateway, .. } = connected;
    let signals =
        signals::forward("nothing more is sent: writing the results; send the signal again to quit at once")
            .map_err(|error| Failure::system("nothing was sent", error))?;
    if batch.input.source().has_changed() {
        let error = "nothing was sent: the input has changed since it was checked";
        return Err(Failure::message(Kind::Input, error)
            .hint("run the same command again: it checks the rows as they are now"));
    }
    let mut journal = batch
        .journal
        .take()
        .expect("a batch has its journal until it sends");
    let counts = plan.counts(survey, batch.numbers.duplicates());
    begin(ui, &mut journal, plan, &counts).map_err(journal_failure)?;
    if !matches!(plan.course, Course::Again { .. }) {
        let sends = Sends {
            numbers: &batch.numbers,
            retry: batch.options.retry,
            agreed: plan.repeat_agreed,
        };
        if let Some(other) = SameInput::began_meanwhile(&journal, &batch.input, &plan.fingerprint, &sends) {
            journal.close().map_err(journal_failure)?;
            return Err(other.refusal(&batch.options.journal));
        }
    }
    let (recorder, writer) = journal
        .start(longest_wait(options.rate.is_some()))
        .map_err(journal_failure)?;
    let OpenGateway { client, key, sandbox } = gateway;
    let (jobs, queue) = mpsc::channel(options.concurrency * 2);
    let run = Rc::new(Run::new(options, client, key, recorder, queue, listener));
    let total = batch.options.limited(plan.outlook.sends);
    let feed = Feed {
        input: &batch.input,
        checker: &mut batch.checker,
        numbers: &mut batch.numbers,
        retry: batch.options.retry,
        limit: batch.options.limit,
    };
    let mut result = std::thread::scope(|scope| {
        let feeding = std::thread::Builder::new()
            .name("input".to_owned())
            .spawn_scoped(scope, move || feed.run(&jobs))
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
    batch.journal = finish(writer, &mut result);
    drop(sandbox);
    Ok(result)
}

/// The journal, with everything recorded; none if it broke.
fn finish(writer: WriterThread, result: &mut RunResult) -> Option<Journal> {
    match writer.finish() {
        Ok(journal) => Some(journal),
        Err(broken) => {
            if matches!(result.stop, Some(StopReason::Journal(_))) {
                // What it broke by in the end says more than what broke it first.
                result.stop = Some(StopReason::Journal(broken));
            }
            None
        }
    }
}

/// How long an outcome may wait for others, to be written with them in one transaction: a sync costs more than all else that a
/// row does. Until it is written a kill leaves its row unknown, as it would while a slow disk syncs; with a rate, where there
/// is time to write each, none waits.
const fn longest_wait(at_a_rate: bool) -> Duration {
    Duration::from_millis(if at_a_rate { 0 } else { 2 })
}

fn begin(ui: &Ui, journal: &mut Journal, plan: &BatchPlan, counts: &RunPlan) -> Result<(), JournalError> {
    let now = crate::clock::now();
    let kind = match plan.course {
        Course::SetAside => {
            let aside = journal.set_aside(now)?;
            ui.note(format_args!("the journal of the previous batch is now {aside}"));
            CampaignKind::First
        }
        Course::Begin => CampaignKind::First,
        Course::SkipSent => CampaignKind::SkipSent,
        Course::Again { .. } => CampaignKind::Again,
        Course::Resume
        | Course::Finished
        | Course::Refuse { .. }
        | Course::Forgotten { .. }
        | Course::WrongRound { .. } => {
            return journal.resume(&plan.fingerprint, counts, now);
        }
    };
    journal.begin(kind, &plan.fingerprint, counts, now)
}
