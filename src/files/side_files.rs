//! The files that SQLite keeps beside a database, and other files that only have the name of one.
//!
//! SQLite goes by the name alone: it takes any file called `x-journal`, `x-wal` or `x-shm` for its own when it opens `x`, writes
//! over it and deletes it in the end. So each is looked at before the database is opened, and what SQLite did not make is left
//! alone. It knows nothing of what databases hold.

use super::private::look_at_side_file;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A file beside a database that SQLite would destroy.
#[derive(Debug, thiserror::Error)]
#[error("{} is in the way of the database {}: {why}", path.display(), database.display())]
pub(crate) struct SideFileTaken {
    path: PathBuf,
    database: PathBuf,
    why: String,
}

/// Refuses a database beside which a file has the name of one of SQLite's and was not made by it, or is all that is left of a
/// database that is gone.
///
/// Call it before this process opens the database for the first time: SQLite keeps locks on the `-shm`, and the system gives up
/// those of a process when it closes any handle on the file.
pub(crate) fn refuse_strangers(database: &Path) -> Result<(), SideFileTaken> {
    look(database, true)
}

/// Refuses files with the names of SQLite's own that it hasn't made; what is left of a database that is gone is its own.
pub(crate) fn refuse_foreign(database: &Path) -> Result<(), SideFileTaken> {
    look(database, false)
}

fn look(database: &Path, refuses_orphans: bool) -> Result<(), SideFileTaken> {
    let taken = |path: &Path, why: String| SideFileTaken {
        path: path.to_owned(),
        database: database.to_owned(),
        why,
    };
    let real = real_path(database).map_err(|error| taken(database, error.to_string()))?;
    // Asked after its side file was read: a process that makes the database at this moment writes it before its side files.
    let is_empty = || fs::metadata(&real).map_or(true, |found| found.len() == 0);
    for side in SqliteFile::ALL {
        let mut name = OsString::from(&real);
        name.push(side.suffix());
        let path = PathBuf::from(name);
        let head = match look_at_side_file(&path).and_then(Head::read) {
            Ok(head) => head,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(taken(&path, error.to_string())),
        };
        if !side.is_made_by_sqlite(&head) {
            return Err(taken(&path, "it is not a file of SQLite".to_owned()));
        }
        if refuses_orphans && side.holds_records(&head) && is_empty() {
            return Err(taken(
                &path,
                "it holds records of a database that is not there".to_owned(),
            ));
        }
    }
    Ok(())
}

/// The path that SQLite makes the other names from: with its links followed.
fn real_path(database: &Path) -> io::Result<PathBuf> {
    match fs::canonicalize(database) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && database.is_symlink() => Err(
            io::Error::other("it is a symbolic link to a file that does not exist"),
        ),
        // In a folder that doesn't exist either, nothing is beside it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(database.to_owned()),
        found => found,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SqliteFile {
    /// What the database held before the change that is being made.
    RollbackJournal,
    /// Changes that are not in the database yet.
    Wal,
    /// An index of the `-wal`, shared between processes.
    Shm,
}

/// The first bytes of a file, zeros where it is shorter.
#[derive(Default)]
struct Head {
    bytes: [u8; 32],
    length: u64,
}

impl Head {
    fn read(file: File) -> io::Result<Self> {
        let mut read = Vec::new();
        let length = file.metadata()?.len();
        let mut bytes = [0; 32];
        file.take(bytes.len() as u64).read_to_end(&mut read)?;
        bytes[..read.len()].copy_from_slice(&read);
        Ok(Self { bytes, length })
    }
}

impl SqliteFile {
    const ALL: [Self; 3] = [Self::RollbackJournal, Self::Wal, Self::Shm];

    const fn suffix(self) -> &'static str {
        match self {
            Self::RollbackJournal => "-journal",
            Self::Wal => "-wal",
            Self::Shm => "-shm",
        }
    }

    /// Whether SQLite writes files that begin so. Another process may be writing this one, and a power cut leaves zeros in the
    /// place of what was written last.
    fn is_made_by_sqlite(self, head: &Head) -> bool {
        let bytes = &head.bytes;
        if bytes.iter().all(|byte| *byte == 0) {
            return true;
        }
        match self {
            // Until its pages are synced, its magic number and their count are zero.
            Self::RollbackJournal => {
                bytes.starts_with(&[0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7])
                    || bytes.starts_with(&[0; 12])
            }
            Self::Wal => matches!(bytes, [0x37, 0x7F, 0x06, 0x82 | 0x83, ..]),
            // It grows page by page, and while its first bytes are filled in the version may be the last of them. The first process
            // to open the database cuts it down to three bytes, and may be killed then.
            Self::Shm => {
                let version = 3_007_000_u32.to_ne_bytes();
                let is_whole = head.length.is_multiple_of(4096)
                    && (bytes.starts_with(&version) || bytes.starts_with(&[0; 4]));
                is_whole || head.length == 3 && bytes.starts_with(&version[..3])
            }
        }
    }

    /// Whether SQLite would delete more than a beginning when it finds no database beside this.
    fn holds_records(self, head: &Head) -> bool {
        match self {
            // The pages that the database had before the change: none where it was being made.
            Self::RollbackJournal => head.bytes[16..20] != [0; 4],
            Self::Wal => head.length > 32,
            Self::Shm => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SqliteFile::{RollbackJournal, Shm, Wal};

    fn beside(database: &Path, side: SqliteFile) -> PathBuf {
        PathBuf::from(format!("{}{}", database.display(), side.suffix()))
    }

    /// A folder with a database `x`, and a journal or a log beside it as a killed process leaves them.
    fn left_behind(sql: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let (x, working) = (folder.path().join("x"), folder.path().join("working"));
        let connection = rusqlite::Connection::open(&working).unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        // Pages that don't fit in the cache are written, and synced in the journal before that.
        connection.execute_batch("PRAGMA cache_size = 1").unwrap();
        connection.execute_batch(sql).unwrap();
        for side in SqliteFile::ALL {
            if beside(&working, side).exists() {
                fs::copy(beside(&working, side), beside(&x, side)).unwrap();
            }
        }
        fs::copy(&working, &x).unwrap();
        folder
    }

    const MANY_ROWS: &str =
        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
        SELECT hex(randomblob(20)) FROM n";

    #[test]
    fn what_sqlite_leaves_is_its_own_as_long_as_the_database_is_there() {
        let log = "PRAGMA journal_mode = wal; INSERT INTO t VALUES (1)".to_owned();
        let unsynced = "BEGIN; INSERT INTO t VALUES (1)".to_owned();
        let synced = format!("BEGIN; {MANY_ROWS}");
        let persistent = "PRAGMA journal_mode = persist; INSERT INTO t VALUES (1)".to_owned();
        for (sql, sides, holds_records) in [
            (log, &[Wal, Shm][..], true),
            (unsynced, &[RollbackJournal], true),
            (synced, &[RollbackJournal], true),
            (persistent, &[RollbackJournal], false),
        ] {
            let folder = left_behind(&sql);
            let x = folder.path().join("x");
            for side in SqliteFile::ALL {
                assert_eq!(
                    beside(&x, side).exists(),
                    sides.contains(&side),
                    "{sql}: {side:?}"
                );
            }
            refuse_strangers(&x).unwrap();
            let emptied = |x: &Path| fs::write(x, "").unwrap();
            let removed = |x: &Path| fs::remove_file(x).unwrap();
            for lose in [emptied as fn(&Path), removed] {
                lose(&x);
                assert_eq!(refuse_strangers(&x).is_err(), holds_records, "{sql}");
            }
        }
    }

    #[test]
    fn a_database_that_is_just_being_made_is_not_refused() {
        let folder = tempfile::tempdir().unwrap();
        let x = folder.path().join("x");
        refuse_strangers(&x).unwrap();
        let connection = rusqlite::Connection::open(&x).unwrap();
        connection
            .execute_batch("BEGIN IMMEDIATE; CREATE TABLE t (x)")
            .unwrap();
        assert_eq!(fs::metadata(&x).unwrap().len(), 0);
        assert!(beside(&x, RollbackJournal).exists());
        refuse_strangers(&x).unwrap();
    }

    #[test]
    fn what_only_has_the_name_is_refused_and_left_alone() {
        let list = b"Tel\n34666666111\n34666666222\n34666666333\n".to_vec();
        let database = [&b"SQLite format 3\0"[..], &[0; 4080]].concat();
        let zeros_first = [&[0; 15][..], b"1", &[0; 32]].concat();
        for (content, refused) in [
            (&b""[..], &[][..]),
            (&[0; 4096], &[]),
            (&list, &SqliteFile::ALL),
            (&list[..3], &SqliteFile::ALL),
            (&database, &SqliteFile::ALL),
            (&zeros_first, &[Wal, Shm]),
            (b"\x37\x7f\x06\x82", &[RollbackJournal, Shm]),
            (&3_007_000_u32.to_ne_bytes()[..3], &[RollbackJournal, Wal]),
        ] {
            for side in SqliteFile::ALL {
                let folder = tempfile::tempdir().unwrap();
                let x = folder.path().join("x");
                rusqlite::Connection::open(&x)
                    .unwrap()
                    .execute_batch("CREATE TABLE t (x)")
                    .unwrap();
                fs::write(beside(&x, side), content).unwrap();
                let result = refuse_strangers(&x);
                assert_eq!(
                    result.is_err(),
                    refused.contains(&side),
                    "{side:?}: {content:?}: {result:?}"
                );
                assert_eq!(fs::read(beside(&x, side)).unwrap(), content);
            }
        }
    }

    #[test]
    fn links_and_pipes_are_refused_without_waiting_for_them() {
        use rustix::fs::{CWD, FileType, mknodat};
        use std::os::unix::fs::symlink;
        let put: [fn(&Path); 3] = [
            |path| mknodat(CWD, path, FileType::Fifo, 0o600.into(), 0).unwrap(),
            |path| symlink("gone", path).unwrap(),
            |path| fs::create_dir(path).unwrap(),
        ];
        let why = ["not a regular file", "a symbolic link", "not a regular file"];
        for side in SqliteFile::ALL {
            for (put, why) in put.into_iter().zip(why) {
                let folder = tempfile::tempdir().unwrap();
                let x = folder.path().join("x");
                put(&beside(&x, side));
                let error = refuse_strangers(&x).unwrap_err().to_string();
                assert!(error.contains(why), "{side:?}: {error}");
            }
        }
    }

    #[test]
    fn the_names_are_made_from_the_file_that_a_link_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let (x, link) = (folder.path().join("x"), folder.path().join("link"));
        std::os::unix::fs::symlink(&x, &link).unwrap();
        let error = refuse_strangers(&link).unwrap_err().to_string();
        assert!(error.contains("does not exist"), "{error}");
        fs::write(&x, "").unwrap();
        refuse_strangers(&link).unwrap();
        fs::write(beside(&x, Wal), "a list of mine").unwrap();
        let error = refuse_strangers(&link).unwrap_err().to_string();
        assert!(
            error.contains("x-wal is in the way of the database") && error.contains("not a file of SQLite"),
            "{error}"
        );
        refuse_strangers(&folder.path().join("no/such/folder")).unwrap();
    }
}
