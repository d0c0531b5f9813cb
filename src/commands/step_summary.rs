//! The summary of a CI job, which commands may add to.

use crate::batch::results::ExistingResults;
use crate::env::Environment;
use crate::files;
use crate::journal::Marker;
use crate::output::Ui;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

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

    /// Adds Markdown to it, unless it is the list of the command, or a file that holds no summary. A command must not fail because
    /// of it.
    pub(super) fn append(&self, ui: &Ui, markdown: &str, list: Option<&Path>) {
        let added = self.refuse_other_files(list).and_then(|()| {
            let mut file = files::open_regular_to_append(&self.0)?;
            writeln!(file, "{markdown}")
        });
        if let Err(error) = added {
            let path = self.0.display();
            ui.warn(format_args!("cannot add to {path} ({VARIABLE}): {error}"));
        }
    }

    /// What smspin keeps is known by what it holds: where a command ends early, it doesn't know yet what the files of its batch are
    /// called.
    fn refuse_other_files(&self, list: Option<&Path>) -> io::Result<()> {
        const BEGINNING: u64 = 64 * 1024;
        let path = &self.0;
        if list.is_some_and(|list| files::is_same(list, path)) {
            return Err(io::Error::other("it is the list"));
        }
        files::refuse_to_replace(path)?;
        let mut beginning = Vec::new();
        files::open_without_waiting(path)?
            .take(BEGINNING)
            .read_to_end(&mut beginning)?;
        if ExistingResults::are_at(path)? || beginning.contains(&0) || Marker::is_meant(&beginning) {
            return Err(io::Error::other(
                "it is not a summary, but a file of another kind",
            ));
        }
        Ok(())
    }
}
