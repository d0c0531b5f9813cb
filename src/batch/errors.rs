//! What a batch fails with when its journal or its disk is to blame: a full disk has an exit code of its own.

use super::journal::{JournalError, JournalLocation};
use crate::failure::{Failure, Kind};
use std::io;
use std::path::Path;

pub(crate) fn journal_failure(error: JournalError) -> Failure {
    let hint = error.hint();
    journal_failure_with(error, "nothing was sent", hint)
}

/// The same for a journal with something else to do, or with another way out.
pub(crate) fn journal_failure_with(
    error: JournalError,
    doing: &'static str,
    hint: Option<String>,
) -> Failure {
    let failure = failure(Kind::Journal, error).doing(doing);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// The same file is being sent under another name.
pub(super) fn input_in_use(file: &Path) -> Failure {
    let error = format!(
        "nothing was sent: another run is sending {}, under this name or another",
        file.display()
    );
    Failure::message(Kind::Input, error).hint("wait for that run to end")
}

/// What has the name of the spool of a pipe, beside a journal that was never there.
pub(super) fn spool_taken(spool: &Path, journal: &JournalLocation) -> Failure {
    let error = format!(
        "{} is not a file of smspin, and the journal {} needs that name for the rows from the pipe",
        spool.display(),
        journal
    );
    Failure::message(Kind::Input, error)
        .doing("nothing was sent")
        .hint("move it away, or name another journal: --journal FILE")
}

/// A failure of this kind, unless the disk is to blame.
pub(super) fn failure(kind: Kind, error: impl Into<anyhow::Error>) -> Failure {
    let error = error.into();
    let kind = if error.chain().any(is_disk) {
        Kind::Disk
    } else {
        kind
    };
    Failure::new(kind, error)
}

fn is_disk(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        );
    }
    error
        .downcast_ref::<JournalError>()
        .is_some_and(JournalError::is_disk)
}
