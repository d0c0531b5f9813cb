//! The state file: opened safely, created with its tables, refused when it is something else.

use super::StoreError;
use crate::files;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// "spin" in ASCII: says whose file it is to `file(1)` and to us.
const APPLICATION_ID: i32 = 0x7370_696e;
const VERSION: i32 = 2;
/// How long a writer waits for the other processes that use the same file.
const BUSY: Duration = Duration::from_secs(10);

const TABLES: &str = "
CREATE TABLE account (
    id         INTEGER PRIMARY KEY,
    key_digest BLOB    NOT NULL UNIQUE,   -- SHA-256: a user may give the sandbox a key that works elsewhere
    initial    INTEGER NOT NULL,          -- money is in 1/10,000
    balance    INTEGER NOT NULL
) STRICT;
CREATE TABLE message (
    id          INTEGER PRIMARY KEY,
    sms_id      BLOB    NOT NULL,
    account     INTEGER NOT NULL,
    msisdn      INTEGER NOT NULL,
    sender      TEXT,
    text        TEXT    NOT NULL,
    pin         TEXT    NOT NULL,
    at          INTEGER NOT NULL,         -- times are Unix milliseconds
    expires_at  INTEGER,                  -- null is never
    max_tries   INTEGER NOT NULL,         -- 0 is unlimited
    failures    INTEGER NOT NULL DEFAULT 0,
    verified_at INTEGER,
    status      TEXT    NOT NULL,         -- the delivery status until settled_at, and from then on
    settled     TEXT    NOT NULL,
    settled_at  INTEGER NOT NULL,
    revision    INTEGER NOT NULL DEFAULT 0,  -- the state's, once this message was in it
    cleared     INTEGER NOT NULL DEFAULT 0   -- 1: out of the lists; the PIN stays valid
) STRICT;
-- Ends in the row's id, so the last message of a number is one step away.
CREATE INDEX message_of_number ON message (msisdn, account);
CREATE TABLE report (
    id         INTEGER PRIMARY KEY,
    message    INTEGER NOT NULL,
    url        TEXT    NOT NULL,
    origin     TEXT    NOT NULL DEFAULT '',  -- scheme, host and port of the URL: one receiver
    status     TEXT    NOT NULL,
    dated      INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    held_until INTEGER NOT NULL DEFAULT 0,   -- by the system's clock: one process is posting it
    state      INTEGER NOT NULL DEFAULT 0,   -- 0 waits, 1 was taken by its receiver, 2 was given up
    http       INTEGER,                      -- what the receiver answered last
    problem    TEXT                          -- why the last post failed
) STRICT;
CREATE INDEX report_due ON report (due) WHERE state = 0;
CREATE INDEX report_of_message ON report (message);
CREATE TABLE counter (
    account INTEGER NOT NULL,
    msisdn  INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (account, msisdn)
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE behaviour (
    id      INTEGER PRIMARY KEY,
    account TEXT,                            -- the beginning of a key's digest; null is every account
    msisdn  INTEGER,                         -- null is every number
    call    TEXT,                            -- null is every call
    times   INTEGER,                         -- how many more calls; null is all of them
    effects TEXT    NOT NULL                 -- the whole behaviour, in JSON
) STRICT;
-- clock_offset: how far the sandbox's clock is ahead of the system's, in milliseconds; clock_start: after a reset.
-- last_id: no message gets this id or a smaller one again.
INSERT INTO meta VALUES ('revision', 1), ('last_id', 0), ('clock_offset', 0), ('clock_start', 0);
";

/// Where the sandbox keeps its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Db {
    File(PathBuf),
    /// In this process alone, and gone with it.
    Memory,
}

impl fmt::Display for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Memory => f.write_str(":memory:"),
        }
    }
}

/// Opens the state, and creates it where there is none.
pub(super) fn open(db: &Db) -> Result<Connection, StoreError> {
    let path = match db {
        Db::Memory => None,
        Db::File(path) => {
            files::refuse_strangers(path)?;
            create_private(path)?;
            Some(path.as_path())
        }
    };
    // SQLite's error doesn't know the file's name.
    connect(path).map_err(|error| StoreError::Sqlite {
        place: db.to_string(),
        cause: error.to_string(),
    })?
}

fn connect(path: Option<&Path>) -> rusqlite::Result<Result<Connection, StoreError>> {
    let connection = match path {
        None => Connection::open_in_memory()?,
        Some(path) => Connection::open(path)?,
    };
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    if let Some(path) = path {
        if let Err(not_ours) = check_ownership(&connection, path)? {
            return Ok(Err(not_ours));
        }
        enter_wal(&connection)?;
        // A killed process loses nothing that the operating system has taken; only a power cut can undo the last commits.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
    }
    create_tables(connection).map(Ok)
}

/// A file of another program must be left exactly as it is, so this comes before the first write.
fn check_ownership(connection: &Connection, path: &Path) -> rusqlite::Result<Result<(), StoreError>> {
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(Ok(()));
    }
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    if number("application_id")? != APPLICATION_ID {
        return Ok(Err(StoreError::NotOurs(path.to_owned())));
    }
    Ok(match number("user_version")? {
        VERSION => Ok(()),
        version => Err(StoreError::OtherVersion {
            path: path.to_owned(),
            version,
            ours: VERSION,
        }),
    })
}

/// Two processes that open a new file at once can meet in this switch, where SQLite doesn't wait by itself.
fn enter_wal(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(rusqlite::Error::SqliteFailure(failure, _))
                if matches!(failure.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                    && Instant::now() < deadline =>
            {
                std::thread::yield_now();
            }
            other => return other,
        }
    }
}

fn create_tables(mut connection: Connection) -> rusqlite::Result<Connection> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != 0 {
        return transaction.rollback().map(|()| connection);
    }
    transaction.execute_batch(TABLES)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(connection)
}

/// Makes sure that the file exists and that no other user can read it: SQLite's own files beside it take over its mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    files::create_directory(files::directory(path))
        .and_then(|()| files::open_or_create(path))
        .and_then(|_| files::make_private(path))
        .map_err(|cause| StoreError::File {
            path: path.to_owned(),
            cause,
        })
}
