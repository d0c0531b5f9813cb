//! Which row leaves next, and when: at a rate, or as fast as answers come.

use super::RowJob;
use super::intents::{self, IntentAhead, RowToLaunch};
use super::run::{LaunchNow, Run};
use super::worker::{self, Launch};
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
    if !worker::alone(&run).await {
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

/// Launches each row when the rate allows it. Its intent is written at its turn, in one group with whatever else is being
/// recorded then: a kill leaves no more unknown rows than there are requests under way, and the one being written.
async fn at_a_rate(run: &Rc<Run>, tasks: &mut JoinSet<()>) {
    while let Some(job) = run.next_job().await {
        let Some(open_row) = run.open_rows(1).await else {
            return;
        };
        let Some(launch) = Launch::at_its_turn(run).await else {
            return;
        };
        start(run, tasks, job, launch, open_row);
    }
}

/// Launches each row as soon as there is a place for its request, with its intent written ahead.
async fn as_fast_as_answers_come(run: &Rc<Run>, tasks: &mut JoinSet<()>) {
    let (ready, mut queue) = mpsc::unbounded_channel();
    {
        let run = Rc::clone(run);
        tasks.spawn_local(async move { intents::work(&run, &ready).await });
    }
    let mut rows = VecDeque::new();
    while let Some(row) = next_row(&mut rows, &mut queue).await {
        match run.launch_at_once().await {
            LaunchNow::Go(in_flight) if row.ahead.as_ref().is_none_or(IntentAhead::is_fresh) => {
                let RowToLaunch { job, ahead, open_row } = row;
                let ticket = ahead.map(|ahead| ahead.ticket);
                start(run, tasks, job, Launch { ticket, in_flight }, open_row);
            }
            LaunchNow::Go(_) => put_back(run, row, &mut rows, &mut queue).await,
            LaunchNow::NotBefore(until) => {
                put_back(run, row, &mut rows, &mut queue).await;
                run.sleep_until(until).await;
            }
            LaunchNow::Stopped => {
                // All that never began goes off the disk at once: nothing more is written ahead.
                rows.push_front(row);
                while let Some(row) = queue.recv().await {
                    rows.push_back(row);
                }
                intents::take_back(run, &mut rows).await;
                return;
            }
        }
    }
}

async fn next_row(
    rows: &mut VecDeque<RowToLaunch>,
    queue: &mut UnboundedReceiver<RowToLaunch>,
) -> Option<RowToLaunch> {
    match rows.pop_front() {
        Some(row) => Some(row),
        None => queue.recv().await,
    }
}

/// The row can't leave now. Its intent, and those of all rows behind it, are taken back.
async fn put_back(
    run: &Run,
    row: RowToLaunch,
    rows: &mut VecDeque<RowToLaunch>,
    queue: &mut UnboundedReceiver<RowToLaunch>,
) {
    rows.push_front(row);
    while let Ok(row) = queue.try_recv() {
        rows.push_back(row);
    }
    intents::take_back(run, rows).await;
}

fn start(
    run: &Rc<Run>,
    tasks: &mut JoinSet<()>,
    job: RowJob,
    launch: Launch,
    open_row: OwnedSemaphorePermit,
) {
    let run = Rc::clone(run);
    tasks.spawn_local(async move {
        worker::row(&run, &job, launch).await;
        drop(open_row);
    });
    while let Some(ended) = tasks.try_join_next() {
        pass_on_panic(ended);
    }
}

fn pass_on_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}
