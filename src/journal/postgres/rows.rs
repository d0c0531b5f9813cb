//! Rows of the tables, as the journal's own types.

use super::clock::ServerClock;
use super::fault::PostgresFault;
use super::session::{DatabaseSession, get};
use crate::dlr::DeliveryStatus;
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::{AnswerRecord, Attempt, AttemptState, Delivery, Detail};
use crate::journal::run::{CampaignId, RunEnd, RunId, RunName, RunRecord};
use jiff::Timestamp;
use std::collections::HashSet;
use std::time::Duration;
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

/// The columns of `attempts` that [`attempt`] reads for a decision, in its order.
pub(super) const STATE_COLUMNS: &str = "a.msisdn, a.campaign, a.nth, a.run, a.at, a.expires_in, a.state, a.answered_at, \
    a.report_status, a.report_at, a.report_received_at, a.report_has_id";

/// How many columns that are.
pub(super) const STATE_COUNT: usize = 12;

/// What it reads behind them for the words of a result.
pub(super) const ANSWER_COLUMNS: &str = "a.http, a.error_id, a.error_msg, a.detail, a.latency";

/// The key of a run's advisory lock is this number and the id of the run. `smsq`.
pub(super) const RUN_LOCK: i32 = 0x736D_7371;

pub(super) fn attempt(
    row: &Row,
    detail: Detail,
    clock: ServerClock,
) -> Result<(Msisdn, Attempt), PostgresFault> {
    let answered_at = optional_time(row, 7, clock)?;
    let state: i16 = get(row, 6)?;
    let attempt = Attempt {
        nth: whole(row, 2)?,
        run: RunId(get::<i32>(row, 3)?.into()),
        at: time(row, 4, clock)?,
        expires_in: whole(row, 5)?,
        state: AttemptState::from_code(state.into())
            .ok_or_else(|| PostgresFault::damaged("a state is not known"))?,
        answered_at,
        delivery: delivery(row, clock)?,
        answer: match answered_at {
            Some(_) if detail == Detail::Full => Some(Box::new(answer(row)?)),
            _ => None,
        },
    };
    Ok((msisdn(row, 0)?, attempt))
}

fn delivery(row: &Row, clock: ServerClock) -> Result<Option<Delivery>, PostgresFault> {
    let Some(status) = get::<Option<&str>>(row, 8)? else {
        return Ok(None);
    };
    Ok(Some(Delivery {
        status: DeliveryStatus::of(status).ok_or_else(|| PostgresFault::damaged("a status is not known"))?,
        // The gateway's own word, and when this end heard it.
        at: optional_time(row, 9, ServerClock::default())?,
        received_at: time(row, 10, clock)?,
        is_certain: get(row, 11)?,
    }))
}

fn answer(row: &Row) -> Result<AnswerRecord, PostgresFault> {
    let http: Option<i32> = get(row, 12)?;
    let latency: Option<i64> = get(row, 16)?;
    Ok(AnswerRecord {
        http: http.and_then(|http| u16::try_from(http).ok()),
        error_id: get(row, 13)?,
        error_msg: get(row, 14)?,
        detail: get(row, 15)?,
        latency_ms: latency.and_then(|latency| u32::try_from(latency).ok()),
    })
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

const RUNS: &str = "SELECT id, name, campaign, began, last_seen, ended, exit_status, rows_left, group_count, timeout, host, pid,
    list, digest, settings, forgotten FROM smspin.runs ORDER BY id";

/// The runs, in the order in which they began. Whether one is alive is found out after its record was read.
pub(super) fn runs(session: &DatabaseSession, clock: ServerClock) -> Result<Vec<RunRecord>, PostgresFault> {
    let rows = session.rows("read", RUNS, &[])?;
    let records: Result<Vec<RunRecord>, PostgresFault> = rows.iter().map(|row| run(row, clock)).collect();
    let (mut records, alive) = (records?, alive(session)?);
    for record in &mut records {
        record.is_alive = record.end.is_none() && alive.contains(&record.id);
    }
    Ok(records)
}

fn run(row: &Row, clock: ServerClock) -> Result<RunRecord, PostgresFault> {
    let end = match optional_time(row, 5, clock)? {
        None => None,
        Some(at) => Some(RunEnd {
            at,
            exit: u8::try_from(get::<i32>(row, 6)?).unwrap_or(u8::MAX),
            left: count(row, 7)?,
        }),
    };
    let name: &str = get(row, 1)?;
    Ok(RunRecord {
        id: RunId(get::<i32>(row, 0)?.into()),
        name: RunName::parse(name).ok_or_else(|| PostgresFault::damaged("the name of a run is not valid"))?,
        campaign: campaign_id(row, 2)?,
        began: time(row, 3, clock)?,
        last_seen: time(row, 4, clock)?,
        end,
        groups: count(row, 8)?,
        timeout: Duration::from_millis(count(row, 9)?),
        host: get(row, 10)?,
        pid: u32::try_from(count(row, 11)?).unwrap_or_default(),
        list: get(row, 12)?,
        digest: get(row, 13)?,
        settings: get(row, 14)?,
        forgotten: optional_time(row, 15, clock)?,
        is_alive: false,
    })
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

pub(super) fn campaign(session: &DatabaseSession, name: &str) -> Result<Option<CampaignId>, PostgresFault> {
    let rows = session.rows(
        "read",
        "SELECT id FROM smspin.campaigns WHERE name = $1",
        &[&name],
    )?;
    rows.first().map(|row| campaign_id(row, 0)).transpose()
}

pub(super) fn campaigns(session: &DatabaseSession) -> Result<Vec<(CampaignId, String)>, PostgresFault> {
    let rows = session.rows("read", "SELECT id, name FROM smspin.campaigns ORDER BY id", &[])?;
    rows.iter()
        .map(|row| Ok((campaign_id(row, 0)?, get(row, 1)?)))
        .collect()
}

pub(super) fn campaign_id(row: &Row, column: usize) -> Result<CampaignId, PostgresFault> {
    Ok(CampaignId(get::<i32>(row, column)?.into()))
}

pub(super) fn msisdn(row: &Row, column: usize) -> Result<Msisdn, PostgresFault> {
    let digits = count(row, column)?;
    Msisdn::from_u64(digits).ok_or_else(|| PostgresFault::damaged("a number is not valid"))
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

pub(super) fn count(row: &Row, column: usize) -> Result<u64, PostgresFault> {
    u64::try_from(get::<i64>(row, column)?).map_err(|_| PostgresFault::damaged("a count is negative"))
}

fn whole(row: &Row, column: usize) -> Result<u32, PostgresFault> {
    u32::try_from(get::<i32>(row, column)?).map_err(|_| PostgresFault::damaged("a count is negative"))
}

fn time(row: &Row, column: usize, clock: ServerClock) -> Result<Timestamp, PostgresFault> {
    clock.read(get(row, column)?)
}

pub(super) fn optional_time(
    row: &Row,
    column: usize,
    clock: ServerClock,
) -> Result<Option<Timestamp>, PostgresFault> {
    let millis: Option<i64> = get(row, column)?;
    millis.map(|millis| clock.read(millis)).transpose()
}

/// The rows of a statement with one column.
pub(super) fn column<T: for<'a> FromSql<'a>>(rows: &[Row]) -> Result<Vec<T>, PostgresFault> {
    rows.iter().map(|row| get(row, 0)).collect()
}
