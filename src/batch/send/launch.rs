//! Which row leaves next, and when: at a rate, or as fast as answers come.

use super::RowJob;
use super::ahead::{self, NextRow};
use super::claim::{HeldClaim, Permit};
use super::run::Run;
use super::worker;
use crate::batch::pace::LaunchTime;
use std::collections::VecDeque;
use std::rc::Rc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::{JoinError, JoinSet};

/// Sends every job, and comes back when all of them, or all that had begun before a stop, have ended and are recorded.
///
/// The first row goes alone until one is accepted or refused: a wrong URL must not make as many unknowns as there are
/// requests under way.
pub(super) async fn send(run: Rc<Run>) {
    if !alone(&run).await {
        return;
    }
    // A task for each row: that is quicker than workers who would have to share the queue.
    let mut tasks = JoinSet::new();
    if run.options.rate.is_some() {
        at_a_rate(&run, &mut tasks).await;
    } else {
        as_fast_as_answers_come(&run, &mut tasks).await;
    }
    while let Some(ended) = tasks.join_next().await {
        pass_on_panic(ended);
    }
}

/// Sends one row after another until the gateway has accepted or refused one; false if there are no more, or at a stop.
async fn alone(run: &Run) -> bool {
    while !run.has_confirmed_gateway() {
        let Some((job, permit, in_flight)) = next_at_its_turn(run).await else {
            return false;
        };
        worker::row(run, &job, permit, in_flight).await;
    }
    true
}

/// Launches each row when the rate allows it. Its claim is made at its turn, in one group with whatever else is being
/// recorded then: a kill leaves no more unknown rows than there are requests under way, and the one being written.
async fn at_a_rate(run: &Rc<Run>, tasks: &mut JoinSet<()>) {
    while let Some((job, permit, in_flight)) = next_at_its_turn(run).await {
        start(run, tasks, job, permit, in_flight);
    }
}

/// The next row, without a claim, once it may leave. `None` at the end, or at a stop.
async fn next_at_its_turn(run: &Run) -> Option<(RowJob, Permit, OwnedSemaphorePermit)> {
    let job = run.next_job().await?;
    let permit = Permit {
        claim: None,
        _open_row: run.open_rows(1).await?,
    };
    Some((job, permit, run.launch().await?))
}

/// Launches each row as soon as there is a place for its request, with its claim made ahead.
async fn as_fast_as_answers_come(run: &Rc<Run>, tasks: &mut JoinSet<()>) {
    let (ready, mut queue) = mpsc::unbounded_channel();
    {
        let run = Rc::clone(run);
        tasks.spawn_local(async move { ahead::work(&run, &ready).await });
    }
    let mut rows = VecDeque::new();
    while let Some(row) = next_row(&mut rows, &mut queue).await {
        let Some(in_flight) = run.place_in_flight().await else {
            // All that never began goes off the disk at once: nothing more is written ahead.
            rows.push_front(row);
            while let Some(row) = queue.recv().await {
                rows.push_back(row);
            }
            ahead::take_back(run, &mut rows).await;
            return;
        };
        match run.turn() {
            LaunchTime::Go if row.permit.claim.as_ref().is_none_or(HeldClaim::is_fresh) => {
                start(run, tasks, row.job, row.permit, in_flight);
            }
            LaunchTime::Go => put_back(run, row, &mut rows, &mut queue).await,
            LaunchTime::Wait(until) => {
                // A row that waits for its turn is not in flight.
                drop(in_flight);
                put_back(run, row, &mut rows, &mut queue).await;
                run.sleep_until(until).await;
            }
        }
    }
}

async fn next_row(rows: &mut VecDeque<NextRow>, queue: &mut UnboundedReceiver<NextRow>) -> Option<NextRow> {
    match rows.pop_front() {
        Some(row) => Some(row),
        None => queue.recv().await,
    }
}

/// The row can't leave now. Its claim, and those of all rows behind it, are taken back.
async fn put_back(
    run: &Run,
    row: NextRow,
    rows: &mut VecDeque<NextRow>,
    queue: &mut UnboundedReceiver<NextRow>,
) {
    rows.push_front(row);
    while let Ok(row) = queue.try_recv() {
        rows.push_back(row);
    }
    ahead::take_back(run, rows).await;
}

fn start(
    run: &Rc<Run>,
    tasks: &mut JoinSet<()>,
    job: RowJob,
    permit: Permit,
    in_flight: OwnedSemaphorePermit,
) {
    let run = Rc::clone(run);
    tasks.spawn_local(async move { worker::row(&run, &job, permit, in_flight).await });
    while let Some(ended) = tasks.try_join_next() {
        pass_on_panic(ended);
    }
}

fn pass_on_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}
