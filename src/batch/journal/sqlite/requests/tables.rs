//! The two tables of the journal of single requests, and their rows.

use super::clock::{Boot, ClockReading, JournalTime};
use crate::batch::journal::error::JournalError;
use crate::batch::journal::sqlite::checksum::Table;
use crate::batch::journal::sqlite::source::{known, number};
use crate::batch::journal::sqlite::tables::JournalFormat;
use crate::batch::state::AttemptResult;
use crate::domain::msisdn::Msisdn;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use std::path::Path;

/// As SQLite keeps them; compared with at every opening. Every row ends with its checksum.
pub(super) const TABLES: [&str; 2] = [
    "CREATE TABLE head ( -- one row
  sandbox INTEGER NOT NULL, -- 1: of requests to the sandbox
  now INTEGER NOT NULL, -- the journal's own time at the last claim, in milliseconds: no more than has passed
  wall INTEGER NOT NULL, -- the latest that the system's clock has shown, in milliseconds since 1970
  boot TEXT, -- which start of the machine it was; NULL: the system doesn't say
  uptime INTEGER, -- the time since then, in milliseconds
  requests INTEGER NOT NULL, -- the rows in the other table
  next_request INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT",
    "CREATE TABLE request ( -- committed before its first byte leaves; deleted if it was certainly not taken
  id INTEGER PRIMARY KEY,
  msisdn INTEGER NOT NULL,
  begun_at INTEGER NOT NULL, -- by the journal's own time
  state INTEGER, -- 1 accepted, 5 unknown; NULL: its outcome was never recorded, so it may have been taken
  checksum INTEGER NOT NULL
) STRICT",
];

const HEAD: Table = Table {
    name: "head",
    insert: "INSERT OR REPLACE INTO main.head (rowid, sandbox, now, wall, boot, uptime, requests, next_request, checksum) \
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
};
const REQUEST: Table = Table {
    name: "request",
    insert: "INSERT OR REPLACE INTO main.request VALUES (?1, ?2, ?3, ?4, ?5)",
};

/// What the journal says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HeadRow {
    sandbox: bool,
    pub(super) time: JournalTime,
    /// How many rows the other table has.
    pub(super) requests: i64,
    pub(super) next_request: i64,
}

impl HeadRow {
    pub(super) const fn new(sandbox: bool, time: JournalTime) -> Self {
        Self {
            sandbox,
            time,
            requests: 0,
            next_request: 1,
        }
    }

    /// Refuses the journal of the sandbox for real requests, and the other way round.
    pub(super) fn read(connection: &Connection, path: &Path, sandbox: bool) -> Result<Self, JournalError> {
        let failed = JournalError::sqlite("read", path);
        let mut statement = connection
            .prepare_cached("SELECT * FROM main.head")
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let row = known(rows.next().map_err(failed)?, path, "its table head")?;
        HEAD.verify(row, JournalFormat::Two, path)?;
        let head = Self::of(row).map_err(failed)?;
        if head.sandbox == sandbox {
            return Ok(head);
        }
        Err(JournalError::NotAJournal {
            path: path.into(),
            why: if head.sandbox {
                "it is the one of requests to the sandbox, which sends no SMS"
            } else {
                "it is the one of requests that were really sent"
            },
        })
    }

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let boot: Option<String> = row.get(3)?;
        let uptime: Option<i64> = row.get(4)?;
        Ok(Self {
            sandbox: row.get(0)?,
            time: JournalTime {
                at: row.get(1)?,
                reading: ClockReading {
                    wall: row.get(2)?,
                    boot: boot.zip(uptime).map(|(id, uptime)| Boot { id, uptime }),
                },
            },
            requests: row.get(5)?,
            next_request: row.get(6)?,
        })
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let boot = self.time.reading.boot.as_ref();
        let values = [
            ValueRef::Integer(self.sandbox.into()),
            ValueRef::Integer(self.time.at),
            ValueRef::Integer(self.time.reading.wall),
            boot.map_or(ValueRef::Null, |boot| ValueRef::Text(boot.id.as_bytes())),
            boot.map_or(ValueRef::Null, |boot| ValueRef::Integer(boot.uptime)),
            ValueRef::Integer(self.requests),
            ValueRef::Integer(self.next_request),
        ];
        HEAD.insert(connection, &values)
    }

    /// The last request for a number. Reads every row, and refuses a journal that has lost one.
    pub(super) fn last_request(
        &self,
        connection: &Connection,
        path: &Path,
        msisdn: Msisdn,
    ) -> Result<Option<RequestRow>, JournalError> {
        let failed = JournalError::sqlite("read", path);
        let mut statement = connection
            .prepare_cached("SELECT * FROM main.request ORDER BY id")
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let (mut last, mut found) = (None, 0);
        while let Some(row) = rows.next().map_err(failed)? {
            let row = RequestRow::read(row, path)?;
            found += 1;
            if row.msisdn == msisdn {
                last = Some(row);
            }
        }
        if found == self.requests {
            return Ok(last);
        }
        Err(JournalError::Damaged {
            path: path.into(),
            what: format!("it has {found} requests, and {} were recorded", self.requests),
        })
    }
}

/// One request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestRow {
    id: i64,
    msisdn: Msisdn,
    /// By the journal's own time.
    pub(super) begun_at: i64,
    /// `None` where no outcome was recorded.
    pub(super) state: Option<AttemptResult>,
}

impl RequestRow {
    pub(super) const fn begun(id: i64, msisdn: Msisdn, time: &JournalTime) -> Self {
        Self {
            id,
            msisdn,
            begun_at: time.at,
            state: None,
        }
    }

    pub(super) const fn ended(self, ended: AttemptResult) -> Self {
        Self {
            state: Some(ended),
            ..self
        }
    }

    fn read(row: &Row<'_>, path: &Path) -> Result<Self, JournalError> {
        REQUEST.verify(row, JournalFormat::Two, path)?;
        let failed = JournalError::sqlite("read", path);
        let state: Option<i64> = row.get(3).map_err(failed)?;
        let state = match state {
            None => None,
            Some(code) => Some(known(AttemptResult::from_code(code), path, "a state")?),
        };
        Ok(Self {
            id: row.get(0).map_err(failed)?,
            msisdn: known(number(row.get(1).map_err(failed)?), path, "a number")?,
            begun_at: row.get(2).map_err(failed)?,
            state,
        })
    }

    /// `None` where it has been forgotten.
    pub(super) fn find(connection: &Connection, path: &Path, id: i64) -> Result<Option<Self>, JournalError> {
        let failed = JournalError::sqlite("read", path);
        let mut statement = connection
            .prepare_cached("SELECT * FROM main.request WHERE id = ?1")
            .map_err(failed)?;
        let mut rows = statement.query([id]).map_err(failed)?;
        let row = rows.next().map_err(failed)?;
        row.map(|row| Self::read(row, path)).transpose()
    }

    /// Writes it in place of the one with its id, if there is one.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let values = [
            ValueRef::Integer(self.id),
            ValueRef::Integer(self.msisdn.as_u64().cast_signed()),
            ValueRef::Integer(self.begun_at),
            self.state
                .map_or(ValueRef::Null, |state| ValueRef::Integer(state.code())),
        ];
        REQUEST.insert(connection, &values)
    }

    /// How many rows it deleted: one, or none.
    pub(super) fn delete(connection: &Connection, id: i64) -> rusqlite::Result<i64> {
        let deleted = connection.execute("DELETE FROM main.request WHERE id = ?1", [id])?;
        Ok(deleted.try_into().unwrap_or(i64::MAX))
    }

    /// How many rows it deleted: those of requests that began earlier.
    pub(super) fn delete_before(connection: &Connection, time: i64) -> rusqlite::Result<i64> {
        let deleted = connection.execute("DELETE FROM main.request WHERE begun_at < ?1", [time])?;
        Ok(deleted.try_into().unwrap_or(i64::MAX))
    }
}
