//! The first look at a file that should be a journal: its header, read by hand, before SQLite may touch anything.

use super::file_kind::FileKind;
use super::place::JournalPath;
use crate::batch::journal::error::JournalError;
use crate::files;
use std::io::{self, Read};
use std::path::Path;

/// The bytes of SQLite's header.
const LENGTH: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Present {
    Nothing,
    /// What was looked for, by its header.
    Journal,
}

/// Reads no more than the header, and changes nothing.
pub(super) fn examine(place: &JournalPath, kind: &FileKind) -> Result<Present, JournalError> {
    let path = place.main();
    let mut file = match files::open_without_waiting(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return if place.has_log(kind)? {
                Err(JournalError::MainMissing {
                    path: path.into(),
                    log: place.beside(kind.log.suffix()).as_path().into(),
                })
            } else {
                Ok(Present::Nothing)
            };
        }
        Err(error) => return Err(JournalError::io("open", path)(error)),
    };
    let metadata = file.metadata().map_err(JournalError::io("look at", path))?;
    if !metadata.is_file() {
        return Err(foreign(path, "it is not a regular file"));
    }
    let mut header = Vec::with_capacity(LENGTH);
    file.by_ref()
        .take(LENGTH as u64)
        .read_to_end(&mut header)
        .map_err(JournalError::io("read", path))?;
    check(&header, kind, path)?;
    // While there is a log, it and not the main file says how many pages there are. And while others may be writing, only SQLite
    // can compare the two, under its lock.
    if !kind.has_many_writers && metadata.len() < length_in(&header) && !place.has_log(kind)? {
        return Err(JournalError::CutShort { path: path.into() });
    }
    Ok(Present::Journal)
}

fn foreign(path: &Path, why: &'static str) -> JournalError {
    JournalError::NotAJournal {
        path: path.into(),
        why,
    }
}

/// Refuses a file that is not of this kind, by its first bytes.
fn check(header: &[u8], kind: &FileKind, path: &Path) -> Result<(), JournalError> {
    if header.is_empty() {
        return Err(foreign(path, "it is empty"));
    }
    if !header.starts_with(MAGIC) {
        return Err(foreign(path, "it is not an SQLite file"));
    }
    if header.len() < LENGTH {
        return Err(JournalError::CutShort { path: path.into() });
    }
    let application = word(header, 68);
    if application != kind.application_id {
        let other = FileKind::ALL
            .iter()
            .find(|kind| kind.application_id == application);
        let why = other.map_or("it is an SQLite file of another program", |other| {
            other.description
        });
        return Err(foreign(path, why));
    }
    match word(header, 60) {
        found if (1..=kind.version).contains(&found) => Ok(()),
        found if found > kind.version => Err(JournalError::Newer {
            path: path.into(),
            found,
            known: kind.version,
        }),
        _ => Err(foreign(path, "its format version is unknown")),
    }
}

fn word(header: &[u8], at: usize) -> u32 {
    let bytes = header[at..at + 4]
        .try_into()
        .expect("the header has been read whole");
    u32::from_be_bytes(bytes)
}

/// The length in bytes that the header claims.
fn length_in(header: &[u8]) -> u64 {
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65536,
        size => u64::from(size),
    };
    page * u64::from(word(header, 28))
}
