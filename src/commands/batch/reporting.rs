//! The reports of a batch, written at every end of the command: a summary, a stop, a signal, a failure.

use crate::answers::batch::{BatchReport, PreflightPart};
use crate::batch::results::RowException;
use crate::commands::step_summary::StepSummary;
use crate::failure::{Exit, Failure, Kind};
use crate::output::{FailureDocument, Ui};
use crate::report::{self, ReportDocument, ReportOutput};
use crate::session::{Context, signals};
use jiff::Timestamp;
use std::cell::RefCell;
use std::path::PathBuf;

/// Collects what the reports are made of while the command works.
pub(in crate::commands) struct Reporting {
    places: ReportPlaces,
    known: RefCell<Known>,
}

/// Where the reports go, and what is known of the command from its beginning.
#[derive(Clone)]
struct ReportPlaces {
    ui: Ui,
    /// The list, as it was named.
    list: PathBuf,
    show_numbers: bool,
    files: Vec<ReportOutput>,
    step_summary: Option<StepSummary>,
    began: Timestamp,
}

#[derive(Default)]
struct Known {
    preflight: Option<PreflightPart>,
    summary: Option<BatchReport>,
    exceptions: Vec<RowException>,
}

impl Reporting {
    /// A report that can't be written is better known now than after the last row. From here on a signal writes them too, until
    /// other code listens to signals.
    pub(in crate::commands) fn new(
        context: &Context,
        list: PathBuf,
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
        let reporting = Self {
            known: RefCell::default(),
            places: ReportPlaces {
                ui: context.ui.clone(),
                list,
                show_numbers,
                files,
                step_summary: StepSummary::of(&context.environment),
                began: crate::clock::now(),
            },
        };
        let places = reporting.places.clone();
        signals::before_ending(move |failure| {
            places.write_all(Known::default(), Err(failure));
        });
        Ok(reporting)
    }

    pub(super) fn preflight(&self, preflight: &PreflightPart) {
        let shown = preflight.clone().for_report(self.places.show_numbers);
        self.known.borrow_mut().preflight = Some(shown);
    }

    pub(in crate::commands) fn summary(&self, report: &BatchReport, exceptions: &[RowException]) {
        let mut known = self.known.borrow_mut();
        // A report shows the preflight as it may be passed on, beside this.
        known.summary = Some(BatchReport {
            preflight: None,
            ..report.clone()
        });
        known.exceptions = exceptions.to_vec();
    }

    /// Writes them, and gives what the command came to. A report that could not be written makes a success end as a full disk
    /// does; what was sent was sent, so it changes nothing else.
    pub(in crate::commands) fn finish(self, ended: Result<Exit, Failure>) -> Result<Exit, Failure> {
        let written = self.places.write_all(self.known.take(), ended.as_ref().copied());
        match ended {
            Ok(Exit::Done) if !written => Ok(Exit::Disk),
            ended => ended,
        }
    }
}

impl ReportPlaces {
    /// False where one could not be written.
    fn write_all(&self, known: Known, ended: Result<Exit, &Failure>) -> bool {
        if self.files.is_empty() && self.step_summary.is_none() && !self.ui.is_loud() {
            return true;
        }
        let document = self.document(known, ended);
        let mut all_written = true;
        for file in &self.files {
            let path = file.path().display();
            match file.write(&document) {
                Ok(true) => self.ui.note(format_args!("report: {path}")),
                Ok(false) => self
                    .ui
                    .note(format_args!("report: {path} stays as it is: nothing was sent")),
                Err(error) => {
                    self.ui.warn(format_args!("the report was not written: {error}"));
                    all_written = false;
                }
            }
        }
        if let Some(summary) = &self.step_summary {
            summary.append(&self.ui, &report::short(&document), Some(&self.list));
        }
        if self.ui.is_loud() && document.is_of_run() {
            self.ui.note_line(&report::long(&document));
        }
        all_written
    }

    fn document(&self, known: Known, ended: Result<Exit, &Failure>) -> ReportDocument {
        let (summary, exit) = match ended {
            Ok(exit) => (Ok(known.summary.unwrap_or_default()), exit),
            Err(failure) => {
                let document = if self.show_numbers {
                    FailureDocument::new(failure)
                } else {
                    FailureDocument::masked(failure)
                };
                (Err(document), failure.kind.exit())
            }
        };
        let path = std::path::absolute(&self.list).unwrap_or_else(|_| self.list.clone());
        ReportDocument {
            batch: self.list.display().to_string(),
            path: path.display().to_string(),
            sandbox: self.ui.sandbox,
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
