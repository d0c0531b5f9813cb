//! One row, from its first launch to the outcome that forbids another. It records each attempt, and gives its place to the
//! next row as soon as the answer is there.

use super::RowJob;
use super::claim::{self, HeldClaim, Permit};
use super::run::Run;
use super::stop::StopReason;
use crate::journal::{AttemptOutcome, Ticket};
use crate::outcome::Verdict;
use crate::retry::{self, Next};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// Attempts until the row has an outcome that forbids another, or has had its retries. `in_flight` is its place among the
/// requests under way.
pub(super) async fn row(run: &Run, job: &RowJob, mut permit: Permit, in_flight: OwnedSemaphorePermit) {
    let mut attempts = 0;
    let mut last: Option<Verdict<()>> = None;
    let mut place = Some(in_flight);
    while let Some(in_flight) = place.take() {
        let ticket = match fresh_claim(run, job, permit.claim.take()).await {
            Right::Ticket(ticket) => ticket,
            #[cfg(test)]
            Right::Taken if crate::journal::Mutant::CountedTwice.is_on() => break,
            Right::Taken => return,
            Right::Stop => break,
        };
        attempts += 1;
        let sent = Instant::now();
        let body = job.body.for_attempt(&run.report_key.id(&ticket));
        let verdict = run.gateway.attempt(&body).await;
        let latency = sent.elapsed();
        run.took(latency);
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
        let outcome = AttemptOutcome::of(&verdict, crate::clock::now(), latency);
        if let Err(error) = run.recorder.close(ticket, outcome).await {
            run.not_recorded(job, &verdict, attempts, error);
            return;
        }
        last = Some(verdict);
        if wait.is_some() && run.pause_over().await {
            // The claim is made after its turn, so that none waits on disk for as long as a rate or a pause lasts.
            place = run.launch().await;
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

/// Whether an attempt may be made.
enum Right {
    Ticket(Ticket),
    /// Another run has the number, which is counted.
    Taken,
    Stop,
}

/// The right to make the attempt now, durable: the one that is held, or another where that has waited too long.
async fn fresh_claim(run: &Run, job: &RowJob, mut held: Option<HeldClaim>) -> Right {
    loop {
        if let Some(error) = run.recorder.broken() {
            run.stop(StopReason::Journal(error.clone()));
        }
        match held.take() {
            Some(held) if held.is_fresh() && run.recorder.broken().is_none() => {
                return Right::Ticket(held.ticket);
            }
            Some(stale) => claim::take_back(run, vec![stale.ticket]).await,
            None => {}
        }
        if run.is_stopping() {
            return Right::Stop;
        }
        let Some(mut claimed) = claim::claim(run, std::slice::from_ref(job)).await else {
            return Right::Stop;
        };
        let Some(granted) = claimed.pop().flatten() else {
            return Right::Taken;
        };
        held = Some(HeldClaim::new(granted, None));
    }
}
