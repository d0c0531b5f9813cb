//! Rows of the tables, as the journal's own types.

use super::clock::ServerClock;
use super::fault::PostgresFault;
use super::session::{DatabaseSession, get};
use crate::domain::msisdn::Msisdn;
use crate::journal::row::{self, JournalRow, RUN_COLUMNS};
use crate::journal::run::{CampaignId, RunId, RunRecord};
use jiff::Timestamp;
use std::collections::HashSet;
use std::error::Error;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};

/// The key of a run's advisory lock is this number and the id of the run. `smsq`.
pub(super) const RUN_LOCK: i32 = 0x736D_7371;

/// A row of the tables, and the clock that its times are by.
pub(super) struct ClockedRow<'a>(pub(super) &'a Row, pub(super) ServerClock);

impl JournalRow for ClockedRow<'_> {
    type Error = PostgresFault;

    fn whole(&self, column: usize) -> Result<Option<i64>, PostgresFault> {
        let whole: Option<Whole> = get(self.0, column)?;
        Ok(whole.map(|whole| whole.0))
    }

    fn text(&self, column: usize) -> Result<Option<String>, PostgresFault> {
        get(self.0, column)
    }

    fn moment(&self, column: usize) -> Result<Option<Timestamp>, PostgresFault> {
        self.whole(column)?.map(|millis| self.1.read(millis)).transpose()
    }

    fn damaged(column: usize) -> PostgresFault {
        PostgresFault::damaged(&format!(
            "column {column} of a row holds what smspin never writes"
        ))
    }
}

/// A whole number of any size, or a truth.
struct Whole(i64);

impl<'a> FromSql<'a> for Whole {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *of {
            Type::BOOL => bool::from_sql(of, raw)?.into(),
            Type::INT2 => i16::from_sql(of, raw)?.into(),
            Type::INT4 => i32::from_sql(of, raw)?.into(),
            _ => i64::from_sql(of, raw)?,
        }))
    }

    fn accepts(of: &Type) -> bool {
        [Type::BOOL, Type::INT2, Type::INT4, Type::INT8].contains(of)
    }
}

/// Selects attempts at some numbers: `$1` is the campaign and `$2` the numbers. Each number is looked up by itself: without
/// statistics of a new campaign the server takes it for empty, and would read all of it. So the campaign is a column of what is
/// looked up.
pub(super) fn of_numbers(columns: &str) -> String {
    format!(
        "WITH wanted AS MATERIALIZED (SELECT $1::int4 AS campaign, * FROM unnest($2::int8[]) AS w (msisdn))
        SELECT {columns} FROM wanted w JOIN smspin.attempts a ON a.campaign = w.campaign AND a.msisdn = w.msisdn
        ORDER BY a.msisdn, a.nth"
    )
}

/// The runs, in the order in which they began. Whether one is alive is found out after its record was read.
pub(super) fn runs(session: &DatabaseSession, clock: ServerClock) -> Result<Vec<RunRecord>, PostgresFault> {
    let sql = format!("SELECT {RUN_COLUMNS} FROM smspin.runs ORDER BY id");
    let rows = session.rows("read", &sql, &[])?;
    let records: Result<Vec<RunRecord>, PostgresFault> =
        rows.iter().map(|row| row::run(&ClockedRow(row, clock))).collect();
    let (mut records, alive) = (records?, alive(session)?);
    for record in &mut records {
        record.is_alive = record.end.is_none() && alive.contains(&record.id);
    }
    Ok(records)
}

/// The locks of runs that are held; `$1` is [`RUN_LOCK`].
pub(super) const RUN_LOCKS: &str =
    "pg_locks WHERE locktype = 'advisory' AND classid = $1::int4::oid AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// The runs whose locks are held: the server gives one up when its session ends, whatever ends it. Time decides nothing.
pub(super) fn alive(session: &DatabaseSession) -> Result<HashSet<RunId>, PostgresFault> {
    let sql = format!("SELECT objid::int8 FROM {RUN_LOCKS}");
    let rows = session.rows("read", &sql, &[&RUN_LOCK])?;
    rows.iter().map(|row| Ok(RunId(get(row, 0)?))).collect()
}

pub(super) fn campaigns(session: &DatabaseSession) -> Result<Vec<(CampaignId, String)>, PostgresFault> {
    let rows = session.rows("read", "SELECT id, name FROM smspin.campaigns ORDER BY id", &[])?;
    let unclocked = rows.iter().map(|row| ClockedRow(row, ServerClock::default()));
    unclocked.map(|row| row::campaign(&row)).collect()
}

/// The numbers in the first column of these rows, where it has one.
pub(super) fn msisdns<T: FromIterator<Msisdn>>(rows: &[Row]) -> Result<T, PostgresFault> {
    let unclocked = rows.iter().map(|row| ClockedRow(row, ServerClock::default()));
    let found = unclocked.filter_map(|row| match row.whole(0) {
        Ok(None) => None,
        _ => Some(row::msisdn(&row, 0)),
    });
    found.collect()
}

/// A phone number as a value of the database.
pub(super) fn number(msisdn: Msisdn) -> i64 {
    msisdn.as_u64().cast_signed()
}

pub(super) fn numbers(all: &[Msisdn]) -> Vec<i64> {
    all.iter().copied().map(number).collect()
}

/// The id of a run or a campaign as a value of the database, which has given it.
pub(super) fn id(id: i64) -> i32 {
    i32::try_from(id).unwrap_or(-1)
}

/// The rows of a statement with one column.
pub(super) fn column<T: for<'a> FromSql<'a>>(rows: &[Row]) -> Result<Vec<T>, PostgresFault> {
    rows.iter().map(|row| get(row, 0)).collect()
}
