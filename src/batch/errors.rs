//! What a batch fails with when its journal or its disk is to blame: a full disk has an exit code of its own.

use super::journal::JournalError;
use crate::failure::{Failure, Kind};
use std::io;

pub(crate) fn journal_failure(error: JournalError) -> Failure {
    let hint = error.hint();
    let failure = failure(Kind::Journal, error).doing("nothing was sent");
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
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
