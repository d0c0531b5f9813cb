//! Replaces a file as a whole or not at all: a temporary one beside it, synced, renamed over it, the directory synced.
//! Writers take turns by a lock on a file of its own, since the configuration file itself is another one after each write.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

/// The right to write a file until dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    target: PathBuf,
    _lock: File,
}

/// What went wrong, and at what.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) doing: &'static str,
    /// Whether the new file is in its place already, though a power cut may still undo that.
    pub(crate) in_place: bool,
    pub(crate) source: io::Error,
}

fn while_doing(doing: &'static str) -> impl FnOnce(io::Error) -> Failed {
    move |source| Failed {
        doing,
        in_place: false,
        source,
    }
}

impl Turn {
    /// Waits for this process's turn to write `path`, or the file that it links to. Makes the directory, for the user
    /// alone, if there is none.
    pub(crate) fn take(path: &Path) -> Result<Self, Failed> {
        let target = target(path).map_err(while_doing("following the symbolic link"))?;
        create_directory(directory(&target)).map_err(while_doing("making its directory"))?;
        let name = target
            .file_name()
            .ok_or(io::ErrorKind::InvalidInput)
            .map_err(io::Error::from);
        let mut lock_name = std::ffi::OsString::from(".");
        lock_name.push(name.map_err(while_doing("naming its lock"))?);
        lock_name.push(".lock");
        let lock = open_lock(&target.with_file_name(lock_name)).map_err(while_doing("making its lock"))?;
        match lock.lock() {
            // Where there are no locks (some network file systems) the rename still keeps the file whole.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => {
                Err(while_doing("taking its lock")(error))
            }
            _ => Ok(Self { target, _lock: lock }),
        }
    }

    /// The file that is written: the end of the links.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Puts `bytes` in the place of the file, readable by its owner alone.
    pub(crate) fn replace(&self, bytes: &[u8]) -> Result<(), Failed> {
        let new = self.filled(bytes)?;
        new.persist(&self.target)
            .map_err(|error| while_doing("renaming the new file")(error.error))?;
        self.sync_directory()
    }

    /// Makes the file, and fails with `AlreadyExists` if there is one.
    pub(crate) fn create(&self, bytes: &[u8]) -> Result<(), Failed> {
        let new = self.filled(bytes)?;
        new.persist_noclobber(&self.target)
            .map_err(|error| while_doing("renaming the new file")(error.error))?;
        self.sync_directory()
    }

    fn filled(&self, bytes: &[u8]) -> Result<NamedTempFile, Failed> {
        let directory = directory(&self.target);
        let new = Builder::new()
            .prefix(".config.")
            .suffix(".new")
            .tempfile_in(directory);
        let mut new = new.map_err(while_doing("making a new file beside it"))?;
        keep_owner(&self.target, new.as_file()).map_err(while_doing("keeping its owner"))?;
        new.write_all(bytes)
            .map_err(while_doing("writing the new file"))?;
        new.as_file()
            .sync_all()
            .map_err(while_doing("syncing the new file"))?;
        Ok(new)
    }

    fn sync_directory(&self) -> Result<(), Failed> {
        let failed = |source| Failed {
            doing: "syncing its directory",
            in_place: true,
            source,
        };
        sync_directory(directory(&self.target)).map_err(failed)
    }
}

fn target(path: &Path) -> io::Result<PathBuf> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => path.canonicalize(),
        _ => Ok(path.to_owned()),
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn create_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// With another user's rights (`sudo`), the file stays its owner's: at mode 0600 it would be lost to them otherwise.
#[cfg(unix)]
fn keep_owner(old: &Path, new: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let (Ok(old), new_metadata) = (old.metadata(), new.metadata()?) else {
        return Ok(());
    };
    if old.uid() == new_metadata.uid() {
        return Ok(());
    }
    fchown(new, Some(old.uid()), Some(old.gid()))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
fn keep_owner(_: &Path, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}
