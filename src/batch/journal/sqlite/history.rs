//! What the journal knows of one number after another: the join of results with the rows of the input.
//!
//! Rows are asked for in the order they were sent in, or nearly, so most answers come from one scan over the attempts. The rest
//! is looked up in an index, which is made when it is first needed and is gone afterwards: while sending, it would scatter every
//! group over the file.

use super::run_starts::RunStarts;
use super::source::{Records, known, time};
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{AttemptOutcome, NumberHistory, PastAttempt, RowDelivery};
use crate::batch::state::{AttemptResult, NumberState, Status};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

const COLUMNS: &str =
    "SELECT a.id, a.started_at, a.repeat, o.state, o.ended_at, o.http, o.error_id, o.error_msg, o.detail,
    a.msisdn, s.settled_at FROM attempt a LEFT JOIN outcome o ON o.attempt = a.id
    LEFT JOIN settlement s ON s.attempt = a.id";

/// Looks up numbers, each once, in any order; in the order of their first attempts it is quickest.
pub(crate) struct FileHistory<'a> {
    path: &'a Path,
    /// One for all lookups, or each would take the file's locks and give them back. Nothing of it is to stay.
    connection: Transaction<'a>,
    starts: RunStarts,
    scan: AttemptScan,
    deliveries: HashMap<Msisdn, RowDelivery>,
    index: Index,
}

/// What finds the attempts of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Index {
    /// None yet; an index of the table, which goes with the transaction.
    ToMake,
    /// None yet; a table of its own that SQLite forgets with the connection, for a journal that may not be written.
    ToMakeAside,
    Made,
    MadeAside,
}

impl Index {
    const fn made(self) -> Self {
        match self {
            Self::ToMake | Self::Made => Self::Made,
            Self::ToMakeAside | Self::MadeAside => Self::MadeAside,
        }
    }

    /// What makes it.
    const fn sql(self) -> &'static str {
        match self {
            Self::ToMake => "CREATE INDEX IF NOT EXISTS attempt_by_number ON attempt (msisdn)",
            Self::ToMakeAside => {
                "CREATE TEMP TABLE by_number (msisdn INTEGER, id INTEGER, PRIMARY KEY (msisdn, id)) WITHOUT ROWID;
                 INSERT INTO by_number SELECT msisdn, id FROM attempt"
            }
            Self::Made | Self::MadeAside => "",
        }
    }

    /// The attempts of the number `?1`.
    const fn condition(self) -> &'static str {
        match self {
            Self::ToMake | Self::Made => "a.msisdn = ?1",
            Self::ToMakeAside | Self::MadeAside => "a.id IN (SELECT id FROM by_number WHERE msisdn = ?1)",
        }
    }
}

impl<'a> FileHistory<'a> {
    pub(super) fn new(
        deliveries: HashMap<Msisdn, RowDelivery>,
        records: Records<'a>,
    ) -> Result<Self, JournalError> {
        let Records { connection, path, .. } = records;
        let connection = connection
            .unchecked_transaction()
            .map_err(JournalError::sqlite("read", path))?;
        let starts = RunStarts::read(records)?;
        let scan = AttemptScan {
            // Where another campaign began, a number's first attempt doesn't tell that it is the last.
            exhausted: !starts.change_nothing(),
            after: 0,
            pending: HashMap::new(),
        };
        Ok(Self {
            path,
            connection,
            starts,
            scan,
            deliveries,
            index: Index::ToMake,
        })
    }

    /// Of a journal that is open for reading alone.
    pub(super) fn of_reader(
        deliveries: HashMap<Msisdn, RowDelivery>,
        records: Records<'a>,
    ) -> Result<Self, JournalError> {
        Ok(Self {
            index: Index::ToMakeAside,
            ..Self::new(deliveries, records)?
        })
    }

    /// The history of one number; of one that was never tried, [`NumberHistory::UNTRIED`].
    pub(crate) fn of(&mut self, number: Msisdn) -> Result<NumberHistory, JournalError> {
        let mut record = self.attempts_of(number)?;
        let began = record.deciding.as_ref().map(|attempt| attempt.at);
        let delivery = self.deliveries.get(&number).copied();
        // A report that was there before the request is about an earlier SMS.
        record.delivery =
            delivery.filter(|delivery| began.is_some_and(|began| delivery.received_at >= began));
        Ok(record)
    }

    fn attempts_of(&mut self, number: Msisdn) -> Result<NumberHistory, JournalError> {
        if let Some(attempt) = self.scan.settled(number, &self.connection, self.path)? {
            let ended = attempt.outcome.as_ref().map(|outcome| outcome.ended);
            return Ok(NumberHistory {
                standing: NumberState::NEW.after(ended, false),
                attempts: 1,
                deciding: Some(attempt),
                refused_later: None,
                delivery: None,
            });
        }
        self.look_up(number)
    }

    fn look_up(&mut self, number: Msisdn) -> Result<NumberHistory, JournalError> {
        let failed = JournalError::sqlite("read", self.path);
        self.connection
            .execute_batch(self.index.sql())
            .map_err(JournalError::sqlite("index", self.path))?;
        self.index = self.index.made();
        let mut statement = self
            .connection
            .prepare_cached(&format!(
                "{COLUMNS} WHERE {} ORDER BY a.id",
                self.index.condition()
            ))
            .map_err(failed)?;
        let mut passed = 0;
        let mut record = NumberHistory::UNTRIED;
        let mut rows = statement.query([number.as_u64().cast_signed()]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let (id, attempt) = read(row, self.path)?;
            apply_run_starts(&mut record, &self.starts, id, &mut passed);
            let ended = attempt.outcome.as_ref().map(|outcome| outcome.ended);
            if !record.standing.attempted() {
                record.attempts = 0;
            }
            record.attempts += 1;
            let alone = NumberState::NEW.after(ended, false).state();
            record.standing = record.standing.after(ended, false);
            if alone == record.standing.state() || record.deciding.is_none() {
                record.deciding = Some(attempt);
                record.refused_later = None;
            } else if matches!(alone, Status::Refused | Status::RefusedAccount) {
                record.refused_later = attempt.outcome;
            }
        }
        apply_run_starts(&mut record, &self.starts, i64::MAX, &mut passed);
        Ok(record)
    }
}

/// All attempts in their order, a few at a time.
struct AttemptScan {
    exhausted: bool,
    /// The id of the last attempt that was read. `exhausted`: there are no more.
    after: i64,
    /// Numbers that were read and not asked for yet. `None` for a number with a second attempt.
    pending: HashMap<i64, Option<PastAttempt>>,
}

impl AttemptScan {
    /// Attempts that are read at once.
    const STEP: i64 = 1024;
    /// Numbers that it holds at most: rows overtake each other by no more than there are requests under way.
    const MOST: usize = 8 * 1024;

    /// The one attempt of a number that was accepted or refused at the first. Nobody tries such a number again in the same
    /// campaign, so what comes behind the scan can't change it. Of any other number the scan doesn't know enough.
    fn settled(
        &mut self,
        number: Msisdn,
        connection: &Connection,
        path: &Path,
    ) -> Result<Option<PastAttempt>, JournalError> {
        let digits = number.as_u64().cast_signed();
        loop {
            if let Some(met) = self.pending.remove(&digits) {
                let first = |outcome: &AttemptOutcome| {
                    matches!(outcome.ended, AttemptResult::Accepted | AttemptResult::Refused)
                };
                return Ok(met.filter(|attempt| attempt.outcome.as_ref().is_some_and(first)));
            }
            if self.exhausted || self.pending.len() > Self::MOST {
                return Ok(None);
            }
            self.step(connection, path)?;
        }
    }

    fn step(&mut self, connection: &Connection, path: &Path) -> Result<(), JournalError> {
        let failed = JournalError::sqlite("read", path);
        let mut statement = connection
            .prepare_cached(&format!("{COLUMNS} WHERE a.id > ?1 ORDER BY a.id LIMIT ?2"))
            .map_err(failed)?;
        let mut rows = statement.query([self.after, Self::STEP]).map_err(failed)?;
        self.exhausted = true;
        while let Some(row) = rows.next().map_err(failed)? {
            let (id, attempt) = read(row, path)?;
            (self.after, self.exhausted) = (id, false);
            match self.pending.entry(row.get(9).map_err(failed)?) {
                Entry::Vacant(free) => drop(free.insert(Some(attempt))),
                Entry::Occupied(mut met) => drop(met.insert(None)),
            }
        }
        Ok(())
    }
}

/// Applies the start of every run that begins before `attempt` to the state of a number.
fn apply_run_starts(record: &mut NumberHistory, starts: &RunStarts, attempt: i64, passed: &mut usize) {
    for start in starts.before(attempt, passed) {
        record.standing = start.apply(record.standing);
        if record.standing.state() == Status::Pending {
            record.attempts = 0;
            record.deciding = None;
            record.refused_later = None;
        }
    }
}

fn read(row: &Row<'_>, path: &Path) -> Result<(i64, PastAttempt), JournalError> {
    let failed = JournalError::sqlite("read", path);
    let code: Option<i64> = row.get(3).map_err(failed)?;
    let outcome = match code {
        None => None,
        Some(code) => {
            let ended = known(AttemptResult::from_code(code), path, "an outcome")?;
            let at = time(row.get(4).map_err(failed)?, path)?;
            Some(read_outcome(row, ended, at).map_err(failed)?)
        }
    };
    let outcome = match row.get(10).map_err(failed)? {
        None => outcome,
        Some(settled_at) => Some(AttemptOutcome::settled(outcome, time(settled_at, path)?)),
    };
    let at = time(row.get(1).map_err(failed)?, path)?;
    let repeat = row.get(2).map_err(failed)?;
    Ok((row.get(0).map_err(failed)?, PastAttempt { at, repeat, outcome }))
}

fn read_outcome(row: &Row<'_>, ended: AttemptResult, at: Timestamp) -> rusqlite::Result<AttemptOutcome> {
    let (http, error_id) = (row.get(5)?, row.get(6)?);
    Ok(AttemptOutcome {
        ended,
        at,
        http,
        error_id,
        error_msg: row.get(7)?,
        detail: row.get(8)?,
    })
}
