//! Rows of the tables, as the journal's own types.

use super::fault::SqliteFault;
use super::lock;
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::{Attempt, Detail};
use crate::journal::report::{Candidates, ReportToAdd};
use crate::journal::row::{self, ANSWER_COLUMNS, JournalRow, REPORTED_COLUMNS, RUN_COLUMNS, STATE_COLUMNS};
use crate::journal::run::{CampaignId, RunId, RunName, RunRecord};
use jiff::Timestamp;
use rusqlite::types::{Type, Value};
use rusqlite::{Connection, Error, OptionalExtension, Result, Row};
use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

impl JournalRow for Row<'_> {
    type Error = Error;

    fn whole(&self, column: usize) -> Result<Option<i64>> {
        self.get(column)
    }

    fn text(&self, column: usize) -> Result<Option<String>> {
        self.get(column)
    }

    fn moment(&self, column: usize) -> Result<Option<Timestamp>> {
        let moment = self.whole(column)?.map(Timestamp::from_millisecond);
        moment.transpose().map_err(|_| Self::damaged(column))
    }

    fn damaged(column: usize) -> Error {
        Error::InvalidColumnType(column, "no value of smspin".to_owned(), Type::Null)
    }
}

/// All attempts at some numbers in a campaign, each with its number: number by number, and in their order.
pub(super) fn attempts(
    connection: &Connection,
    campaign: CampaignId,
    numbers: &[Msisdn],
    detail: Detail,
) -> Result<Vec<(Msisdn, Attempt)>> {
    // A cross join goes through its tables from left to right.
    let select = format!(
        "SELECT {STATE_COLUMNS}, {ANSWER_COLUMNS} FROM rarray(?2) CROSS JOIN attempts a ON campaign = ?1 AND msisdn = value"
    );
    connection
        .prepare_cached(&select)?
        .query_map((campaign.0, values(numbers)), |row| row::attempt(row, detail))?
        .collect()
}

/// All attempts that reports may be about.
pub(super) fn candidates(
    connection: &Connection,
    journal: &Path,
    reports: &[ReportToAdd],
) -> Result<Candidates> {
    let secret: Vec<u8> = connection.query_row("SELECT secret FROM meta", [], |row| row.get(0))?;
    let numbers: BTreeSet<Msisdn> = reports.iter().map(|report| report.report.to).collect();
    let numbers: Vec<Msisdn> = numbers.into_iter().collect();
    let select = format!(
        "SELECT {STATE_COLUMNS}, {REPORTED_COLUMNS} FROM rarray(?1) CROSS JOIN campaigns c
         CROSS JOIN attempts a ON a.campaign = c.id AND a.msisdn = value LEFT JOIN runs r ON r.id = a.run"
    );
    let mut statement = connection.prepare_cached(&select)?;
    let found = statement.query_map([values(&numbers)], |row| {
        row::reported(row, &secret, |_, run| lock::is_held(journal, run))
    })?;
    let mut candidates = Candidates::new();
    for found in found {
        let (msisdn, candidate) = found?;
        candidates.entry(msisdn).or_default().push(candidate);
    }
    Ok(candidates)
}

/// Numbers as a table with the column `value`.
fn values(numbers: &[Msisdn]) -> Rc<Vec<Value>> {
    let values = numbers.iter().map(|msisdn| Value::Integer(number(*msisdn)));
    Rc::new(values.collect())
}

/// The runs, in the order in which they began. Whether one is alive is found out after its record was read.
pub(super) fn runs(connection: &Connection, journal: &Path) -> Result<Vec<RunRecord>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {RUN_COLUMNS} FROM runs ORDER BY id"))?;
    let mut records: Vec<RunRecord> = statement
        .query_map([], |row| row::run(row))?
        .collect::<Result<_>>()?;
    for record in &mut records {
        record.is_alive = record.end.is_none() && lock::is_held(journal, &record.name);
    }
    Ok(records)
}

/// The run of a name. It counts as dead.
pub(super) fn run_of_name(connection: &Connection, name: &RunName) -> Result<Option<RunRecord>> {
    connection
        .prepare_cached(&format!("SELECT {RUN_COLUMNS} FROM runs WHERE name = ?1"))?
        .query_row([name.as_str()], |row| row::run(row))
        .optional()
}

pub(super) fn campaign(connection: &Connection, name: &str) -> Result<Option<CampaignId>> {
    let id = connection
        .prepare_cached("SELECT id FROM campaigns WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(id.map(CampaignId))
}

pub(super) fn campaigns(connection: &Connection) -> Result<Vec<(CampaignId, String)>, SqliteFault> {
    let mut statement = connection.prepare_cached("SELECT id, name FROM campaigns ORDER BY id")?;
    let campaigns = statement.query_map([], |row| row::campaign(row))?;
    Ok(campaigns.collect::<Result<_>>()?)
}

/// The first numbers of a campaign behind `after`, at most `limit` of them.
pub(super) fn numbers(
    connection: &Connection,
    campaign: CampaignId,
    after: Option<Msisdn>,
    limit: u32,
) -> Result<Vec<Msisdn>, SqliteFault> {
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT msisdn FROM attempts WHERE campaign = ?1 AND msisdn > ?2 ORDER BY msisdn LIMIT ?3",
    )?;
    let found = statement.query_map((campaign.0, after.map_or(0, number), limit), |row| {
        row::msisdn(row, 0)
    })?;
    Ok(found.collect::<Result<_>>()?)
}

/// Writes `now` into what is dated later.
pub(super) fn correct_times(
    connection: &Connection,
    campaign: CampaignId,
    msisdn: Msisdn,
    now: Timestamp,
) -> Result<bool> {
    let corrected = connection
        .prepare_cached(
            "UPDATE attempts SET at = min(at, ?3), answered_at = min(answered_at, ?3)
             WHERE campaign = ?1 AND msisdn = ?2 AND (at > ?3 OR answered_at > ?3)",
        )?
        .execute((campaign.0, number(msisdn), now.as_millisecond()))?;
    Ok(corrected > 0)
}

/// Returns whether the number was not excluded before.
pub(super) fn exclude(connection: &Connection, msisdn: Msisdn, run: RunId) -> Result<bool> {
    let excluded = connection
        .prepare_cached("INSERT INTO excluded (msisdn, run) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((number(msisdn), run.0))?;
    Ok(excluded > 0)
}

/// Returns whether the number was excluded.
pub(super) fn readmit(connection: &Connection, msisdn: Msisdn) -> Result<bool> {
    let readmitted = connection
        .prepare_cached("DELETE FROM excluded WHERE msisdn = ?1")?
        .execute([number(msisdn)])?;
    Ok(readmitted > 0)
}

/// Those of the numbers that are excluded, and the runs that have excluded them.
pub(super) fn excluded(connection: &Connection, numbers: &[Msisdn]) -> Result<Vec<(Msisdn, RunId)>> {
    connection
        .prepare_cached("SELECT msisdn, run FROM rarray(?1) CROSS JOIN excluded ON msisdn = value")?
        .query_map([values(numbers)], |row| row::excluded(row))?
        .collect()
}

/// A phone number as a value of SQLite.
pub(super) fn number(msisdn: Msisdn) -> i64 {
    msisdn.as_u64().cast_signed()
}
