//! The journal in an SQLite file beside the input. This folder is the only one that knows SQL.

mod checksum;
mod file_kind;
mod fold;
mod forget;
mod format_1;
mod header;
mod history;
mod lock;
mod place;
mod presence;
mod probable;
mod reports;
mod requests;
mod rows;
mod run_starts;
mod runs;
mod schema;
mod source;
mod tables;
#[cfg(test)]
mod tests;
mod wal;
mod write;

use super::error::JournalError;
use super::records::{Access, Campaign, LostRecords, RunSpan};
use crate::batch::fingerprint::Fingerprint;
use crate::batch::numbers::{Numbers, NumbersBuilder};
use crate::batch::state::CampaignKind;
use crate::files;
use file_kind::FileKind;
use header::Present;
use jiff::Timestamp;
use lock::{CommitCount, Lock};
use place::JournalPath;
use presence::Presence;
use rows::{JournalId, JournalRow, RunRow};
use rusqlite::Connection;
use schema::Durability;
use source::Records;
use std::path::{Path, PathBuf};
use tables::JournalFormat;

pub(crate) use history::FileHistory;
pub(crate) use place::{names_of, was_here};
pub(crate) use reports::FileReportMatcher;
pub(crate) use requests::{FileRequests, request_journal_hint};

/// The journal of one batch: locked for a run, or open for reading alone. The file comes into being with the first campaign.
#[derive(Debug)]
pub(crate) struct FileJournal {
    place: JournalPath,
    /// `None` until there is a file.
    connection: Option<Connection>,
    format: JournalFormat,
    /// `None` in format 1, and until there is a file.
    id: Option<JournalId>,
    /// As it is in the file. Only of use while the journal is locked.
    last_run: Option<RunRow>,
    /// True where somebody has agreed that the last records are lost, and no run has begun since.
    lost: bool,
    /// The id of the next attempt. Only of use while the journal is locked.
    next_attempt: i64,
    /// True where the run before has not closed it, and its -wal holds records.
    left_open: bool,
    /// True once the main file says that this process is writing.
    marked: bool,
    /// Known from the first record on.
    presence: Option<Presence>,
    /// Where the records go if the file is deleted under its run.
    refuge: Option<PathBuf>,
    /// `None` for a journal that is open for reading alone.
    lock: Option<Lock>,
}

impl FileJournal {
    /// Opens what is there. [`Access::Locked`] locks it first, and writes nothing but the lock file; [`Access::ReadOnly`] creates
    /// and changes nothing.
    pub(crate) fn open(path: &Path, access: Access, lost_records: LostRecords) -> Result<Self, JournalError> {
        let place = JournalPath::at(path)?;
        place.refuse_strangers()?;
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
            format: JournalFormat::Two,
            id: None,
            last_run: None,
            lost: false,
            next_attempt: 1,
            left_open: false,
            marked: false,
            presence: None,
            refuge: None,
            lock,
        };
        if header::examine(&journal.place, &FileKind::BATCH)? == Present::Journal
            && let Some(missing) = journal.connect()?
        {
            if lost_records == LostRecords::Refuse {
                return Err(missing);
            }
            journal.lost = true;
        }
        Ok(journal)
    }

    pub(crate) fn path(&self) -> &Path {
        self.place.main()
    }

    /// `None` where there is no journal yet, or where no run has begun.
    pub(crate) fn campaign(&self) -> Result<Option<Campaign>, JournalError> {
        self.records().map_or(Ok(None), fold::campaign)
    }

    /// Why its first campaign began.
    pub(crate) fn first_campaign(&self) -> Result<Option<CampaignKind>, JournalError> {
        self.records().map_or(Ok(None), fold::first_campaign)
    }

    /// The fingerprints of all campaigns.
    pub(crate) fn fingerprints(&self) -> Result<Vec<(CampaignKind, Fingerprint)>, JournalError> {
        self.records().map_or(Ok(Vec::new()), fold::fingerprints)
    }

    /// The journals of this name that were set aside, the oldest first.
    pub(crate) fn asides(&self) -> Result<Vec<PathBuf>, JournalError> {
        self.place.asides()
    }

    /// True where this journal, which was set aside, was the last that had records at the place of `other`: its commits are those
    /// that the lock there counts.
    pub(crate) fn was_last_at(&self, other: &Self) -> bool {
        let count = CommitCount::beside(&other.place);
        self.id.is_some() && count.map(|count| count.journal) == self.id
    }

    /// What a journal that is open for reading alone knows of each number; `None` where it has no records.
    pub(crate) fn past(&self) -> Result<Option<FileHistory<'_>>, JournalError> {
        let Some(records) = self.records() else {
            return Ok(None);
        };
        FileHistory::of_reader(self.deliveries()?, records).map(Some)
    }

    /// When the last run was at work. A run has begun.
    pub(crate) fn last_run(&self) -> Result<RunSpan, JournalError> {
        fold::last_run(self.records().expect("a run has begun"))
    }

    /// How many of the numbers that the last run had to send are still to send; it reads all of that run.
    pub(crate) fn left(&self) -> Result<u64, JournalError> {
        self.records().map_or(Ok(0), fold::left)
    }

    /// Gives every number of `numbers`, all of them new, its state at `now` by this journal.
    pub(crate) fn fold_into(&self, numbers: &mut Numbers, now: Timestamp) -> Result<(), JournalError> {
        self.records()
            .map_or(Ok(()), |records| fold::fold_into(records, numbers, now))
    }

    /// Every number that was ever tried, with its state at `now`: what can be said without the input.
    pub(crate) fn numbers(&self, now: Timestamp) -> Result<Numbers, JournalError> {
        self.records().map_or_else(
            || Ok(NumbersBuilder::default().finish()),
            |records| fold::numbers(records, now),
        )
    }

    /// How many numbers another process has requests under way for; `None` where no other run holds this journal.
    pub(crate) fn under_way(&self) -> Result<Option<u64>, JournalError> {
        match self.records() {
            Some(records) if self.lock.is_none() && lock::is_held(&self.place) => {
                fold::under_way(records).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// How many numbers of the last campaign met each error id, the most frequent first.
    pub(crate) fn error_ids(&self) -> Result<Vec<(String, u64)>, JournalError> {
        self.records().map_or(Ok(Vec::new()), fold::error_ids)
    }

    /// Connects to a journal that is there, and says what of it is missing, if anything is.
    fn connect(&mut self) -> Result<Option<JournalError>, JournalError> {
        let path = self.place.main();
        let quiet = self.lock.is_some() || !lock::is_held(&self.place);
        // Before the journal: a run that is writing may make it more than this, and never less.
        let count = CommitCount::beside(&self.place);
        let with_wal = self.place.has_wal()?;
        // Before SQLite may write over what it can't use.
        let damage = if with_wal && quiet {
            wal::damage(&self.place)?
        } else {
            None
        };
        let connection = if self.lock.is_some() {
            let writer = schema::open_writer(path, Durability::WriteAheadLog)?;
            // Opening has made an empty one, which goes again unless something is written.
            schema::bring_home_on_close(&writer, !with_wal).map_err(JournalError::sqlite("open", path))?;
            writer
        } else {
            schema::open_reader(path, with_wal)?
        };
        if quiet {
            schema::check(&connection, path)?;
        }
        if self.lock.is_some() {
            files::make_private(path).map_err(JournalError::io("protect", path))?;
        }
        self.format = schema::format(&connection, path)?;
        let Some(row) = JournalRow::read(&connection, self.format, path)? else {
            return Err(JournalError::Damaged {
                path: path.into(),
                what: "its header row is missing".to_owned(),
            });
        };
        self.left_open = with_wal;
        self.id = row.id;
        self.last_run = RunRow::read_all(&connection, self.format, path)?.pop();
        let last_attempt: i64 = connection
            .query_row("SELECT coalesce(max(id), 0) FROM attempt", [], |row| row.get(0))
            .map_err(JournalError::sqlite("read", path))?;
        let begun_after = self.last_run.map_or(0, |run| run.after_attempt);
        self.next_attempt = last_attempt.max(begun_after) + 1;
        self.connection = Some(connection);
        Ok(self.missing(row, with_wal, damage, count))
    }

    /// What a journal lacks of the records that were acknowledged. A -wal counts only where the main file says that it is not
    /// the whole journal.
    fn missing(
        &self,
        row: JournalRow,
        with_wal: bool,
        damage: Option<String>,
        count: Option<CommitCount>,
    ) -> Option<JournalError> {
        let path = || self.path().into();
        let count = count.filter(|count| Some(count.journal) == row.id);
        let found = self.last_run.map_or(0, |run| run.commits);
        if let Some(what) = damage.filter(|_| !row.clean) {
            return Some(JournalError::WalDamaged { path: path(), what });
        }
        if !row.clean && !with_wal {
            // Or another program has brought everything into the main file, and removed the -wal.
            let whole = count.is_some_and(|count| count.is_exact() && count.commits <= found);
            return (!whole).then(|| JournalError::WalMissing { path: path() });
        }
        let expected = count.map_or(found, |count| count.commits);
        (expected > found).then(|| JournalError::RecordsMissing {
            path: path(),
            found,
            expected,
        })
    }

    fn records(&self) -> Option<Records<'_>> {
        Some(Records {
            connection: self.connection.as_ref()?,
            path: self.path(),
            format: self.format,
            lost: self.lost,
        })
    }

    fn connected(&self) -> &Connection {
        self.connection.as_ref().expect("a run has begun")
    }
}
