//! What becomes of a number: the one function that decides it, from all attempts at the number.
//!
//! The preflight, the claim within its transaction, the words of the results, the summary and the exit code all use the
//! [`Decision`] made here. It knows neither files nor clocks: each of its rules is a line of a table test.

use super::attempt::{Attempt, AttemptState, PIN_GRACE, Refusal};
use super::run::Runs;
use crate::dlr::DeliveryStatus;
use crate::failure::Exit;
use crate::outcome::OutcomeWord;
use jiff::Timestamp;
use std::time::Duration;

/// Which unknown numbers are sent to again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResendUnknown {
    #[default]
    Never,
    /// Those whose PIN is surely over, and that no report calls delivered.
    PinOver,
    All,
}

/// Which numbers the user wants to be sent to again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resend {
    pub(crate) unknown: ResendUnknown,
    /// Those that the gateway refused for the number itself.
    pub(crate) refused: bool,
    /// Those whose report says for good that nothing arrived.
    pub(crate) undelivered: bool,
}

/// What a run is allowed to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// The moment that ages are measured at, for the whole run: a number that was left stays left.
    pub(crate) now: Timestamp,
    /// A number may be sent to again once its last SMS is this old.
    pub(crate) once_per: Option<Duration>,
    /// An attempt made from then on belongs to this batch, however old it is: a run of it was not finished.
    pub(crate) since: Option<Timestamp>,
    pub(crate) resend: Resend,
}

impl Rules {
    /// The rules of a run that asks for nothing special.
    pub(crate) fn plain(now: Timestamp) -> Self {
        Self {
            now,
            once_per: None,
            since: None,
            resend: Resend::default(),
        }
    }

    /// True where the date of an SMS decides whether its number gets another one.
    pub(super) const fn asks_dates(&self) -> bool {
        self.once_per.is_some()
    }

    /// True where an SMS is so old that its number may get another one. It may have left at any time until its request was
    /// last heard of.
    fn is_old(&self, attempt: &Attempt) -> bool {
        let age = self.now.duration_since(attempt.heard_of());
        #[cfg(test)]
        if super::mutant::Mutant::AgeIgnored.is_on() {
            return self.once_per.is_some();
        }
        let window = self
            .once_per
            .and_then(|window| jiff::SignedDuration::try_from(window).ok());
        window.is_some_and(|window| age >= window) && self.since.is_none_or(|since| attempt.at < since)
    }
}

/// What the attempts at a number add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Standing {
    /// No attempt was made.
    Untried,
    /// Only requests that the gateway never took.
    Unsent,
    /// Never reached, and last refused.
    Refused(Refusal),
    /// Another run that is alive has a request for it under way.
    UnderWay,
    /// The latest request that may have been taken is unknown.
    Unknown,
    /// The latest request that may have been taken was accepted.
    Accepted,
    /// The same, and a report says for good that nothing arrived.
    Undelivered,
}

impl Standing {
    const ALL: [Self; 9] = [
        Self::Untried,
        Self::Unsent,
        Self::Refused(Refusal::Number),
        Self::Refused(Refusal::Request),
        Self::Refused(Refusal::Account),
        Self::UnderWay,
        Self::Unknown,
        Self::Accepted,
        Self::Undelivered,
    ];

    /// True where an SMS left, or may have.
    pub(crate) const fn is_reached(self) -> bool {
        matches!(
            self,
            Self::UnderWay | Self::Unknown | Self::Accepted | Self::Undelivered
        )
    }
}

/// What becomes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Decision {
    pub(crate) standing: Standing,
    sends: bool,
    is_excluded: bool,
}

/// Decides what becomes of a number. `attempts` are all that were made at it in the campaign, in their order; an open one
/// counts as unknown where `runs` knows its run as dead.
pub(crate) fn decide(attempts: &[Attempt], is_excluded: bool, runs: &Runs, rules: &Rules) -> Decision {
    let standing = standing(attempts, runs);
    let latest = attempts.iter().rev().find(|attempt| attempt.state.is_reached());
    let is_old = latest.is_some_and(|latest| rules.is_old(latest));
    // The user has agreed to a second SMS to a number as it stood when the run was planned.
    let is_later = latest.is_some_and(|latest| latest.at > rules.now);
    #[cfg(test)]
    let is_later = is_later && !super::mutant::Mutant::PlannedAtOnce.is_on();
    let allowed = match standing {
        Standing::Untried | Standing::Unsent | Standing::Refused(Refusal::Request | Refusal::Account) => true,
        Standing::Refused(Refusal::Number) => rules.resend.refused,
        Standing::UnderWay => false,
        _ if is_later => false,
        Standing::Accepted => is_old,
        Standing::Undelivered => is_old || rules.resend.undelivered,
        Standing::Unknown => {
            is_old
                || match rules.resend.unknown {
                    ResendUnknown::Never => false,
                    ResendUnknown::PinOver => {
                        pin_ends(attempts, runs).is_some_and(|end| end <= rules.now)
                            && !is_probably_delivered(attempts)
                    }
                    ResendUnknown::All => true,
                }
        }
    };
    Decision {
        standing,
        sends: allowed && !is_excluded,
        is_excluded,
    }
}

/// Whether a run may make the next attempt at a number, which it has planned as the first or as a repeat. `attempts` are all that
/// there are now, and `runs` what was known of them when it was planned.
///
/// A repeat is what the user has agreed to for the number as it stood then: not after an SMS that another run may have sent
/// since. Which runs could do so doesn't hang on a clock.
pub(crate) fn may_claim(
    (attempts, is_excluded): (&[Attempt], bool),
    (rules, runs): (&Rules, &Runs),
    is_repeat: bool,
) -> bool {
    let decision = decide(attempts, is_excluded, runs, rules);
    #[cfg(test)]
    let attempts = super::mutant::Mutant::PlannedAtOnce.unless_on(attempts);
    let is_new = |attempt: &Attempt| attempt.state.is_reached() && runs.may_be_at_work(attempt.run);
    decision.sends() && decision.is_repeat() == is_repeat && !attempts.iter().any(is_new)
}

fn standing(attempts: &[Attempt], runs: &Runs) -> Standing {
    let is_under_way =
        |attempt: &Attempt| attempt.state == AttemptState::Open && runs.dead(attempt.run).is_none();
    if attempts.iter().any(is_under_way) {
        return Standing::UnderWay;
    }
    #[cfg(test)]
    if let Some(wrong) = wrong_standing(attempts) {
        return wrong;
    }
    match attempts.iter().rev().find(|attempt| attempt.state.is_reached()) {
        Some(latest) if latest.state == AttemptState::Accepted => {
            if latest
                .delivery
                .is_some_and(|delivery| delivery.is_failed_for_good())
            {
                Standing::Undelivered
            } else {
                Standing::Accepted
            }
        }
        Some(_) => Standing::Unknown,
        None => match attempts.last().map(|last| last.state) {
            Some(AttemptState::Refused(refusal)) => Standing::Refused(refusal),
            Some(_) => Standing::Unsent,
            None => Standing::Untried,
        },
    }
}

/// What the rules would say with a fault that a test has put into them.
#[cfg(test)]
fn wrong_standing(attempts: &[Attempt]) -> Option<Standing> {
    use super::mutant::Mutant;
    let is_accepted = attempts
        .iter()
        .any(|attempt| attempt.state == AttemptState::Accepted);
    match attempts.last()?.state {
        AttemptState::Refused(refusal) if Mutant::LastAttemptDecides.is_on() => {
            Some(Standing::Refused(refusal))
        }
        AttemptState::Unsent if Mutant::LastAttemptDecides.is_on() => Some(Standing::Unsent),
        AttemptState::Refused(refusal) if Mutant::RefusalForgetsUnknown.is_on() && !is_accepted => {
            Some(Standing::Refused(refusal))
        }
        AttemptState::Unknown if Mutant::UnknownIsUnsent.is_on() && !is_accepted => Some(Standing::Unsent),
        _ => None,
    }
}

/// True where a report without an id says of the only attempt that it can be about that its SMS arrived.
fn is_probably_delivered(attempts: &[Attempt]) -> bool {
    let delivered = |attempt: &Attempt| {
        attempt.state != AttemptState::Accepted
            && attempt
                .delivery
                .is_some_and(|delivery| delivery.status == DeliveryStatus::Delivered)
    };
    attempts.iter().any(delivered)
}

/// When the PINs of the unknown attempts can't be valid any more; `None` where one never ends, or there is none.
pub(crate) fn pin_ends(attempts: &[Attempt], runs: &Runs) -> Option<Timestamp> {
    let unknown = attempts
        .iter()
        .filter(|attempt| matches!(attempt.state, AttemptState::Unknown | AttemptState::Open));
    let ends: Option<Vec<Timestamp>> = unknown.map(|attempt| pin_end(attempt, runs)).collect();
    ends?.into_iter().max()
}

fn pin_end(attempt: &Attempt, runs: &Runs) -> Option<Timestamp> {
    /// The longest timeout that can be set: that of a run whose record is gone.
    const LONGEST_TIMEOUT: Duration = Duration::from_secs(3600);
    if attempt.expires_in == 0 {
        return None;
    }
    let run = runs.get(attempt.run);
    let last_seen = run.map(|run| run.last_seen);
    #[cfg(test)]
    let last_seen = last_seen.filter(|_| !super::mutant::Mutant::LastSeenForgotten.is_on());
    let heard_of = attempt.answered_at.or(last_seen).unwrap_or(attempt.at);
    let grace = run.map_or(LONGEST_TIMEOUT, |run| run.timeout).max(PIN_GRACE);
    let life = grace + Duration::from_secs(attempt.expires_in.into());
    heard_of.max(attempt.at).checked_add(life).ok()
}

impl Decision {
    /// The bits that [`Decision::to_bits`] uses.
    pub(crate) const BITS: u32 = 6;

    /// Of a number that no journal knows, and no list excludes.
    pub(crate) const FIRST: Self = Self {
        standing: Standing::Untried,
        sends: true,
        is_excluded: false,
    };

    /// True where a run sends to the number.
    pub(crate) const fn sends(self) -> bool {
        self.sends
    }

    /// True where the same command has work left with the number. A request that was refused for itself would be refused again:
    /// another command may send it.
    pub(crate) const fn is_left(self) -> bool {
        self.sends && !matches!(self.standing, Standing::Refused(Refusal::Request))
    }

    /// True where it may be a second SMS, which the user has agreed to.
    pub(crate) const fn is_repeat(self) -> bool {
        self.sends && self.standing.is_reached()
    }

    /// True where the number is left alone because a list of exclusions names it.
    pub(crate) const fn is_excluded(self) -> bool {
        self.is_excluded && !self.standing.is_reached()
    }

    /// The word for the number in the results, the summary and the status. What was sent stays as it was, whatever excludes the
    /// number by now.
    pub(crate) const fn word(self) -> OutcomeWord {
        if self.is_excluded() {
            return OutcomeWord::Excluded;
        }
        match self.standing {
            Standing::Untried => OutcomeWord::Pending,
            Standing::Unsent => OutcomeWord::Unsent,
            Standing::Refused(_) => OutcomeWord::Refused,
            Standing::UnderWay => OutcomeWord::UnderWay,
            Standing::Unknown => OutcomeWord::Unknown,
            Standing::Accepted | Standing::Undelivered if self.sends => OutcomeWord::Pending,
            Standing::Accepted | Standing::Undelivered => OutcomeWord::Accepted,
        }
    }

    /// How a batch ends where this is the worst that became of a number.
    pub(crate) fn exit(self) -> Exit {
        match self.standing {
            // One of many that were refused is a valid "no" of the batch.
            Standing::Refused(refusal) if !self.is_excluded() => match refusal {
                Refusal::Account => Exit::Account,
                _ => Exit::No,
            },
            _ => self.word().exit().unwrap_or(Exit::Done),
        }
    }

    pub(crate) fn to_bits(self) -> u8 {
        let standings = (0..).zip(Standing::ALL);
        let mut place =
            standings.filter_map(|(place, standing)| (standing == self.standing).then_some(place));
        let standing: u8 = place.next().expect("`ALL` has every standing");
        standing | u8::from(self.sends) << 4 | u8::from(self.is_excluded) << 5
    }

    /// The inverse of [`Decision::to_bits`]; bits that it never makes read as a number that is left alone.
    pub(crate) fn from_bits(bits: u8) -> Self {
        let standing = Standing::ALL.get(usize::from(bits & 0b1111)).copied();
        Self {
            standing: standing.unwrap_or(Standing::Unknown),
            sends: standing.is_some() && bits >> 4 & 1 == 1,
            is_excluded: bits >> 5 & 1 == 1,
        }
    }
}

/// The last attempt that made a number's standing what it is, for the results; `None` where there is none.
pub(crate) fn deciding(attempts: &[Attempt]) -> Option<&Attempt> {
    #[cfg(test)]
    if super::mutant::Mutant::WrongAttemptTold.is_on() {
        return attempts.first();
    }
    let reached = attempts.iter().rev().find(|attempt| attempt.state.is_reached());
    reached.or_else(|| attempts.last())
}

#[cfg(test)]
mod tests;
