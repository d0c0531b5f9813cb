//! The cells of one row, as places in the text they were cut from: no cell is copied unless something in it was escaped.

use std::ops::Range;

/// The cells of one row, as places in the text they were cut from. One of these serves all rows.
#[derive(Debug, Default)]
pub(super) struct Cells {
    places: Vec<CellPlace>,
    /// Cells that don't stand in the text as they are, since something in them was escaped.
    unescaped: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CellPlace {
    Text(Range<usize>),
    Unescaped(Range<usize>),
    /// A JSON row that lacks the key, or has `null` there.
    Absent,
    /// A JSON list or object.
    Nested,
}

impl Cells {
    pub(super) fn clear(&mut self) {
        self.places.clear();
        self.unescaped.clear();
    }

    pub(super) const fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn push(&mut self, place: CellPlace) {
        self.places.push(place);
    }

    /// Keeps a text that doesn't stand in the file as it is.
    pub(super) fn unescape(&mut self, text: &str) -> CellPlace {
        let from = self.unescaped.len();
        self.unescaped.push_str(text);
        CellPlace::Unescaped(from..self.unescaped.len())
    }

    pub(super) fn is_nested(&self, index: usize) -> bool {
        self.places.get(index) == Some(&CellPlace::Nested)
    }

    pub(super) fn put(&mut self, index: usize, place: CellPlace) {
        self.places[index] = place;
    }

    pub(super) fn remove_first(&mut self) {
        if !self.places.is_empty() {
            self.places.remove(0);
        }
    }

    /// Makes it `len` cells, the new ones absent.
    pub(super) fn resize(&mut self, len: usize) {
        self.places.resize(len, CellPlace::Absent);
    }

    /// The text of a cell, where it has one. `text` is what the cells were cut from.
    pub(super) fn get<'a>(&'a self, index: usize, text: &'a str) -> Option<&'a str> {
        match self.places.get(index)? {
            CellPlace::Text(range) => Some(&text[range.clone()]),
            CellPlace::Unescaped(range) => Some(&self.unescaped[range.clone()]),
            CellPlace::Absent | CellPlace::Nested => None,
        }
    }
}
