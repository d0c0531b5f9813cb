//! What a row's cells hold where it is of a sheet: whether a number, and whether what they seem to hold.

use super::Row;
use crate::rows::cell_content::CellContent;
use crate::rows::fault::RowDefect;
use crate::rows::role::Role;
use crate::rows::spreadsheet;
use crate::text::quote;
use std::borrow::Cow;

impl<'a> Row<'a> {
    /// The cells that hold something, with their columns: mended as the number of a row is, or what is wrong with them.
    pub(crate) fn filled(&self) -> impl Iterator<Item = (usize, Result<Cow<'a, str>, RowDefect>)> {
        let filled = (0..self.width()).filter_map(|column| Some((column, self.cell(column)?)));
        filled
            .filter(|(_, cell)| !cell.trim().is_empty())
            .map(|(column, cell)| {
                (
                    column,
                    self.unknown(column)
                        .map_or_else(|| spreadsheet::mend(cell.trim()), Err),
                )
            })
    }

    /// What a sheet says of a cell.
    fn content(&self, column: usize) -> CellContent {
        self.sheet
            .map_or(CellContent::Plain, |(_, marks)| CellContent::of(marks, column))
    }

    fn unknown(&self, column: usize) -> Option<RowDefect> {
        let (sheet, _) = self.sheet?;
        Some(RowDefect::UnknownCell {
            cell: quote(&sheet.cell_name(column, self.line)),
            unknown: self.content(column).unknown()?,
        })
    }

    /// Whether a workbook holds the phone number as a number.
    pub(crate) fn has_number_cell(&self) -> bool {
        let number = self.columns.role(Role::Msisdn);
        number.is_some_and(|number| self.is_held_as_number(number))
    }

    /// Whether a workbook holds a cell as a number, which has lost the + and the zeros in front of it.
    pub(crate) fn is_held_as_number(&self, column: usize) -> bool {
        self.content(column).is_number()
    }

    /// What is wrong with a cell that a text is to be filled with, where it holds an error of its spreadsheet.
    pub(in crate::rows) fn spoils_text(&self, column: usize) -> Option<RowDefect> {
        let spoils = self.content(column).unknown()?.spoils_texts();
        self.unknown(column).filter(|_| spoils)
    }
}
