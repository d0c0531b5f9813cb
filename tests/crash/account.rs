//! Who may have got an SMS, by what reached the gateway alone: the account that a batch's decisions are compared with.
//!
//! It knows the commands that were typed and the requests that came, and nothing of journals: whichever lists had a name
//! before, and whatever was set aside for them, whoever was sent to by one of them was sent to.

use crate::fickle::Taken;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for beside the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Plain,
    SkipSent,
    RetryExpired,
    RetryAll,
    SkipSentAndRetryAll,
    Again,
    /// `--again=ROUND`, as the program has just told: another round for everybody.
    AgainInRound(u64),
}

impl Wish {
    pub(crate) fn flags(self) -> Vec<String> {
        let flags: &[&str] = match self {
            Self::Plain => &[],
            Self::SkipSent => &["--skip-sent"],
            Self::RetryExpired => &["--retry-unknown"],
            Self::RetryAll => &["--retry-unknown=all"],
            Self::SkipSentAndRetryAll => &["--skip-sent", "--retry-unknown=all"],
            Self::Again => &["--again"],
            Self::AgainInRound(round) => return vec![format!("--again={round}")],
        };
        flags.iter().map(|flag| (*flag).to_owned()).collect()
    }

    const fn repeats_everybody(self) -> bool {
        matches!(self, Self::Again | Self::AgainInRound(_))
    }
}

/// What decides who gets what: the rows, and the text by its place in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) numbers: Vec<u64>,
    pub(crate) text: usize,
}

/// What the account has of one number.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entry {
    /// Requests that may have been taken.
    pub(crate) ever: u32,
    /// Of these, those since everybody was to be sent to anew.
    pub(crate) this_round: u32,
    /// The last of them got no certain answer, or its answer may not have been recorded.
    doubtful: bool,
    /// The last of them was accepted, and nothing kept that from being recorded.
    pub(crate) confirmed: bool,
    /// One of them got no certain answer, or a kill may have left it without one; it may not even have been made.
    pub(crate) ever_doubtful: bool,
}

impl Entry {
    fn believe(&mut self, accepted: bool) {
        self.confirmed = accepted;
        self.doubtful = !accepted;
        self.ever_doubtful |= !accepted;
    }
}

/// How a run ended, as far as it could be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Killed,
    /// It said that it had not begun.
    NothingSent,
    Unfinished,
    Finished,
}

/// The last time that `--again` was typed, if nothing else has begun since.
#[derive(Clone, Debug)]
struct Round {
    order: Order,
    /// Its run was not killed before its first request.
    certain: bool,
    finished: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    entries: BTreeMap<u64, Entry>,
    round: Option<Round>,
    /// The lists that were certainly begun.
    begun: BTreeSet<Vec<u64>>,
    /// Everybody was forgotten, and `--again` has not begun since.
    forgotten: bool,
}

impl Account {
    pub(crate) fn of(&self, number: u64) -> Entry {
        self.entries.get(&number).copied().unwrap_or_default()
    }

    /// `--again` was the last that began, or may have begun.
    pub(crate) const fn in_round(&self) -> bool {
        self.round.is_some()
    }

    /// Nothing but `--again` sends to anybody.
    pub(crate) const fn is_forgotten(&self) -> bool {
        self.forgotten
    }

    /// These rows were begun, in this order.
    pub(crate) fn has_begun(&self, order: &Order) -> bool {
        self.begun.contains(&order.numbers)
    }

    /// Whom a run may ask the gateway for.
    pub(crate) fn allowed(&self, order: &Order, wish: Wish) -> BTreeSet<u64> {
        let round = self.round.as_ref().filter(|round| round.order == *order);
        let numbers = order.numbers.iter().copied();
        if wish.repeats_everybody() && round.is_none_or(|round| round.finished) {
            // Once too often, unless the round is named.
            let refused = wish == Wish::Again && round.is_some_and(|round| round.certain);
            return if refused {
                BTreeSet::new()
            } else {
                numbers.collect()
            };
        }
        let retries = matches!(wish, Wish::RetryAll | Wish::SkipSentAndRetryAll);
        numbers
            .filter(|number| {
                let entry = self.of(*number);
                let before = if round.is_some() {
                    entry.this_round
                } else {
                    entry.ever
                };
                before == 0 || retries && entry.doubtful
            })
            .collect()
    }

    /// Nobody knows any more who was sent to: each of these may have been.
    pub(crate) fn forget(&mut self, everybody: impl IntoIterator<Item = u64>) {
        self.round = None;
        self.forgotten = true;
        for number in everybody {
            let entry = self.entries.entry(number).or_default();
            entry.ever = entry.ever.max(1);
            entry.this_round = entry.ever;
            entry.believe(false);
        }
    }

    /// Enters what came in a run that might ask for these. Of a run that was killed no answer is certain to have been recorded,
    /// and whom it was about to ask for it may leave in doubt.
    pub(crate) fn enter(
        &mut self,
        order: &Order,
        wish: Wish,
        allowed: &BTreeSet<u64>,
        requests: &[(u64, Taken)],
        end: End,
    ) {
        self.enter_round(order, wish, requests, end);
        if end == End::Killed {
            for number in allowed {
                self.entries.entry(*number).or_default().believe(false);
            }
        }
        for (number, taken) in requests {
            if *taken == Taken::No {
                continue;
            }
            let entry = self.entries.entry(*number).or_default();
            entry.ever += 1;
            entry.this_round += 1;
            entry.believe(*taken == Taken::Yes && end != End::Killed);
        }
    }

    fn enter_round(&mut self, order: &Order, wish: Wish, requests: &[(u64, Taken)], end: End) {
        let began = !requests.is_empty() || matches!(end, End::Unfinished | End::Finished);
        if began {
            self.begun.insert(order.numbers.clone());
        }
        let finished = end == End::Finished;
        match &mut self.round {
            Some(round) if round.order == *order && !(wish.repeats_everybody() && round.finished) => {
                round.finished |= finished;
                round.certain |= began && wish.repeats_everybody();
            }
            // Killed before its first request, it may have begun or not: then more is allowed than would be.
            _ if wish.repeats_everybody() && end != End::NothingSent => {
                self.forgotten &= !began;
                self.round = Some(Round {
                    order: order.clone(),
                    certain: began,
                    finished,
                });
                for entry in self.entries.values_mut() {
                    entry.this_round = 0;
                }
            }
            Some(_) if began => {
                self.round = None;
                for entry in self.entries.values_mut() {
                    entry.this_round = entry.ever;
                }
            }
            _ => {}
        }
    }
}
