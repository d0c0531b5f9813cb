//! A journal in an SQLite file, which any number of processes use at once. This folder and `postgres` are the only ones that
//! know SQL.
//!
//! - `place` finds the file, and refuses what is not a journal; `schema` makes one and connects to it.
//! - `look` reads one without creating or changing a file.
//! - `rows`, `write`, `reports` and `forget` are the statements, each a function over a connection within a transaction.
//! - `lock` says which runs are alive, and `presence` whether the files are still where they were.
//! - `store` answers the questions of [`Store`](super::Store) with them.
//! - Here a store is opened, and its transactions begin and end: an error gets its words here, wherever it came from.

mod fault;
mod forget;
mod lock;
mod look;
mod lost;
mod place;
mod presence;
mod reports;
mod rows;
mod schema;
mod store;
#[cfg(test)]
mod tests;
mod write;

use super::attempt::Ticket;
use super::error::{JournalError, JournalFault};
use super::report::ReportKey;
use super::run::{JournalIdentity, NewRun};
use crate::domain::msisdn::Msisdn;
use crate::files;
use fault::SqliteFault;
use lock::RunLock;
use look::{Looker, in_transaction};
use place::beside;
pub(super) use place::real_path;
use presence::Presence;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::{fs, io};
use write::Owner;

/// The most numbers that are looked up or written in one transaction.
const CHUNK: u32 = 4096;

/// A journal in a file.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    path: PathBuf,
    identity: JournalIdentity,
    access: Access,
    run: Option<OwnRun>,
}

#[derive(Debug)]
enum Access {
    Write(Connection),
    Look(Looker),
}

/// The run that has begun through this store.
#[derive(Debug)]
struct OwnRun {
    owner: Owner,
    key: ReportKey,
    lock: RunLock,
    presence: Presence,
    groups: u64,
    /// The attempts of a single request; of a batch they would be too many.
    single_request: Option<Vec<Ticket>>,
}

impl SqliteStore {
    /// Removes a journal with all its files: only for one in which no number is a person's. Refuses while a run is at work in it.
    pub(crate) fn remove(path: &Path) -> Result<(), JournalError> {
        if path.is_symlink() {
            return Err(place::unusable(
                path,
                "is a symbolic link: what it leads to is not removed",
            ));
        }
        let Some(path) = real_path(path)? else {
            return Ok(());
        };
        // Without the database, what is left beside it would be refused as that of another one for good.
        if path.exists() {
            place::examine(&path)?;
        } else {
            files::refuse_foreign(&path).map_err(|error| JournalError::new(JournalFault::Unusable, error))?;
        }
        let failed = |error| fault::io("remove", &path)(error);
        let runs = lock::all(&path).map_err(failed)?;
        if runs.iter().any(|run| lock::is_held(&path, run)) {
            let error = "a run is at work in the journal of the sandbox";
            return Err(JournalError::new(JournalFault::Busy, error)
                .hint("wait until it has ended, then run the same command again"));
        }
        for run in &runs {
            lock::remove(&path, run).map_err(failed)?;
        }
        // The database last: a run that begins meanwhile finds one, or none of the files.
        for suffix in ["-shm", "-wal", "-journal", ""] {
            match fs::remove_file(beside(&path, suffix)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Opens a journal for runs; makes a new one, and its folder, where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        let folder = files::directory(path);
        files::create_directory(folder).map_err(fault::io("create the folder", folder))?;
        let path = real_path(path)?.unwrap_or_else(|| path.to_owned());
        if !place::examine(&path)? {
            schema::create(&path)?;
        }
        files::make_private(&path).map_err(fault::io("protect", &path))?;
        let connection = schema::connect(&path).map_err(|fault| fault.at("open", &path))?;
        Self::with(path, Access::Write(connection))
    }

    /// Opens a journal for reading alone: creates and changes nothing. `None` where there is none.
    pub(crate) fn look(path: &Path) -> Result<Option<Self>, JournalError> {
        let Some(path) = real_path(path)? else {
            return Ok(None);
        };
        if !place::examine(&path)? {
            return Ok(None);
        }
        let looker = Looker::open(&path).map_err(|error| SqliteFault::from(error).at("open", &path))?;
        Self::with(path, Access::Look(looker)).map(Some)
    }

    fn with(path: PathBuf, access: Access) -> Result<Self, JournalError> {
        let identity = JournalIdentity {
            id: String::new(),
            place: path.display().to_string(),
            server: String::new(),
            accepted_servers: Vec::new(),
        };
        let mut store = Self {
            path,
            identity,
            access,
            run: None,
        };
        store.identity.id = store.reading(|connection| {
            Ok(connection.query_row("SELECT journal FROM meta", [], |row| row.get(0))?)
        })?;
        Ok(store)
    }

    /// Reads in one short transaction.
    fn reading<T>(
        &mut self,
        work: impl Fn(&Connection) -> Result<T, SqliteFault>,
    ) -> Result<T, JournalError> {
        let result = match &mut self.access {
            Access::Write(connection) => in_transaction(connection, work),
            Access::Look(looker) => looker.read(work),
        };
        result.map_err(|fault| fault.at("read", &self.path))
    }

    /// Writes in one transaction, which holds the only lock for writing from its beginning.
    fn writing<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, SqliteFault>,
    ) -> Result<T, JournalError> {
        let Access::Write(connection) = &mut self.access else {
            let error = "the journal was opened for reading alone";
            return Err(JournalError::new(JournalFault::Unusable, error));
        };
        let written = (|| {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        })();
        written.map_err(|fault: SqliteFault| fault.at("write to", &self.path))
    }

    /// Does the same with many numbers, in transactions that no other run has to wait long for. Returns how many it counts.
    fn writing_each(
        &mut self,
        numbers: &[Msisdn],
        mut work: impl FnMut(&Connection, Msisdn) -> Result<bool, SqliteFault>,
    ) -> Result<u64, JournalError> {
        let mut count = 0;
        for chunk in numbers.chunks(CHUNK as usize) {
            count += self.writing(|connection| {
                let mut count = 0;
                for msisdn in chunk {
                    count += u64::from(work(connection, *msisdn)?);
                }
                Ok(count)
            })?;
        }
        Ok(count)
    }

    fn own(&mut self) -> Result<&mut OwnRun, JournalError> {
        let none = || JournalError::new(JournalFault::Unusable, "no run has begun in the journal");
        self.run.as_mut().ok_or_else(none)
    }

    /// Writes the record of a run whose lock is held.
    fn begin_locked(&mut self, run: &NewRun) -> Result<(Owner, ReportKey), JournalError> {
        let (owner, secret) = self.writing(|connection| {
            let owner = write::begin(connection, run)?;
            let secret: Vec<u8> = connection.query_row("SELECT secret FROM meta", [], |row| row.get(0))?;
            Ok((owner, secret))
        })?;
        Ok((owner, ReportKey::new(&secret, &run.campaign, &run.name)))
    }
}
