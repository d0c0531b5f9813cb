//! The second pass over the input, on a thread of its own: claims each row's number, asks what becomes of it, and hands
//! the ones to send to the workers.

use super::Job;
use crate::batch::decision::{self, Action, RetryUnknown};
use crate::batch::numbers::Numbers;
use crate::batch::request::{self, Checker};
use crate::batch::rows::{Input, ReadError};
use crate::wire;
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// What the pass needs.
pub(crate) struct Feed {
    pub(crate) input: Input,
    pub(crate) checker: Checker,
    pub(crate) numbers: Numbers,
    pub(crate) retry: RetryUnknown,
    /// How many rows this run may still send.
    pub(crate) limit: Option<u64>,
}

/// What comes back when the pass is over.
pub(crate) struct Fed {
    pub(crate) numbers: Numbers,
    pub(crate) checker: Checker,
    /// Why the pass ended early.
    pub(crate) error: Option<FeedError>,
}

/// The input is not what the preflight saw, or can't be read any more. Nothing after that was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("line {line} is not what the preflight saw: the input has changed")]
    Changed { line: u64 },
}

impl Feed {
    /// Starts the pass. It waits whenever `jobs` is full, and ends when nobody takes them any more.
    pub(crate) fn start(self, jobs: mpsc::Sender<Job>) -> std::io::Result<JoinHandle<Fed>> {
        std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || self.run(&jobs))
    }

    fn run(mut self, jobs: &mpsc::Sender<Job>) -> Fed {
        let error = self.pass(jobs).err();
        Fed {
            numbers: self.numbers,
            checker: self.checker,
            error,
        }
    }

    fn pass(&mut self, jobs: &mpsc::Sender<Job>) -> Result<(), FeedError> {
        let mut rows = self.input.rows()?;
        while let Some(row) = rows.next()? {
            let ready = self.checker.check(&row).ok();
            let claim = ready
                .as_ref()
                .map(|ready| self.numbers.claim(ready.request.msisdn, row.line()));
            let repeat = match decision::row(claim, self.retry, self.limit) {
                Action::Send { repeat } => repeat,
                Action::Skip(_) => continue,
                Action::InputChanged => return Err(FeedError::Changed { line: row.line() }),
            };
            let Some(ready) = ready else { continue };
            self.limit = self.limit.map(|left| left.saturating_sub(1));
            let job = Job {
                number: ready.request.msisdn,
                line: row.line(),
                body: wire::request::body(&ready.request),
                expires_in: request::valid_for(&ready.request.pin_params),
                repeat,
            };
            if jobs.blocking_send(job).is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}
