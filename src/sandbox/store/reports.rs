//! Delivery reports: those that wait to be posted, and what became of the others. Several processes may post from one file:
//! who takes a report holds it for a while by the system's clock, and it may be taken again if nothing more is heard of it.

use super::{Millis, StateView};
use crate::domain::msisdn::Msisdn;
use rusqlite::{Connection, Row};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One report to schedule: what it says, and when it comes due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewReport {
    pub(crate) status: &'static str,
    pub(crate) due: Millis,
}

/// A report to post now.
#[derive(Clone, Debug)]
pub(crate) struct DueReport {
    pub(crate) id: i64,
    pub(crate) url: String,
    pub(crate) sms_id: [u8; 16],
    pub(crate) from: Option<String>,
    pub(crate) to: Msisdn,
    pub(crate) sent_at: Millis,
    pub(crate) status: String,
    pub(crate) dated: Millis,
    /// How often it was tried before.
    pub(crate) attempts: u32,
}

/// What the last post of a report came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct PostResult {
    pub(crate) http: Option<u16>,
    pub(crate) problem: Option<String>,
}

/// What becomes of a report after a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReportFate {
    Taken,
    GivenUp,
    /// It is tried again at this moment.
    Again(Millis),
    /// Left to other processes: this one may not post it.
    Left,
}

/// A report as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct ShownReport {
    pub(crate) id: i64,
    /// The SMS that it is about.
    pub(crate) message: i64,
    pub(crate) to: String,
    pub(crate) url: String,
    /// What it says: `DELIVRD` and so on.
    pub(crate) status: String,
    /// `waiting`, `taken` or `given_up`.
    pub(crate) state: String,
    /// When it is posted, or was to be posted last, in Unix milliseconds.
    pub(crate) due: i64,
    pub(crate) attempts: u32,
    /// What the receiver answered last.
    pub(crate) http: Option<u16>,
    /// Why the last post failed.
    pub(crate) problem: Option<String>,
}

/// Schedules the reports of a message. `origin` is scheme, host and port of the URL.
pub(crate) fn schedule(
    state: &Connection,
    message: i64,
    url: &str,
    origin: &str,
    reports: &[NewReport],
) -> rusqlite::Result<()> {
    let mut insert = state.prepare_cached(
        "INSERT INTO report (message, url, origin, status, dated, due) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?;
    for report in reports {
        insert.execute((message, url, origin, report.status, report.due.0))?;
    }
    Ok(())
}

/// Takes what is due for at most `receivers` that are not busy, oldest first and at most `limit` for each, and holds
/// each report for `hold`. `busy` is a JSON array of origins.
pub(crate) fn take_due(
    state: &StateView<'_>,
    hold: Duration,
    busy: &str,
    receivers: u32,
    limit: u32,
) -> rusqlite::Result<Vec<(String, Vec<DueReport>)>> {
    let wall = Millis::now();
    let origins: Vec<String> = state
        .prepare_cached(
            "SELECT origin FROM report WHERE state = 0 AND due <= ?1 AND held_until <= ?2
             AND origin NOT IN (SELECT value FROM json_each(?3)) GROUP BY origin ORDER BY min(due) LIMIT ?4",
        )?
        .query_map((state.now.0, wall.0, busy, receivers), |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut select = state.prepare_cached(
        "SELECT r.id, r.url, m.sms_id, m.sender, m.msisdn, m.at, r.status, r.dated, r.attempts
         FROM report r JOIN message m ON m.id = r.message
         WHERE r.state = 0 AND r.due <= ?1 AND r.held_until <= ?2 AND r.origin = ?3 ORDER BY r.due, r.id LIMIT ?4",
    )?;
    let mut update =
        state.prepare_cached("UPDATE report SET held_until = ?2, attempts = attempts + 1 WHERE id = ?1")?;
    let mut taken = Vec::with_capacity(origins.len());
    for origin in origins {
        let due: Vec<DueReport> = select
            .query_map((state.now.0, wall.0, &origin, limit), read_due)?
            .collect::<rusqlite::Result<_>>()?;
        for report in &due {
            update.execute((report.id, wall.plus(hold).0))?;
        }
        taken.push((origin, due));
    }
    Ok(taken)
}

fn read_due(row: &Row<'_>) -> rusqlite::Result<DueReport> {
    Ok(DueReport {
        id: row.get(0)?,
        url: row.get(1)?,
        sms_id: row.get(2)?,
        from: row.get(3)?,
        to: msisdn(row.get(4)?)?,
        sent_at: Millis(row.get(5)?),
        status: row.get(6)?,
        dated: Millis(row.get(7)?),
        attempts: row.get(8)?,
    })
}

/// How long until a report comes due that no worker holds and whose receiver is not busy.
pub(crate) fn next_due(state: &StateView<'_>, busy: &str) -> rusqlite::Result<Option<Duration>> {
    let due: Option<i64> = state
        .prepare_cached(
            "SELECT min(max(due - ?1, held_until - ?2)) FROM report
             WHERE state = 0 AND origin NOT IN (SELECT value FROM json_each(?3))",
        )?
        .query_row((state.now.0, Millis::now().0, busy), |row| row.get(0))?;
    Ok(due.map(|wait| Duration::from_millis(u64::try_from(wait).unwrap_or_default())))
}

/// Records what a post came to, and what becomes of its reports.
pub(crate) fn settle(
    state: &Connection,
    fates: &[(i64, ReportFate)],
    result: &PostResult,
) -> rusqlite::Result<()> {
    let mut update = state.prepare_cached(
        "UPDATE report SET state = ?2, due = coalesce(?3, due), held_until = 0, http = ?4, problem = ?5 WHERE id = ?1",
    )?;
    for (id, fate) in fates {
        let (code, due) = match fate {
            ReportFate::Left => (0, None),
            ReportFate::Again(at) => (0, Some(at.0)),
            ReportFate::Taken => (1, None),
            ReportFate::GivenUp => (2, None),
        };
        update.execute((id, code, due, result.http, &result.problem))?;
    }
    Ok(())
}

/// Posts a report once more, now. False if there is none with this id.
pub(crate) fn post_again(state: &StateView<'_>, id: i64) -> rusqlite::Result<bool> {
    let update = "UPDATE report SET state = 0, due = ?2, attempts = 0, held_until = 0 WHERE id = ?1";
    state
        .execute(update, (id, state.now.0))
        .map(|changed| changed == 1)
}

/// The newest reports first; with a message, only those about it.
pub(crate) fn list(
    state: &Connection,
    message: Option<i64>,
    account: &super::accounts::AccountPrefix,
    limit: u32,
) -> rusqlite::Result<Vec<ShownReport>> {
    state
        .prepare_cached(
            "SELECT r.id, r.message, m.msisdn, r.url, r.status, r.state, r.due, r.attempts, r.http, r.problem
             FROM report r JOIN message m ON m.id = r.message
             WHERE (?1 IS NULL OR r.message = ?1)
               AND m.account IN (SELECT id FROM account WHERE lower(hex(key_digest)) LIKE ?2)
             ORDER BY r.id DESC LIMIT ?3",
        )?
        .query_map((message, account.pattern(), limit), |row| {
            let state: i64 = row.get(5)?;
            Ok(ShownReport {
                id: row.get(0)?,
                message: row.get(1)?,
                to: row.get::<_, i64>(2)?.to_string(),
                url: row.get(3)?,
                status: row.get(4)?,
                state: ["waiting", "taken", "given_up"]
                    .get(usize::try_from(state).unwrap_or_default())
                    .map_or("waiting", |word| word)
                    .to_owned(),
                due: row.get(6)?,
                attempts: row.get(7)?,
                http: row.get(8)?,
                problem: row.get(9)?,
            })
        })?
        .collect()
}

/// The number that is stored as `value`.
fn msisdn(value: i64) -> rusqlite::Result<Msisdn> {
    let msisdn = u64::try_from(value).ok().and_then(Msisdn::from_u64);
    msisdn.ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(
            4,
            rusqlite::types::Type::Integer,
            "not a phone number".into(),
        )
    })
}
