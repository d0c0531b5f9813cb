//! After a lost connection: back to the same server, in the place of the old session, and what never left is recorded as unsent.
//! And what is done where the server is another one.

use super::check;
use super::fault::PostgresFault;
use super::rows::{self, RUN_LOCK, RUN_LOCKS};
use super::session::DatabaseSession;
use super::write;
use super::{JournalError, JournalFault, PostgresStore};
use crate::journal::attempt::Ticket;
use std::time::{Duration, Instant};

/// How long the database is waited for, from its first silence. Outcomes are in memory meanwhile.
const LONGEST_OUTAGE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

/// What is known of a database that doesn't answer.
#[derive(Debug, Default)]
pub(super) struct Outage {
    /// When it was first asked for what it has not answered yet.
    since: Option<Instant>,
    /// Why the server refused to write groups since the last one that it has written.
    pub(super) refusals: Vec<JournalError>,
    /// Claims that may have been written without an answer. None of them was sent.
    pub(super) unanswered: Vec<Ticket>,
}

impl Outage {
    pub(super) fn begin(&mut self) {
        self.since.get_or_insert_with(Instant::now);
    }

    pub(super) fn end(&mut self) {
        self.since = None;
        self.refusals.clear();
    }
}

impl PostgresStore {
    /// Comes back once outcomes can be written again. Nothing may be launched any more in any case.
    pub(super) fn come_back(&mut self) -> Result<(), JournalError> {
        self.own()?;
        self.outage.begin();
        let until = self.outage.since.unwrap_or_else(Instant::now) + LONGEST_OUTAGE;
        // On a full disk, outcomes alone may still have room beside their attempts: one refusal is not the end.
        if let [first, _, ..] = self.outage.refusals.as_slice() {
            return Err(first.clone());
        }
        loop {
            let mut error = match self.reconnect(until) {
                Ok(true) => match self.call_unanswered_unsent() {
                    Err(error) if self.session.is_none() => error,
                    done => return done,
                },
                Ok(false) => PostgresFault::Lost.at(&self.place),
                Err(fault) if !fault.is_lost() => return Err(fault.at(&self.place)),
                Err(fault) => fault.at(&self.place),
            };
            if Instant::now() + PAUSE >= until {
                error.fault = JournalFault::Unanswered;
                return Err(error);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// False while the old session is still there: its last commit may be under way.
    fn reconnect(&mut self, until: Instant) -> Result<bool, PostgresFault> {
        if self.session.is_some() {
            return Ok(true);
        }
        let session = DatabaseSession::open(&self.place, Some(until))?;
        check::server(&session, &self.place)?;
        if check::identity(&session)? != self.identity.server {
            self.is_same_server = false;
            return Err(self.other_server().into());
        }
        let Some(run) = &mut self.run else {
            return Ok(false);
        };
        run.is_cut_off = true;
        if !write::hold(&session, run.owner.run)? {
            // The session before this one has it, with nothing at its other end any more.
            let sql = format!("SELECT pg_terminate_backend(pid) FROM {RUN_LOCKS} AND objid = $2::int4::oid");
            let _ = session.rows("end", &sql, &[&RUN_LOCK, &rows::id(run.owner.run.0)]);
            return Ok(false);
        }
        self.session = Some(session);
        Ok(true)
    }

    pub(super) fn call_unanswered_unsent(&mut self) -> Result<(), JournalError> {
        let unanswered = std::mem::take(&mut self.outage.unanswered);
        if let Some(run) = self.run.as_mut().filter(|_| !unanswered.is_empty()) {
            run.is_cut_off = true;
            let owner = run.owner;
            if let Err(error) = self.writing(|session, _| write::call_unsent(session, owner, &unanswered)) {
                self.outage.unanswered = unanswered;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Commits that were not on this server yet would be missing.
    pub(super) fn other_server(&self) -> JournalError {
        let error = format!(
            "{} is not the server that the journal was last written on: another one was promoted, or a dump was restored, which may \
             lack the last records",
            self.place
        );
        JournalError::new(JournalFault::Lost, error).hint(
            "`smspin journal adopt FILE` counts every number of a list that the journal doesn't know as unknown; only where nothing \
             can be lost, as after a planned switch to a synchronous standby: `smspin journal adopt --nothing-lost`",
        )
    }

    /// Takes the server as the journal's. Where nothing was lost, the lists that were sent to on the one before are known whole.
    pub(super) fn take_server(&mut self, nothing_lost: bool) -> Result<(), JournalError> {
        if self.is_same_server && !nothing_lost {
            return Ok(());
        }
        let server = self.identity.server.clone();
        let sql = "UPDATE smspin.meta SET server = $1,
            earlier = CASE WHEN server = $1 THEN earlier ELSE earlier || server END,
            accepted = CASE WHEN $2::bool THEN earlier || server ELSE accepted END RETURNING accepted";
        let accepted = self.writing(|session, _| {
            let row = session.one("write to", sql, &[&server, &nothing_lost])?;
            super::session::get(&row, 0)
        })?;
        self.identity.accepted_servers = accepted;
        self.is_same_server = true;
        Ok(())
    }

    /// Other runs see at once that this one has nothing more to say. Without an answer they see it once the session is gone.
    pub(super) fn give_up_locks(&mut self) {
        if let Some(session) = &self.session {
            let _ = session.rows("end", "SELECT pg_advisory_unlock_all()", &[]);
        }
    }
}
