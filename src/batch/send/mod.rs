//! The second pass: rows become jobs, and jobs become requests, each with its intent on disk before its first byte leaves
//! and its outcome after. It knows neither CSV nor SQL.

mod feed;
mod intents;
mod run;
mod worker;

pub(crate) use feed::{Fed, Feed};
pub(crate) use run::{Run, RunOptions, RunResult, StopReason};

use crate::batch::journal::Recorder;
use crate::client::Client;
use crate::domain::api_key::ApiKey;
use crate::domain::msisdn::Msisdn;
use crate::outcome::Verdict;
use crate::wire::Body;
use intents::RowToLaunch;
use std::rc::Rc;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

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

/// Hears of each row when its last attempt of this run has ended, and of outcomes that could not be recorded.
pub(crate) trait Listener {
    fn ended(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32);
    fn unrecorded(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32);
}

/// Sends every job, and comes back when all of them, or all that had begun before a stop, have ended and are recorded.
///
/// The first row goes alone until one is accepted or refused: a wrong URL must not make as many unknowns as there are
/// requests under way.
pub(crate) async fn send(run: Rc<Run>) {
    if !worker::alone(&run).await {
        return;
    }
    let (ready, mut queue) = mpsc::unbounded_channel();
    let (mut tasks, mut never_began) = (JoinSet::new(), Vec::new());
    {
        let run = Rc::clone(&run);
        tasks.spawn_local(async move { intents::work(&run, &ready).await });
    }
    // A task for each row: that is quicker than workers who would have to share the queue.
    while let Some(RowToLaunch {
        job,
        ticket,
        ahead,
        open_row,
    }) = queue.recv().await
    {
        let launched = match worker::launch(&run, ticket, ahead).await {
            Ok(launched) => launched,
            Err(unlaunched) => {
                never_began.push(unlaunched);
                continue;
            }
        };
        let run = Rc::clone(&run);
        tasks.spawn_local(async move {
            worker::row(&run, &job, launched).await;
            drop(open_row);
        });
        while let Some(ended) = tasks.try_join_next() {
            pass_on_panic(ended);
        }
    }
    if !never_began.is_empty() {
        // They stay ahead until they are off the disk.
        let (tickets, ahead): (Vec<_>, Vec<_>) = never_began.into_iter().unzip();
        worker::take_back(&run, tickets).await;
        drop(ahead);
    }
    while let Some(ended) = tasks.join_next().await {
        pass_on_panic(ended);
    }
}

fn pass_on_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// What a run is made of.
pub(crate) struct Gear {
    pub(crate) client: Client,
    pub(crate) key: ApiKey,
    pub(crate) recorder: Recorder,
    pub(crate) jobs: mpsc::Receiver<RowJob>,
    pub(crate) listener: Box<dyn Listener>,
}
