//! The second pass: rows become jobs, and jobs become requests, each with its intent on disk before its first byte leaves
//! and its outcome after. It knows neither CSV nor SQL.

mod conduct;
mod feed;
mod worker;

pub(crate) use conduct::{Conduct, Ended, Run, Stop};
pub(crate) use feed::{Fed, Feed, FeedError};

use crate::batch::journal::Recorder;
use crate::client::Client;
use crate::domain::api_key::ApiKey;
use crate::domain::msisdn::Msisdn;
use crate::outcome::Verdict;
use crate::wire::Body;
use std::rc::Rc;
use tokio::sync::mpsc;

/// One row to send.
#[derive(Debug)]
pub(crate) struct Job {
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
    fn ended(&self, job: &Job, verdict: &Verdict<()>, attempts: u32);
    fn unrecorded(&self, job: &Job, verdict: &Verdict<()>, attempts: u32);
}

/// Sends every job, and comes back when all of them, or all that had begun before a stop, have ended and are recorded.
///
/// The first row goes alone until one is accepted or refused: a wrong URL must not make as many unknowns as there are
/// workers.
pub(crate) async fn send(run: Rc<Run>) {
    worker::work(&run, true).await;
    let workers: Vec<_> = (0..run.conduct.concurrency * 2)
        .map(|_| {
            let run = Rc::clone(&run);
            tokio::task::spawn_local(async move { worker::work(&run, false).await })
        })
        .collect();
    for worker in workers {
        if let Err(error) = worker.await {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

/// What the workers share.
pub(crate) struct Gear {
    pub(crate) client: Client,
    pub(crate) key: ApiKey,
    pub(crate) recorder: Recorder,
    pub(crate) jobs: mpsc::Receiver<Job>,
    pub(crate) listener: Box<dyn Listener>,
}
