//! Forgets numbers. The server overwrites what was deleted when it reuses the room, and keeps it in its log until that is recycled.

use super::clock::ServerClock;
use super::fault::PostgresFault;
use super::rows::{self, number};
use super::session::{DatabaseSession, get};
use super::write::BEGINNING_LOCK;
use crate::journal::run::CampaignId;
use crate::journal::store::Forget;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The most numbers that one transaction deletes: others may wait for it.
pub(super) const CHUNK: u32 = 1000;

/// The numbers that are to be forgotten, each with its campaign. `$2` is NULL where all are meant.
fn selection(what: &Forget) -> String {
    let only = match what {
        Forget::OlderThan(_) => "$2::int8 IS NULL",
        Forget::Number(_) => "campaign = ANY (SELECT id FROM smspin.campaigns) AND msisdn = $2::int8",
        Forget::Campaign(_) => "campaign = $2::int8",
    };
    format!(
        "SELECT campaign, msisdn FROM smspin.attempts WHERE {only}
         GROUP BY campaign, msisdn HAVING max(greatest(at, answered_at)) < $1::int8"
    )
}

/// The values that the selection takes.
fn values(what: &Forget, clock: ServerClock) -> (i64, Option<i64>) {
    match what {
        Forget::OlderThan(moment) => (clock.written(*moment), None),
        Forget::Number(msisdn) => (i64::MAX, Some(number(*msisdn))),
        Forget::Campaign(campaign) => (i64::MAX, Some(campaign.0)),
    }
}

pub(super) fn count(
    session: &DatabaseSession,
    what: &Forget,
    clock: ServerClock,
) -> Result<u64, PostgresFault> {
    let sql = format!("SELECT count(*) FROM ({}) AS found", selection(what));
    let (moment, value) = values(what, clock);
    let found = session.one("read", &sql, &[&moment, &value])?;
    Ok(get::<i64>(&found, 0)?.unsigned_abs())
}

/// Forgets the next chunk, and marks the runs that they were of. It is called within a transaction, in which no run begins.
/// Returns how many it was.
pub(super) fn delete(
    session: &DatabaseSession,
    what: &Forget,
    now: Timestamp,
    clock: ServerClock,
) -> Result<u32, PostgresFault> {
    session.rows("lock", "SELECT pg_advisory_xact_lock($1, 0)", &[&BEGINNING_LOCK])?;
    let (moment, value) = values(what, clock);
    let sql = format!("{} ORDER BY campaign, msisdn LIMIT {CHUNK}", selection(what));
    let found = session.rows("read", &sql, &[&moment, &value])?;
    let (mut campaigns, mut msisdns) = (Vec::new(), Vec::new());
    for row in &found {
        campaigns.push(get::<i32>(row, 0)?);
        msisdns.push(get::<i64>(row, 1)?);
    }
    let has_found = |campaign: CampaignId| campaigns.contains(&rows::id(campaign.0));
    what.check_runs(&rows::runs(session, clock)?, has_found)?;
    let sql = "DELETE FROM smspin.attempts a USING unnest($1::int4[], $2::int8[]) AS f (campaign, msisdn)
        WHERE a.campaign = f.campaign AND a.msisdn = f.msisdn RETURNING a.run";
    let runs: Vec<i32> = rows::column(&session.rows("write to", sql, &[&campaigns, &msisdns])?)?;
    let runs: Vec<i32> = runs.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let sql = "UPDATE smspin.runs SET forgotten = $2 WHERE id = ANY ($1::int4[])";
    session.rows("write to", sql, &[&runs, &clock.written(now)])?;
    if let Forget::Number(msisdn) = what {
        let sql = "DELETE FROM smspin.excluded WHERE msisdn = $1";
        session.rows("write to", sql, &[&number(*msisdn)])?;
    }
    Ok(u32::try_from(found.len()).unwrap_or(CHUNK))
}
