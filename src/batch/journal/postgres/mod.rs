//! The journal in a PostgreSQL database, which runs on several machines may share. This folder is the only one that knows its SQL.
//!
//! Safety rests on claims: a number's next attempt is one row, and the database gives it to one run. Nothing is ever taken from
//! another run, so no clock and no sign of life decides who may send. Whether a run is alive (its session holds its advisory lock)
//! matters for the word of a row, *under way* or *unknown*, and for beginning another epoch, which has to wait until nobody sends.
//!
//! What the rest of the journal calls a campaign is an *epoch* here; a *campaign* here is a whole journal, by its name.

mod campaigns;
mod fold;
mod forget;
mod history;
mod liveness;
mod password;
mod place;
mod recover;
mod reports;
mod requests;
mod runs;
mod schema;
mod session;
mod tls;
mod values;
mod write;

use super::database_error::DatabaseError;
use super::error::JournalError;
use super::records::{Access, Campaign, RunSpan};
use crate::batch::fingerprint::Fingerprint;
use crate::batch::numbers::Numbers;
use crate::batch::state::CampaignKind;
use jiff::Timestamp;
use session::{DatabaseSession, ServerIdentity};
use std::collections::HashSet;

pub(crate) use campaigns::campaigns;
pub(crate) use history::DatabaseHistory;
pub(crate) use place::DatabasePlace;
pub(crate) use requests::DatabaseRequests;

/// The run that this process has begun.
#[derive(Clone, Copy, Debug)]
struct OwnRun {
    id: i32,
    epoch: i32,
    /// How often the account had been refused when it began.
    account_refusals: i64,
}

/// The runs that there were when the journal was opened. What those that had ended by then left open is unknown for good.
#[derive(Clone, Debug, Default)]
struct EarlierRuns {
    last: i32,
    alive: HashSet<i32>,
}

/// What a plan was made from. Another epoch may only begin while it still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct SeenRecords {
    epoch: i32,
    attempts: i64,
    last_attempt: i64,
}

/// A journal in a database.
#[derive(Debug)]
pub(crate) struct DatabaseJournal {
    place: DatabasePlace,
    /// `None` while the connection is lost.
    session: Option<DatabaseSession>,
    access: Access,
    /// `None` until there is such a campaign.
    campaign: Option<i32>,
    has_tables: bool,
    seen: Option<SeenRecords>,
    run: Option<OwnRun>,
    earlier_runs: EarlierRuns,
    /// Of the session, or of the one before while there is none.
    backend: i32,
    identity: Option<ServerIdentity>,
    /// True once the server has refused to write a group.
    has_refused: bool,
    /// The report ids of intents whose commit was never answered. None of them was sent.
    unanswered: Vec<Vec<u8>>,
}

impl DatabaseJournal {
    /// Opens what is there. With [`Access::Locked`] it makes the tables if they are missing; nobody is locked out.
    pub(crate) fn open(place: &DatabasePlace, access: Access) -> Result<Self, JournalError> {
        let session = DatabaseSession::open(place)?;
        let shown = place.to_string();
        let exists = match access {
            Access::Locked => {
                session.refuse_pooler(place)?;
                schema::ensure(&session, &shown)?;
                true
            }
            Access::ReadOnly => schema::check(&session, &shown)?,
        };
        let mut journal = Self {
            place: place.clone(),
            access,
            campaign: None,
            has_tables: exists,
            seen: None,
            run: None,
            earlier_runs: EarlierRuns::default(),
            backend: session.backend,
            identity: Some(session.identity.clone()),
            session: Some(session),
            has_refused: false,
            unanswered: Vec::new(),
        };
        if exists {
            journal.find()?;
        }
        Ok(journal)
    }

    /// Finds the campaign by its name, and sees that its server is the one that it was written on.
    fn find(&mut self) -> Result<(), DatabaseError> {
        let sql = "SELECT id, system_identifier, timeline FROM smspin.campaign WHERE name = $1";
        let session = self.session()?;
        let rows = session.rows("read", sql, &[&self.place.campaign.as_str()])?;
        let Some(row) = rows.first() else {
            return Ok(());
        };
        let known = ServerIdentity {
            system: row.get(1),
            timeline: row.get(2),
        };
        let id: i32 = row.get(0);
        if known != session.identity && self.access == Access::Locked {
            if !self.place.accept_failover {
                return Err(DatabaseError::OtherServer {
                    place: self.place.to_string(),
                });
            }
            let sql = "UPDATE smspin.campaign SET system_identifier = $2, timeline = $3 WHERE id = $1";
            let now = &session.identity;
            session.execute("write", sql, &[&id, &now.system, &now.timeline])?;
        }
        // In this order: a run that has ended makes no more attempts, so the plan knows all of it.
        let last = session.one(
            "read",
            "SELECT coalesce(max(id), 0) FROM smspin.run WHERE campaign = $1",
            &[&id],
        )?;
        let earlier_runs = EarlierRuns {
            last: last.get(0),
            alive: liveness::alive(session, id, 0)?,
        };
        let seen = runs::seen(session, id)?;
        self.earlier_runs = earlier_runs;
        self.seen = Some(seen);
        self.campaign = Some(id);
        Ok(())
    }

    pub(in crate::batch::journal) const fn place(&self) -> &DatabasePlace {
        &self.place
    }

    /// `None` where there is no such campaign, or where no run of it has begun.
    pub(crate) fn campaign(&self) -> Result<Option<Campaign>, JournalError> {
        self.id()
            .map_or(Ok(None), |id| fold::campaign(self.session()?, id))
    }

    /// Why its first epoch began.
    pub(crate) fn first_campaign(&self) -> Result<Option<CampaignKind>, JournalError> {
        let Some(id) = self.id() else { return Ok(None) };
        let kinds = fold::kinds(self.session()?, id)?;
        Ok(kinds.first().map(|(_, kind)| *kind))
    }

    /// Why each epoch began, with the part of its fingerprint that all its runs share.
    pub(crate) fn fingerprints(&self) -> Result<Vec<(CampaignKind, Fingerprint)>, JournalError> {
        self.id()
            .map_or(Ok(Vec::new()), |id| fold::fingerprints(self.session()?, id))
    }

    /// The campaigns that had this name and were set aside, the oldest first.
    pub(in crate::batch::journal) fn asides(&self) -> Result<Vec<DatabasePlace>, JournalError> {
        if !self.has_tables {
            return Ok(Vec::new());
        }
        let sql = "SELECT name FROM smspin.campaign WHERE formerly = $1 ORDER BY id";
        let rows = self
            .session()?
            .rows("read", sql, &[&self.place.campaign.as_str()])?;
        Ok(rows.iter().map(|row| self.place.aside(row.get(0))).collect())
    }

    /// What is known of each number; `None` where there is no such campaign.
    pub(crate) fn past(&self) -> Result<Option<DatabaseHistory<'_>>, JournalError> {
        let history = |id| DatabaseHistory::new(self.session()?, id);
        self.id().map(history).transpose()
    }

    /// When the last run was at work, or the last that shared the campaign with it. A run has begun.
    pub(crate) fn last_run(&self) -> Result<RunSpan, JournalError> {
        fold::last_run(self.session()?, self.id().expect("a run has begun"))
    }

    /// How many of the numbers that the last run of each input had to send are still to send.
    pub(crate) fn left(&self) -> Result<u64, JournalError> {
        self.id().map_or(Ok(0), |id| fold::left(self.session()?, id))
    }

    /// Gives every number of `numbers`, all of them new, its state at `now` by this journal.
    pub(crate) fn fold_into(&self, numbers: &mut Numbers, now: Timestamp) -> Result<(), JournalError> {
        match self.id() {
            Some(id) => fold::fold_into(self.session()?, id, self.own(), numbers, now),
            None => Ok(()),
        }
    }

    /// Every number that was ever tried, with its state at `now`.
    pub(crate) fn numbers(&self, now: Timestamp) -> Result<Numbers, JournalError> {
        let mut numbers = match self.id() {
            Some(id) => fold::all_numbers(self.session()?, id)?,
            None => crate::batch::numbers::NumbersBuilder::default().finish(),
        };
        self.fold_into(&mut numbers, now)?;
        Ok(numbers)
    }

    /// How many numbers other runs have requests under way for; `None` where no other run is alive.
    pub(crate) fn under_way(&self) -> Result<Option<u64>, JournalError> {
        match self.id() {
            Some(id) => fold::under_way(self.session()?, id, self.own()),
            None => Ok(None),
        }
    }

    /// The other runs that are alive, each as people read of it.
    pub(crate) fn others(&self) -> Result<Vec<String>, JournalError> {
        match self.id() {
            Some(id) => Ok(liveness::others(self.session()?, id, self.own())?),
            None => Ok(Vec::new()),
        }
    }

    /// How many numbers of the last epoch met each error id, the most frequent first.
    pub(crate) fn error_ids(&self) -> Result<Vec<(String, u64)>, JournalError> {
        self.id()
            .map_or(Ok(Vec::new()), |id| fold::error_ids(self.session()?, id))
    }

    /// Opens what is known of each number, for the results.
    pub(crate) fn history(&mut self) -> Result<DatabaseHistory<'_>, JournalError> {
        DatabaseHistory::new(self.session()?, self.id().unwrap_or_default())
    }

    /// Ends the session, and with it the run.
    pub(crate) fn close(self) {
        drop(self);
    }

    fn session(&self) -> Result<&DatabaseSession, DatabaseError> {
        self.session.as_ref().ok_or_else(|| DatabaseError::Lost {
            place: self.place.to_string(),
        })
    }

    const fn id(&self) -> Option<i32> {
        self.campaign
    }

    fn own(&self) -> i32 {
        self.run.map_or(0, |run| run.id)
    }
}
