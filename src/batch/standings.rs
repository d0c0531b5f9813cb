//! How the numbers of a list stand, by what the journal says of them: who was reached, when last and by which list.

use super::destination::short_name;
use super::numbers::Numbers;
use super::receives::Receives;
use crate::dlr::DeliveryStatus;
use crate::journal::{
    Attempt, Decision, Found, JournalError, Lookup, Rules, RunId, RunRecord, Runs, Standing, Store, deciding,
    pin_ends,
};
use hdrhistogram::Histogram;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The numbers of a list, counted by what becomes of them. Each is in exactly one of the first seven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct NumberCounts {
    #[serde(skip)]
    pub(crate) to_send: u64,
    pub(crate) accepted: u64,
    /// Accepted, and left alone though their reports say for good that nothing arrived.
    pub(crate) undelivered: u64,
    pub(crate) refused: u64,
    /// An SMS may have left for it.
    pub(crate) unknown: u64,
    /// Another run is sending to it.
    pub(crate) under_way: u64,
    /// In a list of `--exclude`, of this run or an earlier one, and never sent to.
    pub(crate) excluded: u64,
    #[serde(skip)]
    /// Of those to be sent to, the ones for which it may be a second SMS.
    pub(crate) second_sms: u64,
}

impl NumberCounts {
    pub(crate) fn of(numbers: &Numbers) -> Self {
        let mut counts = Self::default();
        for (_, _, decision) in numbers.decisions() {
            counts.add(decision);
        }
        counts
    }

    const fn add(&mut self, decision: Decision) {
        let counter = if decision.sends() {
            self.second_sms += decision.is_repeat() as u64;
            &mut self.to_send
        } else if decision.is_excluded() {
            &mut self.excluded
        } else {
            match decision.standing {
                Standing::Accepted => &mut self.accepted,
                Standing::Undelivered => &mut self.undelivered,
                Standing::Unknown => &mut self.unknown,
                Standing::UnderWay => &mut self.under_way,
                Standing::Refused(_) | Standing::Untried | Standing::Unsent => &mut self.refused,
            }
        };
        *counter += 1;
    }
}

/// Those of the numbers that one list has reached, or may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ReachedBy {
    pub(crate) list: String,
    pub(crate) numbers: u64,
    /// When the last of them.
    #[schemars(with = "String")]
    pub(crate) last: Timestamp,
}

/// Those of the numbers that the exclusions of one earlier run name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ExcludedBy {
    /// The files that `--exclude` named then.
    pub(crate) files: String,
    /// The list that it was given with.
    pub(crate) list: String,
    #[schemars(with = "String")]
    pub(crate) at: Timestamp,
    pub(crate) numbers: u64,
}

/// What the reports with the id of a request say of the latest SMS to each number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deliveries {
    pub(crate) delivered: u64,
    /// Those with another final status.
    pub(crate) not_delivered: u64,
    /// The same by reports without the id of a request, which are only probably about it.
    pub(crate) probably_delivered: u64,
    pub(crate) probably_not_delivered: u64,
    /// Seconds from the request to the delivery; `None` where no report tells them.
    pub(crate) seconds: Option<Histogram<u64>>,
}

impl Deliveries {
    fn add(&mut self, attempt: &Attempt) {
        const DAYS_30: u64 = 30 * 24 * 3600;
        let Some(delivery) = attempt.delivery.filter(|delivery| delivery.status.is_final()) else {
            return;
        };
        let is_delivered = delivery.status == DeliveryStatus::Delivered;
        *match (is_delivered, delivery.is_certain) {
            (true, true) => &mut self.delivered,
            (false, true) => &mut self.not_delivered,
            (true, false) => &mut self.probably_delivered,
            (false, false) => &mut self.probably_not_delivered,
        } += 1;
        if !delivery.is_certain {
            return;
        }
        let at = delivery
            .at
            .filter(|_| delivery.status == DeliveryStatus::Delivered);
        // Dates of reports have whole seconds, so the request can seem to be later.
        let taken = at.map(|at| Duration::try_from(at.duration_since(attempt.at)).unwrap_or_default());
        if let Some(taken) = taken {
            let bounded = || Histogram::new_with_bounds(1, DAYS_30, 3).expect("bounds that are allowed");
            let seconds = self.seconds.get_or_insert_with(bounded);
            seconds.saturating_record(taken.as_secs());
        }
    }
}

/// How the numbers of a list stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standings {
    pub(crate) counts: NumberCounts,
    /// What is known of the runs of the journal.
    pub(crate) runs: Runs,
    pub(crate) deliveries: Deliveries,
    /// Numbers that were tried and are still to be sent to.
    unreached: u64,
    /// How many numbers each run has reached, and when last.
    reached: BTreeMap<RunId, (u64, Timestamp)>,
    excluded: BTreeMap<RunId, u64>,
    /// The first moment at which the PIN of an unknown number is over that is left as it is.
    pub(crate) next_pin_end: Option<Timestamp>,
    /// The last such moment of all unknown numbers that are left; `None` where one of them is not known, or never comes.
    pub(crate) last_pin_end: Option<Timestamp>,
    has_endless_pin: bool,
    /// How many numbers are left out for their age alone, and when the first of them is old enough.
    pub(crate) too_young: Option<(u64, Timestamp)>,
}

impl Standings {
    /// Asks the journal, where there is one, for every number, and takes down in `numbers` what becomes of each.
    pub(crate) fn look(
        lookup: &Lookup<'_>,
        journal: Option<&mut dyn Store>,
        numbers: &mut Numbers,
    ) -> Result<Self, JournalError> {
        let mut standings = Self::default();
        numbers.forget_decisions();
        let ascending = numbers.ascending();
        let each = |found: &Found<'_>| {
            numbers.set(found.msisdn, found.decision);
            standings.add(found, lookup.rules);
        };
        standings.runs = match journal {
            Some(store) => lookup.look(store, ascending, each)?,
            None => lookup.look_without_journal(ascending, each),
        };
        standings.counts = NumberCounts::of(numbers);
        Ok(standings)
    }

    fn add(&mut self, found: &Found<'_>, rules: &Rules) {
        let decision = found.decision;
        if let Some(run) = found.excluded_by.filter(|_| decision.is_excluded()) {
            *self.excluded.entry(run).or_default() += 1;
        }
        let Some(attempt) = deciding(found.attempts).filter(|_| decision.standing.is_reached()) else {
            self.unreached += u64::from(decision.sends());
            return;
        };
        let (numbers, last) = self.reached.entry(attempt.run).or_insert((0, attempt.at));
        *numbers += 1;
        *last = attempt.at.max(*last);
        self.deliveries.add(attempt);
        if decision.sends() {
            return;
        }
        if decision.standing == Standing::Unknown {
            let ends = pin_ends(found.attempts, found.runs);
            self.has_endless_pin |= ends.is_none();
            let last = self.last_pin_end.into_iter().chain(ends).max();
            self.last_pin_end = last.filter(|_| !self.has_endless_pin);
            self.next_pin_end = self.next_pin_end.into_iter().chain(ends).min();
        }
        let window = rules
            .once_per
            .filter(|_| rules.since.is_none_or(|since| attempt.at < since));
        if let Some(old_enough) = window.and_then(|window| attempt.at.checked_add(window).ok()) {
            let (numbers, first) = self.too_young.unwrap_or((0, old_enough));
            self.too_young = Some((numbers + 1, first.min(old_enough)));
        }
    }

    /// Which lists have reached the numbers, the last one first.
    pub(crate) fn reached_by(&self) -> Vec<ReachedBy> {
        let mut lists: Vec<ReachedBy> = Vec::new();
        for (run, (numbers, last)) in &self.reached {
            let list = self
                .runs
                .get(*run)
                .map_or("another list", |run| short_name(&run.list));
            match lists.iter_mut().find(|known| known.list == list) {
                Some(known) => {
                    known.numbers += numbers;
                    known.last = known.last.max(*last);
                }
                None => lists.push(ReachedBy {
                    list: list.to_owned(),
                    numbers: *numbers,
                    last: *last,
                }),
            }
        }
        lists.sort_by_key(|list| std::cmp::Reverse(list.last));
        lists
    }

    /// True where the campaign has tried one of the numbers, or a list of exclusions names one.
    pub(crate) fn is_known(&self) -> bool {
        let counts = &self.counts;
        !self.reached.is_empty() || counts.refused + counts.under_way + counts.excluded + self.unreached > 0
    }

    /// The runs that are sending a list now.
    pub(crate) fn at_work(&self) -> Vec<String> {
        let is_at_work = |run: &&RunRecord| run.is_alive && run.digest.is_some();
        let mut runs: Vec<_> = self.runs.all().filter(is_at_work).collect();
        runs.sort_by_key(|run| run.began);
        let shown = |run: &RunRecord| {
            format!(
                "{} on {} (process {}), since {}",
                short_name(&run.list),
                run.host,
                run.pid,
                run.began.strftime("%Y-%m-%d %H:%M:%S UTC")
            )
        };
        runs.into_iter().map(shown).collect()
    }

    /// Which earlier runs exclude some of the numbers.
    pub(crate) fn excluded_by(&self) -> Vec<ExcludedBy> {
        let of_run = |(run, numbers): (&RunId, &u64)| {
            let run = self.runs.get(*run)?;
            Some(ExcludedBy {
                files: Receives::from_json(&run.settings).exclude.join(", "),
                list: short_name(&run.list).to_owned(),
                at: run.began,
                numbers: *numbers,
            })
        };
        self.excluded.iter().filter_map(of_run).collect()
    }
}
