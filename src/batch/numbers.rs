//! Every number of the input in eight bytes: which row is a number's first, and where each number stands.
//!
//! The first pass over the input [enrols](NumbersBuilder::enrol) the number of every valid row; the second
//! [claims](Numbers::claim) them in the same order and learns which are duplicates. In between, the journal is folded in.
//! It knows no files, no clock, and no columns: the five bits of a [`Tag`] are the caller's.

use super::decision::{Decision, RetryUnknown, decide};
use super::state::{AttemptResult, NumberState};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::collections::HashMap;

/// Five bits that a row brings along for the overview; the numbers only keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tag(u8);

impl Tag {
    /// Nothing to keep.
    pub(crate) const NONE: Self = Self(0);
    const BITS: u32 = 5;

    /// `None` for more than five bits.
    pub(crate) const fn new(bits: u8) -> Option<Self> {
        if bits >> Self::BITS == 0 {
            Some(Self(bits))
        } else {
            None
        }
    }

    pub(crate) const fn get(self) -> u8 {
        self.0
    }
}

/// The bits that every number fits in: the largest has fifteen nines.
const NUMBER_BITS: u32 = 50;

/// One number, packed so that entries sort by (repeated, number, tag).
///
/// ```text
/// 63         62..13   12..8   7      6..0
/// repeated   number   tag     seen   standing
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u64);

impl Entry {
    const SEEN: u64 = 1 << NumberState::BITS;
    const TAG_SHIFT: u32 = NumberState::BITS + 1;
    const NUMBER_SHIFT: u32 = Self::TAG_SHIFT + Tag::BITS;
    const REPEATED: u64 = 1 << (Self::NUMBER_SHIFT + NUMBER_BITS);

    fn new(number: Msisdn, tag: Tag) -> Self {
        let standing = u64::from(NumberState::NEW.to_bits());
        Self(number.as_u64() << Self::NUMBER_SHIFT | u64::from(tag.0) << Self::TAG_SHIFT | standing)
    }

    const fn digits(self) -> u64 {
        (self.0 & !Self::REPEATED) >> Self::NUMBER_SHIFT
    }

    fn number(self) -> Msisdn {
        Msisdn::from_u64(self.digits()).expect("an entry is made from a number")
    }

    fn tag(self) -> Tag {
        Tag((self.0 >> Self::TAG_SHIFT & 0b1_1111) as u8)
    }

    fn standing(self) -> NumberState {
        NumberState::from_bits((self.0 & 0b111_1111) as u8)
    }

    fn set_standing(&mut self, standing: NumberState) {
        self.0 = self.0 & !0b111_1111 | u64::from(standing.to_bits());
    }
}

/// The numbers of the first pass, as they come.
#[derive(Debug, Default)]
pub(crate) struct NumbersBuilder {
    entries: Vec<Entry>,
}

impl NumbersBuilder {
    /// Takes the number of a valid row. Of a number's tags the largest is kept.
    pub(crate) fn add(&mut self, number: Msisdn, tag: Tag) {
        if self.entries.len() == self.entries.capacity() {
            // Doubling would hold one and a half times the bytes while it copies.
            self.entries
                .reserve_exact((self.entries.len() / 8).max(64 * 1024));
        }
        self.entries.push(Entry::new(number, tag));
    }

    /// Sorts, and merges the rows that share a number.
    pub(crate) fn finish(self) -> Numbers {
        let mut entries = self.entries;
        entries.sort_unstable();
        let rows = entries.len();
        let mut repeated = 0;
        entries.dedup_by(|later, kept| {
            let same = later.digits() == kept.digits();
            if same {
                repeated += usize::from(kept.0 & Entry::REPEATED == 0);
                *kept = Entry(later.0 | Entry::REPEATED);
            }
            same
        });
        if repeated > 0 {
            // The repeated ones go to the end, where `first_lines` runs beside them: a number that stands in two
            // rows or more pays for its line with the entry that was merged.
            entries.sort_unstable();
        }
        entries.shrink_to_fit();
        let duplicates = (rows - entries.len()) as u64;
        let singles = entries.len() - repeated;
        let search_index = entries[..singles].iter().step_by(Numbers::STRIDE);
        Numbers {
            search_index: search_index.map(|entry| entry.digits()).collect(),
            singles,
            first_lines: vec![0; repeated],
            entries,
            duplicates,
            excluded: Vec::new(),
            pins: HashMap::new(),
        }
    }
}

/// What the second pass learns about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The first row of its number.
    First(NumberState),
    /// Another row, on this line, has the number.
    Duplicate { first_line: u64 },
    /// The first pass never saw this number: the input has changed under us.
    NotInPreflight,
}

/// All numbers, sorted, each with its standing.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Numbers of one row, then numbers of several; each part is sorted.
    entries: Vec<Entry>,
    singles: usize,
    /// The digits of every so many singles: a search among these few stays in the processor's cache.
    search_index: Vec<u64>,
    /// For each number of several rows, the line of its first one, once the second pass has come by.
    first_lines: Vec<u64>,
    duplicates: u64,
    /// The digits of numbers that never get an SMS, sorted.
    excluded: Vec<u64>,
    /// For a number (by its place among the entries) whose unknown requests may have made PINs that are still valid: when the
    /// last of them ends, in milliseconds since 1970; `None` where one never does.
    pins: HashMap<usize, Option<i64>>,
}

impl Numbers {
    /// How many singles lie from one rung to the next.
    const STRIDE: usize = 16;

    /// The row on `line` asks whether it is the first of its number. Every row asks once, in the order of the input.
    pub(crate) fn claim(&mut self, number: Msisdn, line: u64) -> Claim {
        let Some(index) = self.find(number) else {
            return Claim::NotInPreflight;
        };
        let entry = &mut self.entries[index];
        let seen = entry.0 & Entry::SEEN != 0;
        entry.0 |= Entry::SEEN;
        match (index.checked_sub(self.singles), seen) {
            (None, true) => Claim::NotInPreflight,
            (Some(repeated), true) => Claim::Duplicate {
                first_line: self.first_lines[repeated],
            },
            (repeated, false) => {
                if let Some(repeated) = repeated {
                    self.first_lines[repeated] = line;
                }
                Claim::First(self.entries[index].standing())
            }
        }
    }

    /// Makes ready for another pass over the input.
    pub(crate) fn rewind(&mut self) {
        for entry in &mut self.entries {
            entry.0 &= !Entry::SEEN;
        }
    }

    /// Where a number stands; `None` for one that the input doesn't have.
    #[cfg(test)]
    pub(crate) fn standing(&self, number: Msisdn) -> Option<NumberState> {
        self.find(number).map(|index| self.entries[index].standing())
    }

    /// Changes where a number stands. A number that the input doesn't have is none of ours.
    pub(crate) fn change(&mut self, number: Msisdn, change: impl FnOnce(NumberState) -> NumberState) {
        if let Some(index) = self.find(number) {
            let entry = &mut self.entries[index];
            entry.set_standing(change(entry.standing()));
        }
    }

    /// An attempt for one number, in the order of a journal. `pin_ends` is when the PIN that it may have made can't be valid any
    /// more, in milliseconds since 1970; `None` where it never ends.
    pub(crate) fn attempted(
        &mut self,
        number: Msisdn,
        ended: Option<AttemptResult>,
        pin_ends: Option<i64>,
        now: Timestamp,
    ) {
        let Some(index) = self.find(number) else {
            return;
        };
        let expired = pin_ends.is_some_and(|end| end <= now.as_millisecond());
        let entry = &mut self.entries[index];
        entry.set_standing(entry.standing().after(ended, expired));
        if matches!(ended, None | Some(AttemptResult::Unknown)) && !expired {
            let last = self.pins.entry(index).or_insert(pin_ends);
            *last = (*last).zip(pin_ends).map(|(one, other)| one.max(other));
        }
    }

    /// When the first of the unknown numbers has no valid PIN any more, of those that may have one.
    pub(crate) fn next_expiry(&self) -> Option<Timestamp> {
        let waits = |index: usize| self.entries[index].standing().waits_for_its_pin();
        let ends = self.pins.iter().filter(|(index, _)| waits(**index));
        let first = ends.filter_map(|(_, end)| *end).min()?;
        Timestamp::from_millisecond(first).ok()
    }

    /// Changes where every number stands.
    pub(crate) fn change_all(&mut self, change: impl Fn(NumberState) -> NumberState) {
        for entry in &mut self.entries {
            entry.set_standing(change(entry.standing()));
        }
    }

    /// Says which numbers never get an SMS, in this input or not.
    pub(crate) fn exclude(&mut self, mut digits: Vec<u64>) {
        digits.sort_unstable();
        digits.dedup();
        self.excluded = digits;
    }

    /// What becomes of one number that stands here.
    pub(crate) fn decide(&self, number: Msisdn, state: NumberState, retry: RetryUnknown) -> Decision {
        let decision = decide(state, retry);
        if self.excluded.binary_search(&number.as_u64()).is_ok() {
            decision.unless_excluded()
        } else {
            decision
        }
    }

    /// Whether a row of the input has this number.
    pub(crate) fn holds(&self, number: Msisdn) -> bool {
        self.find(number).is_some()
    }

    /// True for a number of the input that a run sends to.
    pub(crate) fn would_send(&self, number: Msisdn, retry: RetryUnknown) -> bool {
        self.find(number)
            .is_some_and(|index| self.decide(number, self.entries[index].standing(), retry).sends())
    }

    /// What becomes of every number, in no order that means anything.
    pub(crate) fn decisions(
        &self,
        retry: RetryUnknown,
    ) -> impl Iterator<Item = (Msisdn, Tag, Decision)> + '_ {
        self.entries.iter().map(move |entry| {
            let decision = self.decide(entry.number(), entry.standing(), retry);
            (entry.number(), entry.tag(), decision)
        })
    }

    /// How many different numbers there are.
    pub(crate) fn numbers(&self) -> u64 {
        self.entries.len() as u64
    }

    /// How many rows have a number that an earlier row has.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    fn find(&self, number: Msisdn) -> Option<usize> {
        let (singles, repeated) = self.entries.split_at(self.singles);
        let search = |part: &[Entry]| {
            part.binary_search_by_key(&number.as_u64(), |entry| entry.digits())
                .ok()
        };
        let above = self.search_index.partition_point(|&rung| rung <= number.as_u64());
        let from = above.saturating_sub(1) * Self::STRIDE;
        let near = &singles[from..singles.len().min(from + Self::STRIDE)];
        let single = search(near).map(|index| from + index);
        single.or_else(|| search(repeated).map(|index| self.singles + index))
    }
}

#[cfg(test)]
mod tests;
