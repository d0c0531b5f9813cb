//! What a batch fails with when its journal or its disk is to blame: a full disk has an exit code of its own.

use crate::failure::{Failure, Kind};
use crate::journal::JournalError;
use crate::rows::InputError;
use crate::session::journal;
use crate::text;
use std::io;
use std::path::Path;

/// Nothing was sent, because of the journal.
pub(crate) fn journal_failure(error: JournalError) -> Failure {
    journal::failure(error, "nothing was sent")
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

/// A list or an exclusion list that can't be read. `doing` is what was to be done with it.
pub(super) fn unreadable(error: impl Into<anyhow::Error>, doing: String, file: &Path) -> Failure {
    let error = error.into();
    let is_old = error.downcast_ref().is_some_and(InputError::is_of_older_program);
    let failure = failure(Kind::Invalid, error).doing(doing);
    if is_old {
        let file = text::shell_word(&file.to_string_lossy());
        failure.hint(format!("soffice --headless --convert-to xlsx {file}"))
    } else {
        failure
    }
}

fn is_disk(error: &(dyn std::error::Error + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(
        kind,
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    )
}
