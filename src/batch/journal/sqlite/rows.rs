//! The rows that a journal has few of: its own, its campaigns, and its runs.

use super::checksum::{CAMPAIGN, FINGERPRINT, JOURNAL, RUN};
use super::tables::JournalFormat;
use crate::batch::fingerprint::Fingerprint;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::RunPlan;
use crate::batch::state::CampaignKind;
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::path::Path;

/// What tells one journal from another, and a copy of it from a copy of another.
pub(super) type JournalId = [u8; 16];

/// 16 random bytes.
pub(super) fn new_id() -> JournalId {
    let mut id = JournalId::default();
    getrandom::fill(&mut id).expect("the operating system provides secure random bytes");
    id
}

/// The one row of the table `journal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JournalRow {
    /// `None` in format 1.
    pub(super) id: Option<JournalId>,
    pub(super) clean: bool,
}

impl JournalRow {
    /// `None` where the row is missing.
    pub(super) fn read(
        connection: &Connection,
        format: JournalFormat,
        path: &Path,
    ) -> Result<Option<Self>, JournalError> {
        let rows = read_all(connection, "SELECT * FROM journal", path, |row| {
            JOURNAL.verify(row, format, path)?;
            let failed = JournalError::sqlite("read", path);
            Ok(Self {
                id: row.get(0).map_err(failed)?,
                clean: row.get(1).map_err(failed)?,
            })
        })?;
        Ok(<[Self; 1]>::try_from(rows).ok().map(|[row]| row))
    }

    pub(super) fn write(id: &JournalId, clean: bool, connection: &Connection) -> rusqlite::Result<()> {
        JOURNAL.insert(connection, &[ValueRef::Blob(id), ValueRef::Integer(clean.into())])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CampaignRow {
    pub(super) id: i64,
    pub(super) kind: i64,
    pub(super) begun_at: i64,
    pub(super) after_attempt: i64,
    pub(super) concluded: bool,
}

impl CampaignRow {
    /// All campaigns, the first one first.
    pub(super) fn read_all(
        connection: &Connection,
        format: JournalFormat,
        path: &Path,
    ) -> Result<Vec<Self>, JournalError> {
        read_all(connection, "SELECT * FROM campaign ORDER BY id", path, |row| {
            CAMPAIGN.verify(row, format, path)?;
            Self::read(row).map_err(JournalError::sqlite("read", path))
        })
    }

    /// The id of the last campaign; 0 where there is none.
    pub(super) fn last_id(connection: &Connection) -> rusqlite::Result<i64> {
        connection.query_row("SELECT coalesce(max(id), 0) FROM campaign", [], |row| row.get(0))
    }

    /// Writes the row of another campaign, and its fingerprint, and gives back its id. One whose numbers are forgotten is
    /// finished.
    pub(super) fn begin(
        kind: CampaignKind,
        fingerprint: &Fingerprint,
        after_attempt: i64,
        now: Timestamp,
        connection: &Connection,
    ) -> rusqlite::Result<i64> {
        let id = Self::last_id(connection)? + 1;
        let campaign = Self {
            id,
            kind: kind.code(),
            begun_at: now.as_millisecond(),
            after_attempt,
            concluded: kind == CampaignKind::Forgotten,
        };
        campaign.write(connection)?;
        for (part, value) in fingerprint.parts() {
            let values = [
                ValueRef::Integer(id),
                ValueRef::Text(part.as_bytes()),
                ValueRef::Text(value.as_bytes()),
            ];
            FINGERPRINT.insert(connection, &values)?;
        }
        Ok(id)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            kind: row.get(1)?,
            begun_at: row.get(2)?,
            after_attempt: row.get(3)?,
            concluded: row.get(4)?,
        })
    }

    /// Writes it in place of the one with its id.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let values = [
            self.id,
            self.kind,
            self.begun_at,
            self.after_attempt,
            self.concluded.into(),
        ];
        CAMPAIGN.insert(connection, &values.map(ValueRef::Integer))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunRow {
    pub(super) id: i64,
    pub(super) campaign: i64,
    pub(super) begun_at: i64,
    pub(super) after_attempt: i64,
    /// The counts of its plan, in the order of [`RunPlan::signed`].
    pub(super) plan: [i64; 4],
    pub(super) records_lost: bool,
    pub(super) seen_at: i64,
    pub(super) commits: i64,
}

impl RunRow {
    /// All runs, the first one first.
    pub(super) fn read_all(
        connection: &Connection,
        format: JournalFormat,
        path: &Path,
    ) -> Result<Vec<Self>, JournalError> {
        read_all(connection, "SELECT * FROM run ORDER BY id", path, |row| {
            RUN.verify(row, format, path)?;
            Self::read(row).map_err(JournalError::sqlite("read", path))
        })
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            campaign: row.get(1)?,
            begun_at: row.get(2)?,
            after_attempt: row.get(3)?,
            plan: [row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?],
            records_lost: row.get(8)?,
            seen_at: row.get(9)?,
            commits: row.get(10)?,
        })
    }

    /// Writes it in place of the one with its id.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let [rows, invalid, duplicates, open] = self.plan;
        let values = [
            self.id,
            self.campaign,
            self.begun_at,
            self.after_attempt,
            rows,
            invalid,
            duplicates,
            open,
            self.records_lost.into(),
            self.seen_at,
            self.commits,
        ];
        RUN.insert(connection, &values.map(ValueRef::Integer))
    }

    /// With one more commit, of records whose latest time this is. A clock that goes back takes nothing away.
    pub(super) fn with_commit(mut self, latest: Option<Timestamp>) -> Self {
        let latest = latest.map_or(i64::MIN, Timestamp::as_millisecond);
        self.seen_at = self.seen_at.max(latest);
        self.commits += 1;
        self
    }

    /// False once another run has begun, though this one holds the lock: the lock's file was deleted.
    pub(super) fn is_last(&self, connection: &Connection) -> rusqlite::Result<bool> {
        let mut last = connection.prepare_cached("SELECT max(id) FROM run")?;
        last.query_row([], |row| row.get::<_, i64>(0))
            .map(|last| last == self.id)
    }

    /// `None` where a count is not one that we write.
    pub(super) fn plan(&self) -> Option<RunPlan> {
        let [rows, invalid, duplicates, open] = self.plan.map(|count| u64::try_from(count).ok());
        Some(RunPlan {
            rows: rows?,
            invalid: invalid?,
            duplicates: duplicates?,
            open: open?,
        })
    }
}

fn read_all<T>(
    connection: &Connection,
    sql: &str,
    path: &Path,
    read: impl Fn(&Row<'_>) -> Result<T, JournalError>,
) -> Result<Vec<T>, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let mut statement = connection.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        all.push(read(row)?);
    }
    Ok(all)
}
