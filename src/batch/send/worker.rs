//! One row at a time, from intent to outcome. There are twice as many workers as requests under way, so that intents are
//! on disk before there is room for their requests.

use super::Job;
use super::conduct::{Run, Stop};
use crate::batch::journal::{Closing, Intent, Ticket};
use crate::outcome::{Outcome, Verdict, judge};
use crate::retry::{self, Next};
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// Works until there are no more jobs, or a stop; `alone`, until the gateway has accepted or refused a row.
pub(super) async fn work(run: &Run, alone: bool) {
    while !(alone && run.has_opened()) {
        let Some(job) = run.next_job().await else { return };
        row(run, &job).await;
    }
}

/// Attempts until the row has an outcome that forbids another, or has had its retries.
async fn row(run: &Run, job: &Job) {
    let mut attempts = 0;
    let mut last: Option<Verdict<()>> = None;
    while let Some(ticket) = intend(run, job).await {
        let Some(permit) = run.launch().await else {
            take_back(run, ticket).await;
            break;
        };
        attempts += 1;
        let sent = Instant::now();
        let verdict = judge(run.client.attempt(&job.body, &run.key).await, |_| Some(()));
        run.took(sent.elapsed());
        drop(permit);
        if let Err(broken) = run
            .recorder
            .close(ticket, Closing::of(verdict.clone(), Timestamp::now()))
            .await
        {
            run.not_recorded(job, &verdict, attempts, broken);
            return;
        }
        let wait = wait_after(run, &verdict, attempts);
        last = Some(verdict);
        match wait {
            Some(wait) => {
                run.pause(wait);
                if !run.sleep_until(Instant::now() + wait).await {
                    break;
                }
            }
            None => break,
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
    match retry::after(attempts, run.conduct.retries, verdict.retry_after, retry::dice) {
        Next::Wait(wait) => Some(wait),
        Next::Stop => None,
    }
}

/// The right to make one attempt, on disk. `None` is a stop.
async fn intend(run: &Run, job: &Job) -> Option<Ticket> {
    if run.is_stopping() {
        return None;
    }
    let intent = Intent {
        number: job.number,
        at: Timestamp::now(),
        expires_in: job.expires_in,
        repeat: job.repeat,
    };
    match run.recorder.intend(vec![intent]).await {
        Ok(tickets) => tickets.into_iter().next(),
        Err(broken) => {
            run.stop(Stop::Journal(broken));
            None
        }
    }
}

async fn take_back(run: &Run, ticket: Ticket) {
    if let Err(broken) = run.recorder.take_back(vec![ticket]).await {
        run.stop(Stop::Journal(broken));
    }
}
