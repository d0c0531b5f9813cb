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
    #[error("can't open the sandbox's state file {}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    SideFile(#[from] crate::files::SideFileTaken),
    #[error("{} isn't a state file of the sandbox", .0.display())]
    NotOurs(PathBuf),
    #[error("{} has format {version}, and this smspin reads format {ours}", path.display())]
    OtherVersion { path: PathBuf, version: i32, ours: i32 },
    #[error("can't use the sandbox's state in {place}")]
    Sqlite { place: String, source: rusqlite::Error },
    /// The same of a group of requests, of which one failed.
    #[error("can't use the sandbox's state in {place}: {cause}")]
    Group { place: String, cause: String },
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

    /// Itself and what caused it, for those who see no chain of errors.
    pub(crate) fn whole(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
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

/// The state, for one that works on it alone and waits for it: a command, or the store's own thread.
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

    /// Changes the state in a transaction that holds the write lock from its beginning.
    pub(crate) fn change<T>(
        &mut self,
        work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let changed = self.write().and_then(|transaction| {
            let before = transaction.total_changes();
            let value = work(&StateView::begin(&transaction)?)?;
            if transaction.total_changes() != before {
                bump_revision(&transaction)?;
            }
            transaction.commit().map(|()| value)
        });
        changed.map_err(|source| self.failed(source))
    }

    /// Looks at one consistent state, and stands in nobody's way.
    pub(crate) fn look<T>(
        &mut self,
        work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let looked = self
            .read()
            .and_then(|transaction| work(&StateView::begin(&transaction)?));
        looked.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite {
            place: self.place.clone(),
            source,
        }
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
