//! What the sandbox remembers: accounts, PINs with the SMS that carried them, reports that are due, and counters.
//!
//! One SQLite file, used by any number of processes at once; every change is one transaction that takes the write lock
//! first, so guesses are counted exactly however many guess at the same time. Nothing here knows HTTP.

pub(crate) mod accounts;
pub(crate) mod behaviours;
pub(crate) mod clock;
pub(crate) mod counters;
pub(crate) mod inbox;
pub(crate) mod pins;
pub(crate) mod reports;
mod schema;
mod writer;

pub(crate) use schema::Db;
pub(crate) use writer::Store;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Why the sandbox's state can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("can't open the sandbox's state file {}: {cause}", path.display())]
    File { path: PathBuf, cause: std::io::Error },
    #[error(transparent)]
    SideFile(#[from] crate::files::SideFileTaken),
    #[error("{} isn't a state file of the sandbox", .0.display())]
    NotOurs(PathBuf),
    #[error("{} has format {version}, and this smspin reads format {ours}", path.display())]
    OtherVersion { path: PathBuf, version: i32, ours: i32 },
    /// The cause in words: it is told to each of a group of requests, of which one failed.
    #[error("can't use the sandbox's state in {place}: {cause}")]
    Sqlite { place: String, cause: String },
    #[error("the thread that keeps the sandbox's state has ended; see the messages before this one")]
    Ended,
}

impl StoreError {
    /// What to try where nothing is wrong with the state or the disk: a file of the user's is in the way.
    pub(crate) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::SideFile(_) => Some("move it away, or keep the sandbox's state in another file: --db FILE"),
            _ => None,
        }
    }
}

/// A moment, in Unix milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Millis(pub(crate) i64);

impl Millis {
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    pub(crate) fn plus(self, duration: std::time::Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    pub(crate) const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// The state within one transaction, and the moment at which it happens by the sandbox's clock.
pub(crate) struct StateView<'a> {
    connection: &'a Connection,
    pub(crate) now: Millis,
}

impl<'a> StateView<'a> {
    fn begin(connection: &'a Connection) -> rusqlite::Result<Self> {
        let now = Millis::now().plus_millis(clock::offset(connection)?);
        Ok(Self { connection, now })
    }
}

impl std::ops::Deref for StateView<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// The state, for one thread that works on it alone.
pub(crate) struct SandboxState {
    connection: Connection,
    place: String,
}

impl SandboxState {
    pub(crate) fn open(db: &Db) -> Result<Self, StoreError> {
        Ok(Self {
            connection: schema::open(db)?,
            place: db.to_string(),
        })
    }

    fn write(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
    }

    fn read(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Deferred)
    }
}

/// Tells those who watch that something changed.
fn bump_revision(state: &Connection) -> rusqlite::Result<()> {
    state
        .prepare_cached("UPDATE meta SET value = value + 1 WHERE name = 'revision'")?
        .execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests;
