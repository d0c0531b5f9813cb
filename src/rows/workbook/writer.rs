//! Writes the rows of a sheet as CSV, one line for each row of the sheet, and counts what the sheet doesn't show.

use super::cell::{self, CellContent};
use super::{MAX_ROWS, Sheets, WorkbookError, list};
use crate::rows::fault::{MAX_COLUMNS, MAX_ROW};
use crate::text::{count, quote};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;

/// The most that the copy of a sheet may take, in bytes: cells may share a text, so it can be larger than the sheet.
const MOST: u64 = 4 * 1024 * 1024 * 1024;
/// Beyond this, no program has rows.
const LAST_ROW: u64 = 16_777_216;

pub(super) struct RowsWriter {
    out: BufWriter<File>,
    /// Bytes written.
    written: u64,
    /// The sheet, for messages.
    sheet: String,
    /// The row that the next line is.
    next: u64,
    /// Cells of the first row.
    width: Option<usize>,
    rows: u64,
    /// The row in the making.
    texts: String,
    cells: Vec<PendingCell>,
    line: String,
    seen: Seen,
}

struct PendingCell {
    column: usize,
    text: Range<usize>,
    content: CellContent,
    formula: bool,
}

/// How much there is of what a sheet doesn't show, in rows that hold something.
#[derive(Debug, Default)]
pub(super) struct Seen {
    formulas: Findings,
    dates: Findings,
    decorated: Findings,
    outside: Findings,
    hidden_rows: u64,
    pub(super) hidden_columns: u64,
    pub(super) merged: u64,
}

/// How often something was met, and where first.
#[derive(Debug, Default)]
struct Findings {
    number: u64,
    first: Option<(usize, u64)>,
}

impl Findings {
    fn add(&mut self, column: usize, row: u64) {
        self.number += 1;
        self.first.get_or_insert((column, row));
    }

    fn note(&self, sheet: &str, one: &str, many: &str) -> Option<String> {
        let (column, row) = self.first?;
        let first = format!("{sheet}!{}{row}", cell::letters(column));
        Some(match self.number {
            1 => format!("1 {one} ({first})"),
            number => format!("{} (the first is {first})", count(number, one, many)),
        })
    }
}

impl RowsWriter {
    pub(super) fn new(file: File) -> Self {
        Self {
            out: BufWriter::with_capacity(256 * 1024, file),
            written: 0,
            sheet: String::new(),
            next: 1,
            width: None,
            rows: 0,
            texts: String::new(),
            cells: Vec::new(),
            line: String::new(),
            seen: Seen::default(),
        }
    }

    /// The sheet that is about to be read.
    pub(super) fn begin(&mut self, sheet: &str) {
        sheet.clone_into(&mut self.sheet);
    }

    pub(super) const fn seen(&mut self) -> &mut Seen {
        &mut self.seen
    }

    /// How many cells the first row has, once it was read.
    pub(super) const fn width(&self) -> Option<usize> {
        self.width
    }

    /// Adds a cell to the row. Cells come from left to right; false if this one does not.
    pub(super) fn cell(&mut self, column: usize, text: &str, content: CellContent, formula: bool) -> bool {
        if column > cell::LAST_COLUMN || self.cells.last().is_some_and(|last| last.column >= column) {
            return false;
        }
        let from = self.texts.len();
        self.texts.push_str(text);
        self.cells.push(PendingCell {
            column,
            text: from..self.texts.len(),
            content,
            formula,
        });
        true
    }

    /// Whether the row in the making takes more than a row may.
    pub(super) const fn is_too_long(&self) -> bool {
        self.texts.len() > MAX_ROW
    }

    pub(super) fn is_blank(&self) -> bool {
        let blank = |cell: &PendingCell| {
            self.texts[cell.text.clone()].trim().is_empty() && cell.content != CellContent::NotCalculated
        };
        self.cells.iter().all(blank)
    }

    /// Ends the row. Rows come from top to bottom; false if this one does not.
    pub(super) fn end_row(&mut self, row: u64, hidden: bool) -> Result<bool, WorkbookError> {
        if self.is_blank() {
            self.clear();
            return Ok(true);
        }
        if row < self.next || row > LAST_ROW {
            return Ok(false);
        }
        if self.is_too_long() {
            return Err(self.long_row(row));
        }
        let width = self.take_width()?;
        self.count(row, hidden, width);
        self.compose(row, width);
        if self.line.len() > MAX_ROW {
            return Err(self.long_row(row));
        }
        if self.rows > MAX_ROWS {
            return Err(WorkbookError::TooManyRows(self.sheet.clone()));
        }
        self.written += self.line.len() as u64;
        if self.written > MOST {
            return Err(WorkbookError::TooLarge {
                part: format!("the sheet {}", quote(&self.sheet)),
                limit: "4 GiB of text",
            });
        }
        self.out
            .write_all(self.line.as_bytes())
            .map_err(WorkbookError::Copy)?;
        self.next = row + 1;
        Ok(true)
    }

    /// Ends the row as [`Self::end_row`] does, and keeps it for the next one.
    pub(super) fn end_repeated_row(&mut self, row: u64, hidden: bool) -> Result<bool, WorkbookError> {
        let (texts, cells) = (self.texts.clone(), std::mem::take(&mut self.cells));
        let kept = cells.iter().map(|cell| PendingCell {
            text: cell.text.clone(),
            ..*cell
        });
        self.cells = kept.collect();
        let ended = self.end_row(row, hidden);
        (self.texts, self.cells) = (texts, cells);
        ended
    }

    pub(super) fn clear(&mut self) {
        self.texts.clear();
        self.cells.clear();
    }

    pub(super) fn long_row(&self, row: u64) -> WorkbookError {
        WorkbookError::LongRow {
            sheet: self.sheet.clone(),
            row,
        }
    }

    /// The first row says how wide the others are.
    fn take_width(&mut self) -> Result<usize, WorkbookError> {
        if let Some(width) = self.width {
            self.rows += 1;
            return Ok(width);
        }
        let filled = self
            .cells
            .iter()
            .rfind(|cell| !self.texts[cell.text.clone()].trim().is_empty());
        let width = filled.map_or(1, |cell| cell.column + 1);
        if width > MAX_COLUMNS {
            return Err(WorkbookError::TooWide(self.sheet.clone()));
        }
        self.width = Some(width);
        Ok(width)
    }

    fn count(&mut self, row: u64, hidden: bool, width: usize) {
        self.seen.hidden_rows += u64::from(hidden);
        for cell in &self.cells {
            if cell.column >= width {
                if !self.texts[cell.text.clone()].trim().is_empty() {
                    self.seen.outside.add(cell.column, row);
                }
                continue;
            }
            if cell.formula && cell.content != CellContent::NotCalculated {
                self.seen.formulas.add(cell.column, row);
            }
            match cell.content {
                CellContent::Date => self.seen.dates.add(cell.column, row),
                CellContent::Decorated => self.seen.decorated.add(cell.column, row),
                _ => {}
            }
        }
    }

    /// The row as a line of CSV, after the lines of the blank rows before it: the marks, then `width` cells.
    fn compose(&mut self, row: u64, width: usize) {
        self.line.clear();
        let blanks = usize::try_from(row - self.next).unwrap_or_default();
        self.line.extend(std::iter::repeat_n('\n', blanks));
        let marked = self.cells.iter().filter(|cell| cell.column < width);
        for (cell, unknown) in marked.filter_map(|cell| Some((cell, cell.content.unknown()?))) {
            unknown.add_mark(&mut self.line, cell.column);
        }
        let mut cells = self.cells.iter().peekable();
        for column in 0..width {
            self.line.push(',');
            if let Some(cell) = cells.next_if(|cell| cell.column == column) {
                quoted(&self.texts[cell.text.clone()], &mut self.line);
            }
        }
        self.line.push('\n');
        self.clear();
    }

    /// Writes what is left, and says what the sheet doesn't show.
    pub(super) fn finish(mut self, sheets: &Sheets) -> Result<Vec<String>, WorkbookError> {
        if self.width.is_none() {
            return Err(WorkbookError::Empty {
                sheet: sheets.read.clone(),
                sheets: sheets.all.clone(),
            });
        }
        self.out.flush().map_err(WorkbookError::Copy)?;
        Ok(self.seen.notes(sheets))
    }
}

/// In quotation marks, so that no blank line is a row and no row a blank line.
fn quoted(text: &str, line: &mut String) {
    line.push('"');
    for (at, part) in text.split('"').enumerate() {
        if at > 0 {
            line.push_str("\"\"");
        }
        line.push_str(part);
    }
    line.push('"');
}

impl Seen {
    fn notes(&self, sheets: &Sheets) -> Vec<String> {
        let sheet = &sheets.read;
        let mut notes = Vec::new();
        let others: Vec<String> = sheets.all.iter().filter(|name| *name != sheet).cloned().collect();
        if !others.is_empty() {
            let what = count(others.len() as u64, "other sheet is", "other sheets are");
            notes.push(format!("{what} not read: {}", list(&others)));
        }
        if sheets.hidden.contains(sheet) {
            notes.push(format!("the sheet {} is hidden", quote(sheet)));
        }
        if self.hidden_rows > 0 {
            let what = count(self.hidden_rows, "hidden row is", "hidden rows are");
            notes.push(format!(
                "{what} read like the others, whether a filter or a person hid them"
            ));
        }
        if self.hidden_columns > 0 {
            let what = count(self.hidden_columns, "hidden column is", "hidden columns are");
            notes.push(format!("{what} read like the others"));
        }
        if self.merged > 0 {
            let what = count(self.merged, "range of merged cells", "ranges of merged cells");
            notes.push(format!(
                "{what}: only the first cell of each holds its value, the others are empty"
            ));
        }
        notes.extend(self.formulas.note(
            sheet,
            "formula is read as the result that was last saved",
            "formulas are read as the results that were last saved",
        ));
        notes.extend(self.dates.note(
            sheet,
            "date is read as a text like 2026-11-25",
            "dates are read as texts like 2026-11-25",
        ));
        notes.extend(self.decorated.note(
            sheet,
            "number is shown with characters that it doesn't have, such as leading zeros, and is read without",
            "numbers are shown with characters that they don't have, such as leading zeros, and are read without",
        ));
        notes.extend(self.outside.note(
            sheet,
            "cell stands to the right of the last header, and is left out",
            "cells stand to the right of the last header, and are left out",
        ));
        notes
    }
}
