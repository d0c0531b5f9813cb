//! Journals that are lost, or come back from a copy: what is out there that they don't know of.

use super::{Account, Key, Told, Try, since_boot};
use crate::journal::{AttemptState, RunId};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A request that left so soon after its number was adopted is of a run that had not yet learnt of the loss.
const LEARNT: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(super) struct Losses {
    /// Requests that the journal which is in its place has no record of.
    pub(super) tries: BTreeMap<Key, Vec<Try>>,
    copies: Vec<Copied>,
    /// The campaigns whose lists may not be sent to before they are adopted.
    lacking: BTreeSet<&'static str>,
    ended: BTreeSet<RunId>,
    has_replaced: bool,
}

/// A copy of the journal, and the newest run that it knows.
#[derive(Clone, Debug, Default)]
struct Copied {
    told: Told,
    agreed: BTreeMap<Key, usize>,
    newest: Option<RunId>,
}

impl Losses {
    pub(super) fn has_ended(&mut self, run: RunId) {
        self.ended.insert(run);
    }

    pub(super) fn forgotten(&mut self, campaign: &str) {
        self.tries.retain(|(of, _), _| *of != campaign);
        let copied = self.copies.iter_mut().flat_map(|copy| &mut copy.told.tries);
        for (_, tries) in copied.filter(|((of, _), _)| *of == campaign) {
            for one in tries {
                one.is_forgotten = true;
            }
        }
    }

    /// Whether an SMS that the journal has no record of stands against a claim: one that nothing in the journal stands for.
    pub(super) fn forbids(&self, key: Key, tries: &[Try], is_repeat: bool) -> bool {
        // No marker is beside a single request.
        let taken = |one: &&Try| one.taken.is_some() && key.0 != "request";
        let mut lost = self.tries.get(&key).into_iter().flatten().filter(taken);
        let latest = tries.iter().rev().find(|one| one.is_reached());
        match latest.filter(|_| is_repeat) {
            None => lost.next().is_some(),
            Some(latest) => lost.any(|one| one.left > Some(latest.claimed + LEARNT)),
        }
    }
}

impl Account {
    pub(in super::super) fn copied(&mut self) {
        let mut told = self.told.clone();
        for one in told.tries.values_mut().flatten() {
            one.last_heard.get_or_insert_with(since_boot);
        }
        self.losses.copies.push(Copied {
            told,
            agreed: self.agreed.clone(),
            newest: self.runs.keys().next_back().copied(),
        });
    }

    /// True where the markers alone tell of every request that a copy of the journal lacks: each is of a run that it doesn't know, or
    /// that has ended. No copy may lose its lock files before.
    pub(in super::super) fn markers_tell_all(&self) -> bool {
        let all = || self.told.tries.iter().chain(&self.losses.tries);
        self.losses.copies.iter().all(|copied| {
            let is_told = |key: &Key, one: &Try| {
                let mut known = copied.told.tries.get(key).into_iter().flatten();
                let has_ended = self.losses.ended.contains(&one.run) && one.state != AttemptState::Open;
                known.any(|known| known.is_same(one)) || Some(one.run) > copied.newest || has_ended
            };
            all().all(|(key, tries)| {
                let mut counts = tries.iter().filter(|one| one.counts_if_lost());
                counts.all(|one| is_told(key, one))
            })
        })
    }

    /// Another journal is in the place of the one that was told: a copy, or a new one.
    pub(in super::super) fn replaced(&mut self, copy: Option<usize>) {
        let copied = copy
            .map(|copy| self.losses.copies[copy].clone())
            .unwrap_or_default();
        let before = std::mem::replace(&mut self.told, copied.told);
        let lost = std::mem::take(&mut self.losses.tries);
        for (key, one) in lost.into_iter().chain(before.tries).flat_map(each) {
            let told = self.told.tries.get_mut(&key).into_iter().flatten();
            let mut same = told.filter(|told| told.is_same(&one));
            if let Some(same) = same.next() {
                (same.left, same.taken, same.id) = (one.left, one.taken, one.id);
            } else if one.counts_if_lost() {
                self.losses.tries.entry(key).or_default().push(one);
            }
        }
        // What was lost of single requests is sent once more.
        self.agreed.retain(|(campaign, _), _| *campaign != "request");
        let of_requests = |key: &Key| key.0 == "request";
        self.agreed
            .extend(copied.agreed.into_iter().filter(|(key, _)| of_requests(key)));
        for (key, lost) in self.losses.tries.iter().filter(|(key, _)| of_requests(key)) {
            *self.agreed.entry(*key).or_default() += lost.len();
        }
        self.alive.clear();
        self.losses.has_replaced = true;
        self.losses.lacking.extend(["default", "spring"]);
    }

    /// An adoption is made of a number: a new attempt, or an attempt in the journal stands for what was lost.
    pub(in super::super) fn adopted(&mut self, run: RunId, (number, expires_in, is_new): (u64, u32, bool)) {
        let campaign = self.runs[&run].command.campaign;
        let tries = self.told.tries.entry((campaign, number)).or_default();
        if is_new {
            let nth = tries.last().map_or(1, |last| last.nth + 1);
            tries.push(Try::new((run, nth), AttemptState::Unknown, expires_in));
        } else if !tries.iter().any(Try::is_reached) {
            self.fault(format!("{number} is not adopted, and not reached in {campaign}"));
        }
    }

    pub(in super::super) fn list_adopted(&mut self, campaign: &'static str) {
        self.losses.lacking.remove(campaign);
    }

    /// A run doesn't begin, since the journal lacks what the marker beside the list or a lock file tells.
    pub(in super::super) fn refused(&mut self, campaign: &'static str, by_marker: bool) {
        self.count("refused for a loss");
        let is_due = if by_marker {
            self.losses.lacking.contains(campaign)
        } else {
            self.losses.has_replaced
        };
        self.check(is_due, "a run is refused for a loss that its list has not had");
    }
}

fn each((key, tries): (Key, Vec<Try>)) -> impl Iterator<Item = (Key, Try)> {
    tries.into_iter().map(move |one| (key, one))
}
