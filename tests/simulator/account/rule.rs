//! The rule: who may be sent an SMS, and whether it may be a second one.

use super::{Account, Asked, Try};
use crate::journal::{AttemptState, Refusal, ResendUnknown, RunId, Ticket};
use jiff::SignedDuration;
use std::time::Duration;

/// An age is only as exact as this: a request may be on its way for that long.
const SLACK: Duration = Duration::from_secs(130);

impl Account {
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
    pub(in super::super) fn claimed(&mut self, run: RunId, number: u64, expires_in: u32, ticket: Ticket) {
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
}
