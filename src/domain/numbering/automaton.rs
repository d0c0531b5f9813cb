//! Walks the states of the generated table. It knows digits and labels, and nothing about what they stand for.

use super::state::State;
use super::table::{SHAPES, WORDS};

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
