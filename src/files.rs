//! A file that appears whole or not at all: written under another name beside its target, synced, renamed, and the
//! directory synced. Mode 0600. It knows nothing of what it holds.

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

/// Writing `path` failed; what stood there before still does.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {}", .path.display(), reason(.source))]
pub(crate) struct AtomicFileError {
    pub(crate) path: PathBuf,
    #[source]
    pub(crate) source: io::Error,
}

impl AtomicFile {
    /// Begins the file that will stand at `target`. Refuses a target that exists and is no regular file: a rename would
    /// put a file in place of a device or a pipe.
    pub(crate) fn create(target: &Path) -> Result<Self, AtomicFileError> {
        let failed = |source| AtomicFileError {
            path: target.to_owned(),
            source,
        };
        if fs::metadata(target).is_ok_and(|found| !found.is_file()) {
            return Err(failed(io::Error::other("it exists and is not a regular file")));
        }
        let name = target
            .file_name()
            .ok_or_else(|| failed(io::ErrorKind::InvalidFilename.into()))?;
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        let temp = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".tmp")
            .tempfile_in(directory(target))
            .map_err(failed)?;
        Ok(Self {
            temp,
            target: target.to_owned(),
        })
    }

    /// Syncs, renames, and syncs the directory: after this the file survives a power cut.
    pub(crate) fn publish(self) -> Result<File, AtomicFileError> {
        let Self { temp, target } = self;
        let failed = |source| AtomicFileError {
            path: target.clone(),
            source,
        };
        temp.as_file().sync_all().map_err(failed)?;
        let file = temp.persist(&target).map_err(|error| failed(error.error))?;
        sync_directory(directory(&target)).map_err(failed)?;
        Ok(file)
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

/// The directory that holds `path`; a bare name stands in the current one.
fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other platforms can fail")]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// The reason in words a person can act on, without the temporary name that nobody chose.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        io::ErrorKind::QuotaExceeded => "your disk quota is used up".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not write in that directory".to_owned(),
        io::ErrorKind::NotFound => "the directory does not exist".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is not a directory".to_owned(),
        _ => error.to_string(),
    }
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
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        }
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

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_never_replaced() {
        assert!(AtomicFile::create(Path::new("/dev/null")).is_err());
    }
}
