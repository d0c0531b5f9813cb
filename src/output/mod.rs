//! What people and programs read: stdout is data, stderr is talk. Nothing here decides what is said.

mod failure_document;
mod progress;
mod slow;
mod ui;
mod wrap;

pub(crate) use failure_document::FailureDocument;
pub(crate) use progress::{Progress, Snapshot};
pub(crate) use slow::SLOW;
pub(crate) use ui::{AnswerTo, ColorChoice, Report, ReportJson, Style, Ui, Verbosity};
