//! The campaigns of a database, for somebody who looks for one.

use super::liveness::RUN_LOCK;
use super::place::DatabasePlace;
use super::schema;
use super::session::DatabaseSession;
use super::values::{damaged, time};
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::CampaignSummary;
use crate::batch::state::CampaignKind;

/// The last one to begin first; of each its last epoch, how many numbers it has, and how many runs are at work on it.
const CAMPAIGNS: &str = "SELECT c.name, e.kind, e.concluded, r.begun_at,
        (SELECT count(DISTINCT msisdn) FROM smspin.attempt a WHERE a.campaign = c.id),
        (SELECT count(*) FROM smspin.run o JOIN pg_locks l ON l.objid = o.id::oid
         WHERE o.campaign = c.id AND l.locktype = 'advisory' AND l.classid = $1::int4::oid AND l.objsubid = 2 AND l.granted
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
    FROM smspin.campaign c
    CROSS JOIN LATERAL (SELECT kind, concluded FROM smspin.epoch WHERE campaign = c.id ORDER BY epoch DESC LIMIT 1) e
    CROSS JOIN LATERAL (SELECT begun_at FROM smspin.run WHERE campaign = c.id ORDER BY id DESC LIMIT 1) r
    ORDER BY r.begun_at DESC, c.name";

/// Reads them, and changes nothing. Those of the sandbox are among them.
pub(crate) fn campaigns(place: &DatabasePlace) -> Result<Vec<CampaignSummary>, JournalError> {
    let session = DatabaseSession::open(place)?;
    if !schema::check(&session, &place.to_string())? {
        return Ok(Vec::new());
    }
    let rows = session.rows("read", CAMPAIGNS, &[&RUN_LOCK])?;
    rows.iter()
        .map(|row| {
            let kind: i16 = row.get(1);
            let kind = CampaignKind::from_code(kind.into()).ok_or_else(|| damaged("an epoch's kind"))?;
            Ok(CampaignSummary {
                name: row.get(0),
                forgotten: kind == CampaignKind::Forgotten,
                concluded: row.get(2),
                last_run: time(row.get(3))?,
                numbers: row.get::<_, i64>(4).unsigned_abs(),
                runs: row.get::<_, i64>(5).unsigned_abs(),
            })
        })
        .collect()
}
