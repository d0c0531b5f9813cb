//! The second pass over the input: meets each row's number, asks what becomes of it, and passes on the ones to send.

use super::RowJob;
use crate::batch::BatchError;
use crate::batch::numbers::{Numbers, Occurrence};
use crate::batch::request::{self, Checker};
use crate::rows::Input;
use crate::wire;
use std::ops::ControlFlow;

/// The rows to be sent, in the order of the input.
pub(super) struct Feed<'a> {
    pub(super) input: &'a Input,
    pub(super) checker: &'a mut Checker,
    pub(super) numbers: &'a mut Numbers,
    /// How many rows this run may still send.
    pub(super) limit: Option<u64>,
}

impl Feed<'_> {
    /// Reads the input from its beginning, and ends when `give` says that jobs are no longer taken: the run has stopped. An error
    /// is why it ended early.
    pub(super) fn run(self, mut give: impl FnMut(RowJob) -> bool) -> Result<(), BatchError> {
        let Self {
            input,
            checker,
            numbers,
            mut limit,
        } = self;
        checker.for_each(input, |row, request| {
            let Ok(ready) = request else {
                return Ok(ControlFlow::Continue(()));
            };
            let decision = match numbers.meet(ready.request.msisdn, row.line()) {
                Occurrence::First(decision) => decision,
                Occurrence::Duplicate { .. } => return Ok(ControlFlow::Continue(())),
                Occurrence::NotInPreflight => return Err(BatchError::Changed { line: row.line() }),
            };
            if !decision.sends() || limit == Some(0) {
                return Ok(ControlFlow::Continue(()));
            }
            limit = limit.map(|left| left.saturating_sub(1));
            let job = RowJob {
                number: ready.request.msisdn,
                line: row.line(),
                body: wire::request::body(&ready.request),
                expires_in: request::valid_for(&ready.request.pin_params),
                decision,
            };
            Ok(if give(job) {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            })
        })?;
        Ok(())
    }
}
