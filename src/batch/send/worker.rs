//! One row, from its first launch to the outcome that forbids another. It records each attempt, and gives its place to the
//! next row as soon as the answer is there.

use super::RowJob;
use super::run::{Run, StopReason};
use crate::batch::journal::{AttemptOutcome, Intent, ReportId, Ticket};
use crate::outcome::{Outcome, Verdict, judge};
use crate::retry::{self, Next};
use jiff::Timestamp;
use std::time::{Duration, Instant};
use tokio::sync::OwnedSemaphorePermit;

/// An attempt that may begin: its intent is on disk, and it holds a permit for one more request in flight.
pub(super) struct Launched {
    ticket: Ticket,
    in_flight: OwnedSemaphorePermit,
}

/// Sends one row after another until the gateway has accepted or refused one; false if there are no more, or at a stop.
pub(super) async fn alone(run: &Run) -> bool {
    while !run.has_confirmed_gateway() {
        let Some(job) = run.next_job().await else {
            return false;
        };
        let Some(first) = begin(run, &job).await else {
            return false;
        };
        row(run, &job, first).await;
    }
    true
}

/// Attempts until the row has an outcome that forbids another, or has had its retries.
pub(super) async fn row(run: &Run, job: &RowJob, first: Launched) {
    let mut attempts = 0;
    let mut last: Option<Verdict<()>> = None;
    let mut launched = Some(first);
    while let Some(Launched { ticket, in_flight }) = launched.take() {
        attempts += 1;
        let sent = Instant::now();
        let verdict = judge(run.client.attempt(&job.body, &run.key).await, |_| Some(()));
        run.took(sent.elapsed());
        drop(in_flight);
        let closing = AttemptOutcome::of(&verdict, Timestamp::now());
        if let Err(broken) = run.recorder.close(ticket, closing).await {
            run.not_recorded(job, &verdict, attempts, broken);
            return;
        }
        let wait = wait_after(run, &verdict, attempts);
        last = Some(verdict);
        if let Some(wait) = wait {
            run.pause(wait);
            if run.sleep_until(Instant::now() + wait).await {
                launched = begin(run, job).await;
            }
        }
    }
    if let Some(verdict) = last {
        run.row_ended(job, &verdict, attempts);
    }
}

fn wait_after(run: &Run, verdict: &Verdict<()>, attempts: u32) -> Option<Duration> {
    if verdict.outcome != Outcome::Unsent {
        return None;
    }
    match retry::after(attempts, run.options.retries, verdict.retry_after, retry::dice) {
        Next::Wait(wait) => Some(wait),
        Next::Stop => None,
    }
}

/// An attempt from nothing: its own intent, and then its launch. `None` is a stop.
async fn begin(run: &Run, job: &RowJob) -> Option<Launched> {
    let ahead = run.intents_ahead(1).await?;
    let tickets = intend(run, std::slice::from_ref(job)).await?;
    match launch(run, tickets.into_iter().next()?, ahead).await {
        Ok(launched) => Some(launched),
        Err((ticket, ahead)) => {
            take_back(run, vec![ticket]).await;
            drop(ahead);
            None
        }
    }
}

/// The right to make one attempt for each job, in their order, on disk. `None` is a stop.
pub(super) async fn intend(run: &Run, jobs: &[RowJob]) -> Option<Vec<Ticket>> {
    let at = Timestamp::now();
    let intents = jobs.iter().map(|job| Intent {
        number: job.number,
        at,
        expires_in: job.expires_in,
        repeat: job.repeat,
        report_id: ReportId::random(),
    });
    match run.recorder.intend(intents.collect()).await {
        Ok(tickets) => Some(tickets),
        Err(broken) => {
            run.stop(StopReason::Journal(broken));
            None
        }
    }
}

/// Waits until the attempt may begin. At a stop the ticket comes back, to be taken back, with its place ahead.
pub(super) async fn launch(
    run: &Run,
    ticket: Ticket,
    ahead: OwnedSemaphorePermit,
) -> Result<Launched, (Ticket, OwnedSemaphorePermit)> {
    match run.launch().await {
        Some(in_flight) => {
            drop(ahead);
            Ok(Launched { ticket, in_flight })
        }
        None => Err((ticket, ahead)),
    }
}

/// Takes back intents whose attempts never began.
pub(super) async fn take_back(run: &Run, tickets: Vec<Ticket>) {
    if let Err(broken) = run.recorder.take_back(tickets).await {
        run.stop(StopReason::Journal(broken));
    }
}
