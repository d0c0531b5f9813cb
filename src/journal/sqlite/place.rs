//! Where a journal's files are, and the first look at them, before SQLite may touch anything.

use super::{fault, schema};
use crate::files;
use crate::journal::error::{JournalError, JournalFault};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The journals whose side files this process has looked at. A second look would close a handle on a file that SQLite may hold
/// locks on by then, and the system would give these up.
static SEEN: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// The path with its links resolved, so that SQLite and all processes call the side files by one name. `None` where the folder
/// doesn't exist either.
pub(in crate::journal) fn real_path(path: &Path) -> Result<Option<PathBuf>, JournalError> {
    let is_absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match fs::canonicalize(path) {
        Ok(real) => return Ok(Some(real)),
        Err(error) if !is_absent(&error) => return Err(fault::io("find the journal", path)(error)),
        Err(_) if path.is_symlink() => {
            let why = "is a symbolic link to a file that does not exist";
            return Err(unusable(path, why));
        }
        Err(_) => {}
    }
    let Some(name) = path.file_name() else {
        return Err(unusable(path, "does not name a file"));
    };
    match fs::canonicalize(files::directory(path)) {
        Ok(folder) => Ok(Some(folder.join(name))),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(fault::io("find the folder of the journal", path)(error)),
    }
}

/// Whether there is a journal. Refuses what is something else, and what lies beside it under the names of SQLite's own files.
pub(super) fn examine(path: &Path) -> Result<bool, JournalError> {
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if !seen.contains(path) {
        files::refuse_strangers(path).map_err(|error| JournalError::new(JournalFault::Unusable, error))?;
        seen.insert(path.to_owned());
    }
    drop(seen);
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(fault::io("look at the journal", path)(error)),
        Ok(found) if !found.is_file() => return Err(unusable(path, "is not a regular file")),
        Ok(_) => {}
    }
    refuse_other_kinds(path).map(|()| true)
}

/// Reads the header through a connection that takes and changes nothing.
fn refuse_other_kinds(path: &Path) -> Result<(), JournalError> {
    /// Of the journals that were kept beside lists, and that of single requests.
    const OLD_KINDS: [u32; 2] = [0x736D_7370, 0x736D_7372];
    let header = open_unchanging(path).and_then(|connection| {
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
        Ok((number("application_id")?, number("user_version")?))
    });
    let why = match header {
        Ok((schema::APPLICATION_ID, schema::FORMAT)) => return Ok(()),
        Ok((schema::APPLICATION_ID, _)) => "was made by another version of smspin",
        Ok((kind, _)) if OLD_KINDS.contains(&kind) => {
            "is a journal of the old kind, of one list or of single requests alone"
        }
        Ok((0, 0)) if fs::metadata(path).is_ok_and(|found| found.len() == 0) => "is an empty file",
        Ok(_) => "is a database of another program",
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => "is not a database",
        // It may be in the middle of being written, which this connection can't know. The one that works with it says more.
        Err(_) => return Ok(()),
    };
    Err(unusable(path, why))
}

/// A connection that takes the file for one that nothing changes: it needs no lock and no other file, and makes none.
pub(super) fn open_unchanging(path: &Path) -> rusqlite::Result<Connection> {
    let mut url = url::Url::from_file_path(path).map_err(|()| rusqlite::Error::InvalidPath(path.into()))?;
    url.set_query(Some("immutable=1"));
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(url.as_str(), flags)
}

/// The path with something appended to its last name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

pub(super) fn unusable(path: &Path, why: &str) -> JournalError {
    let message = format!("{} {why}, so it can't be used as a journal", path.display());
    JournalError::new(JournalFault::Unusable, message)
        .hint(
            "if it was a journal, put its newest copy back: a new one doesn't know whom it reached; else name another file with --journal",
        )
}
