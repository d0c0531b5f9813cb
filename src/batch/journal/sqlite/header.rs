//! The first look at a file that should be a journal: its header, read by hand, before SQLite may touch anything.

use super::place::JournalPath;
use super::schema::APPLICATION_ID;
use super::tables::VERSION;
use crate::batch::journal::error::JournalError;
use crate::files;
use std::io::{self, Read};

/// The bytes of SQLite's header.
const LENGTH: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Present {
    Nothing,
    /// A journal of ours, by its header.
    Journal,
}

/// Reads no more than the header, and changes nothing.
pub(super) fn examine(place: &JournalPath) -> Result<Present, JournalError> {
    let path = place.main();
    let mut file = match files::open_without_waiting(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return if place.has_wal()? {
                Err(JournalError::MainMissing { path: path.into() })
            } else {
                Ok(Present::Nothing)
            };
        }
        Err(error) => return Err(JournalError::io("open", path)(error)),
    };
    let foreign = |why| JournalError::NotAJournal {
        path: path.into(),
        why,
    };
    let metadata = file.metadata().map_err(JournalError::io("look at", path))?;
    if !metadata.is_file() {
        return Err(foreign("it is not a regular file"));
    }
    let mut header = Vec::with_capacity(LENGTH);
    file.by_ref()
        .take(LENGTH as u64)
        .read_to_end(&mut header)
        .map_err(JournalError::io("read", path))?;
    if header.is_empty() {
        return Err(foreign("it is empty"));
    }
    if !header.starts_with(MAGIC) {
        return Err(foreign("it is not an SQLite file"));
    }
    if header.len() < LENGTH {
        return Err(JournalError::CutShort { path: path.into() });
    }
    if word(&header, 68) != APPLICATION_ID {
        return Err(foreign("it is an SQLite file of another program"));
    }
    match word(&header, 60) {
        1..=VERSION => {}
        found if found > VERSION => {
            return Err(JournalError::Newer {
                path: path.into(),
                found,
                known: VERSION,
            });
        }
        _ => return Err(foreign("its format version is unknown")),
    }
    // While there is a -wal, it and not the main file says how many pages there are.
    if metadata.len() < length_in(&header) && !place.has_wal()? {
        return Err(JournalError::CutShort { path: path.into() });
    }
    Ok(Present::Journal)
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
