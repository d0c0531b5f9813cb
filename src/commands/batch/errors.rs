//! What a batch says when its journal or its disk stands in the way, or when rows are left: the same words everywhere, and
//! an exit code of its own for a disk that is full.

use crate::answers::batch::count;
use crate::batch::journal::JournalError;
use crate::failure::{Failure, Kind};
use std::io;

/// The way out for rows that may have been sent.
pub(super) const UNKNOWN_HINT: &str =
    "unknown rows may have received their SMS: --retry-unknown sends again to those whose PIN has expired";

pub(super) fn journal_failure(error: JournalError) -> Failure {
    let hint = error.hint();
    let failure = failure(Kind::Journal, error).doing("nothing was sent");
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// For a message: how many rows are left.
pub(super) fn left(open: u64) -> String {
    format!("{} still to send", count(open, "row is", "rows are"))
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
