//! What people and programs read: stdout is data, stderr is talk. Nothing here decides what is said.

pub(crate) mod sanitize;
mod ui;

pub(crate) use ui::{ColorChoice, Report, Style, Ui, Verbosity};
