//! Tells a disk that is full or failing from everything else that stops a batch before its first row: it has an exit code
//! of its own.

use crate::failure::{Failure, Kind};
use std::io;

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
        .downcast_ref::<crate::batch::journal::JournalError>()
        .is_some_and(crate::batch::journal::JournalError::is_disk)
}
