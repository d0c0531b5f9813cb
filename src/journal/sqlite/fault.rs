//! What goes wrong with a file or in SQLite, made a fault of the journal. It gets its words here, once for all statements.

use crate::journal::error::{JournalError, JournalFault};
use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_READONLY_DBMOVED;
use std::io;
use std::path::Path;

/// Why a piece of work within a transaction failed.
#[derive(Debug)]
pub(super) enum SqliteFault {
    Sql(rusqlite::Error),
    /// It has its words already.
    Said(JournalError),
}

impl From<rusqlite::Error> for SqliteFault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<JournalError> for SqliteFault {
    fn from(error: JournalError) -> Self {
        Self::Said(error)
    }
}

impl SqliteFault {
    /// With what was being done to which journal: `doing` is as in “read”.
    pub(super) fn at(self, doing: &str, journal: &Path) -> JournalError {
        let error = match self {
            Self::Said(error) => return error,
            Self::Sql(error) => error,
        };
        let moved = error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == SQLITE_READONLY_DBMOVED);
        let (fault, why, hint) = match error.sqlite_error_code() {
            _ if moved => return gone(journal),
            Some(ErrorCode::DiskFull) => (
                JournalFault::Outage,
                "the disk is full".to_owned(),
                Some("free some space, then run the same command again: it goes on where this one stopped"),
            ),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
                JournalFault::Outage,
                "another program has kept it locked for a minute".to_owned(),
                Some("find that program, such as a backup or an SQLite shell, and end it"),
            ),
            Some(ErrorCode::SystemIoFailure) => (
                JournalFault::Outage,
                error.to_string(),
                Some(
                    "see whether the disk is full or failing, then run the same command again: it goes on where this one stopped",
                ),
            ),
            Some(ErrorCode::CannotOpen | ErrorCode::OutOfMemory) => {
                (JournalFault::Outage, error.to_string(), None)
            }
            _ => (JournalFault::Unusable, error.to_string(), None),
        };
        let message = format!("can't {doing} the journal {}: {why}", journal.display());
        let error = JournalError::new(fault, message);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// The files of the journal are not those that the run began with.
pub(super) fn gone(path: &Path) -> JournalError {
    let message = format!(
        "{} was deleted, renamed or replaced while this run was using it, so no other run would find what is recorded there",
        path.display()
    );
    JournalError::new(JournalFault::Gone, message)
        .hint("put it back where it was, if you have it; then run the same command again")
}

/// For `map_err`: what was being done to which file.
pub(super) fn io<'a>(doing: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> JournalError + 'a {
    move |error| JournalError::io(doing, path, &error)
}
