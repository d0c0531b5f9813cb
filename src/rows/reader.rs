//! The rows of a text as they stand in it, one at a time, with the line each begins on: without blank lines, and with memory
//! that doesn't grow. What their cells mean is not known here.

use super::cells::{CellPlace, Cells};
use super::content_hash::ContentHash;
use super::encoding::FileEncoding;
use super::fault::{MAX_ROW, RowDefect};
use super::format::{FirstRow, Shape};
use super::source::InputFile;
use super::splitter::{Delimited, Split};
use super::text::{ReadError, Text};
use std::ops::Range;

/// How much of a row that is too long is kept to show, in bytes.
const SHOWN: usize = 1024;

#[derive(Debug)]
pub(super) struct RawRows {
    text: Text,
    /// None for JSON lines, whose rows are lines.
    rules: Option<Delimited>,
    cells: Cells,
    /// Where the next row begins in the window, and on which line.
    at: usize,
    line: u64,
    /// For the copy of a sheet, whose rows are counted and not their lines: what the first cell of the last row held.
    marks: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawRow {
    /// Counted from 1.
    pub(super) line: u64,
    /// How many line ends stand inside its cells.
    pub(super) breaks: u64,
    /// Where it stands in the window, with its line end.
    pub(super) range: Range<usize>,
    /// Whether a line end closes it.
    pub(super) closed: bool,
    pub(super) fault: Option<RowDefect>,
}

enum Blank {
    Not,
    More,
    Line { next: usize },
}

impl RawRows {
    pub(super) fn new(source: &InputFile, encoding: FileEncoding, rules: Option<Delimited>) -> Self {
        let text = Text::new(source, encoding);
        Self {
            text,
            rules,
            cells: Cells::default(),
            at: 0,
            line: 1,
            marks: None,
        }
    }

    /// Of the copy of a sheet.
    pub(super) fn of_sheet(source: &InputFile, shape: Shape, rules: Delimited) -> Self {
        Self {
            marks: Some(String::new()),
            ..Self::new(source, shape.encoding, Some(rules))
        }
    }

    /// What a sheet says of the cells of the last row; empty for every other input.
    pub(super) fn marks(&self) -> &str {
        self.marks.as_deref().unwrap_or_default()
    }

    pub(super) const fn rules(&self) -> Option<&Delimited> {
        self.rules.as_ref()
    }

    /// What the ranges of the last row refer to, and its cells.
    pub(super) fn last(&self) -> (&str, &Cells) {
        (self.text.window(), &self.cells)
    }

    pub(super) fn last_mut(&mut self) -> (&str, &mut Cells) {
        (self.text.window(), &mut self.cells)
    }

    /// Takes away the cell that a delimiter at the end of the last row makes, where the row is one cell too wide.
    pub(super) fn drop_trailing_cell(&mut self, width: usize) {
        let blank = self
            .cells
            .get(width, self.text.window())
            .is_some_and(|cell| cell.trim().is_empty());
        if self.cells.len() == width + 1 && blank {
            self.cells.resize(width);
        }
    }

    pub(super) fn content_hash(&self) -> Option<ContentHash> {
        self.text.content_hash()
    }

    /// Leaves out what stands before the first row that counts: the line for Excel, and titles.
    pub(super) fn skip_before_rows(&mut self, shape: Shape) -> Result<(), ReadError> {
        if shape.separator_line {
            self.rest_of_line()?;
        }
        match shape.first_row {
            FirstRow::HeaderAt(line) => self.skip_to(line),
            FirstRow::Header | FirstRow::Data => Ok(()),
        }
    }

    /// Leaves out what stands before a line, counted from 1.
    fn skip_to(&mut self, line: u64) -> Result<(), ReadError> {
        while self.line < line {
            match self.blank_line() {
                Blank::Line { next } => (self.at, self.line) = (next, self.line + 1),
                Blank::More if self.text.ended() => return Ok(()),
                Blank::More => self.more()?,
                Blank::Not => drop(self.next()?),
            }
        }
        Ok(())
    }

    /// The next row, or nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<RawRow>, ReadError> {
        loop {
            match self.blank_line() {
                Blank::Line { next } => {
                    (self.at, self.line) = (next, self.line + 1);
                    continue;
                }
                Blank::More if self.text.ended() => return Ok(None),
                Blank::More => {
                    self.more()?;
                    continue;
                }
                Blank::Not => {}
            }
            match self.split() {
                Split::Row {
                    next,
                    breaks,
                    closed,
                    fault,
                } => {
                    let breaks = if self.take_marks() { 0 } else { breaks };
                    let raw_row = RawRow {
                        line: self.line,
                        breaks,
                        range: self.at..next,
                        closed,
                        fault,
                    };
                    (self.at, self.line) = (next, self.line + breaks + 1);
                    return Ok(Some(raw_row));
                }
                Split::OpenQuote { below } => {
                    return Err(ReadError::OpenQuote {
                        opened: self.line + below,
                    });
                }
                Split::More { quoted } if self.text.window().len() - self.at > MAX_ROW => {
                    let Some(below) = quoted else {
                        return self.long_row().map(Some);
                    };
                    return Err(ReadError::OpenQuote {
                        opened: self.line + below,
                    });
                }
                Split::More { .. } => self.more()?,
            }
        }
    }

    /// Takes the marks off the row that was just cut, if it is of a sheet.
    fn take_marks(&mut self) -> bool {
        let Some(marks) = &mut self.marks else {
            return false;
        };
        marks.clear();
        marks.push_str(self.cells.get(0, self.text.window()).unwrap_or_default());
        self.cells.remove_first();
        true
    }

    fn split(&mut self) -> Split {
        let (text, last) = (self.text.window(), self.text.ended());
        let split = match &self.rules {
            Some(rules) => rules.split(text, self.at, last, &mut self.cells),
            None => match line_end(text.as_bytes(), self.at, last) {
                Some(next) => {
                    let closed = text[..next].ends_with(['\n', '\r']);
                    Split::Row {
                        next,
                        breaks: 0,
                        closed,
                        fault: None,
                    }
                }
                None => Split::More { quoted: None },
            },
        };
        match split {
            Split::Row {
                next, breaks, closed, ..
            } if next - self.at > MAX_ROW => {
                let start = shown(text, self.at, &mut self.cells);
                self.cells.push(start);
                Split::Row {
                    next,
                    breaks,
                    closed,
                    fault: Some(RowDefect::RowTooLong),
                }
            }
            split => split,
        }
    }

    fn more(&mut self) -> Result<(), ReadError> {
        self.text.advance(self.at, self.line)?;
        self.at = 0;
        Ok(())
    }

    /// Passes over a row that doesn't fit, keeping its beginning.
    fn long_row(&mut self) -> Result<RawRow, ReadError> {
        let line = self.line;
        let start = shown(self.text.window(), self.at, &mut self.cells);
        let closed = self.rest_of_line()?;
        self.cells.push(start);
        Ok(RawRow {
            line,
            breaks: 0,
            range: self.at..self.at,
            closed,
            fault: Some(RowDefect::RowTooLong),
        })
    }

    /// Moves behind the next line end, without keeping what stands before it. False if the file ends first.
    fn rest_of_line(&mut self) -> Result<bool, ReadError> {
        loop {
            let (text, last) = (self.text.window(), self.text.ended());
            if let Some(next) = line_end(text.as_bytes(), self.at, last) {
                let closed = text[self.at..next].ends_with(['\n', '\r']);
                (self.at, self.line) = (next, self.line + 1);
                return Ok(closed);
            }
            // A CR at the very end waits for the LF that may follow it.
            self.at = text.len() - usize::from(text[self.at..].ends_with('\r'));
            self.more()?;
        }
    }

    /// Whether nothing but blanks stands on the line at `self.at`.
    fn blank_line(&self) -> Blank {
        let bytes = &self.text.window().as_bytes()[self.at..];
        let tabs_are_blank = self.rules.as_ref().is_none_or(|rules| rules.delimiter() != b'\t');
        let blank = |byte: &&u8| **byte == b' ' || (**byte == b'\t' && tabs_are_blank);
        let length = bytes.iter().take(MAX_ROW + 1).take_while(blank).count();
        match bytes.get(length) {
            _ if length > MAX_ROW => Blank::Not,
            None if length > 0 && self.text.ended() => Blank::Line {
                next: self.at + length,
            },
            None => Blank::More,
            Some(b'\n' | b'\r') => line_end(bytes, length, self.text.ended())
                .map_or(Blank::More, |next| Blank::Line { next: self.at + next }),
            Some(_) => Blank::Not,
        }
    }
}

/// Makes the beginning of a row that is too long the only text in `cells`, and returns its place.
fn shown(text: &str, at: usize, cells: &mut Cells) -> CellPlace {
    let mut end = (at + SHOWN).min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    cells.clear();
    cells.unescape(&text[at..end])
}

/// Where the line after the one at `from` begins; nothing if that isn't certain yet.
fn line_end(bytes: &[u8], from: usize, last: bool) -> Option<usize> {
    let Some(length) = bytes[from..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))
    else {
        return last.then_some(bytes.len());
    };
    let end = from + length;
    match (bytes[end], bytes.get(end + 1)) {
        (b'\r', Some(b'\n')) => Some(end + 2),
        (b'\r', None) if !last => None,
        _ => Some(end + 1),
    }
}
