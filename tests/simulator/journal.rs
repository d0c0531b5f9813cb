//! The journal of a simulated world as one process reaches it: commits are lost before they take effect or after, the journal
//! goes away, and its process dies between two writes. The account hears of everything that took effect.

use super::account::{number_of, since_boot};
use super::killed::KillPoint;
use super::process::{LockFile, Process, World};
use super::step::{Command, JournalTrouble, Moment};
use crate::domain::msisdn::Msisdn;
use crate::journal::{
    Attempt, CampaignId, Claimed, CutRun, Detail, Forget, Group, JournalError, JournalFault, JournalIdentity,
    NewRun, ReconcileCounts, ReportKey, ReportToAdd, Rules, RunEnd, RunId, RunName, RunRecord, Runs,
    SortedNumbers, Store,
};
use jiff::Timestamp;
use std::time::Duration;

/// A store that fails as its process is told to.
#[derive(Debug)]
pub(super) struct FaultyStore {
    pub(super) inner: Box<dyn Store>,
    pub(super) world: World,
    pub(super) process: Process,
    pub(super) command: Command,
    /// How often the journal had been replaced when this one was opened.
    replaced: usize,
    /// The run that has begun in it.
    name: Option<RunName>,
    /// When the command asked who may be sent to, and how often the time of day had been set.
    pub(super) asked: (Duration, usize),
}

fn error(fault: JournalFault, what: &str) -> JournalError {
    JournalError::new(fault, what)
}

impl FaultyStore {
    /// Why nothing can be written.
    fn fails(&self) -> Result<(), JournalError> {
        let state = self.process.state();
        if state.is_dead || state.is_cut_off {
            return Err(error(JournalFault::Outage, "the journal can't be reached"));
        }
        Ok(())
    }

    /// The journal that was opened is in its place, and not another one.
    pub(super) fn is_in_place(&self) -> bool {
        self.world.replaced() == self.replaced
    }

    /// What a kill in the middle of a call would have left, which the account knows of by now.
    fn check_kill(&self, kill: Option<KillPoint>) {
        if let Some(kill) = kill {
            kill.check(&self.world);
        }
    }

    fn told(&self, run: RunId, group: &Group, claimed: &[Claimed]) {
        if !self.is_in_place() {
            return;
        }
        let mut last = Vec::new();
        self.world.account(|account| {
            for closing in &group.closings {
                account.closed(run, number_of(closing.ticket.msisdn), closing.outcome.state);
            }
            for ticket in &group.taken_back {
                account.taken_back(run, number_of(ticket.msisdn));
            }
            for (claim, claimed) in group.claims.iter().zip(claimed) {
                if let Claimed::Granted(ticket) = claimed {
                    account.claimed(run, number_of(claim.msisdn), claim.expires_in, *ticket);
                    last.push(*ticket);
                } else {
                    account.count("claim not granted");
                }
            }
        });
        self.process.change(|state| state.last_claims = last);
    }
}

impl Drop for FaultyStore {
    fn drop(&mut self) {
        if self.name.is_none() || !self.is_in_place() {
            return;
        }
        if let Some(run) = self.process.state().run {
            self.world.account(|account| account.lock_given_up(run));
        }
    }
}

impl Store for FaultyStore {
    fn commit(
        &mut self,
        group: &Group,
        rules: &Rules,
        dead: &Runs,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, JournalError> {
        self.fails()?;
        if self.process.dies(Moment::BeforeCommit) {
            return Err(error(JournalFault::Gone, "killed"));
        }
        let state = self.process.state();
        let trouble = self.process.change(|state| state.trouble.take());
        if matches!(trouble, Some(JournalTrouble::Refused | JournalTrouble::Gone)) {
            let is_gone = trouble == Some(JournalTrouble::Gone);
            self.process.change(|state| state.is_cut_off |= is_gone);
            if let Some(run) = state.run.filter(|_| is_gone) {
                self.world.account(|account| account.falls_silent(run));
            }
            return Err(error(JournalFault::Outage, "the disk is full"));
        }
        // A claim of a session that is gone is not granted: that is what the session is for.
        if state.session_lost.is_some() && !group.claims.is_empty() {
            return Err(error(JournalFault::Gone, "the session is gone"));
        }
        let kill = self.world.might_kill();
        let claimed = self.inner.commit(group, rules, dead, now)?;
        let run = state.run.expect("the run has begun");
        self.world
            .count_group(self.name.as_ref().expect("the run has begun"));
        self.told(run, group, &claimed);
        self.check_kill(kill);
        if self.process.dies(Moment::AfterCommit) {
            return Err(error(JournalFault::Gone, "killed"));
        }
        if trouble == Some(JournalTrouble::AnswerLost) {
            return Err(error(JournalFault::Unanswered, "the answer was lost"));
        }
        Ok(claimed)
    }

    fn check(&mut self) -> Result<(), JournalError> {
        if !self.is_in_place() {
            return Err(error(JournalFault::Gone, "another journal is in its place"));
        }
        if self.process.state().session_lost.is_some() {
            return Err(error(JournalFault::Gone, "the session is gone"));
        }
        self.inner.check()
    }

    fn recover(&mut self) -> Result<(), JournalError> {
        self.fails()?;
        self.inner.recover()
    }

    fn begin(&mut self, run: &NewRun) -> Result<(RunId, CampaignId), JournalError> {
        self.fails()?;
        let kill = self.world.might_kill();
        let begun = self.inner.begin(run)?;
        self.check_kill(kill);
        self.world.lock(run);
        self.name = Some(run.name.clone());
        self.process.change(|state| state.run = Some(begun.0));
        self.world
            .account(|account| account.began(begun.0, &self.command, self.asked));
        Ok(begun)
    }

    fn exclude(&mut self, numbers: &[Msisdn]) -> Result<(), JournalError> {
        self.fails()?;
        let kill = self.world.might_kill();
        self.inner.exclude(numbers)?;
        if !self.is_in_place() {
            return Ok(());
        }
        let numbers: Vec<_> = numbers.iter().map(|one| number_of(*one)).collect();
        self.world.account(|account| account.excluded(&numbers));
        self.check_kill(kill);
        Ok(())
    }

    fn end(&mut self, end: RunEnd) -> Result<(), JournalError> {
        self.fails()?;
        let kill = self.world.might_kill();
        self.inner.end(end)?;
        self.check_kill(kill);
        self.name.take().iter().for_each(|name| self.world.unlock(name));
        let run = self.process.state().run.expect("the run has begun");
        if self.is_in_place() {
            self.world.account(|account| account.ended(run));
        }
        Ok(())
    }

    fn identity(&self) -> &JournalIdentity {
        self.inner.identity()
    }

    fn campaigns(&mut self) -> Result<Vec<(CampaignId, String)>, JournalError> {
        self.inner.campaigns()
    }

    fn numbers(&mut self, campaign: CampaignId, after: Option<Msisdn>) -> Result<Vec<Msisdn>, JournalError> {
        self.inner.numbers(campaign, after)
    }

    fn runs(&mut self) -> Result<Vec<RunRecord>, JournalError> {
        self.inner.runs()
    }

    fn read(
        &mut self,
        campaign: CampaignId,
        numbers: SortedNumbers<'_>,
        detail: Detail,
        each: &mut dyn FnMut(Msisdn, Attempt),
    ) -> Result<(), JournalError> {
        self.inner.read(campaign, numbers, detail, each)
    }

    fn excluded(
        &mut self,
        numbers: SortedNumbers<'_>,
        each: &mut dyn FnMut(Msisdn, RunId),
    ) -> Result<(), JournalError> {
        self.inner.excluded(numbers, each)
    }

    fn report_key(&self) -> ReportKey {
        self.inner.report_key()
    }

    fn adopt(
        &mut self,
        numbers: &[Msisdn],
        since: Timestamp,
        expires_in: u32,
        now: Timestamp,
    ) -> Result<u64, JournalError> {
        let run = self.process.state().run.expect("the run has begun");
        let mut all = 0;
        for one in numbers {
            let kill = self.world.might_kill();
            let adopted = self.inner.adopt(&[*one], since, expires_in, now)?;
            let adopts = (number_of(*one), expires_in, adopted > 0);
            self.world.account(|account| account.adopted(run, adopts));
            self.check_kill(kill);
            all += adopted;
        }
        Ok(all)
    }

    fn lost_runs(&mut self, campaign: &str) -> Result<Vec<CutRun>, JournalError> {
        let runs = self.inner.runs()?;
        let mut lost = self.inner.lost_runs(campaign)?;
        for LockFile { run, groups } in self.world.locks() {
            let known = runs.iter().find(|known| known.name == run.name);
            if run.campaign == campaign && groups > known.map_or(0, |known| known.groups) {
                lost.push(CutRun {
                    name: run.name,
                    began: run.began,
                    last_seen: known.map_or(run.began, |known| known.last_seen),
                    list: run.list,
                    groups,
                });
            }
        }
        Ok(lost)
    }

    fn accept_losses(&mut self, runs: &[CutRun]) -> Result<(), JournalError> {
        self.inner.accept_losses(runs)?;
        for run in runs {
            self.world.unlock(&run.name);
        }
        Ok(())
    }

    fn add_reports(&mut self, reports: &[ReportToAdd]) -> Result<ReconcileCounts, JournalError> {
        self.inner.add_reports(reports)
    }

    fn correct_times(
        &mut self,
        campaign: CampaignId,
        numbers: &[Msisdn],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        // A batch looks with a store that is for reading alone.
        if self.command.campaign == "request" {
            self.inner.correct_times(campaign, numbers, now)?;
        }
        Ok(())
    }

    fn readmit(&mut self, numbers: &[Msisdn]) -> Result<u64, JournalError> {
        self.inner.readmit(numbers)
    }

    fn count_to_forget(&mut self, what: &Forget) -> Result<u64, JournalError> {
        self.inner.count_to_forget(what)
    }

    fn forget(&mut self, what: &Forget, now: Timestamp) -> Result<u64, JournalError> {
        self.inner.forget(what, now)
    }

    fn close(self: Box<Self>) -> Result<(), JournalError> {
        drop(self);
        Ok(())
    }
}

/// A store of a process whose command asks who may be sent to, or has asked before.
pub(super) fn open(
    world: &World,
    process: &Process,
    command: &Command,
    asked: Option<(Duration, usize)>,
) -> FaultyStore {
    FaultyStore {
        inner: world.open(),
        world: world.clone(),
        process: process.clone(),
        command: command.clone(),
        replaced: world.replaced(),
        name: None,
        asked: asked.unwrap_or_else(|| (since_boot(), world.account(|account| account.jumps()))),
    }
}
