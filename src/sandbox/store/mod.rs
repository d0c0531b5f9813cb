//! What the sandbox remembers: accounts, PINs with the SMS that carried them, reports that are due, and counters.
//!
//! One SQLite file, used by any number of processes at once; every change is one transaction that takes the write lock
//! first, so guesses are counted exactly however many guess at the same time. Nothing here knows HTTP.

pub(crate) mod accounts;
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
    #[error("can't open the sandbox's state file {}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} isn't a state file of the sandbox", .0.display())]
    NotOurs(PathBuf),
    #[error("{} has format {version}, and this smspin reads format {ours}", path.display())]
    OtherVersion { path: PathBuf, version: i32, ours: i32 },
    #[error("the sandbox's state can't be read or changed")]
    Sqlite(#[from] rusqlite::Error),
    /// Another request of the same group failed, and with it the group.
    #[error("the sandbox's state can't be changed: {0}")]
    Group(String),
    #[error("the sandbox's store has ended")]
    Ended,
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
}

/// The state, for one that works on it alone and waits for it: a command, or the store's own thread.
pub(crate) struct SandboxState {
    connection: Connection,
}

impl SandboxState {
    pub(crate) fn open(db: &Db) -> Result<Self, StoreError> {
        Ok(Self {
            connection: schema::open(db)?,
        })
    }

    /// A transaction that holds the write lock from its beginning.
    pub(crate) fn write(&mut self) -> rusqlite::Result<Transaction<'_>> {
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
    }

    /// A transaction that sees one consistent state, and stands in nobody's way.
    pub(crate) fn read(&mut self) -> rusqlite::Result<Transaction<'_>> {
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
