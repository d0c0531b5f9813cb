//! Writes the configuration file: one writer at a time, each replacing the file as a whole.
//!
//! The lock that writers take is on a file of its own, since the configuration file itself is another one after each write.

use crate::files::{self, AtomicFile, AtomicFileError};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Keeps other processes from writing the same file until it is dropped.
#[derive(Debug)]
pub(crate) struct WriteLock {
    target: PathBuf,
    _lock: File,
}

impl WriteLock {
    /// Waits until no other process writes `path`, or the file that it links to. Makes the directory, for the user alone,
    /// if there is none, and removes what a killed writer has left. Refuses what is not a regular file, before a lock is made beside it.
    pub(crate) fn take(path: &Path) -> Result<Self, AtomicFileError> {
        let at = |doing| AtomicFileError::at(path, doing);
        let target = target(path).map_err(at("following the symbolic link"))?;
        files::refuse_to_replace(&target).map_err(at("looking at what is there"))?;
        files::create_directory(files::directory(&target)).map_err(at("making its directory"))?;
        let name = target
            .file_name()
            .ok_or(io::ErrorKind::InvalidInput)
            .map_err(io::Error::from);
        let mut lock_name = std::ffi::OsString::from(".");
        lock_name.push(name.map_err(at("naming its lock"))?);
        lock_name.push(".lock");
        let lock = files::open_side_file(&target.with_file_name(lock_name)).map_err(at("making its lock"))?;
        match lock.lock() {
            // Where there are no locks (some network file systems) the rename still keeps the file whole.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(at("taking its lock")(error)),
            _ => {
                // Here and not only where a new file is made: what is left may hold a key, and nothing may be to write.
                files::remove_leftovers(&target);
                Ok(Self { target, _lock: lock })
            }
        }
    }

    /// The file that is written: the end of the links.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Puts `bytes` in the place of the file, readable by its owner alone.
    pub(crate) fn replace(&self, bytes: &[u8]) -> Result<(), AtomicFileError> {
        self.filled(bytes)?.publish()
    }

    /// Makes the file, and fails with `AlreadyExists` if there is one.
    pub(crate) fn create(&self, bytes: &[u8]) -> Result<(), AtomicFileError> {
        self.filled(bytes)?.publish_new()
    }

    fn filled(&self, bytes: &[u8]) -> Result<AtomicFile, AtomicFileError> {
        let mut new = AtomicFile::create(&self.target)?;
        new.keep_owner()?;
        new.write_all(bytes)
            .map_err(|source| AtomicFileError::writing(&self.target, source))?;
        Ok(new)
    }
}

fn target(path: &Path) -> io::Result<PathBuf> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => path.canonicalize(),
        _ => Ok(path.to_owned()),
    }
}
