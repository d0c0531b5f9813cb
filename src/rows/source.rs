//! The file under the rows: opened once, read as often as needed through the same handle, and watched for edits.
//! It knows bytes only, neither their encoding nor their format.

use crate::files::AtomicFileError;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// An input that has been opened. Every pass reads through this one handle, so that a file which is replaced under its
/// name (editors do that) doesn't change a run.
#[derive(Clone, Debug)]
pub(crate) struct InputFile {
    file: Arc<File>,
    path: PathBuf,
    /// False for a copy of what came through a pipe.
    has_name: bool,
    stamp: Stamp,
}

/// What a path turned out to be.
#[derive(Debug)]
pub(crate) enum OpenedInput {
    /// A file, which can be read twice.
    File(InputFile),
    /// A pipe or a terminal, which can't: give it to [`spool`].
    Stream(File),
}

/// What changes when a file is edited in place: its length, its time of change, and which file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    identity: (u64, u64),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum InputFileError {
    #[error("cannot open {}", .path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("{} is a directory, not a file of rows", .0.display())]
    Directory(PathBuf),
    #[error("cannot read the rows that come in through a pipe: {0}")]
    Pipe(#[source] io::Error),
    #[error("rows from a pipe are kept in a file, so that they can be read twice: {0}")]
    Spool(#[from] AtomicFileError),
}

impl InputFile {
    /// Opens `path` without reading from it.
    pub(crate) fn open(path: &Path) -> Result<OpenedInput, InputFileError> {
        let failed = |source| InputFileError::Open {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(InputFileError::Directory(path.to_owned()));
        }
        if !metadata.is_file() {
            return Ok(OpenedInput::Stream(file));
        }
        Ok(OpenedInput::File(Self {
            file: Arc::new(file),
            path: path.to_owned(),
            has_name: true,
            stamp: Stamp::of(&metadata),
        }))
    }

    /// A file without a name. `path` is what it is called in messages.
    pub(super) fn nameless(file: File, path: &Path) -> io::Result<Self> {
        let stamp = Stamp::of(&file.metadata()?);
        Ok(Self {
            file: Arc::new(file),
            path: path.to_owned(),
            has_name: false,
            stamp,
        })
    }

    /// The path as it was given. Rows that were copied to a file without a name have the path of its folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether `other` leads to this very file, by whatever name.
    pub(crate) fn is_same_file(&self, other: &Path) -> bool {
        let same_path = || match (self.path.canonicalize(), other.canonicalize()) {
            (Ok(ours), Ok(theirs)) => ours == theirs,
            _ => false,
        };
        let same_identity = |found: Metadata| identity(&found) == self.stamp.identity;
        std::fs::metadata(other).is_ok_and(same_identity) || same_path()
    }

    /// Whether the file, and what its name leads to, are no longer what was opened. One that was replaced under its name
    /// would be read as it was, which is not what a user means who has edited it before saying yes.
    pub(crate) fn has_changed(&self) -> bool {
        let is_ours = |found: io::Result<Metadata>| found.is_ok_and(|found| Stamp::of(&found) == self.stamp);
        !is_ours(self.file.metadata()) || (self.has_name && !is_ours(std::fs::metadata(&self.path)))
    }

    /// The first bytes, as many as `buffer` holds.
    pub(super) fn head<'a>(&self, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
        let read = self.read_from_start().read(buffer)?;
        Ok(&buffer[..read])
    }

    pub(super) fn read_from_start(&self) -> Pass {
        Pass {
            source: self.clone(),
            at: 0,
        }
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity: identity(metadata),
        }
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Copies `reader` to its end into a file without a name in `folder`, which is gone with its handle.
pub(crate) fn spool(reader: impl Read, folder: &Path) -> Result<InputFile, InputFileError> {
    let failed = |source| AtomicFileError::writing(folder, source);
    let mut file = tempfile::tempfile_in(folder).map_err(failed)?;
    copy(reader, &mut file, folder)?;
    Ok(InputFile::nameless(file, folder).map_err(failed)?)
}

fn copy(mut reader: impl Read, writer: &mut impl Write, path: &Path) -> Result<(), InputFileError> {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => writer
                .write_all(&chunk[..read])
                .map_err(|source| AtomicFileError::writing(path, source))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(InputFileError::Pipe(error)),
        }
    }
}

/// One reading of a source, with a position of its own: several may go on at once.
#[derive(Debug)]
pub(super) struct Pass {
    source: InputFile,
    at: u64,
}

impl Pass {
    /// Fills `buffer` as far as the file goes, and returns how many bytes that was; 0 is the end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.source.file.read_at(&mut buffer[filled..], self.at) {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.at += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// How many bytes the file had when it was opened.
    pub(super) const fn length(&self) -> u64 {
        self.source.stamp.length
    }

    /// Whether the file still looks as it did when it was opened.
    pub(super) fn is_unchanged(&self) -> io::Result<bool> {
        Ok(Stamp::of(&self.source.file.metadata()?) == self.source.stamp)
    }
}

impl Read for Pass {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Self::read(self, buffer)
    }
}

impl Seek for Pass {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.source.stamp.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path) -> InputFile {
        match InputFile::open(path).unwrap() {
            OpenedInput::File(source) => source,
            OpenedInput::Stream(_) => panic!("{} is a file", path.display()),
        }
    }

    #[test]
    fn passes_are_independent_and_follow_the_file_not_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("users.csv");
        std::fs::write(&path, "one").unwrap();
        let source = file(&path);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "two").unwrap();
        let (mut first, mut second) = (source.read_from_start(), source.read_from_start());
        let mut buffer = [0; 8];
        for pass in [&mut first, &mut second] {
            assert_eq!(pass.read(&mut buffer).unwrap(), 3);
            assert_eq!(&buffer[..3], b"one");
            assert_eq!(pass.read(&mut buffer).unwrap(), 0);
        }
        assert!(first.is_unchanged().unwrap());
    }

    #[test]
    fn an_edit_in_place_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("users.csv");
        std::fs::write(&path, "one").unwrap();
        let source = file(&path);
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"!")
            .unwrap();
        assert!(!source.read_from_start().is_unchanged().unwrap());
    }

    #[test]
    fn a_pipe_that_breaks_leaves_no_spool() {
        struct Breaks;
        impl Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::ConnectionReset.into())
            }
        }
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(spool(Breaks, dir.path()), Err(InputFileError::Pipe(_))));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_spool_without_a_name_is_read_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let source = spool("rows".as_bytes(), dir.path()).unwrap();
        let mut buffer = [0; 8];
        assert_eq!(source.read_from_start().read(&mut buffer).unwrap(), 4);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_no_file_is_said() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(
            InputFile::open(dir.path()),
            Err(InputFileError::Directory(_))
        ));
        assert!(matches!(
            InputFile::open(&dir.path().join("missing")),
            Err(InputFileError::Open { .. })
        ));
        #[cfg(target_os = "linux")]
        assert!(matches!(
            InputFile::open(Path::new("/dev/null")),
            Ok(OpenedInput::Stream(_))
        ));
    }

    #[test]
    fn a_file_is_known_by_every_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("users.csv");
        std::fs::write(&path, "one").unwrap();
        let other = dir.path().join("other.csv");
        let source = file(&path);
        assert!(source.is_same_file(&dir.path().join(".").join("users.csv")));
        assert!(!source.is_same_file(&other));
        std::fs::write(&other, "one").unwrap();
        assert!(!source.is_same_file(&other));
    }
}
