//! An account of a simulated world that is kept apart from the code: what is in the journal, who was sent what, and who may be
//! sent to. It is written from the rule, and shares no line with the code that it judges.

mod compare;
mod losses;

use super::process::ProcessState;
use super::step::Command;
use crate::domain::msisdn::Msisdn;
use crate::journal::{AttemptState, Refusal, ResendUnknown, RunId, Ticket};
use jiff::{SignedDuration, Timestamp};
use losses::Losses;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// An age is only as exact as this: a request may be on its way for that long.
const SLACK: Duration = Duration::from_secs(130);

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
        }
    }

    fn is_reached(&self) -> bool {
        matches!(
            self.state,
            AttemptState::Open | AttemptState::Accepted | AttemptState::Unknown
        )
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
struct Told {
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

    /// How far the time of day went from a moment to the one at which a run asked. What was set less than some seconds before
    /// the first may not have been noted yet.
    fn passed(&self, from: Duration, asked: &Asked) -> SignedDuration {
        const NOTED: Duration = Duration::from_secs(8);
        let jumps = self.jumps[..asked.jumps].iter();
        let counts =
            |(at, by): &&(Duration, SignedDuration)| *at > from || (*at + NOTED > from && by.is_positive());
        let set = jumps
            .filter(counts)
            .fold(SignedDuration::ZERO, |all, (_, by)| all + *by);
        SignedDuration::try_from(asked.at.saturating_sub(from)).unwrap() + set
    }

    /// True where so much time has passed, by the time of day or by a clock that is never set.
    fn is_past(&self, from: Duration, asked: &Asked, time: Duration) -> bool {
        asked.at.saturating_sub(from) >= time
            || self.passed(from, asked) >= SignedDuration::try_from(time).unwrap()
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

    /// Whether the rule lets a command send to a number with these attempts, and whether it may be a second SMS.
    fn allows(&mut self, asked: &Asked, tries: &[Try]) -> (bool, bool) {
        let command = &asked.command;
        let is_open = |one: &Try| one.state == AttemptState::Open;
        if tries
            .iter()
            .any(|one| is_open(one) && self.alive.contains(&one.run))
        {
            self.count("under way");
            return (false, true);
        }
        let Some(latest) = tries.iter().rev().find(|one| one.is_reached()) else {
            let refused = tries.last().map(|last| last.state) == Some(AttemptState::Refused(Refusal::Number));
            self.count(match tries.last() {
                None => "never tried",
                Some(_) if refused => "refused for the number",
                Some(_) => "tried in vain",
            });
            return (!refused || command.resend.refused, false);
        };
        // The user agreed to a second SMS to a number as it stood then, while the clock goes right.
        if latest.claimed > asked.at && self.jumps.len() == asked.jumps {
            return (false, true);
        }
        let is_old = command.once_per.is_some_and(|window| {
            let least = window.saturating_sub(SLACK);
            self.is_past(latest.claimed, asked, least)
        });
        let allowed = if latest.state == AttemptState::Accepted {
            self.count(if latest.has_failed {
                "not delivered"
            } else {
                "accepted before"
            });
            command.resend.undelivered && latest.has_failed
        } else {
            self.count(if is_open(latest) {
                "open in a dead run"
            } else {
                "unknown before"
            });
            let is_over = |one: &Try| {
                let life = Duration::from_secs(one.expires_in.into());
                one.expires_in > 0 && self.is_past(one.pin_begins(), asked, life)
            };
            match command.resend.unknown {
                ResendUnknown::All => true,
                ResendUnknown::PinOver => {
                    let may_hold =
                        |one: &&Try| matches!(one.state, AttemptState::Open | AttemptState::Unknown);
                    tries.iter().filter(may_hold).all(is_over)
                }
                ResendUnknown::Never => false,
            }
        };
        if is_old {
            self.count("old enough");
        }
        (allowed || is_old, true)
    }

    /// A claim is in the journal.
    pub(super) fn claimed(&mut self, run: RunId, number: u64, expires_in: u32, ticket: Ticket) {
        let asked = self.runs[&run].clone();
        let key = (asked.command.campaign, number);
        let mut tries = self.told.tries.remove(&key).unwrap_or_default();
        if self.told.excluded.contains(&number) {
            self.fault(format!("{run:?} claimed {number}, which is excluded"));
        }
        let (allowed, is_repeat) = self.allows(&asked, &tries);
        let is_lost = self.losses.forbids(key, &tries, is_repeat);
        if !allowed || is_lost {
            self.fault(format!("{run:?} claimed {number} against the rule: {tries:?}"));
        } else if is_repeat {
            self.count("agreed to a second SMS");
            *self.agreed.entry(key).or_default() += 1;
        }
        if tries
            .last()
            .is_some_and(|last| last.state == AttemptState::Unsent)
        {
            tries.pop();
        }
        tries.push(Try::new((run, ticket.nth), AttemptState::Open, expires_in));
        self.told.tries.insert(key, tries);
    }

    fn of(&mut self, run: RunId, number: u64) -> Option<&mut Try> {
        let campaign = self.runs.get(&run)?.command.campaign;
        let tries = self.told.tries.get_mut(&(campaign, number))?;
        tries.iter_mut().rev().find(|one| one.run == run)
    }

    /// A request leaves for the gateway, which takes it so much later, or doesn't.
    pub(super) fn departed(
        &mut self,
        process: &ProcessState,
        (number, id): (u64, String),
        taken: Option<Duration>,
    ) {
        let (now, number) = (since_boot(), number - 34_600_000_000);
        let Some(run) = process.run.filter(|_| !process.is_dead && !process.is_frozen) else {
            return self.fault(format!("a dead process sent to {number}"));
        };
        let is_long = |lost: Duration| now.saturating_sub(lost) > Duration::from_secs(6);
        if process.session_lost.is_some_and(is_long) {
            self.fault(format!(
                "{run:?} sent to {number} long after its session was lost"
            ));
        }
        let key = (self.runs[&run].command.campaign, number);
        let told = self.told.tries.get_mut(&key).into_iter().flatten();
        let mut all = self
            .losses
            .tries
            .get_mut(&key)
            .into_iter()
            .flatten()
            .chain(told)
            .rev();
        let Some(one) = all.find(|one| one.run == run && one.state == AttemptState::Open) else {
            return self.fault(format!("{run:?} sent to {number} without a claim in the journal"));
        };
        let (waited, twice) = (now.saturating_sub(one.claimed), one.left.is_some());
        one.left = Some(now);
        one.id = id;
        one.taken = taken.map(|delay| now + delay);
        if twice {
            self.fault(format!("{run:?} sent to {number} twice by one claim"));
        }
        if waited > Duration::from_secs(5) {
            self.fault(format!("{run:?} sent to {number} by a claim of {waited:?} ago"));
        }
        if taken.is_some() {
            let told = self.told.tries.get(&key).into_iter().flatten();
            let all = told.chain(self.losses.tries.get(&key).into_iter().flatten());
            let sent = all.filter(|one| one.taken.is_some()).count();
            let agreed = self.agreed.get(&key).copied().unwrap_or_default();
            if sent > 1 + agreed {
                self.fault(format!(
                    "{number} got {sent} SMS of {}, with {agreed} agreed to",
                    key.0
                ));
            }
        }
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

    /// The number and the id of one of the SMS, if there are any.
    pub(super) fn sms(&self, which: usize) -> Option<(u64, String)> {
        let now = since_boot();
        let all = self.told.tries.iter().chain(&self.losses.tries);
        let all = all.flat_map(|((_, number), tries)| {
            let taken = tries
                .iter()
                .filter(|one| one.taken.is_some_and(|taken| taken <= now));
            taken.map(|one| (*number, one.id.clone()))
        });
        let all: Vec<_> = all.collect();
        all.get(which.checked_rem(all.len())?).cloned()
    }

    /// A report with the id of an attempt is in the journal.
    pub(super) fn reported(&mut self, id: &str, status: &str) {
        let alive = self.alive.clone();
        let mut all = self.told.tries.values_mut().flatten();
        if let Some(one) = all.find(|one| one.id == id)
            && !self.told.nameless.contains(&one.run)
            && (one.state != AttemptState::Open || !alive.contains(&one.run))
        {
            one.state = AttemptState::Accepted;
            one.has_failed |= status != "DELIVRD" && status != "ACCEPTD";
        }
    }

    pub(super) fn forgotten(&mut self, campaign: &str) {
        self.told.tries.retain(|(of, _), _| *of != campaign);
        self.losses.tries.retain(|(of, _), _| *of != campaign);
        self.agreed.retain(|(of, _), _| *of != campaign);
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
