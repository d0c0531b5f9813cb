//! The one way to look numbers up: their attempts, what excludes them, and which runs are dead, brought together to a decision.

use super::attempt::{Attempt, AttemptState, Detail};
use super::campaign::CampaignCounts;
use super::decision::{Decision, Rules, decide};
use super::error::JournalError;
use super::run::{CampaignId, RunId, Runs, SortedNumbers};
use super::store::Store;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;

/// What was found of one number.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    pub(crate) msisdn: Msisdn,
    pub(crate) attempts: &'a [Attempt],
    /// The earlier run whose list of exclusions names it.
    pub(crate) excluded_by: Option<RunId>,
    pub(crate) decision: Decision,
    pub(crate) runs: &'a Runs,
}

/// Where numbers are looked up, and by which rules they are judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lookup<'a> {
    /// `None` where no run of the campaign has begun.
    pub(crate) campaign: Option<CampaignId>,
    pub(crate) rules: &'a Rules,
    /// Numbers that this run is told to exclude, in ascending order.
    pub(crate) exclude: &'a [Msisdn],
    /// The run that asks, once it sends nothing more: an open attempt of it is unknown then.
    pub(crate) ended: Option<RunId>,
    pub(crate) detail: Detail,
}

impl Lookup<'_> {
    /// Calls `each` with every one of the numbers (in ascending order, each once) that the journal or the exclusions know,
    /// in no order that means anything. A number that it is not called with has [`Decision::FIRST`]. Returns what is known
    /// of the runs.
    ///
    /// An open attempt counts as unknown only if its run was found dead after the attempt was read, and it is still open
    /// when it is read again: asked the other way round, a run that ends in between would make a false unknown.
    pub(crate) fn look(
        &self,
        store: &mut dyn Store,
        mut numbers: impl ExactSizeIterator<Item = Msisdn> + Clone,
        mut each: impl FnMut(&Found<'_>),
    ) -> Result<Runs, JournalError> {
        let mut excluded = self.excluded(store, numbers.clone())?;
        // The run itself makes attempts that are later than its rules.
        let latest = self.rules.now.max(crate::clock::now());
        let no_runs = Runs::default();
        let (mut depends_on_runs, mut from_the_future) = (Vec::new(), Vec::new());
        let mut newest_run = None;
        if let Some(campaign) = self.campaign {
            read(store, campaign, &mut numbers, self.detail, |msisdn, attempts| {
                newest_run = newest_run.max(attempts.iter().map(|attempt| attempt.run).max());
                if self.rules.asks_dates() && attempts.iter().any(|attempt| attempt.heard_of() > latest) {
                    from_the_future.push(msisdn);
                }
                if attempts.iter().any(depends_on_its_run) {
                    depends_on_runs.push(msisdn);
                } else {
                    each(&self.judge(msisdn, attempts, &mut excluded, &no_runs));
                }
            })?;
            if !from_the_future.is_empty() {
                store.correct_times(campaign, &from_the_future, crate::clock::now())?;
            }
        }
        let mut runs = Runs::new(store.runs()?);
        runs.have_seen(newest_run);
        if let Some(run) = self.ended {
            runs.bury(run);
            #[cfg(test)]
            if super::mutant::Mutant::OthersAreOver.is_on() {
                runs.bury_all();
            }
        }
        if let Some(campaign) = self.campaign.filter(|_| !depends_on_runs.is_empty()) {
            let mut again = depends_on_runs.iter().copied();
            read(store, campaign, &mut again, self.detail, |msisdn, attempts| {
                each(&self.judge(msisdn, attempts, &mut excluded, &runs));
            })?;
        }
        for at in 0..excluded.len() {
            let Exclusion {
                msisdn, is_judged, ..
            } = excluded[at];
            if !is_judged {
                each(&self.judge(msisdn, &[], &mut excluded, &runs));
            }
        }
        Ok(runs)
    }

    /// The same where there is no journal yet: only the exclusions are known.
    pub(crate) fn look_without_journal(
        &self,
        numbers: impl Iterator<Item = Msisdn>,
        mut each: impl FnMut(&Found<'_>),
    ) -> Runs {
        let runs = Runs::default();
        for msisdn in numbers.filter(|msisdn| self.names(*msisdn)) {
            each(&Found {
                msisdn,
                attempts: &[],
                excluded_by: None,
                decision: decide(&[], true, &runs, self.rules),
                runs: &runs,
            });
        }
        runs
    }

    /// Whether this run is told to exclude the number.
    fn names(&self, msisdn: Msisdn) -> bool {
        self.exclude.binary_search(&msisdn).is_ok()
    }

    fn judge<'a>(
        &self,
        msisdn: Msisdn,
        attempts: &'a [Attempt],
        excluded: &mut [Exclusion],
        runs: &'a Runs,
    ) -> Found<'a> {
        let at = excluded.binary_search_by_key(&msisdn, |exclusion| exclusion.msisdn);
        let exclusion = at.ok().map(|at| {
            excluded[at].is_judged = true;
            excluded[at]
        });
        Found {
            msisdn,
            attempts,
            excluded_by: exclusion.and_then(|exclusion| exclusion.by),
            decision: decide(attempts, exclusion.is_some(), runs, self.rules),
            runs,
        }
    }

    /// Which of the numbers are excluded, by this run or an earlier one, in ascending order.
    fn excluded(
        &self,
        store: &mut dyn Store,
        numbers: impl ExactSizeIterator<Item = Msisdn> + Clone,
    ) -> Result<Vec<Exclusion>, JournalError> {
        let mut excluded = Vec::new();
        store.excluded(&mut numbers.clone(), &mut |msisdn, run| {
            excluded.push(Exclusion {
                msisdn,
                by: Some(run),
                is_judged: false,
            });
        })?;
        if !self.exclude.is_empty() {
            let named = numbers.filter(|msisdn| self.names(*msisdn));
            excluded.extend(named.map(|msisdn| Exclusion {
                msisdn,
                by: None,
                is_judged: false,
            }));
        }
        // The sort is stable, so that an earlier run is named before this one.
        excluded.sort_by_key(|exclusion| exclusion.msisdn);
        excluded.dedup_by_key(|exclusion| exclusion.msisdn);
        Ok(excluded)
    }
}

/// Calls `each` with every one of the numbers that has attempts in the campaign, and these in their order.
pub(super) fn read(
    store: &mut dyn Store,
    campaign: CampaignId,
    numbers: SortedNumbers<'_>,
    detail: Detail,
    mut each: impl FnMut(Msisdn, &[Attempt]),
) -> Result<(), JournalError> {
    let (mut current, mut attempts) = (None, Vec::new());
    store.read(campaign, numbers, detail, &mut |msisdn, attempt| {
        if let Some(before) = current.replace(msisdn)
            && before != msisdn
        {
            each(before, &attempts);
            attempts.clear();
        }
        attempts.push(attempt);
    })?;
    if let Some(last) = current {
        each(last, &attempts);
    }
    Ok(())
}

/// How the numbers of each campaign stand. Reads all of the journal.
pub(crate) fn count_campaigns(store: &mut dyn Store) -> Result<Vec<CampaignCounts>, JournalError> {
    // No attempt is from later, so that none is corrected.
    let rules = Rules::plain(Timestamp::MAX);
    let mut counted = Vec::new();
    for (campaign, name) in store.campaigns()? {
        let mut counts = CampaignCounts::new(campaign, name);
        let lookup = Lookup {
            campaign: Some(campaign),
            rules: &rules,
            exclude: &[],
            ended: None,
            detail: Detail::State,
        };
        let mut after = None;
        loop {
            let numbers = store.numbers(campaign, after)?;
            let Some(last) = numbers.last() else { break };
            after = Some(*last);
            lookup.look(store, numbers.into_iter(), |found| {
                counts.add(found.decision.standing);
            })?;
        }
        counted.push(counts);
    }
    Ok(counted)
}

#[derive(Clone, Copy)]
struct Exclusion {
    msisdn: Msisdn,
    by: Option<RunId>,
    is_judged: bool,
}

/// What an open attempt means, and when an unknown one's PIN is over, depends on its run.
fn depends_on_its_run(attempt: &Attempt) -> bool {
    matches!(attempt.state, AttemptState::Open | AttemptState::Unknown)
}
