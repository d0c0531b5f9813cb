//! The reports of a batch, written at every end of the command: a summary, a stop, a signal, a failure.

use crate::answers::batch::{BatchReport, PreflightPart};
use crate::batch::results::RowException;
use crate::commands::step_summary;
use crate::failure::{Exit, Failure, Kind};
use crate::output::FailureDocument;
use crate::report::{self, ReportDocument, ReportOutput};
use crate::session::Context;
use jiff::Timestamp;
use serde_json::Value;
use std::cell::RefCell;

/// Collects what the reports are made of while the command works.
pub(in crate::commands) struct Reporting<'a> {
    context: &'a Context,
    /// The list, as it was named.
    list: String,
    show_numbers: bool,
    files: Vec<ReportOutput>,
    began: Timestamp,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    preflight: Value,
    summary: Value,
    exceptions: Vec<RowException>,
}

impl<'a> Reporting<'a> {
    /// A report that can't be written is better known now than after the last row.
    pub(in crate::commands) fn new(
        context: &'a Context,
        list: String,
        reports: &[String],
        show_numbers: bool,
    ) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for text in reports {
            let unusable = |error: anyhow::Error| {
                Failure::new(Kind::Usage, error)
                    .doing(format!("nothing was sent: --report {text} is not usable"))
            };
            let file: ReportOutput = text
                .parse()
                .map_err(|error: report::UnknownReportFormat| unusable(error.into()))?;
            file.check().map_err(|error| unusable(error.into()))?;
            files.push(file);
        }
        Ok(Self {
            context,
            list,
            show_numbers,
            files,
            began: crate::clock::now(),
            known: RefCell::default(),
        })
    }

    pub(super) fn preflight(&self, preflight: &PreflightPart) {
        if self.is_wanted() {
            let shown = if self.show_numbers {
                preflight.clone()
            } else {
                preflight.clone().masked()
            };
            self.known.borrow_mut().preflight = serde_json::to_value(shown).unwrap_or_default();
        }
    }

    pub(in crate::commands) fn summary(&self, report: &BatchReport, exceptions: &[RowException]) {
        if self.is_wanted() {
            let mut known = self.known.borrow_mut();
            known.summary = serde_json::to_value(self.context.ui.json_of(report)).unwrap_or_default();
            known.exceptions = exceptions.to_vec();
        }
    }

    /// Whether anything is to be written.
    pub(super) fn is_wanted(&self) -> bool {
        !self.files.is_empty() || step_summary::is_wanted(self.context)
    }

    /// Writes them, and gives what the command came to. A report that could not be written makes a success end as a full disk
    /// does; what was sent was sent, so it changes nothing else.
    pub(in crate::commands) fn finish(self, ended: Result<Exit, Failure>) -> Result<Exit, Failure> {
        if !self.is_wanted() {
            return ended;
        }
        let (context, files) = (self.context, self.files.clone());
        let document = self.document(&ended);
        let mut written = true;
        for file in &files {
            if let Err(error) = file.write(&document) {
                context
                    .ui
                    .warn(format_args!("the report was not written: {error}"));
                written = false;
            } else {
                context.ui.note(format_args!("report: {}", file.path().display()));
            }
        }
        step_summary::append(context, &report::short(&document));
        match ended {
            Ok(Exit::Done) if !written => Ok(Exit::Disk),
            ended => ended,
        }
    }

    fn document(self, ended: &Result<Exit, Failure>) -> ReportDocument {
        let known = self.known.take();
        let (summary, exit) = match ended {
            Ok(exit) => (known.summary, *exit),
            Err(failure) => {
                let document = if self.show_numbers {
                    FailureDocument::new(failure)
                } else {
                    FailureDocument::masked(failure)
                };
                let summary = serde_json::to_value(self.context.ui.json_of(&document)).unwrap_or_default();
                (summary, failure.kind.exit())
            }
        };
        ReportDocument {
            batch: self.list,
            summary,
            preflight: known.preflight,
            exit,
            began: self.began,
            ended: crate::clock::now(),
            exceptions: known.exceptions,
            show_numbers: self.show_numbers,
        }
    }
}
