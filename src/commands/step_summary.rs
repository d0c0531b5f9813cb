//! The summary of a CI job, which commands may add to.

use crate::env::Environment;
use crate::files;
use crate::output::Ui;
use std::io::{self, Write};
use std::path::PathBuf;

/// The variable that names its file.
const VARIABLE: &str = "GITHUB_STEP_SUMMARY";

/// The file of the summary.
#[derive(Clone, Debug)]
pub(super) struct StepSummary(PathBuf);

impl StepSummary {
    /// `None` where this isn't a job that has one.
    pub(super) fn of(environment: &Environment) -> Option<Self> {
        let path = environment.text(VARIABLE).ok().flatten()?;
        Some(Self(path.into()))
    }

    /// Adds Markdown to it, unless it is one of the files that are `taken`. What else it holds is not ours, and a command must not
    /// fail because of it.
    pub(super) fn append(&self, ui: &Ui, markdown: &str, taken: &[PathBuf]) {
        let added = if taken.iter().any(|file| files::is_same(file, &self.0)) {
            Err(io::Error::other("it is a file of this batch"))
        } else {
            files::open_regular_to_append(&self.0).and_then(|mut file| writeln!(file, "{markdown}"))
        };
        if let Err(error) = added {
            let path = self.0.display();
            ui.warn(format_args!("cannot add to {path} ({VARIABLE}): {error}"));
        }
    }
}
