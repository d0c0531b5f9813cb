//! The journal in an SQLite file beside the input. This folder is the only one that knows SQL.

mod fold;
mod header;
mod history;
mod lock;
mod place;
mod schema;
#[cfg(test)]
mod tests;
mod write;

use super::error::JournalError;
use super::records::{Access, Campaign, RunPlan};
use crate::batch::fingerprint::Fingerprint;
use crate::batch::numbers::{Numbers, NumbersBuilder};
use crate::batch::state::CampaignKind;
use crate::files;
use header::Present;
use jiff::Timestamp;
use lock::Lock;
use place::JournalPath;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::path::{Path, PathBuf};

pub(crate) use history::History;

/// The journal of one batch: locked for a run, or open for reading alone. The file comes into being with the first campaign.
#[derive(Debug)]
pub(crate) struct Journal {
    place: JournalPath,
    /// `None` until there is a file.
    connection: Option<Connection>,
    /// The id of the next attempt. Only of use while the journal is locked.
    next_attempt: i64,
    /// True once the main file says that this process is writing.
    marked: bool,
    /// `None` for a journal that is open for reading alone.
    lock: Option<Lock>,
}

impl Journal {
    /// Opens what is there. [`Access::Locked`] locks it first, and writes nothing but the lock file; [`Access::ReadOnly`] creates
    /// and changes nothing.
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self, JournalError> {
        let place = JournalPath::at(path)?;
        let lock = match access {
            Access::Locked => {
                place.refuse_network()?;
                Some(Lock::take(&place)?)
            }
            Access::ReadOnly => None,
        };
        let mut journal = Self {
            place,
            connection: None,
            next_attempt: 1,
            marked: false,
            lock,
        };
        if header::examine(&journal.place)? == Present::Journal {
            match access {
                Access::Locked => journal.connect()?,
                Access::ReadOnly => journal.connect_read_only()?,
            }
        }
        Ok(journal)
    }

    pub(crate) fn path(&self) -> &Path {
        self.place.main()
    }

    /// `None` where there is no journal yet, or where no run has begun.
    pub(crate) fn campaign(&self) -> Result<Option<Campaign>, JournalError> {
        self.connection
            .as_ref()
            .map_or(Ok(None), |connection| fold::campaign(connection, self.path()))
    }

    /// How many of the numbers that the last run had to send are still to send; it reads all of that run.
    pub(crate) fn left(&self) -> Result<u64, JournalError> {
        self.connection
            .as_ref()
            .map_or(Ok(0), |connection| fold::left(connection, self.path()))
    }

    /// Gives every number of `numbers`, all of them new, its state at `now` by this journal.
    pub(crate) fn fold_into(&self, numbers: &mut Numbers, now: Timestamp) -> Result<(), JournalError> {
        self.connection.as_ref().map_or(Ok(()), |connection| {
            fold::fold_into(connection, self.path(), numbers, now)
        })
    }

    /// Every number that was ever tried, with its state at `now`: what can be said without the input.
    pub(crate) fn numbers(&self, now: Timestamp) -> Result<Numbers, JournalError> {
        self.connection.as_ref().map_or_else(
            || Ok(NumbersBuilder::default().finish()),
            |connection| fold::numbers(connection, self.path(), now),
        )
    }

    /// How many numbers another process has requests under way for; `None` where no other run holds this journal.
    pub(crate) fn under_way(&self) -> Result<Option<u64>, JournalError> {
        match &self.connection {
            Some(connection) if self.lock.is_none() && lock::is_held(&self.place) => {
                fold::under_way(connection, self.path()).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Begins a campaign, and in it a run; if there is no journal, makes one. Of an existing journal's campaigns none is
    /// [`CampaignKind::First`].
    pub(crate) fn begin(
        &mut self,
        kind: CampaignKind,
        fingerprint: &Fingerprint,
        plan: &RunPlan,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.require_lock()?;
        if self.connection.is_none() {
            schema::create(&self.place)?;
            self.connect()?;
        }
        self.mark()?;
        let after = self.next_attempt - 1;
        self.write("begin a campaign in", |transaction| {
            transaction.execute(
                "INSERT INTO campaign (kind, begun_at, after_attempt, concluded) VALUES (?1, ?2, ?3, 0)",
                params![kind.code(), now.as_millisecond(), after],
            )?;
            let campaign = transaction.last_insert_rowid();
            for (part, value) in fingerprint.parts() {
                transaction.execute(
                    "INSERT INTO fingerprint VALUES (?1, ?2, ?3)",
                    params![campaign, part, value],
                )?;
            }
            insert_run(transaction, plan, after, now)
        })
    }

    /// Begins another run of the last campaign, which is not finished any more.
    pub(crate) fn resume(&mut self, plan: &RunPlan, now: Timestamp) -> Result<(), JournalError> {
        self.mark()?;
        let after = self.next_attempt - 1;
        self.write("begin a run in", |transaction| {
            transaction.execute(
                "UPDATE campaign SET concluded = 0 WHERE id = (SELECT max(id) FROM campaign)",
                [],
            )?;
            insert_run(transaction, plan, after, now)
        })
    }

    /// Opens what is known of each number, for the results. A run has begun, now or earlier.
    pub(crate) fn history(&mut self) -> Result<History<'_>, JournalError> {
        self.mark()?;
        History::new(self.connected(), self.place.main())
    }

    /// How many numbers of the last campaign met each error id, the most frequent first.
    pub(crate) fn error_ids(&self) -> Result<Vec<(String, u64)>, JournalError> {
        self.connection.as_ref().map_or(Ok(Vec::new()), |connection| {
            fold::error_ids(connection, self.path())
        })
    }

    /// Records that a run has said of the last campaign that it is finished, and has written its results.
    pub(crate) fn conclude(&mut self) -> Result<(), JournalError> {
        if self.campaign()?.is_some_and(|campaign| campaign.concluded) {
            return Ok(());
        }
        self.mark()?;
        self.write("conclude", |transaction| {
            transaction
                .execute(
                    "UPDATE campaign SET concluded = 1 WHERE id = (SELECT max(id) FROM campaign)",
                    [],
                )
                .map(drop)
        })
    }

    /// Renames the journal to a name with the date, and returns that. The lock stays: another can begin in its place.
    pub(crate) fn set_aside(&mut self, now: Timestamp) -> Result<PathBuf, JournalError> {
        // One that its last run did not close holds rows that are only in its -wal.
        self.mark()?;
        if !self.shut()? {
            return Err(JournalError::BeingRead {
                path: self.path().into(),
            });
        }
        let date = now.strftime("%Y-%m-%dT%H-%M-%SZ");
        let mut names = (1..).map(|n| match n {
            1 => self.place.beside(&format!(".{date}")),
            n => self.place.beside(&format!(".{date}-{n}")),
        });
        let aside = names
            .find(|name| !name.exists())
            .expect("there are more names than files");
        self.place.rename(self.path(), &aside)?;
        self.place.remove_beside("-wal")?;
        self.place.remove_beside("-shm")?;
        Ok(aside)
    }

    /// Closes the journal. If somebody is reading it, the next run does the rest.
    pub(crate) fn close(mut self) -> Result<(), JournalError> {
        if self.marked {
            self.shut().map(drop)
        } else {
            Ok(())
        }
    }

    /// Only a run that holds the lock may write.
    fn require_lock(&self) -> Result<(), JournalError> {
        if self.lock.is_some() {
            return Ok(());
        }
        Err(JournalError::ReadOnly {
            path: self.path().into(),
        })
    }

    fn connect_read_only(&mut self) -> Result<(), JournalError> {
        let with_wal = self.place.has_wal()?;
        let connection = schema::open_reader(self.place.main(), with_wal)?;
        refuse_forgotten(&connection, &self.place, with_wal)?;
        self.connection = Some(connection);
        Ok(())
    }

    fn connect(&mut self) -> Result<(), JournalError> {
        let path = self.place.main();
        let failed = JournalError::sqlite("read", path);
        let with_wal = self.place.has_wal()?;
        let connection = schema::open_writer(path)?;
        refuse_forgotten(&connection, &self.place, with_wal)?;
        schema::check(&connection, path)?;
        files::make_private(path).map_err(JournalError::io("protect", path))?;
        let last = connection.query_row(
            "SELECT max((SELECT coalesce(max(id), 0) FROM attempt),
                        (SELECT coalesce(max(after_attempt), 0) FROM run))",
            [],
            |row| row.get::<_, i64>(0),
        );
        self.next_attempt = last.map_err(failed)? + 1;
        self.connection = Some(connection);
        Ok(())
    }

    /// Says in the main file that we are writing, before the first record: from here on, a lost -wal is noticed.
    pub(super) fn mark(&mut self) -> Result<(), JournalError> {
        if self.marked {
            return Ok(());
        }
        self.require_lock()?;
        self.write("open", |transaction| {
            transaction.execute("UPDATE journal SET clean = 0", []).map(drop)
        })?;
        // Not TRUNCATE: an empty -wal could not be told from a lost one.
        if !self.checkpoint("FULL")? {
            return Err(JournalError::BeingRead {
                path: self.path().into(),
            });
        }
        self.marked = true;
        Ok(())
    }

    /// Brings everything into the main file, marks it clean, and closes it. False if somebody is reading it.
    fn shut(&mut self) -> Result<bool, JournalError> {
        self.write("close", |transaction| {
            transaction.execute("UPDATE journal SET clean = 1", []).map(drop)
        })?;
        let whole = self.checkpoint("TRUNCATE")?;
        let failed = JournalError::sqlite("close", self.place.main());
        let connection = self.connection.take().expect("a marked journal is connected");
        // The last one out removes the empty -wal.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !whole)
            .map_err(failed)?;
        connection.close().map_err(|(_, error)| failed(error))?;
        self.marked = false;
        Ok(whole)
    }

    /// True if every record is in the main file.
    fn checkpoint(&self, mode: &str) -> Result<bool, JournalError> {
        let (busy, frames, copied) = self
            .connected()
            .query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            })
            .map_err(JournalError::sqlite("write", self.path()))?;
        Ok(busy == 0 && frames == copied)
    }

    fn write(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<()>,
    ) -> Result<(), JournalError> {
        let done = self.transaction().and_then(|transaction| {
            work(&transaction)?;
            transaction.commit()
        });
        done.map_err(JournalError::sqlite(doing, self.place.main()))
    }

    fn transaction(&mut self) -> rusqlite::Result<Transaction<'_>> {
        let connection = self.connection.as_mut().expect("a run has begun");
        connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }

    fn connected(&self) -> &Connection {
        self.connection.as_ref().expect("a run has begun")
    }
}

/// SQLite opens happily without the -wal, and forgets what was in it.
fn refuse_forgotten(
    connection: &Connection,
    place: &JournalPath,
    with_wal: bool,
) -> Result<(), JournalError> {
    let path = place.main();
    let clean = connection
        .query_row("SELECT clean FROM journal", [], |row| row.get::<_, bool>(0))
        .optional()
        .map_err(JournalError::sqlite("read", path))?;
    match clean {
        None => Err(JournalError::Damaged {
            path: path.into(),
            what: "its header row is missing".to_owned(),
        }),
        Some(false) if !with_wal => Err(JournalError::WalMissing { path: path.into() }),
        Some(_) => Ok(()),
    }
}

fn insert_run(
    transaction: &Transaction<'_>,
    plan: &RunPlan,
    after: i64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let [rows, invalid, duplicates, open] = plan.signed();
    transaction
        .execute(
            "INSERT INTO run (campaign, begun_at, after_attempt, row_count, invalid, duplicates, open)
             VALUES ((SELECT max(id) FROM campaign), ?1, ?2, ?3, ?4, ?5, ?6)",
            params![now.as_millisecond(), after, rows, invalid, duplicates, open],
        )
        .map(drop)
}
