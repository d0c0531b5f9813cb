//! A file as a list of numbers: every cell of every row, whatever its columns are called, and of every sheet. For lists in which
//! a number that is passed over gets an SMS.

use super::columns::Columns;
use super::encoding::FileEncoding;
use super::format::{FirstRow, Shape};
use super::text::{ReadError, Text};
use super::workbook::{self, CopiedSheet, HiddenRows, SheetOptions, WorkbookError};
use super::{Input, InputError, InputFile};
use std::sync::Arc;

impl Input {
    /// The rows of a file, or those of each sheet. No column has a meaning, and the first row is a row like the others.
    pub(crate) fn of_all_cells(source: &InputFile) -> Result<Vec<Self>, InputError> {
        let mut head = [0; 1024];
        let head = source.head(&mut head).map_err(ReadError::at_start)?;
        if workbook::looks_like_workbook(head) {
            return sheets(source, head);
        }
        let encoding = FileEncoding::detect(head, None)?;
        let input = match text(source, encoding) {
            // Digits are the same in every old encoding, so only the names in the list are not read as they are.
            Err(InputError::Read(ReadError::Undecodable { .. })) if encoding.is_plain_utf8() => {
                text(source, FileEncoding::LATIN)
            }
            read => read,
        };
        Ok(vec![input?])
    }

    fn without_columns(source: &InputFile, shape: Shape, copied: Option<CopiedSheet>) -> Self {
        Self {
            rows: copied.as_ref().map_or(source, |copied| &copied.rows).clone(),
            source: source.clone(),
            shape,
            columns: Arc::new(Columns::without_a_meaning()),
            notes: Vec::new(),
            sheet: copied.map(|copied| Arc::new(copied.sheet)),
        }
    }
}

/// It is read to its end, so that bytes which are not of this encoding are found.
fn text(source: &InputFile, encoding: FileEncoding) -> Result<Input, InputError> {
    let sample = Text::sample(source, encoding)?;
    let shape = Shape::recognise(
        sample.window(),
        sample.ended(),
        encoding,
        None,
        None,
        FirstRow::Data,
    )?;
    let input = Input::without_columns(source, shape, None);
    let mut rows = input.rows()?;
    while rows.next()?.is_some() {}
    Ok(input)
}

fn sheets(source: &InputFile, head: &[u8]) -> Result<Vec<Input>, InputError> {
    let mut parts = Vec::new();
    for name in workbook::sheet_names(source, head)? {
        // A number that stands in a list is not to be sent to, whether the row is seen or not.
        let options = SheetOptions {
            name: Some(&name),
            hidden_rows: Some(HiddenRows::Send),
            first_is_data: true,
            header_row: u64::MAX,
            directory: None,
        };
        match workbook::copy_sheet(source, head, options) {
            Ok(copied) => {
                let shape = Shape::of_sheet(FirstRow::Data);
                parts.push(Input::without_columns(source, shape, Some(copied)));
            }
            Err(WorkbookError::Empty { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(parts)
}
