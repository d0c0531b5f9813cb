//! An account of a simulated world that is kept apart from the code: what is in the journal, who was sent what, and who may be
//! sent to. It is written from the rule, and shares no line with the code that it judges.

mod compare;
mod losses;
mod requests;
mod rule;

use super::step::Command;
use crate::domain::msisdn::Msisdn;
use crate::journal::{AttemptState, RunId};
use jiff::{SignedDuration, Timestamp};
use losses::Losses;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A number in a campaign.
type Key = (&'static str, u64);

/// One attempt at a number.
#[derive(Clone, Debug)]
struct Try {
    nth: u32,
    run: RunId,
    state: AttemptState,
    /// By a clock that is never set.
    claimed: Duration,
    expires_in: u32,
    left: Option<Duration>,
    /// When the gateway took the request.
    taken: Option<Duration>,
    /// When the journal last heard of it: its outcome is written, or its run writes nothing more.
    last_heard: Option<Duration>,
    id: String,
    /// A report said for good that nothing arrived.
    has_failed: bool,
    /// It is forgotten, so that another SMS was allowed; a copy of the journal from before that still has it.
    is_forgotten: bool,
}

impl Try {
    fn new((run, nth): (RunId, u32), state: AttemptState, expires_in: u32) -> Self {
        Self {
            nth,
            run,
            state,
            claimed: since_boot(),
            expires_in,
            left: None,
            taken: None,
            last_heard: None,
            id: String::new(),
            has_failed: false,
            is_forgotten: false,
        }
    }

    fn is_reached(&self) -> bool {
        matches!(
            self.state,
            AttemptState::Open | AttemptState::Accepted | AttemptState::Unknown
        )
    }

    /// Whether this stands in a copy of the journal for that other one.
    fn is_same(&self, other: &Self) -> bool {
        (self.run, self.nth, self.claimed) == (other.run, other.nth, other.claimed) && self.is_reached()
    }

    fn counts_if_lost(&self) -> bool {
        self.taken.is_some() || self.state == AttemptState::Open
    }

    /// From when on its PIN is counted at the latest, by what a journal can know.
    fn pin_begins(&self) -> Duration {
        let taken = self.taken.unwrap_or(self.claimed);
        self.last_heard.map_or(taken, |heard| heard.min(taken))
    }
}

/// A run, and the moment at which it asked who may be sent to.
#[derive(Clone, Debug)]
struct Asked {
    command: Command,
    at: Duration,
    /// How often the time of day had been set by then.
    jumps: usize,
}

/// What was written to a journal.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    tries: BTreeMap<Key, Vec<Try>>,
    excluded: BTreeSet<u64>,
    /// Single requests that have ended: the journal keeps no record of them, so that no report names them.
    nameless: BTreeSet<RunId>,
}

#[derive(Debug, Default)]
pub(super) struct Account {
    told: Told,
    losses: Losses,
    /// SMS that the user has agreed to beyond the first.
    agreed: BTreeMap<Key, usize>,
    runs: BTreeMap<RunId, Asked>,
    /// The runs that hold their lock.
    alive: BTreeSet<RunId>,
    /// The campaigns of which something was forgotten.
    forgotten: BTreeSet<&'static str>,
    /// When the time of day was set, and by how much.
    jumps: Vec<(Duration, SignedDuration)>,
    pub(super) faults: Vec<String>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

pub(super) fn since_boot() -> Duration {
    crate::clock::since_boot()
}

/// The numbers of a world, as they are on the wire.
pub(super) fn msisdn(number: u64) -> Msisdn {
    Msisdn::from_u64(34_600_000_000 + number).unwrap()
}

/// The number of a world.
pub(super) fn number_of(msisdn: Msisdn) -> u64 {
    msisdn.as_u64() - 34_600_000_000
}

impl Account {
    pub(super) fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    pub(super) fn jumped(&mut self, by: SignedDuration) {
        self.jumps.push((since_boot(), by));
    }

    /// How far the time of day is from the right one.
    pub(super) fn clock_is_off(&self) -> SignedDuration {
        let all = self.jumps.iter().map(|(_, by)| *by);
        all.fold(SignedDuration::ZERO, |all, by| all + by).abs()
    }

    /// How often the time of day has been set.
    pub(super) fn jumps(&self) -> usize {
        self.jumps.len()
    }

    pub(super) fn began(&mut self, run: RunId, command: &Command, (at, jumps): (Duration, usize)) {
        self.alive.insert(run);
        let command = command.clone();
        self.runs.insert(run, Asked { command, at, jumps });
    }

    pub(super) fn lock_given_up(&mut self, run: RunId) {
        self.alive.remove(&run);
        self.falls_silent(run);
    }

    /// The run writes nothing more, or not for a while.
    pub(super) fn falls_silent(&mut self, run: RunId) {
        let now = since_boot();
        for one in self
            .told
            .tries
            .values_mut()
            .flatten()
            .filter(|one| one.run == run)
        {
            one.last_heard.get_or_insert(now);
        }
    }

    pub(super) fn ended(&mut self, run: RunId) {
        let mut all = self.told.tries.values().flatten();
        let has_open = all.any(|one| one.run == run && one.state == AttemptState::Open);
        if self.runs[&run].command.campaign == "request" && !has_open {
            self.told.nameless.insert(run);
        }
        self.losses.has_ended(run);
        self.lock_given_up(run);
    }

    pub(super) fn excluded(&mut self, numbers: &[u64]) {
        self.told.excluded.extend(numbers);
    }

    pub(super) fn readmitted(&mut self, number: u64) {
        self.told.excluded.remove(&number);
    }

    fn of(&mut self, run: RunId, number: u64) -> Option<&mut Try> {
        let campaign = self.runs.get(&run)?.command.campaign;
        let tries = self.told.tries.get_mut(&(campaign, number))?;
        tries.iter_mut().rev().find(|one| one.run == run)
    }

    /// An outcome is in the journal.
    pub(super) fn closed(&mut self, run: RunId, number: u64, state: AttemptState) {
        let Some(one) = self.of(run, number) else {
            return self.fault(format!(
                "{run:?} recorded an outcome of {number} that it never tried"
            ));
        };
        if one.state == AttemptState::Open {
            one.state = state;
        }
        one.last_heard.get_or_insert_with(since_boot);
        let is_true =
            one.taken.is_none() || matches!(one.state, AttemptState::Accepted | AttemptState::Unknown);
        if !is_true {
            self.fault(format!("{number} has its SMS, and is recorded as {state:?}"));
        }
    }

    pub(super) fn taken_back(&mut self, run: RunId, number: u64) {
        let Some(one) = self.of(run, number).filter(|one| one.state == AttemptState::Open) else {
            return;
        };
        if one.left.is_some() {
            self.fault(format!(
                "{run:?} took back a claim of {number} whose request had left"
            ));
        }
        let key = (self.runs[&run].command.campaign, number);
        let tries = self.told.tries.get_mut(&key).unwrap();
        tries.retain(|one| one.run != run || one.state != AttemptState::Open);
    }

    pub(super) fn forgotten(&mut self, campaign: &'static str) {
        self.forgotten.insert(campaign);
        self.told.tries.retain(|(of, _), _| *of != campaign);
        self.losses.forgotten(campaign);
        self.agreed.retain(|(of, _), _| *of != campaign);
    }

    pub(super) fn has_forgotten(&self, campaign: &str) -> bool {
        self.forgotten.contains(campaign)
    }

    /// How many attempts the journal has of a number.
    pub(super) fn tries(&self, campaign: &'static str, number: u64) -> usize {
        self.told.tries.get(&(campaign, number)).map_or(0, Vec::len)
    }

    pub(super) fn check(&mut self, holds: bool, what: &str) {
        if !holds {
            self.fault(what.to_owned());
        }
    }
}

/// The first moment of a world.
pub(super) fn first_moment() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}
