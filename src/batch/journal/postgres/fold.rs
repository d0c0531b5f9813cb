//! What the attempts add up to: where each number stands, what is left, what is under way. Changes nothing.

use super::liveness;
use super::reports;
use super::session::DatabaseSession;
use super::values::{damaged, ended, number, time};
use crate::batch::fingerprint::{COMMAND, Fingerprint, FingerprintPart};
use crate::batch::journal::database_error::DatabaseError;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{Campaign, RunPlan, RunSpan, pin_ends};
use crate::batch::numbers::{Numbers, NumbersBuilder, Tag};
use crate::batch::state::{AttemptResult, CampaignKind, NumberState};
use jiff::Timestamp;
use std::collections::HashMap;
use tokio_postgres::Row;

/// Brings every number of `numbers` to where the journal says it stands at `now`.
pub(super) fn fold_into(
    session: &DatabaseSession,
    id: i32,
    own: i32,
    numbers: &mut Numbers,
    now: Timestamp,
) -> Result<(), JournalError> {
    // In this order: a run that has ended closes nothing any more.
    let alive = liveness::alive(session, id, own)?;
    let kinds = kinds(session, id)?;
    let seen = last_seen(session, id)?;
    let probable = reports::probably_sent(session, id)?;
    let mut epoch = 1;
    let sql = "SELECT epoch, msisdn, state, started_at, ended_at, expires_in, run, settled_at IS NOT NULL
        FROM smspin.attempt WHERE campaign = $1 ORDER BY epoch, id";
    session.each(sql, &[&id], |row: &Row| {
        begin_epochs(numbers, &kinds, &mut epoch, row.get(0));
        let msisdn = number(row.get(1))?;
        let state: Option<i16> = row.get(2);
        let run: i32 = row.get(6);
        if state.is_none() && alive.contains(&run) {
            numbers.change(msisdn, NumberState::under_way);
            return Ok(());
        }
        let started_at: i64 = row.get(3);
        // While its process lived, the request of an attempt without an outcome may still have left.
        let over = row
            .get::<_, Option<i64>>(4)
            .unwrap_or_else(|| seen.get(&run).copied().unwrap_or(started_at).max(started_at));
        let ended = match (row.get(7), state) {
            (true, _) => Some(AttemptResult::Accepted),
            (false, Some(state)) => Some(ended(state)?),
            (false, None) => None,
        };
        // Probably sent is left out when what has expired is sent again.
        let arrived_at = probable.get(&msisdn.as_u64().cast_signed());
        let probable = arrived_at.is_some_and(|arrived_at| *arrived_at >= started_at);
        let expires_in: i32 = row.get(5);
        let ends = pin_ends(over, expires_in.into()).filter(|_| !probable);
        numbers.attempted(msisdn, ended, ends, now);
        Ok::<_, JournalError>(())
    })?;
    let last = kinds.last().map_or(epoch, |(last, _)| *last);
    begin_epochs(numbers, &kinds, &mut epoch, last);
    Ok(())
}

/// Moves all numbers on, epoch by epoch.
fn begin_epochs(numbers: &mut Numbers, kinds: &[(i32, CampaignKind)], now: &mut i32, to: i32) {
    while *now < to {
        *now += 1;
        if let Some((_, kind)) = kinds.iter().find(|(epoch, _)| epoch == now) {
            numbers.change_all(|state| state.in_next_campaign(*kind));
        }
    }
}

pub(super) fn kinds(session: &DatabaseSession, id: i32) -> Result<Vec<(i32, CampaignKind)>, DatabaseError> {
    let sql = "SELECT epoch, kind FROM smspin.epoch WHERE campaign = $1 ORDER BY epoch";
    let rows = session.rows("read", sql, &[&id])?;
    rows.iter()
        .map(|row| Ok((row.get(0), kind(row.get(1))?)))
        .collect()
}

fn kind(code: i16) -> Result<CampaignKind, DatabaseError> {
    CampaignKind::from_code(code.into()).ok_or_else(|| damaged("an epoch's kind"))
}

/// When each run that left an attempt open was last heard of.
fn last_seen(session: &DatabaseSession, id: i32) -> Result<HashMap<i32, i64>, DatabaseError> {
    let sql = "SELECT a.run, greatest(max(r.seen_at), max(greatest(a.started_at, a.ended_at)))
        FROM smspin.attempt a JOIN smspin.run r ON r.id = a.run WHERE a.campaign = $1
        AND a.run IN (SELECT run FROM smspin.attempt WHERE campaign = $1 AND state IS NULL) GROUP BY a.run";
    let rows = session.rows("read", sql, &[&id])?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Every number that was ever tried, all of them new.
pub(super) fn all_numbers(session: &DatabaseSession, id: i32) -> Result<Numbers, JournalError> {
    let mut builder = NumbersBuilder::default();
    let sql = "SELECT DISTINCT msisdn FROM smspin.attempt WHERE campaign = $1";
    session.each(sql, &[&id], |row| {
        builder.add(number(row.get(0))?, Tag::NONE);
        Ok::<_, JournalError>(())
    })?;
    Ok(builder.finish())
}

/// The last epoch with its last run.
pub(super) fn campaign(session: &DatabaseSession, id: i32) -> Result<Option<Campaign>, JournalError> {
    let sql = "SELECT e.epoch, e.kind, e.begun_at, e.concluded, r.row_count, r.invalid, r.duplicates, r.open, r.input, r.after_attempt,
        r.command
        FROM smspin.epoch e JOIN smspin.run r ON r.campaign = e.campaign AND r.epoch = e.epoch
        WHERE e.campaign = $1 ORDER BY e.epoch DESC, r.id DESC LIMIT 1";
    let rows = session.rows("read", sql, &[&id])?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let mut parts = fingerprint(session, id, row.get(0))?;
    for (part, value) in [
        (FingerprintPart::Input.name(), row.get::<_, Option<String>>(8)),
        (COMMAND, row.get(10)),
    ] {
        parts.extend(value.map(|value| (part.to_owned(), value)));
    }
    let count = |column: usize| u64::try_from(row.get::<_, i64>(column)).map_err(|_| damaged("a count"));
    Ok(Some(Campaign {
        kind: kind(row.get(1))?,
        begun_at: time(row.get(2))?,
        fingerprint: Fingerprint::from_parts(parts).ok_or_else(|| damaged("a fingerprint"))?,
        concluded: row.get(3),
        plan: RunPlan {
            rows: count(4)?,
            invalid: count(5)?,
            duplicates: count(6)?,
            open: count(7)?,
        },
        after_attempt: row.get(9),
    }))
}

/// Why each epoch began, the oldest first, with the part of its fingerprint that all its runs share.
pub(super) fn fingerprints(
    session: &DatabaseSession,
    id: i32,
) -> Result<Vec<(CampaignKind, Fingerprint)>, JournalError> {
    let kinds = kinds(session, id)?.into_iter();
    kinds
        .map(|(epoch, kind)| {
            let parts = fingerprint(session, id, epoch)?;
            let shared = Fingerprint::from_parts(parts).ok_or_else(|| damaged("a fingerprint"))?;
            Ok((kind, shared))
        })
        .collect()
}

/// The parts of an epoch's fingerprint that all its runs share.
pub(super) fn fingerprint(
    session: &DatabaseSession,
    id: i32,
    epoch: i32,
) -> Result<Vec<(String, String)>, DatabaseError> {
    let sql = "SELECT part, value FROM smspin.fingerprint WHERE campaign = $1 AND epoch = $2";
    let rows = session.rows("read", sql, &[&id, &epoch])?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// When the last run began, and what was last recorded.
pub(super) fn last_run(session: &DatabaseSession, id: i32) -> Result<RunSpan, JournalError> {
    let sql = "SELECT r.begun_at, greatest(r.begun_at, r.seen_at, (
          SELECT max(greatest(started_at, ended_at)) FROM smspin.attempt WHERE campaign = $1
        )) FROM smspin.run r WHERE r.campaign = $1 ORDER BY r.id DESC LIMIT 1";
    let row = session.one("read", sql, &[&id])?;
    Ok(RunSpan {
        began: time(row.get(0))?,
        ended: time(row.get(1))?,
    })
}

/// How many numbers are still to send: what the last run of each input had to send, without what was settled since by any run.
/// Inputs that overlap make it too high.
pub(super) fn left(session: &DatabaseSession, id: i32) -> Result<u64, JournalError> {
    let sql = "WITH last AS (
          SELECT DISTINCT ON (input) open, after_attempt FROM smspin.run
          WHERE campaign = $1 AND epoch = (SELECT max(epoch) FROM smspin.epoch WHERE campaign = $1)
          ORDER BY input, id DESC
        )
        SELECT greatest(0, (SELECT coalesce(sum(open), 0) FROM last)::int8 - (
          SELECT count(DISTINCT msisdn) FROM smspin.attempt WHERE campaign = $1 AND NOT repeat
            AND id > (SELECT min(after_attempt) FROM last) AND (state IS NULL OR state NOT IN (3, 4))
        ))";
    let left: i64 = session.one("read", sql, &[&id])?.get(0);
    Ok(left.unsigned_abs())
}

/// How many numbers other runs have attempts under way for; `None` where none is alive.
pub(super) fn under_way(session: &DatabaseSession, id: i32, own: i32) -> Result<Option<u64>, JournalError> {
    let alive: Vec<i32> = liveness::alive(session, id, own)?.into_iter().collect();
    if alive.is_empty() {
        return Ok(None);
    }
    let sql = "SELECT count(DISTINCT msisdn) FROM smspin.attempt WHERE campaign = $1 AND state IS NULL AND run = ANY ($2::int4[])";
    let open: i64 = session.one("read", sql, &[&id, &alive])?.get(0);
    Ok(Some(open.unsigned_abs()))
}

/// How many numbers of the last epoch met each error id.
pub(super) fn error_ids(session: &DatabaseSession, id: i32) -> Result<Vec<(String, u64)>, JournalError> {
    let sql = "SELECT error_id, count(DISTINCT msisdn) FROM smspin.attempt WHERE campaign = $1 AND error_id IS NOT NULL
        AND epoch = (SELECT max(epoch) FROM smspin.epoch WHERE campaign = $1) GROUP BY error_id ORDER BY 2 DESC, 1";
    let rows = session.rows("read", sql, &[&id])?;
    Ok(rows
        .iter()
        .map(|row| (row.get(0), row.get::<_, i64>(1).unsigned_abs()))
        .collect())
}
