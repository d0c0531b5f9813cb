//! Whether the files of a journal are still those that a run began with. The user may rename or delete them under the run, whose
//! records would then go to a file that the next run doesn't find.

use super::fault;
use crate::journal::error::JournalError;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// Files by their paths, as they were when the run began. They are looked at by their paths alone: to close a second handle on a
/// database gives up the locks that SQLite holds on it in this process.
#[derive(Debug)]
pub(super) struct Presence(Vec<(PathBuf, FileId)>);

/// What a file is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    fn of(path: &PathBuf) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self {
            device: found.dev(),
            inode: found.ino(),
        })
    }
}

impl Presence {
    pub(super) fn of(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, JournalError> {
        let files = paths.into_iter().map(|path| {
            let id = FileId::of(&path).map_err(fault::io("look at", &path))?;
            Ok((path, id))
        });
        files.collect::<Result<_, _>>().map(Self)
    }

    /// Fails where one of the paths leads to nothing, or to another file. An error that says neither tells nothing.
    pub(super) fn check(&self) -> Result<(), JournalError> {
        let lost = self.0.iter().find(|(path, id)| match FileId::of(path) {
            Ok(found) => found != *id,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        });
        lost.map_or(Ok(()), |(path, _)| Err(fault::gone(path)))
    }
}
