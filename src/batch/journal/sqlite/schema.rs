//! The tables of a journal, how a connection to it is set up, and how a new one comes into being.

use super::file_kind::FileKind;
use super::format_1;
use super::place::JournalPath;
use super::rows::{JournalRow, new_id};
use super::tables::{JournalFormat, TABLES, VERSION, create_tables};
use crate::batch::journal::error::JournalError;
use crate::files;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Pages of 4 KiB that the -wal may grow to before SQLite copies them into the main file.
const CHECKPOINT_PAGES: i64 = 4096;
/// How long another program's lock is waited for.
const PATIENCE: Duration = if cfg!(test) {
    Duration::from_millis(20)
} else {
    Duration::from_secs(5)
};

/// Makes a new, empty, clean journal. It appears under its name in one step, whole.
pub(super) fn create(place: &JournalPath) -> Result<(), JournalError> {
    let path = place.beside(".new");
    // What a kill in the middle of this has left.
    for suffix in ["-wal", "-shm", ".new", ".new-journal", ".new-wal", ".new-shm"] {
        place.remove_beside(suffix)?;
    }
    files::create_new(&path).map_err(JournalError::io("create", &path))?;
    let failed = JournalError::sqlite("create", &path);
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    (|| {
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "application_id", FileKind::BATCH.application_id)?;
        connection.pragma_update(None, "user_version", VERSION)?;
        let transaction = connection.unchecked_transaction()?;
        create_tables(&transaction)?;
        JournalRow::write(&new_id(), true, &transaction)?;
        transaction.commit()?;
        connection.pragma_update(None, "journal_mode", "WAL")
    })()
    .map_err(failed)?;
    connection.close().map_err(|(_, error)| failed(error))?;
    let synced = fs::File::open(&path).and_then(|file| file.sync_all());
    synced.map_err(JournalError::io("sync", &path))?;
    place.rename(&path, place.main())
}

/// The format, and that the tables are those of it. A journal of format 1 is then read as if it were of format 2.
pub(super) fn format(connection: &Connection, path: &Path) -> Result<JournalFormat, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let version = connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0));
    let format = match version.map_err(failed)? {
        1 => JournalFormat::One,
        VERSION => JournalFormat::Two,
        _ => {
            return Err(JournalError::NotAJournal {
                path: path.into(),
                why: "its format version is unknown",
            });
        }
    };
    if format == JournalFormat::One {
        format_1::present(connection).map_err(failed)?;
        return Ok(format);
    }
    require_tables(connection, path, &TABLES).map(|()| format)
}

/// Refuses a file whose tables are others.
pub(super) fn require_tables(
    connection: &Connection,
    path: &Path,
    wanted: &[&str],
) -> Result<(), JournalError> {
    let failed = JournalError::sqlite("read", path);
    let mut statement = connection
        .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid")
        .map_err(failed)?;
    let tables = statement
        .query_map([], |row| row.get::<_, String>(0))
        .map_err(failed)?;
    let tables: Vec<String> = tables.collect::<Result<_, _>>().map_err(failed)?;
    if tables == wanted {
        return Ok(());
    }
    Err(JournalError::Damaged {
        path: path.into(),
        what: "its tables are not those of a journal".to_owned(),
    })
}

/// How a journal's commits survive a power cut.
#[derive(Clone, Copy, Debug)]
pub(super) enum Durability {
    /// A `-wal` that is synced at each commit: for many commits by one process.
    WriteAheadLog,
    /// A rollback journal that is deleted at each commit, and its folder synced: everything is in the main file then, for
    /// few commits by many processes.
    RollbackJournal,
}

impl Durability {
    const fn journal_mode(self) -> &'static str {
        match self {
            Self::WriteAheadLog => "wal",
            Self::RollbackJournal => "delete",
        }
    }

    /// The setting `synchronous`: FULL, or EXTRA, which syncs the folder as well.
    const fn synchronous(self) -> &'static str {
        match self {
            Self::WriteAheadLog => "2",
            Self::RollbackJournal => "3",
        }
    }
}

/// Opens an existing journal for writing, and reads back that it is as durable as it has to be.
pub(super) fn open_writer(path: &Path, durability: Durability) -> Result<Connection, JournalError> {
    let failed = JournalError::sqlite("open", path);
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed)?;
    (|| {
        set_up(&connection)?;
        connection.pragma_update(None, "journal_mode", durability.journal_mode())?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        connection.pragma_update(None, "synchronous", durability.synchronous())?;
        connection.pragma_update(None, "fullfsync", true)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)
    })()
    .map_err(failed)?;
    read_back(&connection, path, durability)?;
    Ok(connection)
}

/// Opens a journal for reading alone. Without a -wal SQLite is told that nothing changes, so that it creates none.
pub(super) fn open_reader(path: &Path, with_wal: bool) -> Result<Connection, JournalError> {
    let failed = JournalError::sqlite("open", path);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = if with_wal {
        Connection::open_with_flags(path, flags)
    } else {
        let mut url = url::Url::from_file_path(path).expect("the path of a place is absolute");
        url.set_query(Some("immutable=1"));
        Connection::open_with_flags(url.as_str(), flags | OpenFlags::SQLITE_OPEN_URI)
    }
    .map_err(failed)?;
    set_up(&connection).map_err(failed)?;
    Ok(connection)
}

pub(super) fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    // Closing after a failed sync must not copy anything into the main file.
    bring_home_on_close(connection, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    connection.pragma_update(None, "cell_size_check", true)
}

/// Whether closing brings what is in the -wal into the main file, and removes the -wal.
pub(super) fn bring_home_on_close(connection: &Connection, yes: bool) -> rusqlite::Result<()> {
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !yes)
        .map(drop)
}

fn read_back(connection: &Connection, path: &Path, durability: Durability) -> Result<(), JournalError> {
    let failed = JournalError::sqlite("open", path);
    for (setting, wanted) in [
        ("journal_mode", durability.journal_mode()),
        ("synchronous", durability.synchronous()),
    ] {
        let value =
            connection.pragma_query_value(None, setting, |row| row.get::<_, rusqlite::types::Value>(0));
        let found = match value.map_err(failed)? {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        if found != wanted {
            return Err(JournalError::NotDurable {
                path: path.into(),
                setting,
                found,
                wanted,
            });
        }
    }
    Ok(())
}

/// Reads every page, and says what is wrong with the first that is.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let failed = JournalError::sqlite("check", path);
    let what: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(failed)?;
    if what == "ok" {
        Ok(())
    } else {
        Err(JournalError::Damaged {
            path: path.into(),
            what,
        })
    }
}
