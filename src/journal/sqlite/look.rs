//! Reads a journal without creating or changing a file, also while runs begin, write and end.
//!
//! SQLite can't do that by itself: it makes the `-wal` and the `-shm` where they are missing, also to read. So the files say how
//! to connect, and after each piece of work whether they still say so. If not, what was read may be wrong in any way, and it is
//! read again.

use super::fault::SqliteFault;
use super::place::{beside, open_unchanging};
use super::schema;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How often work is done again before SQLite may make its files: runs begin and end all the time then, and make them too.
const TRIES: usize = 20;

/// A connection for reading.
#[derive(Debug)]
pub(super) struct Looker {
    path: PathBuf,
    way: Way,
    connection: Connection,
}

/// How to connect, by the files that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As any other process: the files that processes share are there.
    Shared,
    /// A killed process, or a copy, has left a log without its index. It is made in memory, and no lock is taken, for no other
    /// process has the journal open.
    Alone,
    /// Without a log, everything is in the main file, which is as it was last changed then.
    Unchanging {
        inode: u64,
        length: u64,
        changed: (i64, i64),
    },
}

impl Way {
    fn of(journal: &Path) -> rusqlite::Result<Self> {
        // In this order: who begins to write makes the index before the log, and the log grows before the main file changes.
        let found = fs::metadata(journal).map_err(|_| rusqlite::Error::InvalidPath(journal.into()))?;
        let has_log = fs::metadata(beside(journal, "-wal")).is_ok_and(|found| found.len() > 0);
        Ok(if !has_log {
            Self::Unchanging {
                inode: found.ino(),
                length: found.len(),
                changed: (found.ctime(), found.ctime_nsec()),
            }
        } else if beside(journal, "-shm").exists() {
            Self::Shared
        } else {
            Self::Alone
        })
    }

    fn connect(self, journal: &Path) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = match self {
            Self::Shared => Connection::open_with_flags(journal, flags)?,
            Self::Alone => {
                let connection = Connection::open_with_flags_and_vfs(journal, flags, "unix-none")?;
                connection.pragma_update(None, "locking_mode", "exclusive")?;
                connection
            }
            Self::Unchanging { .. } => open_unchanging(journal)?,
        };
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        schema::set_up(&connection)?;
        Ok(connection)
    }
}

impl Looker {
    pub(super) fn open(journal: &Path) -> rusqlite::Result<Self> {
        let way = Way::of(journal)?;
        Ok(Self {
            path: journal.to_owned(),
            way,
            connection: way.connect(journal)?,
        })
    }

    /// Does a piece of work in one short transaction; more than once, if the files change under it.
    pub(super) fn read<T>(
        &mut self,
        work: impl Fn(&Connection) -> Result<T, SqliteFault>,
    ) -> Result<T, SqliteFault> {
        for _ in 0..TRIES {
            let result = in_transaction(&self.connection, &work);
            let way = Way::of(&self.path)?;
            if way == self.way || (self.way == Way::Shared && result.is_ok()) {
                return result;
            }
            self.connect(way)?;
        }
        self.connect(Way::Shared)?;
        in_transaction(&self.connection, &work)
    }

    pub(super) fn into_connection(self) -> Connection {
        self.connection
    }

    fn connect(&mut self, way: Way) -> Result<(), SqliteFault> {
        self.connection = way.connect(&self.path)?;
        self.way = way;
        Ok(())
    }
}

/// Reads in one transaction, so that all of it is of one moment.
pub(super) fn in_transaction<T>(
    connection: &Connection,
    work: impl Fn(&Connection) -> Result<T, SqliteFault>,
) -> Result<T, SqliteFault> {
    let transaction = connection.unchecked_transaction()?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}
