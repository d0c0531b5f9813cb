//! A run from its beginning to its end: campaigns that begin and are concluded, and what is said in the main file so that no
//! record is lost unnoticed.

use super::presence::{Presence, Whereabouts};
use super::rows::{CampaignRow, JournalRow, RunRow, new_id};
use super::tables::JournalFormat;
use super::{FileHistory, FileJournal, format_1, schema};
use crate::batch::fingerprint::Fingerprint;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::RunPlan;
use crate::batch::state::CampaignKind;
use crate::files;
use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};

impl FileJournal {
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
            if let Some(missing) = self.connect()? {
                return Err(missing);
            }
        }
        let after_attempt = self.next_attempt - 1;
        self.begin_run(plan.signed(), now, |transaction| {
            CampaignRow::begin(kind, fingerprint, after_attempt, now, transaction)
        })
    }

    /// Begins another run of the last campaign, which is not finished any more.
    pub(crate) fn resume(&mut self, plan: &RunPlan, now: Timestamp) -> Result<(), JournalError> {
        self.require_lock()?;
        let campaign = self.last_campaign()?;
        self.begin_run(plan.signed(), now, |transaction| {
            if let Some(campaign) = campaign {
                let open = CampaignRow {
                    concluded: false,
                    ..campaign
                };
                open.write(transaction)?;
            }
            CampaignRow::last_id(transaction)
        })
    }

    /// Writes the row of a run, and brings it into the main file before the run may send: if everything after it is lost, the
    /// main file tells which run lost it.
    pub(super) fn begin_run(
        &mut self,
        plan: [i64; 4],
        now: Timestamp,
        campaign: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<i64>,
    ) -> Result<(), JournalError> {
        let last = self.last_run;
        let run = RunRow {
            id: last.map_or(0, |run| run.id) + 1,
            campaign: 0,
            begun_at: now.as_millisecond(),
            after_attempt: self.next_attempt - 1,
            plan,
            records_lost: self.lost,
            seen_at: now.as_millisecond(),
            commits: last.map_or(0, |run| run.commits) + 1,
        };
        let run = self.write_marked("begin a run in", |transaction| {
            let campaign = campaign(transaction)?;
            let run = RunRow { campaign, ..run };
            run.write(transaction).map(|()| run)
        })?;
        self.last_run = Some(run);
        self.lost = false;
        self.bring_home()?;
        self.note_commits()
    }

    /// Opens what is known of each number, for the results. A run has begun, now or earlier.
    pub(crate) fn history(&mut self) -> Result<FileHistory<'_>, JournalError> {
        self.mark()?;
        let deliveries = self.deliveries()?;
        FileHistory::new(deliveries, self.records().expect("a run has begun"))
    }

    /// Records that a run has said of the last campaign that it is finished, and has written its results. Where that is recorded
    /// already, and its run was killed before it had closed the journal, closing does the rest.
    pub(crate) fn conclude(&mut self) -> Result<(), JournalError> {
        self.require_lock()?;
        let Some(campaign) = self.last_campaign()?.filter(|campaign| !campaign.concluded) else {
            return if self.left_open && !self.lost {
                self.mark()
            } else {
                Ok(())
            };
        };
        self.mark()?;
        self.write("conclude", |transaction| {
            let concluded = CampaignRow {
                concluded: true,
                ..campaign
            };
            concluded.write(transaction)
        })
    }

    fn last_campaign(&self) -> Result<Option<CampaignRow>, JournalError> {
        let Some(connection) = &self.connection else {
            return Ok(None);
        };
        Ok(CampaignRow::read_all(connection, self.format, self.path())?.pop())
    }

    /// Renames the journal to a name with the date, and returns that. The lock stays: another can begin in its place.
    pub(crate) fn set_aside(&mut self, now: Timestamp) -> Result<PathBuf, JournalError> {
        // One that its last run did not close holds rows that are only in its -wal.
        self.mark()?;
        if !self.shut()? {
            return Err(self.being_read());
        }
        let aside = self.place.dated(now);
        self.place.rename(self.path(), &aside)?;
        self.place.remove_beside("-wal")?;
        self.place.remove_beside("-shm")?;
        // What begins in its place is another journal.
        self.id = None;
        self.last_run = None;
        self.next_attempt = 1;
        Ok(aside)
    }

    /// Closes the journal. If somebody is reading it, the next run does the rest. One that isn't where it was any more is an
    /// error that says where its records are.
    pub(crate) fn close(mut self) -> Result<(), JournalError> {
        if !self.marked {
            return Ok(());
        }
        let moved = self.moved();
        if let Some(refuge) = self.refuge.take() {
            self.save_in(&refuge)?;
        }
        self.shut()?;
        moved.map_or(Ok(()), Err)
    }

    /// What has happened to the files of this journal, if they are not where they were.
    pub(in crate::batch::journal) fn moved(&mut self) -> Option<JournalError> {
        let presence = self.presence.as_ref()?;
        let file = presence.lost()?;
        let (path, file) = (self.place.main().into(), file.into());
        Some(match presence.of_main() {
            Whereabouts::InPlace => JournalError::Replaced { path, file },
            Whereabouts::Renamed(now) => JournalError::Renamed {
                path,
                now: now.as_path().into(),
            },
            Whereabouts::Deleted | Whereabouts::Elsewhere => {
                let refuge = &*self
                    .refuge
                    .get_or_insert_with(|| self.place.dated(crate::clock::now()));
                JournalError::Deleted {
                    path,
                    saved: refuge.as_path().into(),
                }
            }
        })
    }

    /// Writes all records to another file: once this process ends, those of a deleted one are gone.
    fn save_in(&mut self, refuge: &Path) -> Result<(), JournalError> {
        let failed = JournalError::io("create", refuge);
        let file = files::create_new(refuge).map_err(failed)?;
        let id = self.id.expect("a marked journal has an id");
        self.write("close", |transaction| JournalRow::write(&id, true, transaction))?;
        let name = ValueRef::Text(refuge.as_os_str().as_encoded_bytes());
        self.connected()
            .execute("VACUUM INTO ?1", [ToSqlOutput::Borrowed(name)])
            .map_err(JournalError::sqlite("write", refuge))?;
        file.sync_all().map_err(JournalError::io("sync", refuge))?;
        self.place.sync_folder()
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

    /// Says in the main file that we are writing, before the first record: from here on, a lost -wal is noticed.
    pub(in crate::batch::journal) fn mark(&mut self) -> Result<(), JournalError> {
        if self.marked {
            return Ok(());
        }
        self.require_lock()?;
        if let Some(run) = self.last_run.filter(|_| self.lost) {
            // From here on the file itself has to say what it lacks.
            return self.begin_run(run.plan, crate::clock::now(), |_| Ok(run.campaign));
        }
        self.write_marked("open", |_| Ok(()))?;
        self.bring_home()
    }

    /// Notes beside the journal how many commits it has, before anybody relies on the last.
    pub(super) fn note_commits(&mut self) -> Result<(), JournalError> {
        match (&mut self.lock, self.id, &self.last_run) {
            (Some(lock), Some(id), Some(run)) => lock.note(id, run),
            _ => Ok(()),
        }
    }

    /// A first write: it also takes over a journal of format 1. What is written has to be brought home.
    fn write_marked<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let failed = JournalError::sqlite(doing, self.place.main());
        schema::bring_home_on_close(self.connected(), false).map_err(failed)?;
        let (format, marked) = (self.format, self.marked);
        let id = self.id.unwrap_or_else(new_id);
        let done = self.write(doing, |transaction| {
            if format == JournalFormat::One {
                format_1::take_over(transaction, &id)?;
            }
            if !marked {
                JournalRow::write(&id, false, transaction)?;
            }
            work(transaction)
        })?;
        self.id = Some(id);
        self.format = JournalFormat::Two;
        Ok(done)
    }

    fn bring_home(&mut self) -> Result<(), JournalError> {
        // Not TRUNCATE: an empty -wal could not be told from a lost one.
        if !self.checkpoint("FULL")? {
            return Err(self.being_read());
        }
        self.marked = true;
        if self.presence.is_none() {
            self.presence = Some(Presence::of(&self.place)?);
        }
        Ok(())
    }

    pub(super) fn being_read(&self) -> JournalError {
        JournalError::BeingRead {
            path: self.path().into(),
        }
    }

    /// Brings everything into the main file, marks it clean, and closes it. False if somebody is reading it.
    pub(super) fn shut(&mut self) -> Result<bool, JournalError> {
        let id = self.id.expect("a marked journal has an id");
        self.write("close", |transaction| JournalRow::write(&id, true, transaction))?;
        let whole = self.checkpoint("TRUNCATE")?;
        let failed = JournalError::sqlite("close", self.place.main());
        let connection = self.connection.take().expect("a marked journal is connected");
        // The last one out removes the empty -wal.
        schema::bring_home_on_close(&connection, whole).map_err(failed)?;
        connection.close().map_err(|(_, error)| failed(error))?;
        self.marked = false;
        self.presence = None;
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

    pub(super) fn write<T>(
        &mut self,
        doing: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, JournalError> {
        let done = self.transaction().and_then(|transaction| {
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(JournalError::sqlite(doing, self.place.main()))
    }

    pub(super) fn transaction(&mut self) -> rusqlite::Result<Transaction<'_>> {
        let connection = self.connection.as_mut().expect("a run has begun");
        connection.transaction_with_behavior(TransactionBehavior::Immediate)
    }
}
