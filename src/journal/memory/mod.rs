//! A journal in memory: the specification of the engines that keep one, and the journal of simulated runs. Several stores may
//! share one [`Memory`], as processes share a file.

mod mishaps;
mod tables;

use super::attempt::{Attempt, AttemptState, Detail};
use super::decision::Rules;
use super::error::{JournalError, JournalFault};
use super::report::{ReconcileCounts, ReportKey, ReportToAdd};
use super::run::{
    CampaignId, CutRun, JournalIdentity, NewRun, RunEnd, RunId, RunRecord, Runs, SortedNumbers, random_hex,
};
use super::store::{Claimed, Forget, Group, Store};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tables::Tables;

/// The journal that stores share.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    tables: Arc<Mutex<Tables>>,
    identity: JournalIdentity,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            tables: Arc::default(),
            identity: JournalIdentity {
                id: random_hex(),
                place: "memory".to_owned(),
                server: String::new(),
                accepted_servers: Vec::new(),
            },
        }
    }

    /// Another store of the same journal, as another process has it.
    pub(crate) fn open(&self) -> MemoryStore {
        MemoryStore {
            memory: self.clone(),
            run: None,
        }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // A test that panics with the lock held has failed already.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One process's view of a journal in memory. Dropping it kills its run.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    memory: Memory,
    run: Option<(RunId, CampaignId)>,
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl MemoryStore {
    fn own(&self) -> Result<(RunId, CampaignId), JournalError> {
        self.run
            .ok_or_else(|| JournalError::new(JournalFault::Unusable, "no run has begun in the journal"))
    }

    fn give_up(&mut self) {
        if let Some((run, _)) = self.run.take()
            && let Some(record) = self.memory.tables().run(run)
        {
            record.is_alive = false;
        }
    }
}

impl Store for MemoryStore {
    fn identity(&self) -> &JournalIdentity {
        &self.memory.identity
    }

    fn campaigns(&mut self) -> Result<Vec<(CampaignId, String)>, JournalError> {
        let names = self.memory.tables().campaigns.clone();
        let all = names.into_iter().enumerate();
        Ok(all.map(|(place, name)| (campaign_id(place), name)).collect())
    }

    fn numbers(&mut self, campaign: CampaignId, after: Option<Msisdn>) -> Result<Vec<Msisdn>, JournalError> {
        let tables = self.memory.tables();
        let keys = tables.attempts.keys();
        let of_campaign = keys.filter(|(of, msisdn)| *of == campaign && Some(*msisdn) > after);
        Ok(of_campaign.map(|(_, msisdn)| *msisdn).collect())
    }

    fn runs(&mut self) -> Result<Vec<RunRecord>, JournalError> {
        Ok(self.memory.tables().runs.clone())
    }

    fn read(
        &mut self,
        campaign: CampaignId,
        numbers: SortedNumbers<'_>,
        detail: Detail,
        each: &mut dyn FnMut(Msisdn, Attempt),
    ) -> Result<(), JournalError> {
        for msisdn in numbers {
            let found = self.memory.tables().attempts.get(&(campaign, msisdn)).cloned();
            for mut attempt in found.unwrap_or_default() {
                if detail == Detail::State {
                    attempt.answer = None;
                }
                each(msisdn, attempt);
            }
        }
        Ok(())
    }

    fn excluded(
        &mut self,
        numbers: SortedNumbers<'_>,
        each: &mut dyn FnMut(Msisdn, RunId),
    ) -> Result<(), JournalError> {
        for msisdn in numbers {
            let found = self.memory.tables().excluded.get(&msisdn).copied();
            if let Some(run) = found {
                each(msisdn, run);
            }
        }
        Ok(())
    }

    fn begin(&mut self, run: &NewRun) -> Result<(RunId, CampaignId), JournalError> {
        let mut tables = self.memory.tables();
        let place = tables.campaigns.iter().position(|known| *known == run.campaign);
        let place = place.unwrap_or_else(|| {
            tables.campaigns.push(run.campaign.clone());
            tables.campaigns.len() - 1
        });
        let campaign = campaign_id(place);
        tables.begun += 1;
        let id = RunId(tables.begun);
        tables.runs.push(RunRecord {
            id,
            name: run.name.clone(),
            campaign,
            began: run.began,
            last_seen: run.began,
            end: None,
            groups: 0,
            timeout: run.timeout,
            host: "memory".to_owned(),
            pid: 0,
            list: run.list.clone(),
            digest: run.digest.clone(),
            settings: run.settings.clone(),
            forgotten: None,
            is_alive: true,
        });
        drop(tables);
        self.run = Some((id, campaign));
        Ok((id, campaign))
    }

    fn report_key(&self) -> ReportKey {
        let key = self
            .run
            .and_then(|(run, campaign)| self.memory.tables().report_key(campaign, run));
        key.expect("a run has begun")
    }

    fn exclude(&mut self, numbers: &[Msisdn]) -> Result<(), JournalError> {
        let (run, _) = self.own()?;
        let numbers = super::mutant::Mutant::ExclusionForgotten.unless_on(numbers);
        let mut tables = self.memory.tables();
        for msisdn in numbers {
            tables.excluded.entry(*msisdn).or_insert(run);
        }
        Ok(())
    }

    fn commit(
        &mut self,
        group: &Group,
        rules: &Rules,
        dead: &Runs,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, JournalError> {
        let own = self.own()?;
        let mut tables = self.memory.tables();
        tables.close(own.0, own.1, &group.closings)?;
        tables.take_back(own.0, own.1, &group.taken_back);
        let claimed = group
            .claims
            .iter()
            .map(|claim| tables.claim(own, claim, (rules, dead), now))
            .collect();
        if let Some(record) = tables.run(own.0) {
            record.groups += 1;
            record.last_seen = record.last_seen.max(now);
        }
        Ok(claimed)
    }

    fn check(&mut self) -> Result<(), JournalError> {
        Ok(())
    }

    fn recover(&mut self) -> Result<(), JournalError> {
        self.own().map(drop)
    }

    fn end(&mut self, end: RunEnd) -> Result<(), JournalError> {
        let (run, campaign) = self.own()?;
        let mut tables = self.memory.tables();
        if let Some(record) = tables.run(run) {
            record.end = Some(end);
            record.last_seen = record.last_seen.max(end.at);
        }
        tables.delete_single_request(run, campaign);
        drop(tables);
        self.give_up();
        Ok(())
    }

    fn adopt(
        &mut self,
        numbers: &[Msisdn],
        since: Timestamp,
        expires_in: u32,
        now: Timestamp,
    ) -> Result<u64, JournalError> {
        let (run, campaign) = self.own()?;
        let mut tables = self.memory.tables();
        let mut adopted = 0;
        for msisdn in numbers.iter().collect::<BTreeSet<_>>() {
            let attempts = tables.attempts.entry((campaign, *msisdn)).or_default();
            if !attempts.iter().any(|attempt| attempt.reached_since(since)) {
                adopted += 1;
                attempts.push(Attempt {
                    nth: attempts.last().map_or(1, |last| last.nth + 1),
                    run,
                    at: now,
                    expires_in,
                    state: AttemptState::Unknown,
                    answered_at: Some(now),
                    delivery: None,
                    answer: Some(Box::default()),
                });
            }
        }
        Ok(adopted)
    }

    fn lost_runs(&mut self, _campaign: &str) -> Result<Vec<CutRun>, JournalError> {
        Ok(Vec::new())
    }

    fn accept_losses(&mut self, _runs: &[CutRun]) -> Result<(), JournalError> {
        Ok(())
    }

    fn add_reports(&mut self, reports: &[ReportToAdd]) -> Result<ReconcileCounts, JournalError> {
        Ok(self.memory.tables().add_reports(reports))
    }

    fn correct_times(
        &mut self,
        campaign: CampaignId,
        numbers: &[Msisdn],
        now: Timestamp,
    ) -> Result<(), JournalError> {
        let mut tables = self.memory.tables();
        for msisdn in numbers {
            for attempt in tables
                .attempts
                .get_mut(&(campaign, *msisdn))
                .into_iter()
                .flatten()
            {
                attempt.at = attempt.at.min(now);
                attempt.answered_at = attempt.answered_at.map(|answered| answered.min(now));
            }
        }
        Ok(())
    }

    fn readmit(&mut self, numbers: &[Msisdn]) -> Result<u64, JournalError> {
        let mut tables = self.memory.tables();
        let removed = numbers
            .iter()
            .filter(|msisdn| tables.excluded.remove(msisdn).is_some());
        Ok(removed.count() as u64)
    }

    fn count_to_forget(&mut self, what: &Forget) -> Result<u64, JournalError> {
        let tables = self.memory.tables();
        let forgotten = tables
            .attempts
            .iter()
            .filter(|(key, attempts)| what.covers(key.0, key.1, attempts));
        Ok(forgotten.count() as u64)
    }

    fn forget(&mut self, what: &Forget, now: Timestamp) -> Result<u64, JournalError> {
        let mut guard = self.memory.tables();
        let tables = &mut *guard;
        let keys: Vec<_> = tables
            .attempts
            .iter()
            .filter(|(key, attempts)| what.covers(key.0, key.1, attempts))
            .map(|(key, _)| *key)
            .collect();
        let has_found = |campaign| keys.iter().any(|(found, _)| *found == campaign);
        what.check_runs(&tables.runs, has_found)?;
        for key in &keys {
            for attempt in tables.attempts.remove(key).unwrap_or_default() {
                if let Some(run) = tables.runs.iter_mut().find(|run| run.id == attempt.run) {
                    run.forgotten = Some(now);
                }
            }
        }
        if let Forget::Number(msisdn) = what {
            tables.excluded.remove(msisdn);
        }
        Ok(keys.len() as u64)
    }

    fn close(mut self: Box<Self>) -> Result<(), JournalError> {
        self.give_up();
        Ok(())
    }
}

fn campaign_id(place: usize) -> CampaignId {
    CampaignId(i64::try_from(place).unwrap_or(i64::MAX))
}
