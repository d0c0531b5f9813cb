//! A run's beginning: it joins an epoch, or begins another one while nobody else is at work.

use super::liveness;
use super::session::DatabaseSession;
use super::{DatabaseJournal, OwnRun, SeenRecords};
use crate::batch::fingerprint::{COMMAND, Fingerprint, FingerprintPart};
use crate::batch::journal::database_error::DatabaseError;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{Access, RunPlan};
use crate::batch::state::CampaignKind;
use crate::text::count;
use jiff::Timestamp;
use std::path::Path;

/// The parts of a fingerprint that each run has for itself.
const OWN: [&str; 2] = [FingerprintPart::Input.name(), COMMAND];

/// The parts that all runs of an epoch share.
fn shared(fingerprint: &Fingerprint) -> impl Iterator<Item = (&'static str, &str)> {
    fingerprint.parts().filter(|(part, _)| !OWN.contains(part))
}

impl DatabaseJournal {
    /// Begins an epoch, and in it a run. The first epoch may have been begun by another run in the meantime, with the same settings:
    /// then this run joins it.
    pub(crate) fn begin(
        &mut self,
        kind: CampaignKind,
        fingerprint: &Fingerprint,
        plan: &RunPlan,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.require_writable()?;
        let id = self.create()?;
        let session = self.session()?;
        if !liveness::hold_campaign(session, id)? {
            let alive = liveness::others(session, id, self.own())?;
            return match (kind, alive.is_empty()) {
                // Two that were started at once: one makes the epoch, the other joins it.
                (CampaignKind::First, _) if self.seen.is_none_or(|seen| seen.epoch == 0) => {
                    self.join(fingerprint, plan, now)
                }
                (_, true) => Err(self.changed().into()),
                (_, false) => Err(self.in_use(alive).into()),
            };
        }
        let begun = self.begin_alone(id, kind, fingerprint, now);
        // Shared before it is given up, so that nobody comes in between.
        let shared = begun.and_then(|()| {
            let session = self.session()?;
            Ok(liveness::share_campaign(session, id)?)
        });
        liveness::release_campaign(self.session()?, id)?;
        shared?;
        self.join(fingerprint, plan, now)
    }

    /// With nobody else at work: what the plan was made from must still hold.
    fn begin_alone(
        &mut self,
        id: i32,
        kind: CampaignKind,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let session = self.session()?;
        let found = seen(session, id)?;
        let before = self.seen.unwrap_or(SeenRecords {
            epoch: 0,
            attempts: 0,
            last_attempt: 0,
        });
        if found != before {
            return if kind == CampaignKind::First && before.epoch == 0 {
                Ok(())
            } else {
                Err(self.changed().into())
            };
        }
        let epoch = found.epoch + 1;
        let kind = i16::try_from(kind.code()).unwrap_or_default();
        let (parts, values): (Vec<&str>, Vec<&str>) = shared(fingerprint).unzip();
        let sql = "WITH made AS (INSERT INTO smspin.epoch VALUES ($1, $2, $3, $4, false))
            INSERT INTO smspin.fingerprint SELECT $1, $2, part, value FROM unnest($5::text[], $6::text[]) AS p(part, value)";
        session.execute(
            "begin a run in",
            sql,
            &[&id, &epoch, &kind, &now.as_millisecond(), &parts, &values],
        )?;
        self.seen = Some(SeenRecords { epoch, ..found });
        Ok(())
    }

    /// Begins another run of the last epoch, which is not finished any more.
    pub(crate) fn resume(
        &mut self,
        fingerprint: &Fingerprint,
        plan: &RunPlan,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.require_writable()?;
        self.join(fingerprint, plan, now)
    }

    /// Joins the last epoch, which has to be the one that the plan was made from, and of these settings.
    fn join(
        &mut self,
        fingerprint: &Fingerprint,
        plan: &RunPlan,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let Some(id) = self.campaign else {
            return Err(self.changed().into());
        };
        let session = self.session()?;
        if !self.share(session, id)? {
            return Err(self.changed().into());
        }
        let epoch = seen(session, id)?.epoch;
        let planned = self.seen.map_or(0, |seen| seen.epoch);
        let parts = super::fold::fingerprint(session, id, epoch)?;
        let theirs: Vec<_> = shared(fingerprint)
            .map(|(part, value)| (part.to_owned(), value.to_owned()))
            .collect();
        let same = parts.len() == theirs.len() && theirs.iter().all(|part| parts.contains(part));
        if epoch == 0 || (planned != 0 && epoch != planned) || !same {
            return Err(self.changed().into());
        }
        let run = begin_run(session, (id, epoch), fingerprint, plan, now)?;
        self.run = Some(run);
        Ok(())
    }

    /// Another run may be holding the lock for the moment in which it begins the first epoch.
    fn share(&self, session: &DatabaseSession, id: i32) -> Result<bool, DatabaseError> {
        let sql = "SELECT pg_advisory_lock_shared($1, $2)";
        if liveness::share_campaign(session, id)? {
            return Ok(true);
        }
        session
            .one("lock", sql, &[&liveness::CAMPAIGN_LOCK, &id])
            .map(|_| true)
    }

    /// The campaign's id; if there is none of this name, makes one.
    fn create(&mut self) -> Result<i32, DatabaseError> {
        if let Some(id) = self.campaign {
            return Ok(id);
        }
        let session = self.session()?;
        let name = self.place.campaign.as_str();
        let identity = &session.identity;
        let sql = "INSERT INTO smspin.campaign (name, system_identifier, timeline) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
        session.execute(
            "begin a run in",
            sql,
            &[&name, &identity.system, &identity.timeline],
        )?;
        let sql = "SELECT id FROM smspin.campaign WHERE name = $1";
        let id = session.one("read", sql, &[&name])?.get(0);
        self.campaign = Some(id);
        Ok(id)
    }

    /// Records that a run has said of the last epoch that it is finished. While others are at work, it isn't.
    pub(crate) fn conclude(&mut self) -> Result<(), JournalError> {
        self.require_writable()?;
        let Some(id) = self.campaign else { return Ok(()) };
        let session = self.session()?;
        if liveness::alive(session, id, self.own())?.is_empty() {
            let sql = "UPDATE smspin.epoch SET concluded = true WHERE campaign = $1 AND NOT concluded
                AND epoch = (SELECT max(epoch) FROM smspin.epoch WHERE campaign = $1)";
            session.execute("conclude", sql, &[&id])?;
        }
        Ok(())
    }

    /// Gives the campaign a name with the date, and returns that: another can begin under its name.
    pub(crate) fn set_aside(&mut self, now: Timestamp) -> Result<String, JournalError> {
        self.require_writable()?;
        let Some(id) = self.campaign.take() else {
            return Err(self.changed().into());
        };
        let session = self.session()?;
        if !liveness::hold_campaign(session, id)? {
            let alive = liveness::others(session, id, self.own())?;
            return Err(self.in_use(alive).into());
        }
        if Some(seen(session, id)?) != self.seen {
            return Err(self.changed().into());
        }
        let name = format!("{} {}", self.place.campaign, now.strftime("%Y-%m-%dT%H:%M:%SZ"));
        session.execute(
            "set aside",
            "UPDATE smspin.campaign SET name = $2, formerly = name WHERE id = $1",
            &[&id, &name],
        )?;
        liveness::release_campaign(session, id)?;
        self.seen = None;
        Ok(format!("campaign {name}"))
    }

    pub(super) fn require_writable(&self) -> Result<(), JournalError> {
        match self.access {
            Access::Locked => Ok(()),
            Access::ReadOnly => Err(JournalError::ReadOnly {
                path: Path::new(&self.place.to_string()).into(),
            }),
        }
    }

    pub(super) fn changed(&self) -> DatabaseError {
        DatabaseError::Changed {
            place: self.place.to_string(),
        }
    }

    pub(super) fn in_use(&self, runs: Vec<String>) -> DatabaseError {
        DatabaseError::InUse {
            place: self.place.to_string(),
            count: count(runs.len() as u64, "another run is", "other runs are"),
            runs,
        }
    }
}

/// What the campaign holds now.
pub(super) fn seen(session: &DatabaseSession, id: i32) -> Result<SeenRecords, DatabaseError> {
    let sql = "SELECT (SELECT coalesce(max(epoch), 0) FROM smspin.epoch WHERE campaign = $1), count(*), coalesce(max(id), 0)
        FROM smspin.attempt WHERE campaign = $1";
    let row = session.one("read", sql, &[&id])?;
    Ok(SeenRecords {
        epoch: row.get(0),
        attempts: row.get(1),
        last_attempt: row.get(2),
    })
}

/// Its row and its lock appear in one step: nobody sees a run that has begun and looks dead.
fn begin_run(
    session: &DatabaseSession,
    (campaign, epoch): (i32, i32),
    fingerprint: &Fingerprint,
    plan: &RunPlan,
    now: Timestamp,
) -> Result<OwnRun, DatabaseError> {
    let [rows, invalid, duplicates, open] = plan.signed();
    let own = |wanted| {
        fingerprint
            .parts()
            .find(|(part, _)| *part == wanted)
            .map(|(_, value)| value)
    };
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    let sql = "WITH open AS (UPDATE smspin.epoch SET concluded = false WHERE campaign = $1 AND epoch = $2 AND concluded)
        INSERT INTO smspin.run (campaign, epoch, begun_at, host, pid, input, command, after_attempt, row_count, invalid, duplicates, open)
        SELECT $1, $2, $3, $4, $5, $6, $12, coalesce((SELECT max(id) FROM smspin.attempt WHERE campaign = $1), 0), $7, $8, $9, $10
        RETURNING id, (SELECT account_refusals FROM smspin.campaign WHERE id = $1), pg_try_advisory_lock($11, id)";
    let row = session.one(
        "begin a run in",
        sql,
        &[
            &campaign,
            &epoch,
            &now.as_millisecond(),
            &host,
            &pid,
            &own(OWN[0]),
            &rows,
            &invalid,
            &duplicates,
            &open,
            &liveness::RUN_LOCK,
            &own(OWN[1]),
        ],
    )?;
    Ok(OwnRun {
        id: row.get(0),
        epoch,
        account_refusals: row.get(1),
    })
}
