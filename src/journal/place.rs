//! Where a journal is, and how it is opened.

use super::error::{JournalError, JournalFault};
use super::store::Store;
use std::fmt;
use std::path::PathBuf;

/// Where a journal is. Shown as people name it, without a user or a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JournalPlace {
    File { path: PathBuf },
}

impl JournalPlace {
    /// Opens it for a run, and creates it where it is missing.
    pub(crate) fn open(&self) -> Result<Box<dyn Store>, JournalError> {
        Err(JournalError::new(JournalFault::Unusable, "no engine yet"))
    }

    /// Opens it to look at it, and creates nothing. `None` where there is no journal.
    pub(crate) fn look(&self) -> Result<Option<Box<dyn Store>>, JournalError> {
        Ok(None)
    }

    /// The file, where it is one.
    pub(crate) fn file(&self) -> Option<&std::path::Path> {
        let Self::File { path } = self;
        Some(path)
    }

    /// Why no journal may be kept there.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        Ok(())
    }
}

impl fmt::Display for JournalPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::File { path } = self;
        f.write_str(&path.to_string_lossy())
    }
}
