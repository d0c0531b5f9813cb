//! The tables of a journal, how a new one comes into being, and how a connection to it is set up.

use super::fault::{self, SqliteFault};
use crate::files::AtomicFile;
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::run::random_hex;
use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// The four letters `smsj` in SQLite's header tell a journal from other files.
pub(super) const APPLICATION_ID: u32 = 0x736D_736A;
/// The format of the tables, as `user_version`.
pub(super) const FORMAT: u32 = 1;
/// How long another process is waited for that holds the only lock for writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

const TABLES: &str = "
CREATE TABLE meta (
    -- There is one row.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- 32 hexadecimal digits, which no other journal has.
    journal TEXT NOT NULL,
    -- Makes the ids in report URLs. It never leaves this file.
    secret BLOB NOT NULL
) STRICT;

CREATE TABLE campaigns (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Times are milliseconds since 1970.
CREATE TABLE runs (
    -- Never used again, also where the run of a single request was deleted.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- 32 hexadecimal digits, also in the name of its lock file.
    name TEXT NOT NULL UNIQUE,
    campaign INTEGER NOT NULL,
    began INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    -- These three are NULL where it is at work, or was killed.
    ended INTEGER,
    exit_status INTEGER,
    rows_left INTEGER,
    -- Groups of claims and outcomes that it has committed.
    group_count INTEGER NOT NULL,
    -- In milliseconds.
    timeout INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    -- Of smspin.
    version TEXT NOT NULL,
    list TEXT NOT NULL,
    digest TEXT,
    settings TEXT NOT NULL,
    -- When its numbers were forgotten.
    forgotten INTEGER
) STRICT;

-- Each attempt at a number. Most are accepted at the first try: NULL, 0 and 1 take no room but a byte for their type.
CREATE TABLE attempts (
    campaign INTEGER NOT NULL,
    msisdn INTEGER NOT NULL,
    -- 1, 2, 3 … of this number in this campaign.
    nth INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    -- In seconds; 0 is for ever.
    expires_in INTEGER NOT NULL,
    -- 0 open (unknown, once its run is dead), 1 accepted, 2 refused for the number, 3 for the request, 4 for the account,
    -- 5 unsent, 6 unknown.
    state INTEGER NOT NULL,
    answered_at INTEGER,
    -- In milliseconds.
    latency INTEGER,
    http INTEGER,
    error_id TEXT,
    error_msg TEXT,
    detail TEXT,
    -- The delivery report that counts.
    report_status TEXT,
    report_at INTEGER,
    report_received_at INTEGER,
    -- 1 where it came with the id of this attempt.
    report_has_id INTEGER,
    PRIMARY KEY (campaign, msisdn, nth)
) STRICT, WITHOUT ROWID;

-- Numbers that are never sent to, and the run that was told so.
CREATE TABLE excluded (
    msisdn INTEGER PRIMARY KEY,
    run INTEGER NOT NULL
) STRICT;
";

/// Makes a new, empty journal, which appears under its name in one step, whole. One that another process has made meanwhile is
/// left as it is.
pub(super) fn create(path: &Path) -> Result<(), JournalError> {
    let bytes = empty_journal().map_err(|error| SqliteFault::from(error).at("create", path))?;
    let created = AtomicFile::create(path).and_then(|mut file| {
        file.write_all(&bytes)
            .map_err(|error| crate::files::AtomicFileError::writing(path, error))?;
        file.publish_new()
    });
    match created {
        Err(error) if error.source.kind() != io::ErrorKind::AlreadyExists => {
            Err(fault::io("create the journal", path)(error.source))
        }
        _ => Ok(()),
    }
}

/// The bytes of the file: SQLite makes them in memory, so that a kill leaves no half of it anywhere.
fn empty_journal() -> rusqlite::Result<Vec<u8>> {
    let mut connection = Connection::open_in_memory()?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", FORMAT)?;
    connection.execute_batch(TABLES)?;
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).expect("the operating system provides secure random bytes");
    connection.execute(
        "INSERT INTO meta (id, journal, secret) VALUES (1, ?1, ?2)",
        (random_hex(), secret),
    )?;
    let mut bytes = connection.serialize("main")?.to_vec();
    // The version of the format that a reader and a writer must know: 2 is that with a log of writes (-wal).
    bytes[18..20].fill(2);
    Ok(bytes)
}

/// Connects to a journal that is there, and reads back that commits are as durable as they have to be.
pub(super) fn connect(path: &Path) -> Result<Connection, SqliteFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    set_up(&connection)?;
    // What is deleted is overwritten with zeros.
    for (setting, value) in [
        ("journal_mode", Value::from("wal".to_owned())),
        ("synchronous", Value::from(2)),
        ("secure_delete", Value::from(1)),
    ] {
        connection.pragma_update(None, setting, &value)?;
        let found: Value = connection.pragma_query_value(None, setting, |row| row.get(0))?;
        if found != value {
            let message = format!(
                "the journal {} would lose records in a power cut: SQLite's setting {setting} is {found:?}, not {value:?}",
                path.display()
            );
            return Err(JournalError::new(JournalFault::Unusable, message).into());
        }
    }
    // Only macOS knows the difference between a sync and one that reaches the disk.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    Ok(connection)
}

/// What every connection needs, also one for reading.
pub(super) fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    rusqlite::vtab::array::load_module(connection)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    // A plan doesn't depend on the values, for which a statement would be prepared anew each time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // No number is written to a temporary file.
    connection.pragma_update(None, "temp_store", "memory")
}
