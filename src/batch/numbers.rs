//! Every number of the input in eight bytes: which row is a number's first, and what becomes of each number.
//!
//! The first pass over the input [adds](NumbersBuilder::add) the number of every valid row; the second
//! [meets](Numbers::meet) them in the same order and learns which are duplicates. In between, the journal's [`Decision`]s
//! are written in. It knows no files, no clock, and no columns: the five bits of a [`Tag`] are the caller's.

use crate::domain::msisdn::Msisdn;
use crate::journal::Decision;
use std::cell::Cell;
use std::slice;

/// Five bits that a row brings along for the overview; the numbers only keep them.
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
/// repeated   number   tag     seen   decision
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u64);

impl Entry {
    /// The bits for a [`Decision`].
    const DECISION_BITS: u32 = 7;
    const DECISION: u64 = (1 << Self::DECISION_BITS) - 1;
    const SEEN: u64 = 1 << Self::DECISION_BITS;
    const TAG_SHIFT: u32 = Self::DECISION_BITS + 1;
    const NUMBER_SHIFT: u32 = Self::TAG_SHIFT + Tag::BITS;
    const REPEATED: u64 = 1 << (Self::NUMBER_SHIFT + NUMBER_BITS);

    fn new(number: Msisdn, tag: Tag) -> Self {
        let decision = u64::from(Decision::FIRST.to_bits());
        Self(number.as_u64() << Self::NUMBER_SHIFT | u64::from(tag.0) << Self::TAG_SHIFT | decision)
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

    fn decision(self) -> Decision {
        Decision::from_bits((self.0 & Self::DECISION) as u8)
    }

    fn with(self, decision: Decision) -> Self {
        Self(self.0 & !Self::DECISION | u64::from(decision.to_bits()))
    }
}

const _: () = assert!(Decision::BITS <= Entry::DECISION_BITS);

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
            entries: entries.into_iter().map(Cell::new).collect(),
            duplicates,
        }
    }
}

/// What the second pass learns about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occurrence {
    /// The first row of its number.
    First(Decision),
    /// Another row, on this line, has the number.
    Duplicate { first_line: u64 },
    /// The first pass never saw this number: the input has changed under us.
    NotInPreflight,
}

/// All numbers, sorted, each with what becomes of it.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Numbers of one row, then numbers of several; each part is sorted. What becomes of a number changes while others are
    /// asked for.
    entries: Vec<Cell<Entry>>,
    singles: usize,
    /// The digits of every so many singles: a search among these few stays in the processor's cache.
    search_index: Vec<u64>,
    /// For each number of several rows, the line of its first one, once the second pass has come by.
    first_lines: Vec<u64>,
    duplicates: u64,
}

impl Numbers {
    /// How many singles lie from one rung to the next.
    const STRIDE: usize = 16;

    /// The row on `line` asks whether it is the first of its number. Every row asks once, in the order of the input.
    pub(crate) fn meet(&mut self, number: Msisdn, line: u64) -> Occurrence {
        let Some(index) = self.find(number) else {
            return Occurrence::NotInPreflight;
        };
        let entry = self.entries[index].get_mut();
        let seen = entry.0 & Entry::SEEN != 0;
        entry.0 |= Entry::SEEN;
        let decision = entry.decision();
        match (index.checked_sub(self.singles), seen) {
            (None, true) => Occurrence::NotInPreflight,
            (Some(repeated), true) => Occurrence::Duplicate {
                first_line: self.first_lines[repeated],
            },
            (repeated, false) => {
                if let Some(repeated) = repeated {
                    self.first_lines[repeated] = line;
                }
                Occurrence::First(decision)
            }
        }
    }

    /// Makes ready for another pass over the input.
    pub(crate) fn rewind(&mut self) {
        for entry in &mut self.entries {
            entry.get_mut().0 &= !Entry::SEEN;
        }
    }

    /// Makes ready for a look into a journal.
    pub(crate) fn forget_decisions(&mut self) {
        for entry in &mut self.entries {
            *entry.get_mut() = entry.get().with(Decision::FIRST);
        }
    }

    /// Every number once, in ascending order: what a journal is asked for, while its answers are [set](Self::set).
    pub(crate) fn ascending(&self) -> Ascending<'_> {
        let (singles, repeated) = self.entries.split_at(self.singles);
        Ascending {
            singles: singles.iter(),
            repeated: repeated.iter(),
        }
    }

    /// Takes down what becomes of a number. One that the input doesn't have is passed over.
    pub(crate) fn set(&self, number: Msisdn, decision: Decision) {
        if let Some(index) = self.find(number) {
            let entry = &self.entries[index];
            entry.set(entry.get().with(decision));
        }
    }

    /// What the row of a number brought along.
    pub(crate) fn tag(&self, number: Msisdn) -> Option<Tag> {
        Some(self.entries[self.find(number)?].get().tag())
    }

    /// What becomes of every number, in no order that means anything.
    pub(crate) fn decisions(&self) -> impl Iterator<Item = (Msisdn, Tag, Decision)> + '_ {
        self.entries
            .iter()
            .map(Cell::get)
            .map(|entry| (entry.number(), entry.tag(), entry.decision()))
    }

    /// How many rows have a number that an earlier row has.
    pub(crate) fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// Whether a row of the input has this number.
    pub(crate) fn holds(&self, number: Msisdn) -> bool {
        self.find(number).is_some()
    }

    fn find(&self, number: Msisdn) -> Option<usize> {
        let (singles, repeated) = self.entries.split_at(self.singles);
        let above = self.search_index.partition_point(|&rung| rung <= number.as_u64());
        let from = above.saturating_sub(1) * Self::STRIDE;
        let near = &singles[from..singles.len().min(from + Self::STRIDE)];
        let place = |part: &[Cell<Entry>], before: usize| {
            let found = part.binary_search_by_key(&number.as_u64(), |entry| entry.get().digits());
            found.ok().map(|index| before + index)
        };
        place(near, from).or_else(|| place(repeated, self.singles))
    }
}

/// Every number once, in ascending order.
#[derive(Clone, Debug)]
pub(crate) struct Ascending<'a> {
    singles: slice::Iter<'a, Cell<Entry>>,
    repeated: slice::Iter<'a, Cell<Entry>>,
}

impl Iterator for Ascending<'_> {
    type Item = Msisdn;

    fn next(&mut self) -> Option<Msisdn> {
        let first =
            |part: &slice::Iter<'_, Cell<Entry>>| part.as_slice().first().map(|entry| entry.get().digits());
        let part = match (first(&self.singles), first(&self.repeated)) {
            (Some(single), Some(repeated)) if repeated < single => &mut self.repeated,
            (None, _) => &mut self.repeated,
            (Some(_), _) => &mut self.singles,
        };
        part.next().map(|entry| entry.get().number())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let length = self.singles.len() + self.repeated.len();
        (length, Some(length))
    }
}

impl ExactSizeIterator for Ascending<'_> {}

#[cfg(test)]
mod tests;
