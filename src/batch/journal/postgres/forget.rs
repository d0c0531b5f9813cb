//! Deletes the numbers of a campaign, and everything that was recorded of them. What is left says that they are forgotten.

use super::DatabaseJournal;
use super::liveness;
use super::runs::seen;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{Campaign, RunPlan};
use crate::batch::state::CampaignKind;
use jiff::Timestamp;

/// One statement: all of it happens, or nothing. The run is there to say how many numbers there were.
const FORGET: &str = "WITH attempts AS (DELETE FROM smspin.attempt WHERE campaign = $1),
    reports AS (DELETE FROM smspin.report WHERE campaign = $1),
    epoch AS (INSERT INTO smspin.epoch VALUES ($1, $2 + 1, $3, $4, true)),
    parts AS (INSERT INTO smspin.fingerprint
        SELECT campaign, $2 + 1, part, value FROM smspin.fingerprint WHERE campaign = $1 AND epoch = $2)
    INSERT INTO smspin.run
        (campaign, epoch, begun_at, host, pid, input, command, after_attempt, row_count, invalid, duplicates, open)
    SELECT $1, $2 + 1, $4, r.host, r.pid, r.input, r.command,
        (SELECT coalesce(max(id), 0) FROM smspin.attempt WHERE campaign = $1),
        (SELECT count(DISTINCT msisdn) FROM smspin.attempt WHERE campaign = $1), 0, 0, 0
    FROM smspin.run r WHERE r.campaign = $1 ORDER BY r.id DESC LIMIT 1
    RETURNING row_count";

impl DatabaseJournal {
    /// Forgets the numbers of the campaign, in all its epochs, while nobody is at work on it, and ends the session.
    pub(crate) fn forget(self, campaign: &Campaign, now: Timestamp) -> Result<RunPlan, JournalError> {
        self.require_writable()?;
        let Some(id) = self.campaign.filter(|_| campaign.kind != CampaignKind::Forgotten) else {
            return Ok(campaign.plan);
        };
        let session = self.session()?;
        if !liveness::hold_campaign(session, id)? {
            let alive = liveness::others(session, id, self.own())?;
            return Err(self.in_use(alive).into());
        }
        // What somebody has agreed to forget must be all that there is.
        let found = seen(session, id)?;
        if Some(found) != self.seen {
            return Err(self.changed().into());
        }
        let kind = i16::try_from(CampaignKind::Forgotten.code()).unwrap_or_default();
        let now = now.as_millisecond();
        let numbers: i64 = session
            .one("delete from", FORGET, &[&id, &found.epoch, &kind, &now])?
            .get(0);
        Ok(RunPlan {
            rows: numbers.unsigned_abs(),
            ..RunPlan::default()
        })
    }
}
