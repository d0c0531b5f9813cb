//! A journal in a PostgreSQL database, which runs on several machines may share. This folder and `sqlite` are the only ones that
//! know SQL.
//!
//! Safety rests on claims: an attempt is one row, and its key gives it to one run. A run is alive while its session holds its
//! advisory lock; no clock decides that.
//!
//! - `place`, `password` and `tls` say how the database is reached, `session` reaches it and waits for its answers.
//! - `check` and `schema` refuse a server, or tables, that can't keep the promises; `clock` reads the server's clock.
//! - `rows`, `read`, `write`, `group`, `claim`, `reports` and `forget` are the statements.
//! - `access` opens the journal, and runs them in transactions.
//! - `recover` comes back after a lost connection.
//! - This file brings them together behind [`Store`]: here transactions begin and end, and faults get their words.

mod access;
mod check;
mod claim;
mod clock;
mod fault;
mod forget;
mod group;
mod password;
mod place;
mod read;
mod recover;
mod reports;
mod rows;
mod schema;
mod session;
#[cfg(test)]
mod tests;
mod tls;
mod write;

use super::attempt::Ticket;
use super::attempt::{Attempt, Detail};
use super::decision::Rules;
use super::error::{JournalError, JournalFault};
use super::report::{ReconcileCounts, ReportKey, ReportToAdd};
use super::run::{
    CampaignId, CutRun, JournalIdentity, NewRun, RunEnd, RunId, RunRecord, Runs, SortedNumbers,
};
use super::store::{Claimed, Forget, Group, Store};
use crate::domain::campaign_name::CampaignName;
use crate::domain::msisdn::Msisdn;
use clock::ServerClock;
use fault::PostgresFault;
use group::PlannedGroup;
use jiff::Timestamp;
use recover::Outage;
use rows::numbers;
use session::DatabaseSession;
use std::cell::RefCell;
use write::DatabaseOwner;

pub(crate) use place::DatabasePlace;

/// A journal in a database.
#[derive(Debug)]
pub(crate) struct PostgresStore {
    place: DatabasePlace,
    identity: JournalIdentity,
    secret: Vec<u8>,
    clock: ServerClock,
    is_for_reading: bool,
    /// The server is what it was when the journal was last written, or was taken as it is since.
    is_same_server: bool,
    /// Why nothing may be sent by what is there, though it can be read.
    unfit: Option<JournalError>,
    /// `None` while the connection is lost.
    session: Option<DatabaseSession>,
    run: Option<DatabaseRun>,
    outage: Outage,
}

/// The run that has begun through this store.
#[derive(Debug)]
struct DatabaseRun {
    owner: DatabaseOwner,
    key: ReportKey,
    /// How many groups it was to write.
    groups: u64,
    /// The session in which it began is gone: it launches nothing more.
    is_cut_off: bool,
    /// The numbers of a single request; of a batch they would be too many.
    single_request: Option<Vec<Msisdn>>,
}

impl PostgresStore {
    fn own(&self) -> Result<&DatabaseRun, JournalError> {
        let none = || JournalError::new(JournalFault::Unusable, "no run has begun in the journal");
        self.run.as_ref().ok_or_else(none)
    }

    /// Writes a group, and says what became of its claims. First all that needs no look at what is there, in one trip; a number
    /// that has attempts is claimed after that. `planned` gets the attempts that may be claimed where no answer comes.
    fn write_group(
        session: &DatabaseSession,
        owner: DatabaseOwner,
        group: &Group,
        (rules, dead): (&Rules, &Runs),
        now: Timestamp,
        planned: &mut Vec<Ticket>,
    ) -> Result<Vec<Claimed>, PostgresFault> {
        let first = |msisdn| Ticket { msisdn, nth: 1 };
        let written = PlannedGroup::of(group);
        planned.extend(written.firsts.iter().map(|claim| first(claim.msisdn)));
        let mut granted = session.durably(|session| written.write(session, owner, now))?;
        planned.retain(|ticket| granted.contains(&ticket.msisdn));
        let mut claimed = Vec::with_capacity(group.claims.len());
        let (mut places, mut others) = (Vec::new(), Vec::new());
        for claim in &group.claims {
            if !claim.is_repeat && granted.remove(&claim.msisdn) {
                claimed.push(Claimed::Granted(first(claim.msisdn)));
            } else {
                places.push(claimed.len());
                others.push(*claim);
                claimed.push(Claimed::Taken);
            }
        }
        if others.is_empty() {
            return Ok(claimed);
        }
        let tried = RefCell::default();
        let found =
            session.transaction(|session| claim::claim(session, owner, &others, (rules, dead), now, &tried));
        planned.extend(tried.into_inner());
        for (place, ticket) in places.into_iter().zip(found?) {
            if let Some(ticket) = ticket {
                claimed[place] = Claimed::Granted(ticket);
            }
        }
        Ok(claimed)
    }
}

impl Store for PostgresStore {
    fn identity(&self) -> &JournalIdentity {
        &self.identity
    }

    fn campaigns(&mut self) -> Result<Vec<(CampaignId, String)>, JournalError> {
        self.reading(|session, _| rows::campaigns(session))
    }

    fn numbers(&mut self, campaign: CampaignId, after: Option<Msisdn>) -> Result<Vec<Msisdn>, JournalError> {
        self.reading(|session, _| read::numbers(session, campaign, after))
    }

    fn runs(&mut self) -> Result<Vec<RunRecord>, JournalError> {
        self.reading(rows::runs)
    }

    fn read(
        &mut self,
        campaign: CampaignId,
        numbers: SortedNumbers<'_>,
        detail: Detail,
        each: &mut dyn FnMut(Msisdn, Attempt),
    ) -> Result<(), JournalError> {
        self.reading(|session, clock| read::attempts(session, (campaign, detail, clock), numbers, each))
    }

    fn excluded(
        &mut self,
        numbers: SortedNumbers<'_>,
        each: &mut dyn FnMut(Msisdn, RunId),
    ) -> Result<(), JournalError> {
        self.reading(|session, _| read::excluded(session, numbers, each))
    }

    fn begin(&mut self, run: &NewRun) -> Result<(RunId, CampaignId), JournalError> {
        let kept = self.session().and_then(DatabaseSession::keep_plans);
        self.noted(kept)?;
        let owner = self.writing(|session, clock| write::begin(session, run, clock))?;
        self.run = Some(DatabaseRun {
            owner,
            groups: 0,
            key: ReportKey::new(&self.secret, &run.campaign, &run.name),
            is_cut_off: false,
            single_request: CampaignName::is_of_requests(&run.campaign).then(Vec::new),
        });
        Ok((owner.run, owner.campaign))
    }

    fn report_key(&self) -> ReportKey {
        self.run.as_ref().expect("a run has begun").key.clone()
    }

    fn exclude(&mut self, all: &[Msisdn]) -> Result<(), JournalError> {
        let run = rows::id(self.own()?.owner.run.0);
        let sql = "INSERT INTO smspin.excluded (msisdn, run) SELECT msisdn, $2 FROM unnest($1::int8[]) AS n (msisdn)
            ORDER BY msisdn ON CONFLICT DO NOTHING RETURNING 1";
        self.writing_each(all, |session, _, chunk| {
            let excluded = session.rows("write to", sql, &[&numbers(chunk), &run])?;
            Ok(excluded.len() as u64)
        })
        .map(drop)
    }

    fn commit(
        &mut self,
        group: &Group,
        rules: &Rules,
        dead: &Runs,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, JournalError> {
        let own = self.own()?;
        let (owner, is_cut_off) = (own.owner, own.is_cut_off);
        if !group.claims.is_empty() {
            self.check()?;
        }
        if is_cut_off {
            self.outage.unanswered.extend(&group.taken_back);
            self.call_unanswered_unsent()?;
        }
        let groups = self.run.as_mut().map_or(0, |run| {
            run.groups += 1;
            run.groups
        });
        let mut planned = Vec::new();
        self.outage.begin();
        let written = self.session().and_then(|session| {
            // What a plan was made for has doubled.
            if groups.is_power_of_two() {
                session.discard_plans()?;
            }
            Self::write_group(session, owner, group, (rules, dead), now, &mut planned)
        });
        match written {
            Ok(claimed) => {
                self.outage.end();
                if let Some(session) = &mut self.session {
                    session.be_patient();
                }
                if let Some(all) = self.run.as_mut().and_then(|run| run.single_request.as_mut()) {
                    all.extend(planned.iter().map(|ticket| ticket.msisdn));
                }
                Ok(claimed)
            }
            Err(fault) => {
                // None of these is ever launched. They are taken back once that is possible.
                self.outage.unanswered.extend(planned);
                let is_lost = fault.is_lost();
                let mut error = fault.at(&self.place);
                if is_lost {
                    self.session = None;
                    error.fault = JournalFault::Unanswered;
                } else {
                    self.outage.refusals.push(error.clone());
                }
                Err(error)
            }
        }
    }

    fn check(&mut self) -> Result<(), JournalError> {
        let is_gone = self.run.as_ref().is_some_and(|run| run.is_cut_off)
            || self.session.as_ref().is_none_or(DatabaseSession::is_closed);
        if is_gone {
            let error = format!(
                "the session with {} is gone, so another run may take this one for dead",
                self.place
            );
            return Err(JournalError::new(JournalFault::Gone, error)
                .hint("run the same command again: it goes on where this one stopped"));
        }
        if !self.is_same_server {
            return Err(self.other_server());
        }
        self.unfit.clone().map_or(Ok(()), Err)?;
        self.clock.check()
    }

    fn recover(&mut self) -> Result<(), JournalError> {
        self.come_back()
    }

    fn end(&mut self, end: RunEnd) -> Result<(), JournalError> {
        let own = self.own()?;
        let (owner, claimed) = (own.owner, own.single_request.clone());
        self.writing(|session, _| write::end(session, owner, &end, claimed.as_deref()))?;
        self.run = None;
        self.give_up_locks();
        Ok(())
    }

    fn adopt(
        &mut self,
        all: &[Msisdn],
        since: Timestamp,
        expires_in: u32,
        now: Timestamp,
    ) -> Result<u64, JournalError> {
        let owner = self.own()?.owner;
        self.writing_each(all, |session, _, chunk| {
            write::adopt(session, owner, chunk, since, (expires_in, now))
        })
    }

    fn lost_runs(&mut self, _campaign: &str) -> Result<Vec<CutRun>, JournalError> {
        Ok(Vec::new())
    }

    fn accept_losses(&mut self, _runs: &[CutRun]) -> Result<(), JournalError> {
        self.take_server(false)
    }

    fn accept_server(&mut self) -> Result<(), JournalError> {
        self.take_server(true)
    }

    fn add_reports(&mut self, reports: &[ReportToAdd]) -> Result<ReconcileCounts, JournalError> {
        let secret = self.secret.clone();
        self.writing(|session, clock| reports::add(session, &secret, reports, clock))
    }

    fn correct_times(
        &mut self,
        campaign: CampaignId,
        all: &[Msisdn],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        if self.is_for_reading {
            return Ok(());
        }
        let campaign = rows::id(campaign.0);
        let sql = "UPDATE smspin.attempts SET at = least(at, $3),
            answered_at = CASE WHEN answered_at > $3 THEN $3 ELSE answered_at END
            WHERE campaign = $1 AND msisdn = ANY ($2::int8[]) AND (at > $3 OR answered_at > $3)";
        self.writing_each(all, |session, clock, chunk| {
            session.rows(
                "write to",
                sql,
                &[&campaign, &numbers(chunk), &clock.written(now)],
            )?;
            Ok(0)
        })
        .map(drop)
    }

    fn readmit(&mut self, all: &[Msisdn]) -> Result<u64, JournalError> {
        let sql = "DELETE FROM smspin.excluded WHERE msisdn = ANY ($1::int8[]) RETURNING 1";
        self.writing_each(all, |session, _, chunk| {
            Ok(session.rows("write to", sql, &[&numbers(chunk)])?.len() as u64)
        })
    }

    fn count_to_forget(&mut self, what: &Forget) -> Result<u64, JournalError> {
        self.reading(|session, clock| forget::count(session, what, clock))
    }

    fn forget(&mut self, what: &Forget, now: Timestamp) -> Result<u64, JournalError> {
        let mut forgotten = 0;
        loop {
            let chunk = self.writing(|session, clock| forget::delete(session, what, now, clock))?;
            forgotten += u64::from(chunk);
            if chunk < forget::CHUNK {
                return Ok(forgotten);
            }
        }
    }

    fn close(mut self: Box<Self>) -> Result<(), JournalError> {
        self.give_up_locks();
        Ok(())
    }
}
