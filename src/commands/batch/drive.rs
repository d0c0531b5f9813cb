//! The run itself: the gateway is asked whether it is there, the journal begins, and rows go out until they are all done or
//! something stops them.

use super::errors;
use super::errors::journal_failure;
use super::finish::Driven;
use super::plan::Planned;
use super::prepare::{BatchSetup, Destination};
use crate::answers::batch::count;
use crate::batch::course::Course;
use crate::batch::journal::{Journal, JournalError, Recorder, WriterThread};
use crate::batch::results::{Results, RowOutcome, write_line};
use crate::batch::send::{self, Fed, Feed, Gear, Listener, RowJob, Run, StopReason};
use crate::batch::state::CampaignKind;
use crate::cli::BatchArgs;
use crate::failure::{Failure, Kind, Signal};
use crate::outcome::{Outcome, Verdict};
use crate::output::{Progress, Snapshot, Ui};
use crate::sandbox::Embedded;
use crate::session::call;
use crate::session::signals;
use crate::session::{OpenGateway, Session};
use crate::wire::{ErrorId, Scope, balance};
use jiff::Timestamp;
use std::rc::Rc;
use std::thread::JoinHandle;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::LocalSet;

/// Sends what is to be sent. An error means that nothing of this run was.
pub(super) fn run(
    session: &Session<'_>,
    args: &BatchArgs,
    mut prepared: BatchSetup,
    mut planned: Planned,
) -> Result<Driven, Failure> {
    let ui = &session.context.ui;
    if let Destination::File(path) = &prepared.destination {
        // A place that can't be written to is better known now than after the last row.
        Results::create(path, &prepared.input)
            .map_err(|error| errors::failure(Kind::Input, error).doing("nothing was sent"))?;
    }
    let concurrency = raise_file_limit(ui, prepared.conduct.concurrency);
    prepared.conduct.concurrency = concurrency;
    let gateway = session.gateway(prepared.reach.clone())?;
    let runtime = crate::runtime::current_thread()
        .map_err(|error| Failure::new(Kind::Bug, error).doing("cannot start the runtime"))?;
    let signals = signals::forward()
        .map_err(|error| Failure::new(Kind::Bug, error).doing("cannot listen for signals"))?;
    runtime.block_on(check_account(ui, &gateway))?;
    let mut journal = planned
        .journal
        .take()
        .expect("a run that sends has locked its journal");
    begin(ui, &mut journal, &planned).map_err(journal_failure)?;
    let (recorder, writer) = journal.start().map_err(journal_failure)?;
    let (jobs, queue) = mpsc::channel(concurrency * 2);
    let feed = Feed {
        input: prepared.input.clone(),
        checker: prepared.checker.clone(),
        numbers: planned.surveyed.numbers,
        retry: planned.retry,
        limit: args.run.limit,
    };
    let feeding = feed.start(jobs).map_err(|error| Failure::new(Kind::Bug, error))?;
    let (gear, sandbox) = gear(ui, gateway, recorder, queue, &prepared);
    let run = Rc::new(Run::new(prepared.conduct, gear));
    let total = args
        .run
        .limit
        .map_or(planned.outlook.sends, |limit| limit.min(planned.outlook.sends));
    LocalSet::new().block_on(&runtime, supervise(ui, &run, signals, total));
    let ended = run.result();
    // The queue goes with the run, and with the queue the pass over the input ends.
    drop(run);
    let fed = join(feeding)?;
    let journal = finish_writer(writer);
    drop(sandbox);
    Ok(Driven {
        ended,
        journal,
        error: fed.error,
        numbers: fed.numbers,
        checker: fed.checker,
        prepared,
        invalid: planned.surveyed.invalid,
        concurrency,
    })
}

fn gear(
    ui: &Ui,
    gateway: OpenGateway,
    recorder: Recorder,
    jobs: mpsc::Receiver<RowJob>,
    prepared: &BatchSetup,
) -> (Gear, Option<Embedded>) {
    let OpenGateway { client, key, sandbox } = gateway;
    let listener = Box::new(Lines {
        ui: ui.clone(),
        stream: prepared.destination == Destination::Stream,
    });
    (
        Gear {
            client,
            key,
            recorder,
            jobs,
            listener,
        },
        sandbox,
    )
}

fn join(feeding: JoinHandle<Fed>) -> Result<Fed, Failure> {
    feeding
        .join()
        .map_err(|_| Failure::message(Kind::Bug, "the pass over the input ended in a panic"))
}

fn finish_writer(writer: WriterThread) -> Option<Journal> {
    // That it broke was said when it did: it is the reason of the stop.
    writer.finish().ok()
}

/// One free call before the first row: a key that isn't accepted, no connection, or an answer that isn't the gateway's.
async fn check_account(ui: &Ui, gateway: &OpenGateway) -> Result<(), Failure> {
    let ended = call::attempts(ui, gateway, &balance::body(), 0, balance::read).await;
    if let Some(signal) = ended.signal {
        return Err(Failure::message(
            Kind::from(signal),
            "nothing was sent: interrupted",
        ));
    }
    let verdict = ended.verdict;
    let detail = verdict
        .error_msg
        .clone()
        .or(verdict.detail.clone())
        .unwrap_or_default();
    let failure = |kind, text: String| {
        Failure::message(kind, text).hint("`smspin balance` makes the same call, and is free")
    };
    match verdict.outcome {
        Outcome::Done(_) => Ok(()),
        Outcome::Refused(id) if id.scope() == Scope::Account => Err(failure(
            Kind::Account,
            format!("nothing was sent: {id}: {detail}"),
        )),
        Outcome::Refused(id) => Err(failure(
            Kind::Refused,
            format!("nothing was sent: the gateway refused the balance call: {id}: {detail}"),
        )),
        Outcome::Unsent | Outcome::Unknown => Err(failure(
            Kind::Unreachable,
            format!("nothing was sent: the gateway didn't answer the balance call: {detail}"),
        )),
    }
}

fn begin(ui: &Ui, journal: &mut Journal, planned: &Planned) -> Result<(), JournalError> {
    let now = Timestamp::now();
    let plan = planned.plan();
    match planned.course {
        Course::SetAside => {
            let aside = journal.set_aside(now)?;
            ui.note(format_args!(
                "the journal of the previous batch is now {}",
                aside.display()
            ));
            journal.begin(CampaignKind::First, &planned.fingerprint, &plan, now)
        }
        Course::Begin => journal.begin(CampaignKind::First, &planned.fingerprint, &plan, now),
        Course::SkipSent => journal.begin(CampaignKind::SkipSent, &planned.fingerprint, &plan, now),
        Course::Again { .. } => journal.begin(CampaignKind::Again, &planned.fingerprint, &plan, now),
        Course::Resume | Course::Finished | Course::Refuse { .. } => journal.resume(&plan, now),
    }
}

/// Sends, shows how far it is, and hears signals: the first stops the launching, the second ends the program.
async fn supervise(ui: &Ui, run: &Rc<Run>, signals: UnboundedReceiver<Signal>, total: u64) {
    let watching = {
        let (ui, run) = (ui.clone(), Rc::clone(run));
        tokio::task::spawn_local(async move { watch(&ui, &run, total).await })
    };
    let hearing = {
        let (ui, run) = (ui.clone(), Rc::clone(run));
        tokio::task::spawn_local(async move { hear(&ui, &run, signals).await })
    };
    send::send(Rc::clone(run)).await;
    watching.abort();
    hearing.abort();
    // Both hold the run until they have ended.
    let _ = (watching.await, hearing.await);
}

async fn hear(ui: &Ui, run: &Rc<Run>, mut signals: UnboundedReceiver<Signal>) {
    let Some(signal) = signals.recv().await else {
        return;
    };
    run.stop(StopReason::Signal(signal));
    // Nobody listens while this waits, so the next one ends the process at once.
    drop(signals);
    run.no_intents_ahead().await;
    ui.warn(format_args!(
        "stopping: waiting for {} in flight; send the signal again to quit at once",
        count(run.in_flight() as u64, "request", "requests")
    ));
}

async fn watch(ui: &Ui, run: &Rc<Run>, total: u64) {
    let progress = Progress::new(ui, total);
    let mut ticks = tokio::time::interval(progress.interval());
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let counters = run.counters();
        progress.show(&Snapshot {
            done: counters.rows(),
            accepted: counters.accepted,
            refused: counters.refused,
            unknown: counters.unknown,
            in_flight: run.in_flight(),
        });
    }
}

/// Prints outcomes as JSON lines: to standard output where that was asked for, and to stderr where the journal is gone.
struct Lines {
    ui: Ui,
    stream: bool,
}

impl Lines {
    fn line(job: &RowJob, verdict: &Verdict<()>, attempts: u32) -> String {
        let msisdn = job.number.to_string();
        let error_id = verdict.error_id.as_ref().map_or("", ErrorId::as_str);
        let outcome = RowOutcome {
            outcome: verdict.outcome.word(),
            error_id,
            error_msg: verdict.error_msg.as_deref().unwrap_or_default(),
            http: verdict.http,
            attempts,
            at: Some(Timestamp::now()),
            msisdn: &msisdn,
            detail: verdict.detail.as_deref().unwrap_or_default(),
        };
        let mut line = Vec::new();
        // A vector takes every byte.
        let _ = write_line(&mut line, job.line, &outcome);
        String::from_utf8_lossy(&line).into_owned()
    }
}

impl Listener for Lines {
    fn ended(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32) {
        if self.stream {
            self.ui.data_line(&Self::line(job, verdict, attempts));
        }
    }

    fn unrecorded(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32) {
        self.ui.to_stderr(&Self::line(job, verdict, attempts));
    }
}

/// As many open files as the requests need; where the system gives fewer, fewer requests.
#[cfg(unix)]
fn raise_file_limit(ui: &Ui, concurrency: usize) -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    /// The journal, the input, the results, the standard streams, the sandbox's side.
    const OTHERS: u64 = 64;
    let mut limit = getrlimit(Resource::Nofile);
    let needed = 2 * concurrency as u64 + OTHERS;
    if limit.current.is_none_or(|current| current >= needed) {
        return concurrency;
    }
    limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
    let raised = setrlimit(Resource::Nofile, limit).is_ok();
    let given = if raised {
        limit.current
    } else {
        getrlimit(Resource::Nofile).current
    };
    match given {
        Some(given) if given < needed => {
            let fits = usize::try_from(given.saturating_sub(OTHERS) / 2)
                .unwrap_or(1)
                .clamp(1, concurrency);
            ui.warn(format_args!(
                "this system allows {given} open files: {fits} requests at once in place of {concurrency}"
            ));
            fits
        }
        _ => concurrency,
    }
}

#[cfg(not(unix))]
fn raise_file_limit(_: &Ui, concurrency: usize) -> usize {
    concurrency
}
