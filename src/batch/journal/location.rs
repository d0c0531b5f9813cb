//! Where a journal is: a file, or a campaign in a database.

use super::postgres::DatabasePlace;
use super::sqlite;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a journal is. Shown as people name it, without a password.
#[derive(Clone, Debug)]
pub(crate) enum JournalLocation {
    File(PathBuf),
    Database(Box<DatabasePlace>),
}

impl JournalLocation {
    /// False where there is surely no journal.
    pub(crate) fn may_exist(&self) -> bool {
        match self {
            Self::File(path) => sqlite::was_here(path),
            Self::Database(_) => true,
        }
    }

    /// The path, where it is a file.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Database(_) => None,
        }
    }
}

impl fmt::Display for JournalLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Database(place) => write!(f, "{place}"),
        }
    }
}
