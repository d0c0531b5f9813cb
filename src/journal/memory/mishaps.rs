//! What happens to a journal in a simulated world.

use super::Memory;
use crate::journal::attempt::{AttemptState, Ticket};
use crate::journal::run::RunId;
use std::sync::{Arc, Mutex};

impl Memory {
    /// A copy of the journal's file, as a user or a backup makes it. The runs that are at work on the first one don't hold the
    /// locks of the copy.
    pub(crate) fn copy(&self) -> Self {
        let mut tables = self.tables().clone();
        for run in &mut tables.runs {
            run.is_alive = false;
        }
        Self {
            tables: Arc::new(Mutex::new(tables)),
            identity: self.identity.clone(),
        }
    }

    /// Ids of runs are not given twice, though this journal is in the place of another: the account tells runs apart by them.
    pub(crate) fn goes_on_after(&self, other: &Self) {
        let begun = other.tables().begun;
        self.tables().begun = begun;
    }

    /// The run's lock is gone, as with a session of a database; it can still record.
    pub(crate) fn lose_session(&self, run: RunId) {
        if let Some(record) = self.tables().run(run) {
            record.is_alive = false;
        }
    }

    /// A run's last claims go, as if they had not been synced when its machine lost its power.
    pub(crate) fn lose(&self, run: RunId, claims: &[Ticket]) {
        let mut tables = self.tables();
        for ((_, msisdn), attempts) in &mut tables.attempts {
            attempts.retain(|attempt| {
                let is_lost = claims
                    .iter()
                    .any(|claim| claim.msisdn == *msisdn && claim.nth == attempt.nth);
                attempt.run != run || attempt.state != AttemptState::Open || !is_lost
            });
        }
        tables.attempts.retain(|_, attempts| !attempts.is_empty());
    }
}
