//! Forgets numbers, so that no file of the journal has them any more.

use super::fault::SqliteFault;
use super::rows::{self, number};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::{Attempt, Detail};
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::row;
use crate::journal::run::{CampaignId, RunId};
use crate::journal::store::Forget;
use jiff::Timestamp;
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;

/// The most numbers that one transaction deletes: others wait for it.
pub(super) const CHUNK: u32 = 1000;

/// A number in a campaign, in the order of the journal.
pub(super) type NumberKey = (CampaignId, Msisdn);

/// The first numbers behind `after` that are to be forgotten, at most a chunk of them.
pub(super) fn find(
    connection: &Connection,
    what: &Forget,
    after: Option<NumberKey>,
) -> Result<Vec<NumberKey>, SqliteFault> {
    let (only, value) = selection(what);
    let select = format!(
        "SELECT campaign, msisdn FROM attempts WHERE (campaign, msisdn) > (?1, ?2) AND {only}
         GROUP BY campaign, msisdn HAVING {HAS_NO_YOUNGER} LIMIT ?5"
    );
    let (campaign, msisdn) = after.map_or((i64::MIN, 0), |(campaign, msisdn)| (campaign.0, number(msisdn)));
    let found = connection
        .prepare_cached(&select)?
        .query_map((campaign, msisdn, value, older_than(what), CHUNK), |row| {
            Ok((CampaignId(row.get(0)?), row::msisdn(row, 1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(found)
}

pub(super) fn count(connection: &Connection, what: &Forget) -> Result<u64, SqliteFault> {
    let (only, value) = selection(what);
    let select = format!(
        "SELECT count(*) FROM (SELECT ?1, ?2 FROM attempts WHERE {only} GROUP BY campaign, msisdn HAVING {HAS_NO_YOUNGER})"
    );
    let no_key = (
        rusqlite::types::Null,
        rusqlite::types::Null,
        value,
        older_than(what),
    );
    Ok(connection.query_row(&select, no_key, |row| row::number(row, 0))?)
}

const HAS_NO_YOUNGER: &str = "max(max(at, coalesce(answered_at, at))) < ?4";

/// The condition for the attempts, with its value `?3`.
fn selection(what: &Forget) -> (&'static str, Option<i64>) {
    match what {
        Forget::OlderThan(_) => ("?3 IS NULL", None),
        Forget::Number(msisdn) => (
            "campaign IN (SELECT id FROM campaigns) AND msisdn = ?3",
            Some(number(*msisdn)),
        ),
        Forget::Campaign(campaign) => ("campaign = ?3", Some(campaign.0)),
    }
}

fn older_than(what: &Forget) -> i64 {
    match what {
        Forget::OlderThan(moment) => moment.as_millisecond(),
        _ => i64::MAX,
    }
}

/// Forgets these numbers, and marks the runs that they were of. It is called within a transaction for writing, so each is looked
/// at once more. Returns how many it was.
pub(super) fn delete(
    connection: &Connection,
    journal: &Path,
    what: &Forget,
    keys: &[NumberKey],
    now: Timestamp,
) -> Result<u64, SqliteFault> {
    let has_found = |campaign| keys.iter().any(|(found, _)| *found == campaign);
    what.check_runs(&rows::runs(connection, journal)?, has_found)?;
    let (mut forgotten, mut runs) = (0, BTreeSet::new());
    for (campaign, msisdn) in keys {
        let attempts = rows::attempts(connection, *campaign, &[*msisdn], Detail::State)?;
        let attempts: Vec<Attempt> = attempts.into_iter().map(|(_, attempt)| attempt).collect();
        if attempts.is_empty() || !what.covers(*campaign, *msisdn, &attempts) {
            continue;
        }
        connection
            .prepare_cached("DELETE FROM attempts WHERE campaign = ?1 AND msisdn = ?2")?
            .execute((campaign.0, number(*msisdn)))?;
        runs.extend(attempts.iter().map(|attempt| attempt.run));
        forgotten += 1;
    }
    for RunId(run) in runs {
        connection
            .prepare_cached("UPDATE runs SET forgotten = ?2 WHERE id = ?1")?
            .execute((run, now.as_millisecond()))?;
    }
    if let Forget::Number(msisdn) = what {
        connection.execute("DELETE FROM excluded WHERE msisdn = ?1", [number(*msisdn)])?;
    }
    Ok(forgotten)
}

/// Makes all pages of the file anew, and empties the log. What is deleted is overwritten with zeros, but a page that was split
/// may have kept it beyond its rows.
pub(super) fn wipe(connection: &Connection) -> Result<(), SqliteFault> {
    connection.execute_batch("VACUUM")?;
    empty_log(connection)
}

/// Brings all records into the main file and empties the log.
fn empty_log(connection: &Connection) -> Result<(), SqliteFault> {
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy {
        let error = "the numbers are forgotten, but the -wal file of the journal still holds them: another program is reading it";
        return Err(JournalError::new(JournalFault::Busy, error)
            .hint("run the same command again once it has ended")
            .into());
    }
    Ok(())
}
