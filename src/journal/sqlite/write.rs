//! What a run writes: its own record, and its attempts in groups. Each function is called within a transaction for writing, so
//! that what it reads there still holds when it writes.

use super::fault::SqliteFault;
use super::rows::{self, number};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::{AttemptState, Detail, Ticket};
use crate::journal::claims::{self, PlannedClaim};
use crate::journal::decision::Rules;
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::run::{CampaignId, NewRun, RunEnd, RunId, Runs};
use crate::journal::store::{Claim, Claimed, Closing, closed};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

/// The run that writes, and its campaign.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) run: RunId,
    pub(super) campaign: CampaignId,
}

/// Writes the record of a run, and its campaign where the journal doesn't have it yet.
pub(super) fn begin(connection: &Connection, run: &NewRun) -> Result<Owner, SqliteFault> {
    connection.execute(
        "INSERT INTO campaigns (name) VALUES (?1) ON CONFLICT DO NOTHING",
        [&run.campaign],
    )?;
    let campaign = rows::campaign(connection, &run.campaign)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    connection.execute(
        "INSERT INTO runs (name, campaign, began, last_seen, group_count, timeout, host, pid, version, list, digest, settings)
         VALUES (?1, ?2, ?3, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            run.name.as_str(),
            campaign.0,
            run.began.as_millisecond(),
            i64::try_from(run.timeout.as_millis()).unwrap_or(i64::MAX),
            crate::process::hostname(),
            std::process::id(),
            env!("CARGO_PKG_VERSION"),
            &run.list,
            &run.digest,
            &run.settings,
        ),
    )?;
    Ok(Owner {
        run: RunId(connection.last_insert_rowid()),
        campaign,
    })
}

/// Records how an attempt of the run ended.
pub(super) fn close(connection: &Connection, owner: Owner, closing: &Closing) -> Result<(), SqliteFault> {
    let Closing { ticket, outcome } = closing;
    let stands = own_state(connection, owner, ticket)?;
    let Some(state) = stands.and_then(|stands| closed(stands, outcome.state)) else {
        let error = "the journal has no open attempt to record an outcome of: its rows were changed by another program";
        return Err(JournalError::new(JournalFault::Gone, error).into());
    };
    let answer = &outcome.answer;
    connection
        .prepare_cached(
            "UPDATE attempts SET state = ?4, answered_at = ?5, http = ?6, error_id = ?7, error_msg = ?8, detail = ?9, latency = ?10
             WHERE campaign = ?1 AND msisdn = ?2 AND nth = ?3",
        )?
        .execute((
            owner.campaign.0,
            number(ticket.msisdn),
            ticket.nth,
            state.code(),
            outcome.at.as_millisecond(),
            answer.http,
            &answer.error_id,
            &answer.error_msg,
            &answer.detail,
            answer.latency_ms,
        ))?;
    Ok(())
}

/// How an attempt of the run stands; `None` where it is not there, or is another run's.
fn own_state(
    connection: &Connection,
    owner: Owner,
    ticket: &Ticket,
) -> Result<Option<AttemptState>, SqliteFault> {
    let code = connection
        .prepare_cached(
            "SELECT state FROM attempts WHERE campaign = ?1 AND msisdn = ?2 AND nth = ?3 AND run = ?4",
        )?
        .query_row(
            (owner.campaign.0, number(ticket.msisdn), ticket.nth, owner.run.0),
            |row| row.get(0),
        )
        .optional()?;
    Ok(code.and_then(AttemptState::from_code))
}

/// Removes an attempt of the run that never left.
pub(super) fn take_back(connection: &Connection, owner: Owner, ticket: &Ticket) -> Result<(), SqliteFault> {
    let open = AttemptState::Open.code();
    connection
        .prepare_cached("DELETE FROM attempts WHERE campaign = ?1 AND msisdn = ?2 AND nth = ?3 AND run = ?4 AND state = ?5")?
        .execute((owner.campaign.0, number(ticket.msisdn), ticket.nth, owner.run.0, open))?;
    Ok(())
}

/// Claims attempts, each if all attempts of its number, as they stand now, still mean what was planned.
pub(super) fn claim(
    connection: &Connection,
    owner: Owner,
    claims: &[Claim],
    rules: (&Rules, &Runs),
    now: Timestamp,
) -> Result<Vec<Claimed>, SqliteFault> {
    let mut numbers: Vec<Msisdn> = claims.iter().map(|claim| claim.msisdn).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let excluded = rows::excluded(connection, &numbers)?;
    let excluded = excluded.into_iter().map(|(msisdn, _)| msisdn).collect();
    let attempts = rows::attempts(connection, owner.campaign, &numbers, Detail::State)?;
    let planned = claims::plan((owner.run, claims), attempts, &excluded, rules, now);
    let one = |planned: Option<PlannedClaim>| match planned {
        Some(planned) => insert(connection, owner, planned, now),
        None => Ok(Claimed::Taken),
    };
    planned.into_iter().map(one).collect()
}

fn insert(
    connection: &Connection,
    owner: Owner,
    PlannedClaim { ticket, expires_in }: PlannedClaim,
    now: Timestamp,
) -> Result<Claimed, SqliteFault> {
    let claimed = connection
        .prepare_cached(
            "INSERT INTO attempts (campaign, msisdn, nth, run, at, expires_in, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (campaign, msisdn, nth) DO UPDATE SET
                 run = excluded.run, at = excluded.at, expires_in = excluded.expires_in, state = excluded.state,
                 answered_at = NULL, latency = NULL, http = NULL, error_id = NULL, error_msg = NULL, detail = NULL,
                 report_status = NULL, report_at = NULL, report_received_at = NULL, report_has_id = NULL
             WHERE attempts.state = ?8",
        )?
        .execute((
            owner.campaign.0,
            number(ticket.msisdn),
            ticket.nth,
            owner.run.0,
            now.as_millisecond(),
            expires_in,
            AttemptState::Open.code(),
            AttemptState::Unsent.code(),
        ))?;
    Ok(match claimed {
        1 => Claimed::Granted(ticket),
        _ => Claimed::Taken,
    })
}

/// Counts a group, and notes the run's last sign of life.
pub(super) fn count_group(connection: &Connection, owner: Owner, now: Timestamp) -> Result<(), SqliteFault> {
    let counted = connection
        .prepare_cached(
            "UPDATE runs SET group_count = group_count + 1, last_seen = max(last_seen, ?2) WHERE id = ?1",
        )?
        .execute((owner.run.0, now.as_millisecond()))?;
    found(counted)
}

pub(super) fn end(connection: &Connection, owner: Owner, end: &RunEnd) -> Result<(), SqliteFault> {
    let ended = connection.execute(
        "UPDATE runs SET ended = ?2, last_seen = max(last_seen, ?2), exit_status = ?3, rows_left = ?4 WHERE id = ?1",
        (
            owner.run.0,
            end.at.as_millisecond(),
            end.exit,
            i64::try_from(end.left).unwrap_or(i64::MAX),
        ),
    )?;
    found(ended)
}

/// Deletes the record of a single request that has ended, if no attempt of it is open: there are too many of them to keep.
pub(super) fn delete_single_request(
    connection: &Connection,
    owner: Owner,
    attempts: &[Ticket],
) -> Result<(), SqliteFault> {
    for ticket in attempts {
        if own_state(connection, owner, ticket)? == Some(AttemptState::Open) {
            return Ok(());
        }
    }
    connection.execute("DELETE FROM runs WHERE id = ?1", [owner.run.0])?;
    Ok(())
}

fn found(rows: usize) -> Result<(), SqliteFault> {
    if rows == 1 {
        return Ok(());
    }
    let error = "the journal has no record of this run any more: its rows were changed by another program";
    Err(JournalError::new(JournalFault::Gone, error).into())
}

/// Gives a number that no attempt since `since` has reached one that is unknown. Returns whether it did.
pub(super) fn adopt(
    connection: &Connection,
    owner: Owner,
    msisdn: Msisdn,
    since: Timestamp,
    (expires_in, now): (u32, Timestamp),
) -> Result<bool, SqliteFault> {
    let attempts = rows::attempts(connection, owner.campaign, &[msisdn], Detail::State)?;
    if attempts.iter().any(|(_, attempt)| attempt.reached_since(since)) {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO attempts (campaign, msisdn, nth, run, at, expires_in, state, answered_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?5)",
        )?
        .execute((
            owner.campaign.0,
            number(msisdn),
            attempts.last().map_or(1, |(_, last)| last.nth + 1),
            owner.run.0,
            now.as_millisecond(),
            expires_in,
            AttemptState::Unknown.code(),
        ))?;
    Ok(true)
}
