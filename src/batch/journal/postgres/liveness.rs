//! Who is alive: a run's session holds the advisory lock of the run, and shares that of its campaign. The server gives both up when
//! the session ends, whatever ends it. Time decides nothing.

use super::session::DatabaseSession;
use crate::batch::journal::database_error::DatabaseError;
use std::collections::HashSet;

/// The first key of a run's lock; the second is the id of the run. `smsp`.
pub(super) const RUN_LOCK: i32 = 0x736D_7370;
/// The same for a campaign. Runs share it; who begins another epoch has it alone.
pub(super) const CAMPAIGN_LOCK: i32 = RUN_LOCK + 1;

/// The runs of a campaign that are alive, without this one.
const ALIVE: &str = "SELECT r.id FROM smspin.run r JOIN pg_locks l ON l.objid = r.id::oid
    WHERE r.campaign = $1 AND r.id <> $2 AND l.locktype = 'advisory' AND l.classid = $3::int4::oid AND l.objsubid = 2 AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";

pub(super) fn alive(
    session: &DatabaseSession,
    campaign: i32,
    own: i32,
) -> Result<HashSet<i32>, DatabaseError> {
    let rows = session.rows("read", ALIVE, &[&campaign, &own, &RUN_LOCK])?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// The other runs that are alive: host, process, since when, and how many attempts they have made.
pub(super) fn others(
    session: &DatabaseSession,
    campaign: i32,
    own: i32,
) -> Result<Vec<String>, DatabaseError> {
    let sql = format!(
        "SELECT host, pid, begun_at, (SELECT count(*) FROM smspin.attempt WHERE run = o.id AND campaign = $1)
         FROM smspin.run o WHERE id IN ({ALIVE}) ORDER BY id"
    );
    let rows = session.rows("read", &sql, &[&campaign, &own, &RUN_LOCK])?;
    let line = |row: &tokio_postgres::Row| {
        let (host, pid, attempts): (String, i32, i64) = (row.get(0), row.get(1), row.get(3));
        let since = jiff::Timestamp::from_millisecond(row.get(2)).unwrap_or_default();
        format!(
            "process {pid} on {} since {}, {}",
            crate::text::line(&host),
            since.strftime("%Y-%m-%d %H:%M:%S UTC"),
            crate::text::count(attempts.unsigned_abs(), "attempt", "attempts")
        )
    };
    Ok(rows.iter().map(line).collect())
}

/// Shares the lock of a campaign for as long as the session lasts. False while somebody begins another epoch.
pub(super) fn share_campaign(session: &DatabaseSession, campaign: i32) -> Result<bool, DatabaseError> {
    let sql = "SELECT pg_try_advisory_lock_shared($1, $2)";
    Ok(session.one("lock", sql, &[&CAMPAIGN_LOCK, &campaign])?.get(0))
}

/// Has the lock of a campaign alone. False while any run of it is alive.
pub(super) fn hold_campaign(session: &DatabaseSession, campaign: i32) -> Result<bool, DatabaseError> {
    let sql = "SELECT pg_try_advisory_lock($1, $2)";
    Ok(session.one("lock", sql, &[&CAMPAIGN_LOCK, &campaign])?.get(0))
}

pub(super) fn release_campaign(session: &DatabaseSession, campaign: i32) -> Result<(), DatabaseError> {
    let sql = "SELECT pg_advisory_unlock($1, $2)";
    session.one("unlock", sql, &[&CAMPAIGN_LOCK, &campaign]).map(drop)
}

/// Takes the lock of a run. False while another session still has it.
pub(super) fn hold_run(session: &DatabaseSession, run: i32) -> Result<bool, DatabaseError> {
    let sql = "SELECT pg_try_advisory_lock($1, $2)";
    Ok(session.one("lock", sql, &[&RUN_LOCK, &run])?.get(0))
}
