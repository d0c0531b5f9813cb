//! Walks the states of the generated table. It knows digits and labels, and nothing about what they stand for.

use super::state::State;
use super::table::{SHAPES, WORDS};
use std::collections::BTreeMap;

const LABELLED: u16 = 0x8000;
const DEAD: State = State(0);

impl State {
    /// The label of what `digits` lead to, if they are accepted.
    pub(super) fn accepts(self, digits: &[u8]) -> Option<u16> {
        let mut state = self;
        for &digit in digits {
            state = state.next(digit);
            if state == DEAD {
                return None;
            }
        }
        state.label()
    }

    /// How many of the first digits are accepted, for each count that is.
    pub(super) fn accepted_prefixes(self, digits: &[u8]) -> impl Iterator<Item = usize> {
        let mut state = self;
        digits.iter().zip(1..).filter_map(move |(&digit, count)| {
            state = state.next(digit);
            state.label().map(|_| count)
        })
    }

    /// How many digit strings lead from here to a label that is wanted. `known` keeps what was counted before.
    pub(super) fn count(self, wanted: &impl Fn(u16) -> bool, known: &mut BTreeMap<u16, u64>) -> u64 {
        if let Some(&count) = known.get(&self.0) {
            return count;
        }
        let here = u64::from(self.label().is_some_and(wanted));
        let onward = (0..10).map(|digit| self.next(digit)).filter(|&next| next != DEAD);
        let count = onward.fold(here, |count, next| count + next.count(wanted, known));
        known.insert(self.0, count);
        count
    }

    fn next(self, digit: u8) -> Self {
        let at = usize::from(self.0);
        let head = WORDS[at];
        let place = SHAPES[usize::from(head & !LABELLED)] >> (4 * u32::from(digit)) & 0xF;
        match usize::try_from(place) {
            Ok(0) | Err(_) => DEAD,
            Ok(place) => Self(WORDS[at + usize::from(head & LABELLED != 0) + place]),
        }
    }

    fn label(self) -> Option<u16> {
        let at = usize::from(self.0);
        (WORDS[at] & LABELLED != 0).then(|| WORDS[at + 1])
    }
}

#[cfg(test)]
impl State {
    pub(super) fn leads_nowhere(self, digit: u8) -> bool {
        self.next(digit) == DEAD
    }

    pub(super) fn after(self, digit: u8) -> Self {
        self.next(digit)
    }

    pub(super) fn label_here(self) -> Option<u16> {
        self.label()
    }
}
