//! Who may have got an SMS, by what reached the gateway alone: the account that a batch's decisions are compared with.
//!
//! It knows the commands that were typed and the requests that came, and nothing of journals.

use std::collections::{BTreeMap, BTreeSet};

/// What the gateway did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Certainly not, and it said so.
    No,
    /// Perhaps, or in a way that nobody is told.
    Perhaps,
    /// Yes, and it said so.
    Yes,
}

/// What is asked for beside the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Plain,
    SkipSent,
    RetryExpired,
    RetryAll,
    SkipSentAndRetryAll,
    Again,
}

impl Wish {
    pub(crate) const fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::SkipSent => &["--skip-sent"],
            Self::RetryExpired => &["--retry-unknown"],
            Self::RetryAll => &["--retry-unknown=all"],
            Self::SkipSentAndRetryAll => &["--skip-sent", "--retry-unknown=all"],
            Self::Again => &["--again"],
        }
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

#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    entries: BTreeMap<u64, Entry>,
    /// The order that `--again` was last typed with, if nothing else has begun since, and whether its round is finished.
    round: Option<(Order, bool)>,
}

impl Account {
    pub(crate) fn of(&self, number: u64) -> Entry {
        self.entries.get(&number).copied().unwrap_or_default()
    }

    /// `--again` was the last that began, or may have begun.
    pub(crate) const fn in_round(&self) -> bool {
        self.round.is_some()
    }

    /// Whom a run may ask the gateway for.
    pub(crate) fn allowed(&mut self, order: &Order, wish: Wish) -> BTreeSet<u64> {
        let goes_on = self.round.as_ref().is_some_and(|(round, _)| round == order);
        let unfinished = goes_on && self.round.as_ref().is_some_and(|(_, finished)| !finished);
        if wish == Wish::Again && !unfinished {
            for entry in self.entries.values_mut() {
                entry.this_round = 0;
            }
        }
        let retries = matches!(wish, Wish::RetryAll | Wish::SkipSentAndRetryAll);
        let numbers = order.numbers.iter().copied();
        numbers
            .filter(|number| {
                let entry = self.of(*number);
                let before = if goes_on || wish == Wish::Again {
                    entry.this_round
                } else {
                    entry.ever
                };
                before == 0 || retries && entry.doubtful
            })
            .collect()
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
        if end == End::Killed {
            for number in allowed {
                self.entries.entry(*number).or_default().doubtful = true;
            }
        }
        for (number, taken) in requests {
            if *taken == Taken::No {
                continue;
            }
            let entry = self.entries.entry(*number).or_default();
            entry.ever += 1;
            entry.this_round += 1;
            entry.doubtful = *taken == Taken::Perhaps || end == End::Killed;
        }
        let began = !requests.is_empty() || matches!(end, End::Unfinished | End::Finished);
        let finished = end == End::Finished;
        match &mut self.round {
            // Killed before its first request, it may have begun or not: then more is allowed than would be.
            _ if wish == Wish::Again && end != End::NothingSent => {
                self.round = Some((order.clone(), finished));
            }
            Some((round, done)) if round == order => *done |= finished,
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
