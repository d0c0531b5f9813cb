//! The rows of an input, in its order, each either fit to be looked at or at fault, and none left out.

mod sheet_cell;

use super::Input;
use super::cell_content::CellContent;
use super::cells::Cells;
use super::columns::Columns;
use super::content_hash::ContentHash;
use super::fault::RowDefect;
use super::format::Format;
use super::json::{Keys, PairRanges};
use super::reader::{RawRow, RawRows};
use super::role::Role;
use super::splitter::Delimited;
use super::spreadsheet::{self, without_zero_fraction};
use super::text::ReadError;
use super::unclosed_quote::line_of_row_in_quotes;
use super::workbook::Sheet;
use crate::text::quote;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::sync::Arc;

/// One pass over an input. It owns what it needs, so it may run on any thread, and several may run at once.
#[derive(Debug)]
pub(crate) struct Rows {
    raw_rows: RawRows,
    naming: Naming,
    /// The rows of JSON lines as they were written.
    written: PairRanges,
    counts: Counts,
    /// Where the rows are those of a sheet.
    sheet: Option<Arc<Sheet>>,
    /// The number of the last row, if a spreadsheet had changed it and it was repaired.
    mended: Option<String>,
    /// Digits of the shortest number so far.
    shortest: usize,
    /// Whether the columns mean something: without a meaning, each row has as many cells as it has.
    have_meaning: bool,
    failed: bool,
}

#[derive(Debug)]
enum Naming {
    Header(Arc<Columns>),
    Keys(Box<Keys>),
}

/// What a pass has met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Counts {
    /// All rows, those at fault included and those of empty cells not.
    pub(crate) rows: u64,
    /// Rows whose number a spreadsheet had changed, and which was repaired.
    pub(crate) mended: u64,
    /// Rows of empty cells, which are left out and no rows otherwise.
    #[serde(rename = "empty_rows")]
    pub(crate) empty: u64,
}

/// One row. It borrows from the pass, which can't go on before it is dropped.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    line: u64,
    fault: Option<RowDefect>,
    mended: Option<&'a str>,
    text: &'a str,
    raw: std::ops::Range<usize>,
    cells: &'a Cells,
    columns: &'a Columns,
    /// For JSON lines: the pairs of the object, as far as it could be read.
    written: Option<&'a PairRanges>,
    /// The sheet that it is of, and what that says of its cells.
    sheet: Option<(&'a Sheet, &'a str)>,
}

impl Rows {
    pub(super) fn new(input: &Input) -> Result<Self, ReadError> {
        let shape = input.shape();
        let rules = match shape.format {
            Format::Delimited(delimiter) => Some(Delimited::new(delimiter)),
            Format::JsonLines => None,
        };
        let naming = match shape.format {
            Format::Delimited(_) => Naming::Header(Arc::clone(&input.columns)),
            Format::JsonLines => Naming::Keys(Box::new(Keys::new(Columns::clone(&input.columns)))),
        };
        let mut raw_rows = input.raw_rows(rules);
        raw_rows.skip_before_rows(shape)?;
        if shape.has_header() && shape.format != Format::JsonLines {
            raw_rows.next()?;
        }
        Ok(Self {
            raw_rows,
            naming,
            written: PairRanges::new(),
            counts: Counts::default(),
            sheet: input.sheet.clone(),
            mended: None,
            shortest: usize::MAX,
            have_meaning: input.columns().role(Role::Msisdn).is_some(),
            failed: false,
        })
    }

    /// The next row, or nothing at the end of the file. After an error there are no more rows, only errors: a run must not take
    /// what came before for all there is.
    pub(crate) fn next(&mut self) -> Result<Option<Row<'_>>, ReadError> {
        if self.failed {
            return Err(ReadError::Ended);
        }
        match self.read() {
            Ok(Some(raw_row)) => Ok(Some(self.row(raw_row))),
            Ok(None) => Ok(None),
            Err(error) => {
                self.failed = true;
                Err(error)
            }
        }
    }

    pub(crate) const fn counts(&self) -> Counts {
        self.counts
    }

    /// The hash of the whole file, once the last row was read.
    pub(crate) fn content_hash(&self) -> Option<ContentHash> {
        let read = self.raw_rows.content_hash().filter(|_| !self.failed)?;
        Some(self.sheet.as_ref().map_or(read, |sheet| sheet.content()))
    }

    fn read(&mut self) -> Result<Option<RawRow>, ReadError> {
        let mut raw_row = loop {
            match self.raw_rows.next()? {
                None => return Ok(None),
                Some(raw_row) if self.is_empty(&raw_row) => self.counts.empty += 1,
                Some(raw_row) => break raw_row,
            }
        };
        self.mended = None;
        self.refuse_rows_in_quotes(&raw_row)?;
        if raw_row.fault.is_none() {
            raw_row.fault = match &mut self.naming {
                Naming::Header(columns) => {
                    let expected = columns.names().len();
                    if self.have_meaning {
                        self.raw_rows.drop_trailing_cell(expected);
                    }
                    let found = self.raw_rows.last().1.len();
                    let differs = self.have_meaning && found != expected;
                    differs.then_some(RowDefect::CellCount { found, expected })
                }
                Naming::Keys(keys) => {
                    let (text, cells) = self.raw_rows.last_mut();
                    keys.read(text, raw_row.range.clone(), cells, &mut self.written)
                }
            };
        } else {
            self.written.clear();
        }
        if raw_row.fault.is_none() && self.have_meaning {
            let judged = self.refuse_unknown_cells(raw_row.line);
            raw_row.fault = judged.and_then(|()| self.judge_number(raw_row.closed)).err();
        }
        self.counts.rows += 1;
        self.counts.mended += u64::from(self.mended.is_some());
        Ok(Some(raw_row))
    }

    fn row(&self, raw_row: RawRow) -> Row<'_> {
        let (text, cells) = self.raw_rows.last();
        let (columns, written) = match &self.naming {
            Naming::Header(columns) => (&**columns, None),
            Naming::Keys(keys) => (keys.columns(), Some(&self.written)),
        };
        Row {
            line: raw_row.line,
            fault: raw_row.fault,
            mended: self.mended.as_deref(),
            text,
            raw: raw_row.range,
            cells,
            columns,
            written,
            sheet: self.sheet.as_ref().map(|sheet| (&**sheet, self.raw_rows.marks())),
        }
    }

    /// Whether all cells of a delimited row are blank.
    fn is_empty(&self, raw_row: &RawRow) -> bool {
        let (text, cells) = self.raw_rows.last();
        let is_blank = |index| cells.get(index, text).unwrap_or_default().trim().is_empty();
        matches!(self.naming, Naming::Header(_)) && raw_row.fault.is_none() && (0..cells.len()).all(is_blank)
    }

    fn columns(&self) -> &Columns {
        match &self.naming {
            Naming::Header(columns) => columns,
            Naming::Keys(keys) => keys.columns(),
        }
    }

    /// Also in a row at fault: one invalid row must not stand for all those inside it.
    fn refuse_rows_in_quotes(&self, raw_row: &RawRow) -> Result<(), ReadError> {
        let (Some(rules), 1..) = (self.raw_rows.rules(), raw_row.breaks) else {
            return Ok(());
        };
        let (text, cells) = self.raw_rows.last();
        let columns = self.columns();
        let (width, number) = if self.have_meaning {
            (columns.names().len(), columns.role(Role::Msisdn))
        } else {
            (cells.len(), None)
        };
        match line_of_row_in_quotes(cells, text, rules.delimiter(), width, number) {
            Some(below) => Err(ReadError::RowInQuotes {
                opened: raw_row.line,
                line: raw_row.line + below,
            }),
            None => Ok(()),
        }
    }

    /// A cell of a sheet that means something to a batch must hold what it seems to hold.
    fn refuse_unknown_cells(&self, row: u64) -> Result<(), RowDefect> {
        let (Some(sheet), marks) = (&self.sheet, self.raw_rows.marks()) else {
            return Ok(());
        };
        if marks.is_empty() {
            return Ok(());
        }
        let unknown = Role::ALL.into_iter().find_map(|role| {
            let column = self.columns().role(role)?;
            let unknown = CellContent::of(marks, column).unknown()?;
            (role == Role::Msisdn || !unknown.is_about_numbers()).then_some((column, unknown))
        });
        unknown.map_or(Ok(()), |(column, unknown)| {
            Err(RowDefect::UnknownCell {
                cell: quote(&sheet.cell_name(column, row)),
                unknown,
            })
        })
    }

    /// Finds the number, mends it, and holds it against a file that was cut short.
    fn judge_number(&mut self, closed: bool) -> Result<(), RowDefect> {
        let (text, cells) = self.raw_rows.last();
        let columns = self.columns();
        if let Some(column) = Role::ALL
            .into_iter()
            .filter_map(|role| columns.role(role))
            .find(|&at| cells.is_nested(at))
        {
            return Err(RowDefect::Nested(quote(&columns.names()[column])));
        }
        let Some(number) = columns.role(Role::Msisdn) else {
            return Err(RowDefect::NoNumber);
        };
        let cell = cells.get(number, text).unwrap_or_default();
        let mended = spreadsheet::mend(cell)?;
        if mended.trim().is_empty() {
            return Err(RowDefect::NoNumber);
        }
        let last_cell = matches!(self.naming, Naming::Header(_)) && number + 1 == columns.names().len();
        if last_cell {
            let digits = mended.bytes().filter(u8::is_ascii_digit).count();
            if !closed && digits < self.shortest && self.counts.rows > 0 {
                return Err(RowDefect::CutShort);
            }
            self.mended = owned_if_changed(mended, cell);
            self.shortest = self.shortest.min(digits);
        } else {
            self.mended = owned_if_changed(mended, cell);
        }
        Ok(())
    }
}

/// The mended number, unless nothing but blanks around it changed.
fn owned_if_changed(mended: Cow<'_, str>, cell: &str) -> Option<String> {
    (mended != cell.trim()).then(|| mended.into_owned())
}

impl<'a> Row<'a> {
    /// The line of the file that the row begins on, counted from 1, header and blank lines included; of a sheet, its row.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// What is wrong with it. Nothing of a row at fault may be sent.
    pub(crate) const fn fault(&self) -> Option<&RowDefect> {
        self.fault.as_ref()
    }

    /// The number as it is to be read: the cell, mended if a spreadsheet had damaged it. Nothing for a row at fault.
    pub(crate) fn msisdn(&self) -> Option<&'a str> {
        if self.fault.is_some() {
            return None;
        }
        self.mended
            .or_else(|| self.cell(self.columns.role(Role::Msisdn)?).map(str::trim))
    }

    /// What the row says for itself about one parameter; nothing if the file has no such column, or the cell is blank. A text
    /// keeps the blanks around it, and a count loses the fraction that a spreadsheet gave it.
    pub(crate) fn role(&self, role: Role) -> Option<&'a str> {
        let cell = self.cell(self.columns.role(role)?)?;
        let trimmed = cell.trim();
        let cell = match role {
            Role::SmsText => cell,
            Role::HlrLookup | Role::PinLength | Role::ExpiresIn | Role::MaxTries => {
                without_zero_fraction(trimmed)
            }
            Role::Msisdn | Role::Sender | Role::ReportUrl | Role::PinType => trimmed,
        };
        (self.fault.is_none() && !trimmed.is_empty()).then_some(cell)
    }

    /// A cell by its column, counted from 0, as it stands in the file. Nothing where the row has no such cell; for JSON lines,
    /// where the key is missing, `null`, a list or an object.
    pub(crate) fn cell(&self, column: usize) -> Option<&'a str> {
        self.cells.get(column, self.text)
    }

    /// How many cells it has. A row that could not be cut has one, with its text.
    pub(crate) const fn width(&self) -> usize {
        self.cells.len()
    }

    /// The row's own columns. For JSON lines they grow as new keys are met.
    pub(crate) const fn columns(&self) -> &'a Columns {
        self.columns
    }

    /// The row as it stands in the file, without blanks around it.
    pub(crate) fn raw(&self) -> &'a str {
        match self.fault {
            Some(RowDefect::RowTooLong) => self.cell(0).unwrap_or_default(),
            _ => self.text[self.raw.clone()].trim(),
        }
    }

    /// The pairs of a JSON object, the values as they are written. Nothing for delimited rows and for lines at fault.
    pub(crate) fn pairs(&self) -> Option<impl Iterator<Item = (&'a str, &'a str)> + use<'a>> {
        let (names, text) = (self.columns.names(), self.text);
        let written = self
            .written
            .filter(|written| !written.is_empty() && !self.is_unreadable())?;
        Some(
            written
                .iter()
                .map(move |(column, value)| (names[*column].as_str(), &text[value.clone()])),
        )
    }

    /// Whether its parts are not all known.
    fn is_unreadable(&self) -> bool {
        use RowDefect::{BrokenJson, CellTooLong, DuplicateKey, NotAnObject, Nul, RowTooLong, TooManyKeys};
        matches!(
            self.fault,
            Some(
                BrokenJson(_) | NotAnObject | DuplicateKey(_) | TooManyKeys | RowTooLong | CellTooLong | Nul
            )
        )
    }
}
