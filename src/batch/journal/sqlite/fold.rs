//! Reading a journal: campaigns, and attempts in their order, folded into where each number stands. Changes nothing.

use crate::batch::fingerprint::Fingerprint;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{Campaign, RunPlan};
use crate::batch::numbers::{Numbers, NumbersBuilder, Tag};
use crate::batch::state::{AttemptResult, CampaignKind};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, Rows};
use std::path::Path;

/// A PIN may have been made this long after its request began, or after we stopped waiting for the answer.
const GRACE_MILLIS: i64 = 120_000;

/// The attempts after which another campaign begins, and of which kind it is.
#[derive(Clone, Debug)]
pub(super) struct Boundaries(Vec<(i64, CampaignKind)>);

impl Boundaries {
    pub(super) fn read(connection: &Connection, path: &Path) -> Result<Self, JournalError> {
        let failed = JournalError::sqlite("read", path);
        let mut statement = connection
            .prepare("SELECT after_attempt, kind FROM campaign ORDER BY id LIMIT -1 OFFSET 1")
            .map_err(failed)?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(failed)?;
        let mut boundaries = Vec::new();
        for row in rows {
            let (after, kind): (i64, i64) = row.map_err(failed)?;
            boundaries.push((
                after,
                known(CampaignKind::from_code(kind), path, "a campaign's kind")?,
            ));
        }
        Ok(Self(boundaries))
    }

    /// True where there is one campaign alone.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The kinds of the campaigns that begin between two attempts; `from` counts up over calls.
    pub(super) fn before(&self, attempt: i64, from: &mut usize) -> &[(i64, CampaignKind)] {
        let start = *from;
        while self.0.get(*from).is_some_and(|(after, _)| *after < attempt) {
            *from += 1;
        }
        &self.0[start..*from]
    }
}

/// A value that has to be one of those we write.
pub(super) fn known<T>(value: Option<T>, path: &Path, what: &str) -> Result<T, JournalError> {
    value.ok_or_else(|| JournalError::Damaged {
        path: path.into(),
        what: format!("{what} holds a value that smspin never writes"),
    })
}

pub(super) fn number(digits: i64) -> Option<Msisdn> {
    Msisdn::from_u64(u64::try_from(digits).ok()?)
}

pub(super) fn time(millis: i64, path: &Path) -> Result<Timestamp, JournalError> {
    known(Timestamp::from_millisecond(millis).ok(), path, "a time")
}

/// A column that counts something.
fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let count: i64 = row.get(column)?;
    u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, count))
}

/// Brings every number of the numbers to where the journal says it stands at `now`.
pub(super) fn fold_into(
    connection: &Connection,
    path: &Path,
    numbers: &mut Numbers,
    now: Timestamp,
) -> Result<(), JournalError> {
    let failed = JournalError::sqlite("read", path);
    // Both tables as they are at one moment, though a run may be writing.
    let _snapshot = connection.unchecked_transaction().map_err(failed)?;
    let boundaries = Boundaries::read(connection, path)?;
    let mut passed = 0;
    let mut cross = |attempt, numbers: &mut Numbers| {
        for (_, kind) in boundaries.before(attempt, &mut passed) {
            numbers.change_all(|standing| standing.in_next_campaign(*kind));
        }
    };
    let prepare = |sql| connection.prepare(sql).map_err(failed);
    let mut attempts = prepare("SELECT id, msisdn, started_at, expires_in FROM attempt ORDER BY id")?;
    let mut outcomes = prepare("SELECT attempt, state, ended_at FROM outcome ORDER BY attempt")?;
    let mut attempts = attempts.query([]).map_err(failed)?;
    // Two walks side by side are three times as fast as a join.
    let mut outcomes = outcomes.query([]).map_err(failed)?;
    let mut outcome = next_outcome(&mut outcomes, path)?;
    while let Some(row) = attempts.next().map_err(failed)? {
        let (attempt, msisdn) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        cross(attempt, numbers);
        let closing = outcome.filter(|outcome| outcome.attempt == attempt);
        if closing.is_some() {
            outcome = next_outcome(&mut outcomes, path)?;
        }
        let started_at = row.get(2).map_err(failed)?;
        let over = closing.map_or(started_at, |closing| closing.ended_at);
        let expired = expired(over, row.get(3).map_err(failed)?, now);
        let ended = closing.map(|closing| closing.ended);
        numbers.change(known(number(msisdn), path, "a number")?, |standing| {
            standing.after(ended, expired)
        });
    }
    cross(i64::MAX, numbers);
    known(
        outcome.is_none().then_some(()),
        path,
        "an outcome without an attempt",
    )
}

#[derive(Clone, Copy)]
struct OutcomeRow {
    attempt: i64,
    ended: AttemptResult,
    ended_at: i64,
}

fn next_outcome(rows: &mut Rows<'_>, path: &Path) -> Result<Option<OutcomeRow>, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let Some(row) = rows.next().map_err(failed)? else {
        return Ok(None);
    };
    Ok(Some(OutcomeRow {
        attempt: row.get(0).map_err(failed)?,
        ended: known(
            AttemptResult::from_code(row.get(1).map_err(failed)?),
            path,
            "an outcome",
        )?,
        ended_at: row.get(2).map_err(failed)?,
    }))
}

/// True once the PIN of an attempt, if there is one, can't be valid any more. `over` is when we last heard of it.
fn expired(over: i64, expires_in: i64, now: Timestamp) -> bool {
    let life = expires_in.saturating_mul(1000);
    expires_in > 0 && over.saturating_add(GRACE_MILLIS).saturating_add(life) <= now.as_millisecond()
}

/// Every number of the journal, where it stands: for a look at a journal without its input.
pub(super) fn numbers(connection: &Connection, path: &Path, now: Timestamp) -> Result<Numbers, JournalError> {
    let mut numbers = number_set(connection, path, "SELECT msisdn FROM attempt", [])?;
    fold_into(connection, path, &mut numbers, now)?;
    Ok(numbers)
}

/// The numbers that a query gives, each once. SQLite's own DISTINCT takes ten times as long.
fn number_set(
    connection: &Connection,
    path: &Path,
    sql: &str,
    parameters: impl Params,
) -> Result<Numbers, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let mut builder = NumbersBuilder::default();
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query(parameters).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let digits = row.get(0).map_err(failed)?;
        builder.add(known(number(digits), path, "a number")?, Tag::NONE);
    }
    Ok(builder.finish())
}

/// The last campaign; a journal has one from its first run on.
pub(super) fn campaign(connection: &Connection, path: &Path) -> Result<Option<Campaign>, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let last = connection
        .query_row(
            "SELECT id, kind, begun_at, concluded FROM campaign ORDER BY id DESC LIMIT 1",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .optional()
        .map_err(failed)?;
    let Some((id, kind, begun_at, concluded)) = last else {
        return Ok(None);
    };
    let (plan, after_attempt) = last_run(connection).map_err(failed)?;
    Ok(Some(Campaign {
        kind: known(CampaignKind::from_code(kind), path, "a campaign's kind")?,
        begun_at: time(begun_at, path)?,
        fingerprint: known(
            fingerprint(connection, id).map_err(failed)?,
            path,
            "a fingerprint",
        )?,
        concluded,
        plan,
        after_attempt,
    }))
}

fn fingerprint(connection: &Connection, campaign: i64) -> rusqlite::Result<Option<Fingerprint>> {
    let mut statement = connection.prepare("SELECT part, value FROM fingerprint WHERE campaign = ?1")?;
    let parts: Result<Vec<_>, _> = statement
        .query_map([campaign], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect();
    Ok(Fingerprint::from_parts(parts?))
}

/// What the last run had before it, and the attempt after which it began.
fn last_run(connection: &Connection) -> rusqlite::Result<(RunPlan, i64)> {
    let sql = "SELECT row_count, invalid, duplicates, open, after_attempt FROM run ORDER BY id DESC LIMIT 1";
    connection.query_row(sql, [], |row| {
        let plan = RunPlan {
            rows: count(row, 0)?,
            invalid: count(row, 1)?,
            duplicates: count(row, 2)?,
            open: count(row, 3)?,
        };
        Ok((plan, row.get(4)?))
    })
}

/// How many of the numbers that the last run had to send are still to send.
pub(super) fn left(connection: &Connection, path: &Path) -> Result<u64, JournalError> {
    let Some(campaign) = campaign(connection, path)? else {
        return Ok(0);
    };
    let sql = "SELECT a.msisdn FROM attempt a LEFT JOIN outcome o ON o.attempt = a.id
        WHERE a.id > ?1 AND a.repeat = 0 AND (o.state IS NULL OR o.state NOT IN (?2, ?3))";
    let parameters = [
        campaign.after_attempt,
        AttemptResult::Unsent.code(),
        AttemptResult::RefusedAccount.code(),
    ];
    let settled = number_set(connection, path, sql, parameters)?.numbers();
    Ok(campaign.plan.open.saturating_sub(settled))
}

/// How many numbers have an attempt of the last run without an outcome.
pub(super) fn under_way(connection: &Connection, path: &Path) -> Result<u64, JournalError> {
    let sql = "SELECT count(DISTINCT a.msisdn) FROM attempt a LEFT JOIN outcome o ON o.attempt = a.id
        WHERE o.attempt IS NULL AND a.id > (SELECT after_attempt FROM run ORDER BY id DESC LIMIT 1)";
    connection
        .query_row(sql, [], |row| count(row, 0))
        .map_err(JournalError::sqlite("read", path))
}

/// How many numbers of the last campaign met each error id.
pub(super) fn error_ids(connection: &Connection, path: &Path) -> Result<Vec<(String, u64)>, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let mut statement = connection
        .prepare(
            // CROSS keeps the order: most outcomes have no error id, and so need no attempt looked up.
            "SELECT o.error_id, count(DISTINCT a.msisdn) FROM outcome o CROSS JOIN attempt a ON a.id = o.attempt
             WHERE o.error_id IS NOT NULL AND a.id > (SELECT max(after_attempt) FROM campaign)
             GROUP BY o.error_id ORDER BY 2 DESC, 1",
        )
        .map_err(failed)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, count(row, 1)?)))
        .map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}
