//! Compares the journal, and what runs say of it, with the account.

use super::super::step::CAMPAIGNS;
use super::{Account, Told, msisdn, number_of};
use crate::domain::msisdn::Msisdn;
use crate::journal::{Attempt, AttemptState, Decision, Detail, Refusal, RunId, Store};
use std::collections::{BTreeMap, BTreeSet};

/// How a journal differs from what was written to it.
fn differences(told: &Told, store: &mut dyn Store, numbers: u64) -> Vec<String> {
    let mut differences = Vec::new();
    let mut excluded = BTreeSet::new();
    store
        .excluded(&mut everyone(numbers).into_iter(), &mut |one, _| {
            excluded.insert(number_of(one));
        })
        .unwrap();
    if excluded != told.excluded {
        differences.push(format!(
            "the journal excludes {excluded:?}, and was told {:?}",
            told.excluded
        ));
    }
    for campaign in CAMPAIGNS {
        let Some(id) = store.campaign(campaign).unwrap() else {
            continue;
        };
        let mut found = BTreeMap::<_, Vec<_>>::new();
        let mut each = |msisdn: Msisdn, one: Attempt| {
            let of_number = found.entry(number_of(msisdn)).or_default();
            of_number.push((one.nth, one.run, one.state));
        };
        let mut all = everyone(numbers).into_iter();
        store.read(id, &mut all, Detail::State, &mut each).unwrap();
        for number in 0..numbers {
            let ours = told.tries.get(&(campaign, number)).into_iter().flatten();
            let written: Vec<_> = ours.map(|one| (one.nth, one.run, one.state)).collect();
            let has = found.remove(&number).unwrap_or_default();
            if written != has {
                differences.push(format!(
                    "the journal has {has:?} of {number} in {campaign}, and was told {written:?}"
                ));
            }
        }
    }
    differences
}

fn everyone(numbers: u64) -> Vec<Msisdn> {
    (0..numbers).map(msisdn).collect()
}

impl Account {
    /// Compares what is in the journal with what was written to it.
    pub(in super::super) fn check_journal(&mut self, store: &mut dyn Store, numbers: u64) {
        let differences = differences(&self.told, store, numbers);
        self.faults.extend(differences);
    }

    /// What is in the journal by now.
    pub(in super::super) fn told(&self) -> Told {
        self.told.clone()
    }

    /// Compares what a kill has left, in the middle of a call, with what was in the journal before the call, and with what is in
    /// it after: it is one of the two, and nothing between them.
    pub(in super::super) fn check_killed(&mut self, before: &Told, store: &mut dyn Store, numbers: u64) {
        let from_after = differences(&self.told, store, numbers);
        if from_after.is_empty() || differences(before, store, numbers).is_empty() {
            return;
        }
        self.faults.extend(from_after);
    }

    /// The word for a number, how a batch ends by it, and whether the same command would send to it, by the table.
    pub(in super::super) fn word(
        &self,
        campaign: &'static str,
        number: u64,
        own: Option<RunId>,
    ) -> (&'static str, u8, bool) {
        let none = Vec::new();
        let tries = self.told.tries.get(&(campaign, number)).unwrap_or(&none);
        let is_alive = |run: RunId| Some(run) != own && self.alive.contains(&run);
        let named = own
            .and_then(|run| self.runs.get(&run))
            .map(|asked| &asked.command.exclude);
        let is_excluded =
            self.told.excluded.contains(&number) || named.is_some_and(|named| named.contains(&number));
        if tries
            .iter()
            .any(|one| one.state == AttemptState::Open && is_alive(one.run))
        {
            return ("under_way", 4, false);
        }
        match tries
            .iter()
            .rev()
            .find(|one| one.is_reached())
            .map(|one| one.state)
        {
            Some(AttemptState::Accepted) => return ("accepted", 0, false),
            Some(_) => return ("unknown", 5, false),
            None if is_excluded => return ("excluded", 0, false),
            None => {}
        }
        match tries.last().map(|last| last.state) {
            None => ("pending", 4, true),
            Some(AttemptState::Refused(Refusal::Account)) => ("refused", 6, true),
            Some(AttemptState::Refused(_)) => ("refused", 1, false),
            Some(_) => ("unsent", 4, true),
        }
    }

    /// Compares the attempt that is told of a number with the one that decides how it stands: the latest that may have reached it.
    pub(in super::super) fn check_told(
        &mut self,
        campaign: &'static str,
        number: u64,
        told: Option<(RunId, u32)>,
    ) {
        let tries = self.told.tries.get(&(campaign, number)).into_iter().flatten();
        let reached = tries.clone().rev().find(|one| one.is_reached());
        let deciding = reached.or_else(|| tries.last()).map(|one| (one.run, one.nth));
        if told != deciding {
            self.fault(format!(
                "{told:?} is told of {number} in {campaign}, and {deciding:?} decides"
            ));
        }
    }

    /// Compares what a run says of a number at its end with the table.
    pub(in super::super) fn check_word(
        &mut self,
        campaign: &'static str,
        number: u64,
        own: RunId,
        said: Decision,
    ) {
        let says = (said.word().as_str(), said.exit().code(), said.is_left());
        let expected = self.word(campaign, number, Some(own));
        if says != expected {
            self.fault(format!(
                "{own:?} says {says:?} of {number}, and it is {expected:?}"
            ));
        }
    }
}
