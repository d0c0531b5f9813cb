//! Writes the rows of a sheet as CSV, one line for each row of the sheet, and counts what the sheet doesn't show.

use super::cell;
use super::part::damaged;
use super::{HiddenRows, MAX_ROWS, Sheet, SheetOptions, Sheets, WorkbookError, WorkbookKind};
use crate::domain::invalid::Invalid;
use crate::rows::cell_content::{CellContent, UnknownCell};
use crate::rows::content_hash::ContentHash;
use crate::rows::fault::{MAX_COLUMNS, MAX_ROW};
use crate::text::{count, quote, quoted_list};
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
    /// The row that names the columns, and how many cells it has, once it was read.
    header_row: u64,
    width: Option<usize>,
    rows: u64,
    /// What becomes of hidden rows, and whether the first row may be one.
    hidden_rows: Option<HiddenRows>,
    first_is_data: bool,
    /// The most that may be written, in bytes.
    most: u64,
    /// The row in the making.
    texts: String,
    cells: Vec<PendingCell>,
    /// Where its next cell may stand.
    next_column: usize,
    /// The first of its cells to the right of the last header, and how many there are.
    outside: Option<(usize, u64)>,
    line: String,
    /// The columns that people don't see, counted from 0.
    hidden_columns: Vec<Range<usize>>,
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
struct Seen {
    formulas: Findings,
    dates: Findings,
    outside: Findings,
    hidden_rows: Findings,
    merged: u64,
}

/// How often something was met, and where first.
#[derive(Debug, Default)]
struct Findings {
    number: u64,
    first: Option<(usize, u64)>,
}

impl Findings {
    fn add(&mut self, number: u64, column: usize, row: u64) {
        self.number += number;
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
    /// `archive` is how many bytes the workbook has.
    pub(super) fn new(file: File, options: &SheetOptions<'_>, archive: u64) -> Self {
        Self {
            out: BufWriter::with_capacity(256 * 1024, file),
            written: 0,
            sheet: String::new(),
            next: 1,
            header_row: options.header_row,
            width: None,
            rows: 0,
            hidden_rows: options.hidden_rows,
            first_is_data: options.first_is_data,
            most: MOST.min(super::part::most_unpacked(archive)),
            texts: String::new(),
            cells: Vec::new(),
            next_column: 0,
            outside: None,
            line: String::new(),
            hidden_columns: Vec::new(),
            seen: Seen::default(),
        }
    }

    /// The sheet that is about to be read.
    pub(super) fn begin(&mut self, sheet: &str) {
        sheet.clone_into(&mut self.sheet);
    }

    /// People don't see so many columns from this one on.
    pub(super) fn hide_columns(&mut self, from: usize, number: usize) {
        self.hidden_columns.push(from..from.saturating_add(number));
    }

    /// A range of cells is shown as one.
    pub(super) const fn merge(&mut self) {
        self.seen.merged += 1;
    }

    /// Adds a cell to a row. Cells have to come from left to right.
    pub(super) fn cell(
        &mut self,
        (column, row): (usize, u64),
        text: &str,
        content: CellContent,
        formula: bool,
    ) -> Result<(), WorkbookError> {
        if column > cell::LAST_COLUMN || column < self.next_column {
            let reason =
                format_args!("row {row} has cells that are not in order, or more cells than any program has");
            return Err(damaged("the sheet", reason));
        }
        self.next_column = column + 1;
        // Such cells are counted and not kept: a small file may repeat thousands of them a million times.
        if self.width.is_some_and(|width| column >= width) {
            if !text.trim().is_empty() {
                self.outside.get_or_insert((column, 0)).1 += 1;
            }
            return Ok(());
        }
        let from = self.texts.len();
        self.texts.push_str(text);
        self.cells.push(PendingCell {
            column,
            text: from..self.texts.len(),
            content,
            formula,
        });
        if self.texts.len() > MAX_ROW {
            return Err(self.long_row(row));
        }
        Ok(())
    }

    fn is_blank(&self) -> bool {
        let blank = |cell: &PendingCell| {
            self.texts[cell.text.clone()].trim().is_empty()
                && cell.content != CellContent::Unknown(UnknownCell::NotCalculated)
        };
        self.outside.is_none() && self.cells.iter().all(blank)
    }

    /// Ends the row, which stands there so many times. Rows have to come from top to bottom.
    pub(super) fn end_row(&mut self, row: u64, times: u64, hidden: bool) -> Result<(), WorkbookError> {
        if !self.is_blank() {
            for row in row..row.saturating_add(times) {
                self.write_row(row, hidden)?;
            }
        }
        self.texts.clear();
        self.cells.clear();
        (self.next_column, self.outside) = (0, None);
        Ok(())
    }

    fn write_row(&mut self, row: u64, hidden: bool) -> Result<(), WorkbookError> {
        if row < self.next || row > LAST_ROW {
            let reason = format_args!("row {row} stands below a later one, or is beyond the end of a sheet");
            return Err(damaged("the sheet", reason));
        }
        // The row that names the columns is none to send to.
        if hidden && (self.width.is_some() || self.first_is_data) {
            self.seen.hidden_rows.add(1, 0, row);
            if self.hidden_rows == Some(HiddenRows::Skip) {
                return Ok(());
            }
        }
        let width = self.take_width(row)?;
        self.count(row);
        let blank_lines = self.compose(row, width);
        if self.line.len() - blank_lines > MAX_ROW {
            return Err(self.long_row(row));
        }
        if self.rows > MAX_ROWS {
            return Err(self
                .refused(" has more than 1,000,000 rows: split it, or save it as CSV, which may have more"));
        }
        self.written += self.line.len() as u64;
        if self.written > self.most {
            let sheet = format!("the sheet {}", quote(&self.sheet));
            return Err(WorkbookError::too_large(&sheet, "its size allows"));
        }
        self.out
            .write_all(self.line.as_bytes())
            .map_err(WorkbookError::Copy)?;
        self.next = row + 1;
        Ok(())
    }

    fn long_row(&self, row: u64) -> WorkbookError {
        WorkbookError::refused(format_args!("{} row {row} is longer than 1 MiB", self.sheet))
    }

    /// Something about the sheet, named before `what`.
    fn refused(&self, what: impl std::fmt::Display) -> WorkbookError {
        Invalid::new("the sheet ").and_quote(&self.sheet).and(what).into()
    }

    /// The row that names the columns says how wide those below it are.
    fn take_width(&mut self, row: u64) -> Result<usize, WorkbookError> {
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
            return Err(self.refused(format_args!(": row {row} has more than 1,024 cells")));
        }
        if row >= self.header_row {
            self.width = Some(width);
        }
        self.cells.retain(|cell| cell.column < width);
        Ok(width)
    }

    fn count(&mut self, row: u64) {
        if let Some((column, number)) = self.outside {
            self.seen.outside.add(number, column, row);
        }
        for cell in &self.cells {
            if cell.formula && cell.content != CellContent::Unknown(UnknownCell::NotCalculated) {
                self.seen.formulas.add(1, cell.column, row);
            }
            if cell.content == CellContent::Unknown(UnknownCell::Date) {
                self.seen.dates.add(1, cell.column, row);
            }
        }
    }

    /// The row as a line of CSV, after the lines of the blank rows before it: the marks, then `width` cells. Returns how many
    /// blank rows there are.
    fn compose(&mut self, row: u64, width: usize) -> usize {
        self.line.clear();
        let blanks = usize::try_from(row - self.next).unwrap_or_default();
        self.line.extend(std::iter::repeat_n('\n', blanks));
        for cell in &self.cells {
            cell.content.add_mark(&mut self.line, cell.column);
        }
        let mut cells = self.cells.iter().peekable();
        for column in 0..width {
            self.line.push(',');
            if let Some(cell) = cells.next_if(|cell| cell.column == column) {
                quoted(&self.texts[cell.text.clone()], &mut self.line);
            }
        }
        self.line.push('\n');
        blanks
    }

    /// Writes what is left, and says what the sheet doesn't show.
    pub(super) fn finish(
        mut self,
        kind: WorkbookKind,
        sheets: &Sheets,
        content: ContentHash,
    ) -> Result<Sheet, WorkbookError> {
        if self.next == 1 {
            return Err(WorkbookError::Empty {
                sheet: sheets.read.clone(),
                sheets: sheets.all.clone(),
            });
        }
        if let (Some((_, first)), None) = (self.seen.hidden_rows.first, self.hidden_rows) {
            let number = self.seen.hidden_rows.number;
            let is = if number == 1 { "is" } else { "are" };
            return Err(self.refused(format_args!(
                " has {} that {is} hidden, by a filter, a group or by hand (the first is row {first}): --hidden-rows skip \
                 leaves them out, --hidden-rows send takes them like the others",
                count(number, "row", "rows")
            )));
        }
        self.out.flush().map_err(WorkbookError::Copy)?;
        let width = self.width.unwrap_or_default();
        let hidden_columns = self.hidden_columns.into_iter();
        Ok(Sheet {
            kind,
            name: self.sheet,
            notes: self.seen.notes(sheets, self.hidden_rows),
            hidden_columns: hidden_columns
                .flat_map(|columns| columns.start..columns.end.min(width))
                .collect(),
            content,
        })
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
    fn notes(&self, sheets: &Sheets, hidden_rows: Option<HiddenRows>) -> Vec<String> {
        let sheet = &sheets.read;
        let mut notes = Vec::new();
        let others: Vec<String> = sheets.all.iter().filter(|name| *name != sheet).cloned().collect();
        if !others.is_empty() {
            let what = count(others.len() as u64, "other sheet is", "other sheets are");
            notes.push(format!("{what} not read: {}", quoted_list(&others)));
        }
        if sheets.hidden.contains(sheet) {
            notes.push(format!("the sheet {} is hidden", quote(sheet)));
        }
        if self.hidden_rows.number > 0 {
            let what = count(self.hidden_rows.number, "hidden row is", "hidden rows are");
            let how = match hidden_rows {
                Some(HiddenRows::Skip) => "left out",
                Some(HiddenRows::Send) | None => "read like the others",
            };
            notes.push(format!("{what} {how}"));
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
        notes.extend(self.outside.note(
            sheet,
            "cell stands to the right of the last header, and is left out",
            "cells stand to the right of the last header, and are left out",
        ));
        notes
    }
}
