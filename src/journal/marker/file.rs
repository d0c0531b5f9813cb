//! The file of a marker: how it is locked, read, and lengthened by a line.

use super::line::{MarkerLine, MarkerText, MarkerTextError};
use crate::files;
use crate::journal::error::{JournalError, JournalFault};
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

/// Other runs hold the lock for as long as a line takes.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// More than a run writes in three months.
const LARGEST: u64 = 16 << 20;

/// Opens the marker for writing, and makes it where there is none, with the mode of the list. `None` where none is and none
/// can be made.
pub(super) fn open_or_create(path: &Path, list: &Path) -> Result<Option<File>, JournalError> {
    match open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => return Ok(None),
        opened => return opened.map(Some).map_err(|error| failed("write", path, &error)),
    }
    match files::create_new(path) {
        Ok(made) => copy_mode(list, &made).map_err(|error| failed("create", path, &error))?,
        // Another run was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if can_hold_no_file(error.kind()) => return Ok(None),
        Err(error) => return Err(failed("create", path, &error)),
    }
    open(path)
        .map(Some)
        .map_err(|error| failed("write", path, &error))
}

/// Opens the marker that is there for writing.
pub(super) fn open(path: &Path) -> io::Result<File> {
    files::open_side_file_to_append(path)
}

fn can_hold_no_file(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

fn copy_mode(list: &Path, marker: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(list)?.permissions().mode() & 0o666;
    marker.set_permissions(fs::Permissions::from_mode(mode | 0o600))
}

/// Reads a marker while nothing is written to it. Where there is none, it has no lines.
pub(super) fn read(path: &Path) -> Result<MarkerText, JournalError> {
    let file = match files::look_at_side_file(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(MarkerText::default()),
        Err(error) => return Err(failed("read", path, &error)),
    };
    lock(path, || file.try_lock_shared())?;
    parsed(
        path,
        &content(&file).map_err(|error| failed("read", path, &error))?,
    )
}

/// Appends a line and syncs it, and returns what stands under the path after it, whichever file that is by then.
pub(super) fn append(path: &Path, file: &File, line: &MarkerLine) -> Result<MarkerText, JournalError> {
    lock(path, || file.try_lock())?;
    let failed = |error| failed("write", path, &error);
    let before = content(file).map_err(failed)?;
    parsed(path, &before)?;
    let text = MarkerText::to_append(&before, line);
    let mut appending = file;
    if let Err(error) = appending
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
    {
        take_back(file, &before, text.as_bytes());
        return Err(failed(error));
    }
    if before.is_empty() {
        files::sync_directory(files::directory(path)).map_err(failed)?;
    }
    // By its path: a file that was put in its place meanwhile is what other runs will read.
    let now = files::look_at_side_file(path).map_err(failed)?;
    parsed(path, &content(&now).map_err(failed)?)
}

/// Takes back a line that a full disk has cut, if nothing else was added.
fn take_back(file: &File, before: &[u8], text: &[u8]) {
    let ours = |found: &Vec<u8>| {
        found
            .strip_prefix(before)
            .is_some_and(|cut| text.starts_with(cut))
    };
    if content(file).is_ok_and(|found| ours(&found)) {
        // Where that fails as well, the line stays cut, which readers see.
        let _ = file.set_len(before.len() as u64);
    }
}

fn content(mut file: &File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    let read = file.take(LARGEST + 1).read_to_end(&mut content)?;
    if read as u64 > LARGEST {
        return Err(io::Error::other("it is too large to be a marker"));
    }
    Ok(content)
}

fn parsed(path: &Path, content: &[u8]) -> Result<MarkerText, JournalError> {
    MarkerText::parse(content).map_err(|error| {
        let hint = match error {
            MarkerTextError::Line(_) => {
                "put it back as it was, from a copy: it says which journal knows the people on the list"
            }
            MarkerTextError::Database | MarkerTextError::Foreign => {
                "give that file another name: smspin keeps a marker of this name beside the list"
            }
        };
        unusable(
            path,
            format_args!("is not a marker that can be relied on: {error}"),
        )
        .hint(hint)
    })
}

/// Takes a lock, which the file gives up when it is closed.
fn lock(path: &Path, take: impl Fn() -> Result<(), TryLockError>) -> Result<(), JournalError> {
    let tries = LONGEST_WAIT.as_millis() / BETWEEN_TRIES.as_millis();
    for _ in 0..tries {
        match take() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => {
                return Err(unusable(path, format_args!("can't be locked: {error}"))
                    .hint("move the list to a disk of this machine, whose files can be locked"));
            }
        }
    }
    Err(unusable(path, "is locked by another program")
        .hint("close that program, then run the same command again"))
}

fn unusable(path: &Path, what: impl std::fmt::Display) -> JournalError {
    let path = path.to_string_lossy();
    let message = format!("the marker {} {what}", crate::text::line(&path));
    JournalError::new(JournalFault::Unusable, message)
}

fn failed(doing: &str, path: &Path, error: &io::Error) -> JournalError {
    let error = JournalError::io(&format!("{doing} the marker"), path, error);
    match error.fault {
        JournalFault::Outage => error,
        _ => error.hint("let smspin read and write that file and its folder: it says which journal knows the people on the list"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(run: &str) -> MarkerLine {
        let run = run.to_owned();
        MarkerLine::NothingSent { run }
    }

    #[test]
    fn what_a_full_disk_has_cut_is_taken_back_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marker");
        let before = MarkerText::to_append(b"", &line("a")).into_bytes();
        let text = MarkerText::to_append(&before, &line("b")).into_bytes();
        for (after, left) in [(&text[..9], &b""[..]), (b"", b""), (b"of another", b"of another")] {
            fs::write(&path, [&before[..], after].concat()).unwrap();
            take_back(&open(&path).unwrap(), &before, &text);
            assert_eq!(fs::read(&path).unwrap(), [&before[..], left].concat());
        }
    }

    #[test]
    fn a_line_is_looked_for_under_the_path_that_other_runs_read() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("marker"), folder.path().join("other"));
        let file = open_or_create(&path, folder.path()).unwrap().unwrap();
        let text = append(&path, &file, &line("a")).unwrap();
        assert_eq!(text.lines, [line("a")]);
        fs::write(&other, MarkerText::to_append(b"", &line("b"))).unwrap();
        fs::rename(&other, &path).unwrap();
        drop(file.unlock());
        let text = append(&path, &file, &line("c")).unwrap();
        assert_eq!(text.lines, [line("b")]);
    }
}
