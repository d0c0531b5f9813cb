//! The reports of a batch, written at every end of the command: a summary, a stop, a signal, a failure.

use crate::answers::batch::{BatchReport, PreflightPart};
use crate::batch::journal::RunSpan;
use crate::batch::results::RowException;
use crate::cli::BatchArgs;
use crate::commands::step_summary;
use crate::failure::{Exit, Failure, Kind};
use crate::output::FailureDocument;
use crate::report::{self, ReportDocument, ReportOutput};
use crate::session::Context;
use jiff::Timestamp;
use serde_json::Value;
use std::cell::RefCell;

/// Collects what the reports are made of while the command works.
pub(super) struct Reporting<'a> {
    context: &'a Context,
    args: &'a BatchArgs,
    files: Vec<ReportOutput>,
    began: Timestamp,
    known: RefCell<Known>,
}

#[derive(Default)]
struct Known {
    preflight: Value,
    summary: Value,
    exceptions: Vec<RowException>,
    /// When the run was at work that the reports are about, and how it ended, where it isn't this one.
    earlier: Option<(RunSpan, Exit)>,
}

impl<'a> Reporting<'a> {
    /// A report that can't be written is better known now than after the last row.
    pub(super) fn new(context: &'a Context, args: &'a BatchArgs) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for text in &args.run.report {
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
            args,
            files,
            began: crate::clock::now(),
            known: RefCell::default(),
        })
    }

    pub(super) fn preflight(&self, preflight: &PreflightPart) {
        if self.is_wanted() {
            let shown = if self.args.run.show_numbers {
                preflight.clone()
            } else {
                preflight.clone().masked()
            };
            self.known.borrow_mut().preflight = serde_json::to_value(shown).unwrap_or_default();
        }
    }

    pub(super) fn summary(&self, report: &BatchReport, exceptions: &[RowException]) {
        if self.is_wanted() {
            let mut known = self.known.borrow_mut();
            known.summary = serde_json::to_value(report).unwrap_or_default();
            known.exceptions = exceptions.to_vec();
        }
    }

    /// The reports are about a run that this command only looks at.
    pub(super) fn looks_back(&self, run: RunSpan, exit: Exit) {
        self.known.borrow_mut().earlier = Some((run, exit));
    }

    /// Whether anything is to be written.
    pub(super) fn is_wanted(&self) -> bool {
        !self.files.is_empty() || step_summary::is_wanted(self.context)
    }

    /// Writes them, and gives what the command came to. A report that could not be written makes a success end as a full disk
    /// does; what was sent was sent, so it changes nothing else.
    pub(super) fn finish(self, ended: Result<Exit, Failure>) -> Result<Exit, Failure> {
        if !self.is_wanted() {
            return ended;
        }
        let document = self.document(&ended);
        let mut written = true;
        for file in &self.files {
            if let Err(error) = file.write(&document) {
                self.context
                    .ui
                    .warn(format_args!("the report was not written: {error}"));
                written = false;
            } else {
                self.context
                    .ui
                    .note(format_args!("report: {}", file.path().display()));
            }
        }
        step_summary::append(self.context, &report::short(&document));
        match ended {
            Ok(Exit::Done) if !written => Ok(Exit::Disk),
            ended => ended,
        }
    }

    fn document(&self, ended: &Result<Exit, Failure>) -> ReportDocument {
        let known = self.known.take();
        let span = RunSpan {
            began: self.began,
            ended: crate::clock::now(),
        };
        let (summary, span, exit) = match (ended, known.earlier) {
            (Ok(_), Some((span, exit))) => (known.summary, span, exit),
            (Ok(exit), None) => (known.summary, span, *exit),
            (Err(failure), _) => {
                let document = if self.args.run.show_numbers {
                    FailureDocument::new(failure, self.context.global.sandbox)
                } else {
                    FailureDocument::masked(failure, self.context.global.sandbox)
                };
                let summary = serde_json::to_value(document).unwrap_or_default();
                (summary, span, failure.kind.exit())
            }
        };
        ReportDocument {
            batch: self
                .args
                .file
                .as_deref()
                .map(|file| file.display().to_string())
                .unwrap_or_default(),
            summary,
            preflight: known.preflight,
            exit,
            began: span.began,
            ended: span.ended,
            exceptions: known.exceptions,
            show_numbers: self.args.run.show_numbers,
        }
    }
}
