//! Whether the files of a journal are still where they were. Somebody may rename or delete them under a run, whose records then
//! go to a file that the next run would not find.

use super::place::JournalPath;
use crate::batch::journal::error::JournalError;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files that a run writes, as they were when it began.
#[derive(Debug)]
pub(super) struct Presence {
    files: Vec<(PathBuf, FileId)>,
}

/// What has become of the main file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    InPlace,
    Renamed(PathBuf),
    Deleted,
    /// Not under its name any more; this system can't say more.
    Elsewhere,
}

impl Presence {
    /// Of a journal that is open for writing.
    pub(super) fn of(place: &JournalPath) -> Result<Self, JournalError> {
        let paths = [place.main().to_owned(), place.wal(), place.beside(".lock")];
        let files = paths.into_iter().map(|path| {
            let id = FileId::of(&path).map_err(JournalError::io("look at", &path))?;
            Ok::<_, JournalError>((path, id))
        });
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
        })
    }

    /// The first of the files whose name leads to nothing, or to another file. An error that says neither tells nothing.
    pub(super) fn lost(&self) -> Option<&Path> {
        let lost = self.files.iter().find(|(path, id)| match FileId::of(path) {
            Ok(found) => found != *id,
            Err(error) => error.kind() == io::ErrorKind::NotFound,
        });
        lost.map(|(path, _)| path.as_path())
    }

    pub(super) fn of_main(&self) -> Whereabouts {
        let (path, id) = &self.files[0];
        if FileId::of(path).is_ok_and(|found| found == *id) {
            return Whereabouts::InPlace;
        }
        id.whereabouts().unwrap_or(Whereabouts::Elsewhere)
    }
}

/// What a file is, whatever its name.
#[cfg(unix)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId {
    device: u64,
    inode: u64,
}

#[cfg(unix)]
impl FileId {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|found| Self::of_metadata(&found))
    }

    fn of_metadata(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }

    /// Where a file is that this process has open. Linux alone says so.
    fn whereabouts(self) -> Option<Whereabouts> {
        use std::os::unix::fs::MetadataExt;
        for entry in fs::read_dir("/proc/self/fd").ok()?.flatten() {
            let path = entry.path();
            let Ok(metadata) = fs::metadata(&path) else {
                continue;
            };
            if Self::of_metadata(&metadata) == self {
                return Some(match (metadata.nlink(), fs::read_link(&path)) {
                    (0, _) => Whereabouts::Deleted,
                    (_, Ok(now)) => Whereabouts::Renamed(now),
                    (_, Err(_)) => Whereabouts::Elsewhere,
                });
            }
        }
        None
    }
}

/// Elsewhere a file that is open can be neither renamed nor deleted.
#[cfg(not(unix))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId;

#[cfg(not(unix))]
impl FileId {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
    pub(super) fn of(_: &Path) -> io::Result<Self> {
        Ok(Self)
    }

    #[expect(clippy::unused_self, reason = "the same shape on every platform")]
    fn whereabouts(self) -> Option<Whereabouts> {
        None
    }
}
