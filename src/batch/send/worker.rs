//! One row, from its first launch to the outcome that forbids another. It records each attempt, and gives its place to the
//! next row as soon as the answer is there.

use super::RowJob;
use super::run::Run;
use super::stop::StopReason;
use crate::batch::journal::{AttemptOutcome, Broken, Grant, Intent, ReportId, Ticket};
use crate::outcome::{Verdict, judge};
use crate::retry::{self, Next};
use crate::wire::ErrorId;
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;

/// An attempt whose turn it is: it holds a permit for one more request in flight.
pub(super) struct Launch {
    /// `None` where its intent is still to be written.
    pub(super) ticket: Option<Ticket>,
    pub(super) in_flight: OwnedSemaphorePermit,
}

impl Launch {
    /// Waits for a turn. The intent is written after it, so that none waits on disk for as long as a rate or a pause lasts.
    /// `None` is a stop.
    pub(super) async fn at_its_turn(run: &Run) -> Option<Self> {
        let in_flight = run.launch().await?;
        Some(Self {
            ticket: None,
            in_flight,
        })
    }
}

/// Sends one row after another until the gateway has accepted or refused one; false if there are no more, or at a stop.
pub(super) async fn alone(run: &Run) -> bool {
    while !run.has_confirmed_gateway() {
        let Some(job) = run.next_job().await else {
            return false;
        };
        let Some(first) = Launch::at_its_turn(run).await else {
            return false;
        };
        row(run, &job, first).await;
    }
    true
}

/// Attempts until the row has an outcome that forbids another, or has had its retries.
pub(super) async fn row(run: &Run, job: &RowJob, first: Launch) {
    let mut attempts = 0;
    let mut last: Option<Verdict<()>> = None;
    let mut launch = Some(first);
    while let Some(Launch { ticket, in_flight }) = launch.take() {
        let Some(ticket) = on_disk(run, job, ticket).await else {
            break;
        };
        attempts += 1;
        let sent = Instant::now();
        let body = job.body.for_attempt(&ticket.report_id());
        let verdict = judge(run.client.attempt(&body, &run.key).await, |_| Some(()));
        run.took(sent.elapsed());
        let wait = wait_after(run, &verdict, attempts);
        if let Some(wait) = wait {
            // Before its place is free, or another request would still leave.
            run.pause(wait);
        } else if verdict.is_lasting {
            run.stop(StopReason::Connection {
                detail: verdict.detail.clone().unwrap_or_default(),
                remedy: verdict.remedy,
            });
        }
        drop(in_flight);
        let closing = AttemptOutcome::of(&verdict, crate::clock::now());
        if let Err(broken) = run.recorder.close(ticket, closing).await {
            run.not_recorded(job, &verdict, attempts, broken);
            return;
        }
        last = Some(verdict);
        if wait.is_some() && run.pause_over().await {
            launch = Launch::at_its_turn(run).await;
        }
    }
    if let Some(verdict) = last {
        run.row_ended(job, &verdict, attempts);
    }
}

fn wait_after(run: &Run, verdict: &Verdict<()>, attempts: u32) -> Option<Duration> {
    if !verdict.is_worth_a_retry() {
        return None;
    }
    match retry::after(attempts, run.options.retries, verdict.retry_after, retry::dice) {
        Next::Wait(wait) => Some(wait),
        Next::Stop => None,
    }
}

/// The right to make the attempt, on disk. `None` is a stop (the journal can't be written any more), or another run has the number.
async fn on_disk(run: &Run, job: &RowJob, ticket: Option<Ticket>) -> Option<Ticket> {
    match ticket {
        Some(ticket) => Some(ticket),
        None => match intend(run, std::slice::from_ref(job)).await?.0.pop()? {
            Grant::Granted(ticket) => Some(ticket),
            Grant::Taken => {
                run.row_taken(job);
                None
            }
        },
    }
}

/// For each job, in their order: the right to make one attempt, on disk, unless another run has the number; and the time that it
/// is dated. `None` is a stop.
pub(super) async fn intend(run: &Run, jobs: &[RowJob]) -> Option<(Vec<Grant>, Timestamp)> {
    let at = crate::clock::now();
    let ids = ReportId::random(jobs.len());
    let intents = jobs.iter().zip(ids).map(|(job, report_id)| Intent {
        number: job.number,
        at,
        expires_in: job.expires_in,
        repeat: job.repeat,
        report_id,
    });
    match run.recorder.intend(intents.collect()).await {
        Ok(grants) => Some((grants, at)),
        Err(Broken::AccountRefused { error_id }) => {
            run.stop(StopReason::Account(ErrorId::from_text(&error_id)));
            None
        }
        Err(broken) => {
            run.stop(StopReason::Journal(broken));
            None
        }
    }
}

/// Takes back intents whose attempts never began.
pub(super) async fn take_back(run: &Run, tickets: Vec<Ticket>) {
    if let Err(broken) = run.recorder.take_back(tickets).await {
        run.stop(StopReason::Journal(broken));
    }
}
