//! The questions of [`Store`], each a piece of work within a transaction.

use super::fault::{self, SqliteFault};
use super::lock::{self, RunLock};
use super::presence::Presence;
use super::{Access, CHUNK, OwnRun, SqliteStore, beside, forget, lost, reports, rows, write};
use crate::domain::campaign_name::CampaignName;
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::{Attempt, Detail};
use crate::journal::decision::Rules;
use crate::journal::error::JournalError;
use crate::journal::report::{ReconcileCounts, ReportKey, ReportToAdd};
use crate::journal::run::{
    CampaignId, CutRun, JournalIdentity, NewRun, RunEnd, RunId, RunRecord, Runs, SortedNumbers,
};
use crate::journal::store::{Claimed, Forget, Group, Store};
use jiff::Timestamp;
use std::collections::BTreeSet;

impl Store for SqliteStore {
    fn identity(&self) -> &JournalIdentity {
        &self.identity
    }

    fn campaigns(&mut self) -> Result<Vec<(CampaignId, String)>, JournalError> {
        self.reading(rows::campaigns)
    }

    fn numbers(&mut self, campaign: CampaignId, after: Option<Msisdn>) -> Result<Vec<Msisdn>, JournalError> {
        self.reading(|connection| rows::numbers(connection, campaign, after, CHUNK))
    }

    fn runs(&mut self) -> Result<Vec<RunRecord>, JournalError> {
        let journal = self.path.clone();
        self.reading(|connection| Ok(rows::runs(connection, &journal)?))
    }

    fn read(
        &mut self,
        campaign: CampaignId,
        numbers: SortedNumbers<'_>,
        detail: Detail,
        each: &mut dyn FnMut(Msisdn, Attempt),
    ) -> Result<(), JournalError> {
        loop {
            let chunk: Vec<Msisdn> = (&mut *numbers).take(CHUNK as usize).collect();
            if chunk.is_empty() {
                return Ok(());
            }
            let found =
                self.reading(|connection| Ok(rows::attempts(connection, campaign, &chunk, detail)?))?;
            for (msisdn, attempt) in found {
                each(msisdn, attempt);
            }
        }
    }

    fn excluded(
        &mut self,
        numbers: SortedNumbers<'_>,
        each: &mut dyn FnMut(Msisdn, RunId),
    ) -> Result<(), JournalError> {
        loop {
            let chunk: Vec<Msisdn> = (&mut *numbers).take(CHUNK as usize).collect();
            if chunk.is_empty() {
                return Ok(());
            }
            for (msisdn, run) in self.reading(|connection| Ok(rows::excluded(connection, &chunk)?))? {
                each(msisdn, run);
            }
        }
    }

    fn begin(&mut self, run: &NewRun) -> Result<(RunId, CampaignId), JournalError> {
        let lock = RunLock::take(&self.path, run)
            .map_err(fault::io("create the lock file of a run of", &self.path))?;
        let (owner, key) = match self.begin_locked(run) {
            Ok(begun) => begun,
            Err(error) => {
                // It would lock nothing: no record names it.
                let _ = lock.remove();
                return Err(error);
            }
        };
        let paths = [
            self.path.clone(),
            beside(&self.path, "-wal"),
            lock.path().to_owned(),
        ];
        self.run = Some(OwnRun {
            owner,
            key,
            presence: Presence::of(paths)?,
            lock,
            groups: 0,
            single_request: CampaignName::is_of_requests(&run.campaign).then(Vec::new),
        });
        Ok((owner.run, owner.campaign))
    }

    fn report_key(&self) -> ReportKey {
        self.run.as_ref().expect("a run has begun").key.clone()
    }

    fn exclude(&mut self, numbers: &[Msisdn]) -> Result<(), JournalError> {
        let run = self.own()?.owner.run;
        self.writing_each(numbers, |connection, msisdn| {
            rows::exclude(connection, msisdn, run).map_err(SqliteFault::from)
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
        let owner = self.own()?.owner;
        let claimed = self.writing(|connection| {
            for closing in &group.closings {
                write::close(connection, owner, closing)?;
            }
            for ticket in &group.taken_back {
                write::take_back(connection, owner, ticket)?;
            }
            let claimed = write::claim(connection, owner, &group.claims, (rules, dead), now)?;
            write::count_group(connection, owner, now)?;
            Ok(claimed)
        })?;
        let run = self.own()?;
        run.groups += 1;
        run.lock.note(run.groups);
        if let Some(attempts) = &mut run.single_request {
            attempts.extend(claimed.iter().filter_map(|claimed| match claimed {
                Claimed::Granted(ticket) => Some(*ticket),
                Claimed::Taken => None,
            }));
        }
        Ok(claimed)
    }

    fn check(&mut self) -> Result<(), JournalError> {
        self.run.as_ref().map_or(Ok(()), |run| run.presence.check())
    }

    fn recover(&mut self) -> Result<(), JournalError> {
        self.own()?.presence.check()
    }

    fn end(&mut self, end: RunEnd) -> Result<(), JournalError> {
        let run = self.own()?;
        // In a file that another run doesn't find, the end says nothing: the lock file stays, and tells of the loss.
        run.presence.check()?;
        let (owner, attempts) = (run.owner, run.single_request.clone());
        if attempts.is_some() {
            // Its record leaves the journal now: a lock file that a kill leaves behind must not tell of a loss.
            run.lock.note(0);
        }
        self.writing(|connection| {
            write::end(connection, owner, &end)?;
            attempts.map_or(Ok(()), |attempts| {
                write::delete_single_request(connection, owner, &attempts)
            })
        })?;
        match self.run.take() {
            Some(run) => {
                let path = run.lock.path().to_owned();
                run.lock.remove().map_err(fault::io("remove", &path))
            }
            None => Ok(()),
        }
    }

    fn adopt(
        &mut self,
        numbers: &[Msisdn],
        since: Timestamp,
        expires_in: u32,
        now: Timestamp,
    ) -> Result<u64, JournalError> {
        let owner = self.own()?.owner;
        let numbers: BTreeSet<Msisdn> = numbers.iter().copied().collect();
        let numbers: Vec<Msisdn> = numbers.into_iter().collect();
        self.writing_each(&numbers, |connection, msisdn| {
            write::adopt(connection, owner, msisdn, since, (expires_in, now))
        })
    }

    fn lost_runs(&mut self, campaign: &str) -> Result<Vec<CutRun>, JournalError> {
        let journal = self.path.clone();
        self.reading(|connection| lost::find(connection, &journal, campaign))
    }

    fn accept_losses(&mut self, runs: &[CutRun]) -> Result<(), JournalError> {
        for run in runs {
            lock::remove(&self.path, &run.name).map_err(fault::io("remove a lock file of", &self.path))?;
        }
        Ok(())
    }

    fn add_reports(&mut self, reports: &[ReportToAdd]) -> Result<ReconcileCounts, JournalError> {
        let journal = self.path.clone();
        self.writing(|connection| reports::add(connection, &journal, reports))
    }

    fn correct_times(
        &mut self,
        campaign: CampaignId,
        numbers: &[Msisdn],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        if let Access::Look(_) = self.access {
            return Ok(());
        }
        self.writing_each(numbers, |connection, msisdn| {
            rows::correct_times(connection, campaign, msisdn, now).map_err(SqliteFault::from)
        })
        .map(drop)
    }

    fn readmit(&mut self, numbers: &[Msisdn]) -> Result<u64, JournalError> {
        self.writing_each(numbers, |connection, msisdn| {
            rows::readmit(connection, msisdn).map_err(SqliteFault::from)
        })
    }

    fn count_to_forget(&mut self, what: &Forget) -> Result<u64, JournalError> {
        self.reading(|connection| forget::count(connection, what))
    }

    fn forget(&mut self, what: &Forget, now: Timestamp) -> Result<u64, JournalError> {
        let journal = self.path.clone();
        let (mut forgotten, mut after) = (0, None);
        loop {
            let keys = self.reading(|connection| forget::find(connection, what, after))?;
            forgotten += self.writing(|connection| forget::delete(connection, &journal, what, &keys, now))?;
            if keys.len() < forget::CHUNK as usize {
                break;
            }
            after = keys.last().copied();
        }
        if let Access::Write(connection) = &self.access {
            forget::wipe(connection).map_err(|fault| fault.at("write to", &self.path))?;
        }
        let journal = self.path.clone();
        self.reading(|connection| lost::tidy(connection, &journal))?;
        Ok(forgotten)
    }

    fn close(self: Box<Self>) -> Result<(), JournalError> {
        let Self { path, access, .. } = *self;
        let connection = match access {
            Access::Write(connection) => {
                // So that a copy of this file alone has it all, as soon as no run is at work. SQLite itself does it only where no
                // other connection is left.
                let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
                connection
            }
            Access::Look(looker) => looker.into_connection(),
        };
        connection
            .close()
            .map_err(|(_, error)| SqliteFault::from(error).at("close", &path))
    }
}
