//! A file that appears whole or not at all: written under another name beside its target, synced, renamed, and the
//! directory synced.

use super::{directory, leftovers, refuse_to_replace, sync_directory};
use crate::text;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file in the making. Dropped without [`AtomicFile::publish`], it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    temp: NamedTempFile,
    target: PathBuf,
}

/// Writing `path` failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {}", .path.display(), text::reason(.source))]
pub(crate) struct AtomicFileError {
    pub(crate) path: PathBuf,
    /// The step that failed, as in “syncing the new file”.
    pub(crate) doing: &'static str,
    /// Whether the new file is in its place already, though a power cut may still undo that. If not, what stood there
    /// before still does.
    pub(crate) in_place: bool,
    #[source]
    pub(crate) source: io::Error,
}

impl AtomicFileError {
    /// For a failed write of the bytes, which [`AtomicFile`]'s own `Write` can only give as an [`io::Error`].
    pub(crate) fn writing(path: &Path, source: io::Error) -> Self {
        Self::at(path, "writing the new file")(source)
    }

    /// `doing` failed, and nothing has changed.
    pub(crate) fn at(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self {
            path: path.to_owned(),
            doing,
            in_place: false,
            source,
        }
    }
}

impl AtomicFile {
    /// Begins the file that will stand at `target`, whose directory exists. Refuses a target that must not be replaced, and
    /// removes what killed runs have left of earlier ones.
    pub(crate) fn create(target: &Path) -> Result<Self, AtomicFileError> {
        Self::with_mode(target, 0o600)
    }

    /// The same for a file that others are to read: its folder is made where there is none, a link is followed, and it has the
    /// mode of the file that it replaces, or else what the umask leaves of `mode`.
    pub(crate) fn for_others(target: &Path, mode: u32) -> Result<Self, AtomicFileError> {
        let at = |doing| AtomicFileError::at(target, doing);
        let target = &match target.canonicalize() {
            Ok(end) if target.is_symlink() && end.is_file() => end,
            _ => target.to_owned(),
        };
        fs::create_dir_all(directory(target)).map_err(at("making its directory"))?;
        let file = Self::with_mode(target, mode)?;
        if let Ok(old) = target.metadata() {
            let kept = file.temp.as_file().set_permissions(old.permissions());
            kept.map_err(at("keeping its mode"))?;
        }
        Ok(file)
    }

    fn with_mode(target: &Path, mode: u32) -> Result<Self, AtomicFileError> {
        refuse_to_replace(target).map_err(AtomicFileError::at(target, "looking at what is there"))?;
        let doing = "making a new file beside it";
        let name = target
            .file_name()
            .ok_or_else(|| AtomicFileError::at(target, doing)(io::ErrorKind::InvalidFilename.into()))?;
        let temp = leftovers::temporary(directory(target), name, mode)
            .map_err(AtomicFileError::at(target, doing))?;
        Ok(Self {
            temp,
            target: target.to_owned(),
        })
    }

    /// Leaves the file to the owner of the one that it replaces. With another user's rights (`sudo`), it would be lost to
    /// them otherwise.
    pub(crate) fn keep_owner(&self) -> Result<(), AtomicFileError> {
        keep_owner(&self.target, self.temp.as_file())
            .map_err(AtomicFileError::at(&self.target, "keeping its owner"))
    }

    /// Syncs, puts the file in the place of what is there, and syncs the directory: after this it survives a power cut.
    pub(crate) fn publish(self) -> Result<(), AtomicFileError> {
        self.publish_by(|temp, target| temp.persist(target))
    }

    /// Like [`AtomicFile::publish`], but fails with `AlreadyExists` where there is a file.
    pub(crate) fn publish_new(self) -> Result<(), AtomicFileError> {
        self.publish_by(|temp, target| temp.persist_noclobber(target))
    }

    fn publish_by(
        self,
        rename: impl FnOnce(NamedTempFile, &Path) -> Result<File, tempfile::PersistError>,
    ) -> Result<(), AtomicFileError> {
        let Self { temp, target } = self;
        let at = |doing| AtomicFileError::at(&target, doing);
        temp.as_file().sync_all().map_err(at("syncing the new file"))?;
        rename(temp, &target).map_err(|error| at("renaming the new file")(error.error))?;
        sync_directory(directory(&target)).map_err(|source| AtomicFileError {
            in_place: true,
            ..at("syncing its directory")(source)
        })
    }
}

/// Straight to the disk: put a buffer before it.
impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.temp.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temp.as_file_mut().flush()
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_published_file_is_whole_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out.csv");
        fs::write(&target, "old").unwrap();
        let mut atomic_file = AtomicFile::create(&target).unwrap();
        atomic_file.write_all(b"new").unwrap();
        assert_eq!(
            fs::read(&target).unwrap(),
            b"old",
            "nothing changes before it is whole"
        );
        atomic_file.publish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"new");
        assert_eq!(names(dir.path()), ["out.csv"]);
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_others_read_keeps_its_mode_its_link_and_gets_its_folder() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (target, link) = (dir.path().join("sub/r.prom"), dir.path().join("link.prom"));
        let mode = || fs::metadata(&target).unwrap().permissions().mode() & 0o777;
        AtomicFile::for_others(&target, 0o666).unwrap().publish().unwrap();
        let plain = dir.path().join("plain");
        File::create(&plain).unwrap();
        let by_umask = fs::metadata(&plain).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), by_umask);
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&target, &link).unwrap();
        let mut again = AtomicFile::for_others(&link, 0o600).unwrap();
        again.write_all(b"new").unwrap();
        again.publish().unwrap();
        assert_eq!((mode(), fs::read(&target).unwrap()), (0o640, b"new".to_vec()));
        assert!(link.is_symlink());
    }

    #[test]
    fn a_new_file_takes_no_place_that_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("new");
        let publish = |text: &str| {
            let mut atomic_file = AtomicFile::create(&target).unwrap();
            atomic_file.write_all(text.as_bytes()).unwrap();
            atomic_file.publish_new()
        };
        publish("mine").unwrap();
        let error = publish("yours").unwrap_err();
        assert_eq!(
            (error.source.kind(), error.in_place),
            (io::ErrorKind::AlreadyExists, false)
        );
        assert_eq!(fs::read(&target).unwrap(), b"mine");
        assert_eq!(names(dir.path()), ["new"]);
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut atomic_file = AtomicFile::create(&dir.path().join("out.csv")).unwrap();
        atomic_file.write_all(b"half").unwrap();
        drop(atomic_file);
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("taken")).unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        let cases = [
            ("taken", "it exists and is not a regular file"),
            ("missing/out.csv", "the directory does not exist"),
            ("file/out.csv", "a part of the path is not a directory"),
        ];
        for (name, expected) in cases {
            let target = dir.path().join(name);
            let error = AtomicFile::create(&target).unwrap_err().to_string();
            assert_eq!(error, format!("cannot write {}: {expected}", target.display()));
        }
    }

    #[test]
    fn a_pipe_is_never_replaced_not_even_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (pipe, link) = (dir.path().join("pipe"), dir.path().join("link"));
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &pipe, fifo, 0o600.into(), 0).unwrap();
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for target in [&pipe, &link] {
            let error = AtomicFile::create(target).unwrap_err();
            assert_eq!(error.source.to_string(), "it exists and is not a regular file");
        }
    }
}
