//! Reading a journal: campaigns, and attempts in their order, folded into where each number stands. Changes nothing.

use super::checksum::{ATTEMPT, FINGERPRINT, OUTCOME, SETTLEMENT};
use super::probable::ProbablySent;
use super::rows::{CampaignRow, RunRow};
use super::run_starts::RunStarts;
use super::source::{Records, known, number, time};
use crate::batch::fingerprint::Fingerprint;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{Campaign, RunSpan, pin_ends};
use crate::batch::numbers::{Numbers, NumbersBuilder, Tag};
use crate::batch::state::{AttemptResult, CampaignKind};
use jiff::Timestamp;
use rusqlite::{Params, Row, Rows};

/// A column that counts something.
fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let count: i64 = row.get(column)?;
    u64::try_from(count).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, count))
}

/// Brings every number of the numbers to where the journal says it stands at `now`.
pub(super) fn fold_into(
    records: Records<'_>,
    numbers: &mut Numbers,
    now: Timestamp,
) -> Result<(), JournalError> {
    let Records { connection, path, .. } = records;
    let failed = JournalError::sqlite("read", path);
    // All tables as they are at one moment, though a run may be writing.
    let _snapshot = connection.unchecked_transaction().map_err(failed)?;
    let starts = RunStarts::read(records)?;
    let (mut passed, mut latest_start) = (0, i64::MIN);
    let probable = ProbablySent::read(connection, path)?;
    let mut attempts = connection
        .prepare("SELECT * FROM attempt ORDER BY id")
        .map_err(failed)?;
    let mut outcomes = connection
        .prepare("SELECT * FROM outcome ORDER BY attempt")
        .map_err(failed)?;
    let mut settlements = connection
        .prepare("SELECT * FROM settlement ORDER BY attempt")
        .map_err(failed)?;
    let mut attempts = attempts.query([]).map_err(failed)?;
    // Walks side by side are three times as fast as a join.
    let mut outcomes = Outcomes::new(records, outcomes.query([]).map_err(failed)?)?;
    let mut settlements = Settlements::new(records, settlements.query([]).map_err(failed)?)?;
    while let Some(row) = attempts.next().map_err(failed)? {
        ATTEMPT.verify(row, records.format, path)?;
        let attempt = row.get(0).map_err(failed)?;
        for start in starts.before(attempt, &mut passed) {
            numbers.change_all(|state| start.apply(state));
            latest_start = i64::MIN;
        }
        let outcome = outcomes.take(attempt)?;
        let settled = settlements.take(attempt)?;
        let started_at: i64 = row.get(2).map_err(failed)?;
        latest_start = started_at.max(latest_start);
        let over = starts.last_heard(passed, latest_start, outcome.map(|outcome| outcome.ended_at));
        let expires_in = row.get(3).map_err(failed)?;
        let ends = over.and_then(|over| pin_ends(over, expires_in));
        let ended = if settled {
            Some(AttemptResult::Accepted)
        } else {
            outcome.map(|outcome| outcome.ended)
        };
        let digits: i64 = row.get(1).map_err(failed)?;
        // Probably sent is left out when what has expired is sent again.
        let ends = ends.filter(|_| !probable.has(digits, started_at));
        let msisdn = known(number(digits), path, "a number")?;
        numbers.attempted(msisdn, ended, ends, now);
    }
    for start in starts.before(i64::MAX, &mut passed) {
        numbers.change_all(|state| start.apply(state));
    }
    let all_met = outcomes.next.is_none() && settlements.next.is_none();
    known(all_met.then_some(()), path, "an outcome without an attempt")
}

#[derive(Clone, Copy)]
struct OutcomeRow {
    attempt: i64,
    ended: AttemptResult,
    ended_at: i64,
}

/// The outcomes in the order of their attempts.
struct Outcomes<'a> {
    records: Records<'a>,
    rows: Rows<'a>,
    next: Option<OutcomeRow>,
}

impl<'a> Outcomes<'a> {
    fn new(records: Records<'a>, rows: Rows<'a>) -> Result<Self, JournalError> {
        let mut outcomes = Self {
            records,
            rows,
            next: None,
        };
        outcomes.advance()?;
        Ok(outcomes)
    }

    /// The outcome of an attempt, if it has one. Attempts are asked for in their order.
    fn take(&mut self, attempt: i64) -> Result<Option<OutcomeRow>, JournalError> {
        let outcome = self.next.filter(|outcome| outcome.attempt == attempt);
        if outcome.is_some() {
            self.advance()?;
        }
        Ok(outcome)
    }

    fn advance(&mut self) -> Result<(), JournalError> {
        let Records { path, format, .. } = self.records;
        let failed = JournalError::sqlite("read", path);
        self.next = None;
        if let Some(row) = self.rows.next().map_err(failed)? {
            OUTCOME.verify(row, format, path)?;
            let ended = AttemptResult::from_code(row.get(1).map_err(failed)?);
            self.next = Some(OutcomeRow {
                attempt: row.get(0).map_err(failed)?,
                ended: known(ended, path, "an outcome")?,
                ended_at: row.get(2).map_err(failed)?,
            });
        }
        Ok(())
    }
}

/// The attempts that a delivery report has settled, in their order.
struct Settlements<'a> {
    records: Records<'a>,
    rows: Rows<'a>,
    next: Option<i64>,
}

impl<'a> Settlements<'a> {
    fn new(records: Records<'a>, rows: Rows<'a>) -> Result<Self, JournalError> {
        let mut settlements = Self {
            records,
            rows,
            next: None,
        };
        settlements.advance()?;
        Ok(settlements)
    }

    fn take(&mut self, attempt: i64) -> Result<bool, JournalError> {
        let settled = self.next == Some(attempt);
        if settled {
            self.advance()?;
        }
        Ok(settled)
    }

    fn advance(&mut self) -> Result<(), JournalError> {
        let Records { path, format, .. } = self.records;
        let failed = JournalError::sqlite("read", path);
        self.next = None;
        if let Some(row) = self.rows.next().map_err(failed)? {
            SETTLEMENT.verify(row, format, path)?;
            self.next = Some(row.get(0).map_err(failed)?);
        }
        Ok(())
    }
}

/// Every number of the journal, where it stands: for a look at a journal without its input.
pub(super) fn numbers(records: Records<'_>, now: Timestamp) -> Result<Numbers, JournalError> {
    let mut numbers = number_set(records, "SELECT msisdn FROM attempt", [])?;
    fold_into(records, &mut numbers, now)?;
    Ok(numbers)
}

/// The numbers that a query gives, each once. SQLite's own DISTINCT takes ten times as long.
fn number_set(
    Records { connection, path, .. }: Records<'_>,
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
pub(super) fn campaign(records: Records<'_>) -> Result<Option<Campaign>, JournalError> {
    let Records {
        connection,
        path,
        format,
        ..
    } = records;
    let campaigns = CampaignRow::read_all(connection, format, path)?;
    let runs = RunRow::read_all(connection, format, path)?;
    let (Some(campaign), Some(run)) = (campaigns.last(), runs.last()) else {
        return Ok(None);
    };
    let parts = fingerprint(records, campaign.id)?;
    Ok(Some(Campaign {
        kind: known(CampaignKind::from_code(campaign.kind), path, "a campaign's kind")?,
        begun_at: time(campaign.begun_at, path)?,
        fingerprint: known(Fingerprint::from_parts(parts), path, "a fingerprint")?,
        concluded: campaign.concluded,
        plan: known(run.plan(), path, "a count")?,
        after_attempt: run.after_attempt,
    }))
}

/// Why the first campaign began.
pub(super) fn first_campaign(records: Records<'_>) -> Result<Option<CampaignKind>, JournalError> {
    Ok(fingerprints(records)?.into_iter().next().map(|(kind, _)| kind))
}

/// Of every campaign, in their order.
pub(super) fn fingerprints(records: Records<'_>) -> Result<Vec<(CampaignKind, Fingerprint)>, JournalError> {
    let Records {
        connection,
        path,
        format,
        ..
    } = records;
    let campaigns = CampaignRow::read_all(connection, format, path)?.into_iter();
    campaigns
        .map(|campaign| {
            let kind = known(CampaignKind::from_code(campaign.kind), path, "a campaign's kind")?;
            let parts = fingerprint(records, campaign.id)?;
            Ok((
                kind,
                known(Fingerprint::from_parts(parts), path, "a fingerprint")?,
            ))
        })
        .collect()
}

fn fingerprint(records: Records<'_>, campaign: i64) -> Result<Vec<(String, String)>, JournalError> {
    let Records {
        connection,
        path,
        format,
        ..
    } = records;
    let failed = JournalError::sqlite("read", path);
    let mut statement = connection
        .prepare("SELECT * FROM fingerprint WHERE campaign = ?1")
        .map_err(failed)?;
    let mut rows = statement.query([campaign]).map_err(failed)?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        FINGERPRINT.verify(row, format, path)?;
        parts.push((row.get(1).map_err(failed)?, row.get(2).map_err(failed)?));
    }
    Ok(parts)
}

/// When the last run was at work, by what it recorded.
pub(super) fn last_run(records: Records<'_>) -> Result<RunSpan, JournalError> {
    let Records {
        connection,
        path,
        format,
        ..
    } = records;
    let runs = RunRow::read_all(connection, format, path)?;
    let run = known(runs.last(), path, "a run")?;
    Ok(RunSpan {
        began: time(run.begun_at, path)?,
        // Before its first record it has not been seen.
        ended: time(run.seen_at.max(run.begun_at), path)?,
    })
}

/// How many of the numbers that the last run had to send are still to send.
pub(super) fn left(records: Records<'_>) -> Result<u64, JournalError> {
    if records.lost {
        // Each of them may have been sent.
        return Ok(0);
    }
    let Some(campaign) = campaign(records)? else {
        return Ok(0);
    };
    let sql = "SELECT a.msisdn FROM attempt a LEFT JOIN outcome o ON o.attempt = a.id
        WHERE a.id > ?1 AND a.repeat = 0 AND (o.state IS NULL OR o.state NOT IN (?2, ?3))";
    let parameters = [
        campaign.after_attempt,
        AttemptResult::Unsent.code(),
        AttemptResult::RefusedAccount.code(),
    ];
    let settled = number_set(records, sql, parameters)?.numbers();
    Ok(campaign.plan.open.saturating_sub(settled))
}

/// How many numbers have an attempt of the last run without an outcome.
pub(super) fn under_way(Records { connection, path, .. }: Records<'_>) -> Result<u64, JournalError> {
    let sql = "SELECT count(DISTINCT a.msisdn) FROM attempt a LEFT JOIN outcome o ON o.attempt = a.id
        WHERE o.attempt IS NULL AND a.id > (SELECT after_attempt FROM run ORDER BY id DESC LIMIT 1)";
    connection
        .query_row(sql, [], |row| count(row, 0))
        .map_err(JournalError::sqlite("read", path))
}

/// How many numbers of the last campaign met each error id.
pub(super) fn error_ids(
    Records { connection, path, .. }: Records<'_>,
) -> Result<Vec<(String, u64)>, JournalError> {
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
