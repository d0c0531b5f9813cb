//! One run of a batch in a walk, by chance, and what it is about.

use crate::dice::Dice;
use rustix::process::Signal;

pub(crate) const FIRST: u64 = 34_600_000_000;
/// How many people there are.
pub(crate) const PEOPLE: u64 = 9;
pub(crate) const TEXTS: [&str; 2] = ["Your code: {PIN}", "{PIN} is your code"];
pub(crate) const CAMPAIGNS: [&str; 2] = ["default", "march"];

/// One run of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) list: String,
    pub(crate) campaign: &'static str,
    pub(crate) text: usize,
    pub(crate) limit: Option<u64>,
    pub(crate) concurrency: u64,
    /// After so many requests, and whether the last of them has been answered.
    pub(crate) harm: Option<(u64, bool, Signal)>,
    pub(crate) changes_settings: bool,
}

impl Step {
    /// One that nothing happens to.
    pub(crate) fn calm(list: &str, campaign: &'static str) -> Self {
        Self {
            list: list.to_owned(),
            campaign,
            text: 0,
            limit: None,
            concurrency: 4,
            harm: None,
            changes_settings: true,
        }
    }

    pub(crate) fn of(list: &str, dice: &mut Dice) -> Self {
        let mut one_in = |n| dice.roll(n) == 0;
        let (is_march, is_limited, is_harmed, is_killed) = (one_in(5), one_in(5), one_in(2), !one_in(5));
        let (other_text, changes_settings) = (one_in(8), one_in(2));
        let signal = if is_killed { Signal::KILL } else { Signal::TERM };
        Self {
            list: list.to_owned(),
            campaign: CAMPAIGNS[usize::from(is_march)],
            text: usize::from(other_text),
            limit: is_limited.then(|| dice.roll(4)),
            concurrency: 1 + dice.roll(4),
            harm: is_harmed.then(|| (1 + dice.roll(6), dice.roll(2) == 0, signal)),
            changes_settings,
        }
    }
}

pub(crate) fn pick<T: Clone>(of: &[T], dice: &mut Dice) -> T {
    of[usize::try_from(dice.roll(of.len() as u64)).unwrap()].clone()
}

pub(crate) fn person(dice: &mut Dice) -> u64 {
    FIRST + dice.roll(PEOPLE)
}
