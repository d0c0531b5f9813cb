//! Delivery reports that wait to be posted. Several processes may post from one file: who takes a report holds it for a
//! while, and it is due again if nothing more is heard of it.

use super::Millis;
use crate::domain::msisdn::Msisdn;
use rusqlite::Connection;
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

pub(crate) fn schedule(
    state: &Connection,
    message: i64,
    url: &str,
    reports: &[NewReport],
) -> rusqlite::Result<()> {
    let mut insert = state.prepare_cached(
        "INSERT INTO report (message, url, status, dated, due) VALUES (?1, ?2, ?3, ?4, ?4)",
    )?;
    for report in reports {
        insert.execute((message, url, report.status, report.due.0))?;
    }
    Ok(())
}

/// Takes at most `limit` reports that are due, oldest first, and holds each for `hold`.
pub(crate) fn take_due(
    state: &Connection,
    now: Millis,
    hold: Duration,
    limit: u32,
) -> rusqlite::Result<Vec<DueReport>> {
    let due: Vec<DueReport> = state
        .prepare_cached(
            "SELECT r.id, r.url, m.sms_id, m.sender, m.msisdn, m.at, r.status, r.dated, r.attempts
             FROM report r JOIN message m ON m.id = r.message WHERE r.due <= ?1 ORDER BY r.due, r.id LIMIT ?2",
        )?
        .query_map((now.0, limit), |row| {
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
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut update =
        state.prepare_cached("UPDATE report SET due = ?2, attempts = attempts + 1 WHERE id = ?1")?;
    for report in &due {
        update.execute((report.id, now.plus(hold).0))?;
    }
    Ok(due)
}

/// When the next report comes due.
pub(crate) fn next_due(state: &Connection) -> rusqlite::Result<Option<Millis>> {
    state
        .prepare_cached("SELECT min(due) FROM report")?
        .query_row([], |row| row.get::<_, Option<i64>>(0))
        .map(|due| due.map(Millis))
}

/// These were taken by their receiver, or are given up.
pub(crate) fn finish(state: &Connection, ids: &[i64]) -> rusqlite::Result<()> {
    let mut delete = state.prepare_cached("DELETE FROM report WHERE id = ?1")?;
    ids.iter().try_for_each(|id| delete.execute([id]).map(drop))
}

/// These are to be tried again at `due`.
pub(crate) fn postpone(state: &Connection, ids: &[i64], due: Millis) -> rusqlite::Result<()> {
    let mut update = state.prepare_cached("UPDATE report SET due = ?2 WHERE id = ?1")?;
    ids.iter()
        .try_for_each(|id| update.execute((id, due.0)).map(drop))
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
