//! What a batch fails with when its journal or its disk is to blame: a full disk has an exit code of its own.

use crate::failure::{Failure, Kind};
use crate::journal::JournalError;
use crate::session::journal;
use std::io;

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

fn is_disk(error: &(dyn std::error::Error + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(
        kind,
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    )
}
