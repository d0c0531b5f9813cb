//! The state of a run while it is sending: what is counted, what paces it, and what stops it. One thread owns it.

use super::stop::StopReason;
use super::timeline::Timeline;
use super::{Listener, PinGateway, RowJob};
use crate::batch::BatchError;
use crate::batch::options::RunOptions;
use crate::batch::pace::{LaunchTime, Pace};
use crate::journal::{JournalError, Recorder, ReportKey};
use crate::outcome::{Outcome, Verdict};
use crate::wire::Scope;
use hdrhistogram::Histogram;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// What happened so far in this run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    pub(crate) unsent: u64,
    /// Requests that got an answer or lost it: the ones that have a latency.
    pub(crate) requests: u64,
    pub(crate) error_ids: BTreeMap<String, u64>,
    /// Rows whose numbers another run has taken since this one was planned.
    pub(crate) taken: u64,
    /// Outcomes that are in no journal.
    pub(crate) unrecorded: u64,
}

impl Counters {
    /// Rows that this run is through with.
    pub(crate) const fn rows(&self) -> u64 {
        self.accepted + self.refused + self.unknown + self.unsent + self.taken
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct RunResult {
    pub(crate) options: RunOptions,
    pub(crate) counters: Counters,
    pub(crate) stop: Option<StopReason>,
    /// Why the pass over the input ended early.
    pub(crate) input_error: Option<BatchError>,
    /// Microseconds from sending to the end of the answer.
    pub(crate) latency: Histogram<u64>,
    pub(crate) timeline: Timeline,
    pub(crate) elapsed: Duration,
    pub(crate) paused: Duration,
}

/// From a microsecond to the longest timeout that can be set, an hour: with bounds, or every answer would count as what the
/// first one took.
fn new_latency() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds and the digits are within its range")
}

/// The shared state. All of it lives on one thread.
pub(crate) struct Run {
    pub(crate) options: RunOptions,
    pub(super) gateway: Box<dyn PinGateway>,
    pub(super) recorder: Recorder,
    pub(super) report_key: ReportKey,
    pub(super) listener: Box<dyn Listener>,
    jobs: Mutex<mpsc::Receiver<RowJob>>,
    /// One permit for each request in flight.
    in_flight: Arc<Semaphore>,
    /// One permit for each claim on disk whose attempt has not begun.
    claims_ahead: Arc<Semaphore>,
    /// One permit for each row between its first claim and its last outcome on disk: as many rows can be unknown after a
    /// kill.
    open_rows: Arc<Semaphore>,
    pace: RefCell<Pace>,
    paused: Cell<Duration>,
    stopping: watch::Sender<bool>,
    stop: RefCell<Option<StopReason>>,
    gateway_confirmed: Cell<bool>,
    failures: Cell<u32>,
    counters: RefCell<Counters>,
    latency: RefCell<Histogram<u64>>,
    timeline: RefCell<Timeline>,
    started: Instant,
}

impl Run {
    pub(super) fn new(
        options: RunOptions,
        gateway: Box<dyn PinGateway>,
        (recorder, report_key): (Recorder, ReportKey),
        jobs: mpsc::Receiver<RowJob>,
        listener: Box<dyn Listener>,
    ) -> Self {
        let now = now();
        Self {
            options,
            gateway,
            recorder,
            report_key,
            listener,
            jobs: Mutex::new(jobs),
            in_flight: Arc::new(Semaphore::new(options.concurrency)),
            claims_ahead: Arc::new(Semaphore::new(options.concurrency)),
            open_rows: Arc::new(Semaphore::new(options.concurrency * 2)),
            pace: RefCell::new(Pace::new(options.rate, now)),
            paused: Cell::new(Duration::ZERO),
            stopping: watch::Sender::new(false),
            stop: RefCell::new(None),
            gateway_confirmed: Cell::new(false),
            failures: Cell::new(0),
            counters: RefCell::default(),
            latency: RefCell::new(new_latency()),
            timeline: RefCell::new(Timeline::new()),
            started: now,
        }
    }

    /// Stops the launching; what is in flight is awaited. The first reason counts.
    pub(crate) fn stop(&self, reason: StopReason) {
        self.stop.borrow_mut().get_or_insert(reason);
        self.stopping.send_replace(true);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// How many requests are under way.
    pub(crate) fn in_flight(&self) -> usize {
        self.options.concurrency - self.in_flight.available_permits()
    }

    pub(crate) fn counters(&self) -> Counters {
        self.counters.borrow().clone()
    }

    /// What there is to say when all its tasks have ended.
    pub(crate) fn result(&self) -> RunResult {
        RunResult {
            options: self.options,
            counters: self.counters(),
            stop: self.stop.borrow().clone(),
            input_error: None,
            latency: self.latency.borrow().clone(),
            timeline: self.timeline.borrow().clone(),
            elapsed: now() - self.started,
            paused: self.paused.get(),
        }
    }

    /// The gateway has accepted or refused a row of this run: it is there, and it is the gateway.
    pub(super) fn has_confirmed_gateway(&self) -> bool {
        self.gateway_confirmed.get()
    }

    pub(super) async fn next_job(&self) -> Option<RowJob> {
        let mut one = Vec::with_capacity(1);
        self.next_jobs(&mut one, 1).await;
        one.pop()
    }

    /// As many jobs as there are, but at least one and at most `most`. False at the end, and at a stop.
    pub(super) async fn next_jobs(&self, jobs: &mut Vec<RowJob>, most: usize) -> bool {
        tokio::select! {
            biased;
            () = self.stopped() => false,
            taken = async { self.jobs.lock().await.recv_many(jobs, most).await } => taken > 0,
        }
    }

    /// The right to have so many more claims ahead of the sending. `None` is a stop.
    pub(super) async fn claims_ahead(&self, claims: usize) -> Option<OwnedSemaphorePermit> {
        self.acquire(&self.claims_ahead, claims).await
    }

    /// Comes back when every claim on disk has been launched or taken back; for a run that is stopping.
    pub(crate) async fn no_claims_ahead(&self) {
        let all = u32::try_from(self.options.concurrency).unwrap_or(u32::MAX);
        // The semaphore is never closed, and the permits go back at once.
        drop(self.claims_ahead.acquire_many(all).await);
    }

    /// The right to have so many more rows that have begun and not ended. `None` is a stop.
    pub(super) async fn open_rows(&self, rows: usize) -> Option<OwnedSemaphorePermit> {
        self.acquire(&self.open_rows, rows).await
    }

    async fn acquire(&self, semaphore: &Arc<Semaphore>, permits: usize) -> Option<OwnedSemaphorePermit> {
        if self.is_stopping() {
            return None;
        }
        let permits = u32::try_from(permits).ok()?;
        let semaphore = Arc::clone(semaphore);
        tokio::select! {
            biased;
            () = self.stopped() => None,
            acquired = semaphore.acquire_many_owned(permits) => Some(acquired.expect("a semaphore is never closed")),
        }
    }

    /// The right to have one more request under way, at a moment that the pace allows. `None` is a stop.
    pub(super) async fn launch(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            let permit = self.place_in_flight().await?;
            match self.turn() {
                LaunchTime::Go => return Some(permit),
                LaunchTime::Wait(until) => {
                    // A row that waits for its turn is not in flight.
                    drop(permit);
                    self.sleep_until(until).await;
                }
            }
        }
    }

    /// The right to have one more request under way. `None` is a stop.
    pub(super) async fn place_in_flight(&self) -> Option<OwnedSemaphorePermit> {
        match Arc::clone(&self.in_flight).try_acquire_owned() {
            Ok(permit) if !self.is_stopping() => Some(permit),
            _ => self.acquire(&self.in_flight, 1).await,
        }
    }

    /// Asks the pace whether a request may leave now.
    pub(super) fn turn(&self) -> LaunchTime {
        self.pace.borrow_mut().turn(now())
    }

    /// The end of the pause that holds now.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.pace.borrow().paused_until(now())
    }

    /// Comes back when no pause holds. False if a stop came first.
    pub(super) async fn pause_over(&self) -> bool {
        while let Some(until) = self.paused_until() {
            if !self.sleep_until(until).await {
                return false;
            }
        }
        !self.is_stopping()
    }

    /// False if a stop came first.
    pub(super) async fn sleep_until(&self, until: Instant) -> bool {
        tokio::select! {
            biased;
            () = self.stopped() => false,
            () = tokio::time::sleep_until(until.into()) => true,
        }
    }

    /// Nothing is launched until then.
    pub(super) fn pause(&self, wait: Duration) {
        let now = now();
        let mut pace = self.pace.borrow_mut();
        let already = pace.paused_until(now).map_or(Duration::ZERO, |until| until - now);
        self.paused.set(self.paused.get() + wait.saturating_sub(already));
        pace.pause_until(now + wait);
    }

    pub(super) fn took(&self, latency: Duration) {
        self.counters.borrow_mut().requests += 1;
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.latency.borrow_mut().saturating_record(micros.max(1));
        self.timeline.borrow_mut().add(now() - self.started);
    }

    pub(super) fn not_recorded(
        &self,
        job: &RowJob,
        verdict: &Verdict<()>,
        attempts: u32,
        error: JournalError,
    ) {
        self.counters.borrow_mut().unrecorded += 1;
        self.listener.unrecorded(job, verdict, attempts);
        self.stop(StopReason::Journal(error));
    }

    /// Another run has the number of this row.
    pub(super) fn row_taken(&self, job: &RowJob) {
        self.counters.borrow_mut().taken += 1;
        self.listener.taken(job);
    }

    /// A row's last attempt of this run has ended, and is recorded.
    pub(super) fn row_ended(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32) {
        let mut counters = self.counters.borrow_mut();
        if let Some(id) = &verdict.error_id {
            *counters.error_ids.entry(id.to_string()).or_default() += 1;
        }
        let failed = match &verdict.outcome {
            Outcome::Done(()) => {
                counters.accepted += 1;
                self.gateway_confirmed.set(true);
                false
            }
            Outcome::Refused(id) => {
                if job.stays_unknown() {
                    counters.unknown += 1;
                } else {
                    counters.refused += 1;
                }
                self.gateway_confirmed.set(true);
                if id.scope() == Scope::Account {
                    self.stop(StopReason::Account(id.clone()));
                }
                id.scope() != Scope::Number
            }
            Outcome::Unsent if !job.stays_unknown() => {
                counters.unsent += 1;
                true
            }
            Outcome::Unsent | Outcome::Unknown => {
                counters.unknown += 1;
                true
            }
        };
        drop(counters);
        self.failures
            .set(if failed { self.failures.get() + 1 } else { 0 });
        if self.failures.get() >= self.options.max_failures {
            self.stop(StopReason::MaxFailures(self.options.max_failures));
        }
        self.listener.ended(job, verdict, attempts);
    }

    async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives as long as `self`.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}

/// The time of the run, which a test may hold still.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_told_apart_up_to_an_hour() {
        let mut latency = new_latency();
        for micros in [50, 50_000, 3_600_000_000, u64::MAX] {
            latency.saturating_record(micros);
        }
        let near =
            |quantile, micros: u64| latency.value_at_quantile(quantile).abs_diff(micros) <= micros / 500;
        assert!(near(0.25, 50) && near(0.5, 50_000) && near(1.0, 3_600_000_000));
    }
}
