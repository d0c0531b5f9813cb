//! The summary of a CI job, which commands may add to.

use crate::session::Context;
use std::fs::OpenOptions;
use std::io::Write;

/// The variable that names its file.
const VARIABLE: &str = "GITHUB_STEP_SUMMARY";

fn path(context: &Context) -> Option<String> {
    context
        .environment
        .text(VARIABLE)
        .ok()
        .flatten()
        .map(str::to_owned)
}

/// Whether this is a job that has one.
pub(super) fn is_wanted(context: &Context) -> bool {
    path(context).is_some()
}

/// Adds Markdown to it. What else it holds is not ours, and a command must not fail because of it.
pub(super) fn append(context: &Context, markdown: &str) {
    let Some(path) = path(context) else { return };
    let file = OpenOptions::new().append(true).open(&path);
    if let Err(error) = file.and_then(|mut file| writeln!(file, "{markdown}")) {
        context
            .ui
            .warn(format_args!("cannot add to {path} ({VARIABLE}): {error}"));
    }
}
