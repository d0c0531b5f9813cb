//! Rows of the tables, as the journal's own types.

use super::fault::SqliteFault;
use super::lock;
use crate::dlr::DeliveryStatus;
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::{AnswerRecord, Attempt, AttemptState, Delivery, Detail};
use crate::journal::run::{CampaignId, RunEnd, RunId, RunName, RunRecord};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, Error, OptionalExtension, Result, Row};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

/// The columns of `attempts` that [`attempt`] reads, in its order.
macro_rules! attempt_columns {
    () => {
        "nth, attempts.run, at, expires_in, state, answered_at, report_status, report_at, report_received_at, report_has_id, \
         http, error_id, error_msg, detail, latency"
    };
}
pub(super) use attempt_columns;

/// How many columns that are.
pub(super) const ATTEMPT_COLUMNS: usize = 15;

/// All attempts at some numbers in a campaign, each with its number: number by number, and in their order.
pub(super) fn attempts(
    connection: &Connection,
    campaign: CampaignId,
    numbers: &[Msisdn],
    detail: Detail,
) -> Result<Vec<(Msisdn, Attempt)>> {
    // A cross join goes through its tables from left to right.
    const SELECT: &str = concat!(
        "SELECT ",
        attempt_columns!(),
        ", msisdn FROM rarray(?2) CROSS JOIN attempts ON campaign = ?1 AND msisdn = value"
    );
    connection
        .prepare_cached(SELECT)?
        .query_map((campaign.0, values(numbers)), |row| {
            Ok((msisdn(row, ATTEMPT_COLUMNS)?, attempt(row, detail)?))
        })?
        .collect()
}

/// Numbers as a table with the column `value`.
fn values(numbers: &[Msisdn]) -> Rc<Vec<Value>> {
    let values = numbers.iter().map(|msisdn| Value::Integer(number(*msisdn)));
    Rc::new(values.collect())
}

pub(super) fn attempt(row: &Row<'_>, detail: Detail) -> Result<Attempt> {
    let code: i64 = row.get(4)?;
    let answered_at = optional_time(row, 5)?;
    Ok(Attempt {
        nth: row.get(0)?,
        run: RunId(row.get(1)?),
        at: time(row, 2)?,
        expires_in: row.get(3)?,
        state: AttemptState::from_code(code).ok_or(Error::IntegralValueOutOfRange(4, code))?,
        answered_at,
        delivery: delivery(row)?,
        answer: match answered_at {
            Some(_) if detail == Detail::Full => Some(Box::new(answer(row)?)),
            _ => None,
        },
    })
}

fn delivery(row: &Row<'_>) -> Result<Option<Delivery>> {
    let Some(status) = row.get_ref(6)?.as_str_or_null()? else {
        return Ok(None);
    };
    let unknown = || Error::InvalidColumnType(6, "report_status".to_owned(), rusqlite::types::Type::Text);
    Ok(Some(Delivery {
        status: DeliveryStatus::of(status).ok_or_else(unknown)?,
        at: optional_time(row, 7)?,
        received_at: time(row, 8)?,
        is_certain: row.get(9)?,
    }))
}

fn answer(row: &Row<'_>) -> Result<AnswerRecord> {
    Ok(AnswerRecord {
        http: row.get(10)?,
        error_id: row.get(11)?,
        error_msg: row.get(12)?,
        detail: row.get(13)?,
        latency_ms: row.get(14)?,
    })
}

/// The columns of `runs` that [`run`] reads, in its order.
macro_rules! run_columns {
    () => {
        "id, name, campaign, began, last_seen, ended, exit_status, rows_left, group_count, timeout, host, pid, list, digest, \
         settings, forgotten"
    };
}

/// The runs, in the order in which they began. Whether one is alive is found out after its record was read.
pub(super) fn runs(connection: &Connection, journal: &Path) -> Result<Vec<RunRecord>> {
    const SELECT: &str = concat!("SELECT ", run_columns!(), " FROM runs ORDER BY id");
    let mut statement = connection.prepare_cached(SELECT)?;
    let mut records: Vec<RunRecord> = statement.query_map([], run)?.collect::<Result<_>>()?;
    for record in &mut records {
        record.is_alive = record.end.is_none() && lock::is_held(journal, &record.name);
    }
    Ok(records)
}

/// The run of a name. It counts as dead.
pub(super) fn run_of_name(connection: &Connection, name: &RunName) -> Result<Option<RunRecord>> {
    const SELECT: &str = concat!("SELECT ", run_columns!(), " FROM runs WHERE name = ?1");
    connection
        .prepare_cached(SELECT)?
        .query_row([name.as_str()], run)
        .optional()
}

fn run(row: &Row<'_>) -> Result<RunRecord> {
    let end = match optional_time(row, 5)? {
        None => None,
        Some(at) => Some(RunEnd {
            at,
            exit: row.get(6)?,
            left: count(row, 7)?,
        }),
    };
    Ok(RunRecord {
        id: RunId(row.get(0)?),
        name: run_name(row, 1)?,
        campaign: CampaignId(row.get(2)?),
        began: time(row, 3)?,
        last_seen: time(row, 4)?,
        end,
        groups: count(row, 8)?,
        timeout: Duration::from_millis(count(row, 9)?),
        host: row.get(10)?,
        pid: row.get(11)?,
        list: row.get(12)?,
        digest: row.get(13)?,
        settings: row.get(14)?,
        forgotten: optional_time(row, 15)?,
        is_alive: false,
    })
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
    let campaigns = statement.query_map([], |row| Ok((CampaignId(row.get(0)?), row.get(1)?)))?;
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
    let found = statement.query_map((campaign.0, after.map_or(0, number), limit), |row| msisdn(row, 0))?;
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
        .query_map([values(numbers)], |row| Ok((msisdn(row, 0)?, RunId(row.get(1)?))))?
        .collect()
}

pub(super) fn run_name(row: &Row<'_>, column: usize) -> Result<RunName> {
    let name: String = row.get(column)?;
    let no_name = || Error::InvalidColumnType(column, "name".to_owned(), rusqlite::types::Type::Text);
    RunName::parse(&name).ok_or_else(no_name)
}

pub(super) fn msisdn(row: &Row<'_>, column: usize) -> Result<Msisdn> {
    let value = count(row, column)?;
    let wrong = || Error::IntegralValueOutOfRange(column, value.cast_signed());
    Msisdn::from_u64(value).ok_or_else(wrong)
}

pub(super) fn count(row: &Row<'_>, column: usize) -> Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| Error::IntegralValueOutOfRange(column, value))
}

fn time(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    as_time(row.get(column)?, column)
}

pub(super) fn optional_time(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    let value: Option<i64> = row.get(column)?;
    value.map(|value| as_time(value, column)).transpose()
}

fn as_time(value: i64, column: usize) -> Result<Timestamp> {
    Timestamp::from_millisecond(value).map_err(|_| Error::IntegralValueOutOfRange(column, value))
}

/// A phone number as a value of SQLite.
pub(super) fn number(msisdn: Msisdn) -> i64 {
    msisdn.as_u64().cast_signed()
}
