//! What the journal knows of one number after another: the join of results with the rows of the input.
//!
//! It makes its index when it is opened; sending drops it, because an index would scatter every group over the file.

use super::super::standing::{Ended, Standing, State};
use super::error::JournalError;
use super::fold::{self, Boundaries};
use super::records::{Attempt, Closing, Record};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use rusqlite::{Connection, Row, Statement};
use std::path::Path;

const QUERY: &str =
    "SELECT a.id, a.started_at, a.repeat, o.state, o.ended_at, o.http, o.error_id, o.error_msg, o.detail
    FROM attempt a LEFT JOIN outcome o ON o.attempt = a.id WHERE a.msisdn = ?1 ORDER BY a.id";

pub(super) fn make_index(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("CREATE INDEX IF NOT EXISTS attempt_by_number ON attempt (msisdn)")
}

pub(super) fn drop_index(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DROP INDEX IF EXISTS attempt_by_number")
}

/// Looks up numbers, in any order.
pub(crate) struct History<'a> {
    path: &'a Path,
    statement: Statement<'a>,
    boundaries: Boundaries,
}

impl<'a> History<'a> {
    pub(super) fn new(connection: &'a Connection, path: &'a Path) -> Result<Self, JournalError> {
        let failed = JournalError::sqlite("read", path);
        let statement = connection.prepare(QUERY).map_err(failed)?;
        Ok(Self {
            path,
            statement,
            boundaries: Boundaries::read(connection, path)?,
        })
    }

    /// A number that was never tried has a record too: it stands as new.
    pub(crate) fn of(&mut self, number: Msisdn) -> Result<Record, JournalError> {
        let failed = JournalError::sqlite("read", self.path);
        let mut passed = 0;
        let mut record = Record {
            standing: Standing::NEW,
            attempts: 0,
            deciding: None,
        };
        let mut rows = self
            .statement
            .query([number.as_u64().cast_signed()])
            .map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let (id, attempt) = read(row, self.path)?;
            cross(&mut record, &self.boundaries, id, &mut passed);
            let ended = attempt.closing.as_ref().map(|closing| closing.ended);
            if !record.standing.attempted() {
                record.attempts = 0;
            }
            record.attempts += 1;
            let alone = Standing::NEW.after(ended, false).state();
            record.standing = record.standing.after(ended, false);
            if alone == record.standing.state() || record.deciding.is_none() {
                record.deciding = Some(attempt);
            }
        }
        cross(&mut record, &self.boundaries, i64::MAX, &mut passed);
        Ok(record)
    }
}

/// Takes a record into the campaigns that begin before an attempt.
fn cross(record: &mut Record, boundaries: &Boundaries, attempt: i64, passed: &mut usize) {
    for (_, kind) in boundaries.before(attempt, passed) {
        record.standing = record.standing.in_next_campaign(*kind);
        if record.standing.state() == State::Pending {
            record.attempts = 0;
            record.deciding = None;
        }
    }
}

fn read(row: &Row<'_>, path: &Path) -> Result<(i64, Attempt), JournalError> {
    let failed = JournalError::sqlite("read", path);
    let code: Option<i64> = row.get(3).map_err(failed)?;
    let closing = match code {
        None => None,
        Some(code) => {
            let ended = fold::known(Ended::from_code(code), path, "an outcome")?;
            let at = fold::time(row.get(4).map_err(failed)?, path)?;
            Some(closing(row, ended, at).map_err(failed)?)
        }
    };
    let at = fold::time(row.get(1).map_err(failed)?, path)?;
    let repeat = row.get(2).map_err(failed)?;
    Ok((row.get(0).map_err(failed)?, Attempt { at, repeat, closing }))
}

fn closing(row: &Row<'_>, ended: Ended, at: Timestamp) -> rusqlite::Result<Closing> {
    let (http, error_id) = (row.get(5)?, row.get(6)?);
    Ok(Closing {
        ended,
        at,
        http,
        error_id,
        error_msg: row.get(7)?,
        detail: row.get(8)?,
    })
}
