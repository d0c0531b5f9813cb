//! The file that received reports are appended to: locked, never left with half a line, and synced before a sender is told.
//!
//! It only ever appends. Another program may shorten the file, or move it away: what is there is taken as it is, and what is moved or
//! deleted is noticed. What a failed append has written is cut off again, and so is the unfinished line that a crash left
//! at the end: no sender was told that those reports are kept. Mode 0600.

use crate::dlr::LINE_START;
use crate::files;
use crate::text;
use std::fs::{File, Metadata, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// An open file of reports, held as long as this lives.
#[derive(Debug)]
pub(crate) struct ReportFile {
    file: File,
    path: PathBuf,
    /// The bytes that are synced, all of them whole lines.
    length: u64,
    /// Whether a failed append may have left something behind `length`.
    has_rest: bool,
}

/// Why the file can't be used, or a group of reports is not in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportFileError {
    #[error("cannot {doing} {}: {}", path.display(), text::reason(source))]
    Io {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("another process appends to {}", .0.display())]
    Held(PathBuf),
    #[error("{} is not a file of delivery reports: its first line does not begin with {LINE_START}", .0.display())]
    Foreign(PathBuf),
    #[error("{} exists and is not a regular file", .0.display())]
    NotRegular(PathBuf),
}

impl ReportFile {
    /// Opens or creates the file, and locks it. Returns with it how many bytes of an unfinished line were cut off its end.
    pub(crate) fn open(path: &Path) -> Result<(Self, u64), ReportFileError> {
        let failed = |doing| {
            move |source| ReportFileError::Io {
                doing,
                path: path.to_owned(),
                source,
            }
        };
        if path.metadata().is_ok_and(|found| !found.is_file()) {
            return Err(ReportFileError::NotRegular(path.to_owned()));
        }
        let is_new = !path.exists();
        let file = files::open_to_append(path).map_err(failed("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ReportFileError::Held(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed("lock")(error)),
        }
        if is_new {
            files::sync_directory(files::directory(path)).map_err(failed("create"))?;
        }
        let mut opened = Self {
            file,
            path: path.to_owned(),
            length: 0,
            has_rest: true,
        };
        let found = opened.file.metadata().map_err(failed("read"))?.len();
        opened.refuse_foreign()?;
        opened.length = whole_lines(&mut opened.file, found).map_err(failed("read"))?;
        if opened.length < found {
            opened.cut_rest().map_err(failed("repair"))?;
        }
        opened.has_rest = false;
        let cut = found - opened.length;
        Ok((opened, cut))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole lines at the end of the file, at most `most` bytes of them.
    pub(crate) fn tail(&mut self, most: u64) -> Result<Vec<u8>, ReportFileError> {
        let start = self.length.saturating_sub(most);
        let mut tail = Vec::new();
        let read = self.file.seek(SeekFrom::Start(start)).and_then(|_| {
            let mut part = Read::take(&mut self.file, self.length - start);
            part.read_to_end(&mut tail)
        });
        read.map_err(|source| self.failed("read", source))?;
        if start > 0 {
            let first_whole = tail.iter().position(|byte| *byte == b'\n');
            tail.drain(..first_whole.map_or(tail.len(), |end| end + 1));
        }
        Ok(tail)
    }

    /// Appends whole lines and syncs them. After an error none of them is in the file, and the next call tries again.
    ///
    /// A sync that failed may have lost the pages that it did not write, so nothing is synced twice: the bytes are cut off,
    /// and their sender sends them again.
    pub(crate) fn append(&mut self, lines: &[u8]) -> Result<(), ReportFileError> {
        let mut begin = self.settle().map_err(|source| self.failed("repair", source))?;
        self.has_rest = true;
        begin.extend_from_slice(lines);
        let written = self.file.write_all(&begin).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            // If this fails too, the next append begins with it.
            let _ = self.cut_rest();
            return Err(self.failed("write", source));
        }
        self.length += begin.len() as u64;
        self.has_rest = false;
        Ok(())
    }

    /// Whether another file, or none, has the name of this one.
    pub(crate) fn is_replaced(&self) -> bool {
        let identity = |found: io::Result<Metadata>| found.ok().map(|found| (found.dev(), found.ino()));
        identity(self.path.metadata()) != identity(self.file.metadata())
    }

    /// Cuts off what a failed append has left, and takes the file as it is otherwise. Gives what has to stand before the next line:
    /// a line break, where a program that shortened the file has left half a line.
    fn settle(&mut self) -> io::Result<Vec<u8>> {
        let found = self.file.metadata()?.len();
        if self.has_rest && found > self.length {
            self.cut_rest()?;
        } else {
            self.length = found;
        }
        let mut last = [b'\n'];
        if let Some(at) = self.length.checked_sub(1) {
            self.file.read_exact_at(&mut last, at)?;
        }
        let ends_a_line = last == *b"\n";
        Ok(if ends_a_line { Vec::new() } else { vec![b'\n'] })
    }

    fn cut_rest(&mut self) -> io::Result<()> {
        // A file that is longer than it was would have zeros at its end.
        self.length = self.length.min(self.file.metadata()?.len());
        self.file.set_len(self.length)?;
        self.file.sync_data()?;
        self.has_rest = false;
        Ok(())
    }

    fn refuse_foreign(&mut self) -> Result<(), ReportFileError> {
        let mut start = Vec::new();
        let most = LINE_START.len() as u64;
        let read = self
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| Read::take(&mut self.file, most).read_to_end(&mut start));
        read.map_err(|source| self.failed("read", source))?;
        if LINE_START.as_bytes().starts_with(&start) {
            Ok(())
        } else {
            Err(ReportFileError::Foreign(self.path.clone()))
        }
    }

    fn failed(&self, doing: &'static str, source: io::Error) -> ReportFileError {
        ReportFileError::Io {
            doing,
            path: self.path.clone(),
            source,
        }
    }
}

/// How many of the first `length` bytes are whole lines.
fn whole_lines(file: &mut File, length: u64) -> io::Result<u64> {
    const BLOCK: u64 = 64 * 1024;
    let mut end = length;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        Read::take(&mut *file, end - start).read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    fn line(text: &str) -> String {
        format!("{LINE_START}{text}\n")
    }

    #[test]
    fn lines_are_appended_to_what_is_there_and_the_file_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reports.jsonl");
        for expected in [line("a"), line("a") + &line("b")] {
            let (mut file, cut) = ReportFile::open(&path).unwrap();
            assert_eq!(cut, 0);
            let next = if expected == line("a") { "a" } else { "b" };
            file.append(line(next).as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
            assert_eq!(file.tail(u64::MAX).unwrap(), expected.as_bytes());
        }
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_second_process_is_kept_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reports.jsonl");
        let held = ReportFile::open(&path).unwrap();
        let error = ReportFile::open(&path).unwrap_err().to_string();
        assert_eq!(error, format!("another process appends to {}", path.display()));
        drop(held);
        ReportFile::open(&path).unwrap();
    }

    #[test]
    fn nothing_but_a_file_of_reports_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["Tel\n34600000000", "{\"x\":1}\n{\"y\"", "{\"received_at\":1"] {
            let path = dir.path().join("users.csv");
            fs::write(&path, text).unwrap();
            let error = ReportFile::open(&path).unwrap_err();
            assert!(matches!(error, ReportFileError::Foreign(_)), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(matches!(
            ReportFile::open(dir.path()).unwrap_err(),
            ReportFileError::NotRegular(_)
        ));
        let missing = dir.path().join("no/reports.jsonl");
        let error = ReportFile::open(&missing).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("cannot open {}: the directory does not exist", missing.display())
        );
    }

    #[test]
    fn a_file_that_was_moved_or_deleted_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reports.jsonl");
        let (file, _) = ReportFile::open(&path).unwrap();
        assert!(!file.is_replaced());
        fs::rename(&path, dir.path().join("reports.1")).unwrap();
        assert!(file.is_replaced());
        let (file, _) = ReportFile::open(&path).unwrap();
        assert!(!file.is_replaced());
        fs::remove_file(&path).unwrap();
        assert!(file.is_replaced());
    }

    #[test]
    fn what_was_shortened_is_taken_as_it_is_also_after_an_append_that_failed() {
        let half = &line("a")[..LINE_START.len()];
        for (left, before) in [
            ("", String::new()),
            (&line("a"), line("a")),
            (half, format!("{half}\n")),
        ] {
            for fails in [false, true] {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("reports.jsonl");
                let (mut file, _) = ReportFile::open(&path).unwrap();
                file.append((line("a") + &line("b")).as_bytes()).unwrap();
                fs::OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .unwrap()
                    .set_len(left.len() as u64)
                    .unwrap();
                if fails {
                    file.has_rest = true;
                    file.cut_rest().unwrap();
                    assert_eq!(fs::read_to_string(&path).unwrap(), left);
                }
                file.append(line("next").as_bytes()).unwrap();
                let expected = before.clone() + &line("next");
                assert_eq!(fs::read_to_string(&path).unwrap(), expected, "{left} {fails}");
            }
        }
    }

    proptest! {
        #[test]
        fn wherever_a_crash_ends_the_file_only_whole_lines_stay(
            lengths in prop::collection::vec(0_usize..100_000, 1..4),
            torn in 0_usize..150_000,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("reports.jsonl");
            let whole: String = lengths.iter().map(|length| line(&"x".repeat(*length))).collect();
            let rest = &line(&"y".repeat(150_000))[..torn];
            fs::write(&path, format!("{whole}{rest}")).unwrap();
            let (mut file, cut) = ReportFile::open(&path).unwrap();
            prop_assert_eq!(cut, torn as u64);
            file.append(line("next").as_bytes()).unwrap();
            prop_assert_eq!(fs::read_to_string(&path).unwrap(), whole.clone() + &line("next"));
            let last = file.tail(30).unwrap();
            prop_assert_eq!(String::from_utf8(last).unwrap(), line("next"));
        }
    }
}
