//! The outcomes of rows as JSON lines, while a run is sending.

use crate::batch::results::{RowOutcome, write_line};
use crate::batch::send::{Listener, RowJob};
use crate::outcome::{OutcomeWord, Verdict};
use crate::output::Ui;
use crate::wire::ErrorId;
use std::cell::Cell;
use std::io::ErrorKind;
use std::rc::Rc;

/// Prints outcomes as JSON lines: to standard output where that was asked for, and to stderr where the journal is gone.
pub(super) struct Lines {
    pub(super) ui: Ui,
    /// Standard output is to have every row.
    pub(super) stream: bool,
    /// Set where it does not: a row could not be written, though a program may still read.
    pub(super) lost: Rc<Cell<bool>>,
}

impl Lines {
    fn line(job: &RowJob, verdict: &Verdict<()>, attempts: u32) -> String {
        let msisdn = job.number.to_string();
        let error_id = verdict.error_id.as_ref().map_or("", ErrorId::as_str);
        let outcome = RowOutcome {
            outcome: job.word(&verdict.outcome).as_str(),
            error_id,
            error_msg: verdict.error_msg.as_deref().unwrap_or_default(),
            http: verdict.http,
            attempts,
            at: Some(crate::clock::now()),
            msisdn: &msisdn,
            detail: verdict.detail.as_deref().unwrap_or_default(),
            delivery: None,
            list: "",
        };
        Self::text(job, &outcome)
    }

    fn text(job: &RowJob, outcome: &RowOutcome<'_>) -> String {
        let mut line = Vec::new();
        // A vector takes every byte.
        let _ = write_line(&mut line, job.line, outcome);
        String::from_utf8_lossy(&line).into_owned()
    }

    fn print(&self, line: &str) {
        match self.ui.data_line(line) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe && !self.lost.replace(true) => {
                self.ui.warn(format_args!(
                    "cannot write rows to standard output: {error}; the journal has them all"
                ));
            }
            _ => {}
        }
    }
}

impl Listener for Lines {
    fn ended(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32) {
        if self.stream {
            self.print(&Self::line(job, verdict, attempts));
        }
    }

    fn taken(&self, job: &RowJob) {
        if !self.stream {
            return;
        }
        let msisdn = job.number.to_string();
        let outcome = RowOutcome {
            outcome: OutcomeWord::UnderWay.as_str(),
            msisdn: &msisdn,
            detail: "another run has this number",
            ..RowOutcome::default()
        };
        self.print(&Self::text(job, &outcome));
    }

    fn unrecorded(&self, job: &RowJob, verdict: &Verdict<()>, attempts: u32) {
        self.ui.to_stderr(&Self::line(job, verdict, attempts));
    }
}
