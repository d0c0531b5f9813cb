//! The second pass over the input, on a thread of its own: claims each row's number, asks what becomes of it, and hands
//! the ones to send to the workers.

use super::RowJob;
use crate::batch::BatchError;
use crate::batch::decision::{RetryUnknown, decide};
use crate::batch::numbers::{Claim, Numbers};
use crate::batch::request::{self, Checker};
use crate::batch::rows::Input;
use crate::wire;
use std::ops::ControlFlow;
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
    pub(crate) error: Option<BatchError>,
}

impl Feed {
    /// Starts the pass. It waits whenever `jobs` is full, and ends when nobody takes them any more.
    pub(crate) fn start(self, jobs: mpsc::Sender<RowJob>) -> std::io::Result<JoinHandle<Fed>> {
        std::thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || self.run(&jobs))
    }

    fn run(mut self, jobs: &mpsc::Sender<RowJob>) -> Fed {
        let error = self.pass(jobs).err();
        Fed {
            numbers: self.numbers,
            checker: self.checker,
            error,
        }
    }

    fn pass(&mut self, jobs: &mpsc::Sender<RowJob>) -> Result<(), BatchError> {
        let Self {
            input,
            checker,
            numbers,
            retry,
            limit,
        } = self;
        checker.for_each(input, |row, request| {
            let Ok(ready) = request else {
                return Ok(ControlFlow::Continue(()));
            };
            let decision = match numbers.claim(ready.request.msisdn, row.line()) {
                Claim::First(number) => decide(number, *retry),
                Claim::Duplicate { .. } => return Ok(ControlFlow::Continue(())),
                Claim::NotInPreflight => return Err(BatchError::Changed { line: row.line() }),
            };
            if !decision.sends() || *limit == Some(0) {
                return Ok(ControlFlow::Continue(()));
            }
            *limit = limit.map(|left| left.saturating_sub(1));
            let job = RowJob {
                number: ready.request.msisdn,
                line: row.line(),
                body: wire::request::body(&ready.request),
                expires_in: request::valid_for(&ready.request.pin_params),
                repeat: decision.is_repeat(),
            };
            // Nobody takes the jobs any more once the run has stopped.
            Ok(match jobs.blocking_send(job) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        })?;
        Ok(())
    }
}
