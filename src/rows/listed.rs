//! A file as a list of numbers: every cell of every row, whatever its columns are called, and of every sheet. For lists in which
//! a number that is passed over gets an SMS.

use super::cells::Cells;
use super::columns::Columns;
use super::encoding::FileEncoding;
use super::fault::RowDefect;
use super::format::{FirstRow, Format, Shape};
use super::json::Keys;
use super::reader::RawRows;
use super::splitter::Delimited;
use super::text::{ReadError, Text};
use super::unknown_cell::UnknownCell;
use super::workbook::{HiddenRows, SheetOptions};
use super::{InputError, InputFile, Sheet, WorkbookError, spreadsheet, unknown_cell, workbook};
use std::borrow::Cow;
use std::path::Path;

/// A file without sheets, or one sheet of it.
#[derive(Debug)]
pub(crate) struct ListPart {
    rows: InputFile,
    shape: Shape,
    sheet: Option<Sheet>,
}

/// One row. It borrows from the pass.
#[derive(Debug)]
pub(crate) struct ListedRow<'a> {
    pub(crate) line: u64,
    /// What keeps its cells from being told apart.
    pub(crate) defect: Option<&'a RowDefect>,
    text: &'a str,
    cells: &'a Cells,
    /// The names of the columns, where the rows say them themselves.
    names: &'a [String],
    marks: &'a str,
    sheet: Option<&'a Sheet>,
}

/// All parts of a list, in their order. Copies of sheets are kept in `workspace`.
pub(crate) fn parts(source: &InputFile, workspace: Option<&Path>) -> Result<Vec<ListPart>, InputError> {
    let mut head = [0; 1024];
    let read = source
        .read_from_start()
        .read(&mut head)
        .map_err(|source| ReadError::Io { line: 1, source })?;
    let head = &head[..read];
    if workbook::looks_like_workbook(head) {
        return sheets(source, head, workspace);
    }
    let encoding = FileEncoding::detect(head, None)?;
    let part = ListPart::of_text(source, encoding)?;
    // Digits are the same in every old encoding, so only the names in the list are not read as they are.
    match part.each(|_| ()) {
        Err(ReadError::Undecodable { .. }) if encoding.is_plain_utf8() => {
            Ok(vec![ListPart::of_text(source, FileEncoding::LATIN)?])
        }
        read => read.map(|()| vec![part]).map_err(InputError::from),
    }
}

fn sheets(source: &InputFile, head: &[u8], workspace: Option<&Path>) -> Result<Vec<ListPart>, InputError> {
    let mut parts = Vec::new();
    for name in workbook::sheet_names(source, head)? {
        // A number that stands in a list is not to be sent to, whether the row is seen or not.
        let options = SheetOptions {
            name: Some(&name),
            hidden_rows: Some(HiddenRows::Send),
            first_is_data: true,
            directory: workspace,
        };
        match workbook::copy_sheet(source, head, options) {
            Ok(copied) => parts.push(ListPart {
                rows: copied.rows,
                shape: Shape::of_sheet(FirstRow::Data),
                sheet: Some(copied.sheet),
            }),
            Err(WorkbookError::Empty { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(parts)
}

impl ListPart {
    fn of_text(source: &InputFile, encoding: FileEncoding) -> Result<Self, InputError> {
        let mut text = Text::new(source, encoding);
        // The second time tells a file that is at its end from one that isn't.
        let sampled = text.advance(0, 1).and_then(|()| text.advance(0, 1));
        let (sample, whole) = match sampled {
            Err(ReadError::Undecodable { .. }) if encoding.is_plain_utf8() => {
                return Self::of_text(source, FileEncoding::LATIN);
            }
            sampled => {
                sampled?;
                (text.window(), text.ended())
            }
        };
        let shape = Shape::recognise(sample, whole, encoding, None, None, FirstRow::Data)?;
        Ok(Self {
            rows: source.clone(),
            shape,
            sheet: None,
        })
    }

    /// A row as it is named to people.
    pub(crate) fn row_name(&self, line: u64) -> String {
        crate::text::row_name(self.sheet.as_ref().map(Sheet::name), line)
    }

    /// Hands out every row that holds something, from the first.
    pub(crate) fn each(&self, mut each: impl FnMut(ListedRow<'_>)) -> Result<(), ReadError> {
        let mut keys = Keys::new(Columns::without_a_meaning());
        let mut rows = match self.shape.format {
            Format::Delimited(delimiter) if self.sheet.is_some() => {
                RawRows::of_sheet(&self.rows, self.shape, Delimited::new(delimiter))
            }
            Format::Delimited(delimiter) => {
                RawRows::new(&self.rows, self.shape.encoding, Some(Delimited::new(delimiter)))
            }
            Format::JsonLines => RawRows::new(&self.rows, self.shape.encoding, None),
        };
        let is_json = self.shape.format == Format::JsonLines;
        rows.skip_before_rows(self.shape)?;
        let mut written = Vec::new();
        while let Some(mut row) = rows.next()? {
            if is_json && row.fault.is_none() {
                let (text, cells) = rows.last_mut();
                row.fault = keys.read(text, row.range.clone(), cells, &mut written);
            }
            let (text, cells) = rows.last();
            each(ListedRow {
                line: row.line,
                defect: row.fault.as_ref(),
                text,
                cells,
                names: if is_json { keys.columns().names() } else { &[] },
                marks: rows.marks(),
                sheet: self.sheet.as_ref(),
            });
        }
        Ok(())
    }
}

impl<'a> ListedRow<'a> {
    /// The cells that hold something, with their columns: mended as the number of a row is, or what is wrong with them.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (usize, Result<Cow<'a, str>, RowDefect>)> {
        let (cells, text) = (self.cells, self.text);
        let filled = (0..cells.len()).filter_map(move |column| Some((column, cells.get(column, text)?)));
        filled
            .filter(|(_, cell)| !cell.trim().is_empty())
            .map(|(column, cell)| {
                let unknown = UnknownCell::of(self.marks, column).zip(self.sheet);
                let cell = match unknown {
                    Some((unknown, sheet)) => Err(RowDefect::UnknownCell {
                        cell: sheet.cell_name(column, self.line),
                        unknown,
                    }),
                    None => spreadsheet::mend(cell.trim()),
                };
                (column, cell)
            })
    }

    /// Whether a cell is held as a number, which has lost the + and the zeros in front of it.
    pub(crate) fn is_held_as_number(&self, column: usize) -> bool {
        unknown_cell::is_number(self.marks, column)
    }

    /// What the row itself calls a column.
    pub(crate) fn name(&self, column: usize) -> Option<&'a str> {
        self.names.get(column).map(String::as_str)
    }
}
