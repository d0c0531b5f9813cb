//! After a lost connection: back to the same server, in the place of the old session, and what never left is taken back.

use super::DatabaseJournal;
use super::liveness;
use super::runs;
use super::session::DatabaseSession;
use crate::batch::journal::database_error::DatabaseError;
use crate::batch::journal::error::JournalError;
use std::time::{Duration, Instant};

/// How long the database is waited for. Outcomes are in memory meanwhile.
const LONGEST_OUTAGE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(200);

impl DatabaseJournal {
    /// Comes back once outcomes can be written again. Nothing may be launched any more in any case. An error says that they can't,
    /// and why, where that is another reason than the one why the commit failed.
    pub(in crate::batch::journal) fn recover(&mut self) -> Result<(), Option<JournalError>> {
        if self.session.is_some() {
            // The server refused what was asked. On a full disk, outcomes alone may still have room beside their attempts.
            return if std::mem::replace(&mut self.has_refused, true) {
                Err(None)
            } else {
                Ok(())
            };
        }
        let until = Instant::now() + LONGEST_OUTAGE;
        loop {
            match self.reconnect() {
                Ok(true) => return Ok(()),
                Err(error) if !error.is_lost() => return Err(Some(error.into())),
                Ok(false) | Err(_) => {}
            }
            if Instant::now() >= until {
                return Err(None);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// False while the old session is still there: its last commit may be under way.
    fn reconnect(&mut self) -> Result<bool, DatabaseError> {
        let (Some(run), Some(id)) = (self.run, self.campaign) else {
            return Err(self.changed());
        };
        let session = DatabaseSession::open(&self.place)?;
        if self.identity.as_ref() != Some(&session.identity) {
            return Err(DatabaseError::OtherServer {
                place: self.place.to_string(),
            });
        }
        if !liveness::hold_run(&session, run.id)? {
            // That of this role, which nobody is at the other end of any more.
            let _ = session.rows("end", "SELECT pg_terminate_backend($1)", &[&self.backend]);
            return Ok(false);
        }
        if !liveness::share_campaign(&session, id)? || runs::seen(&session, id)?.epoch != run.epoch {
            return Err(self.changed());
        }
        let sql = "DELETE FROM smspin.attempt WHERE run = $1 AND campaign = $2 AND state IS NULL AND report_id = ANY ($3::bytea[])";
        session.execute("write", sql, &[&run.id, &id, &self.unanswered])?;
        self.unanswered.clear();
        self.backend = session.backend;
        self.session = Some(session);
        Ok(true)
    }
}
