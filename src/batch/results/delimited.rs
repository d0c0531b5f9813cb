//! Results as CSV: the input's own cells with the values they had, ours behind them.

use super::{BUFFER, COLUMNS, OurCell, RowOutcome, cell};
use crate::files::AtomicFile;
use crate::rows::{Columns, Row, Shape};
use std::borrow::Cow;
use std::io::{self, Write};

#[derive(Debug)]
pub(super) struct Writer {
    csv: csv::Writer<AtomicFile>,
    /// For each column of the input, whether it stays. The input may be the results of an earlier run, and ours must not stand
    /// there twice.
    stays: Vec<bool>,
    /// The input is a sheet, whose texts no program has ever run.
    of_sheet: bool,
}

impl Writer {
    /// Writes the header if the input has one.
    pub(super) fn new(
        mut atomic_file: AtomicFile,
        shape: Shape,
        delimiter: u8,
        columns: &Columns,
        of_sheet: bool,
    ) -> io::Result<Self> {
        let line_end = if shape.crlf { "\r\n" } else { "\n" };
        if shape.separator_line {
            write!(atomic_file, "sep={}{line_end}", char::from(delimiter))?;
        }
        let terminator = if shape.crlf {
            csv::Terminator::CRLF
        } else {
            csv::Terminator::Any(b'\n')
        };
        let mut csv = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(terminator)
            .flexible(true)
            .buffer_capacity(BUFFER)
            .from_writer(atomic_file);
        let names = columns.names().iter();
        let stays: Vec<_> = names
            .map(|name| !shape.has_header() || !COLUMNS.contains(&name.trim()))
            .collect();
        if shape.has_header() {
            let kept = columns.names().iter().zip(&stays).filter(|(_, stays)| **stays);
            csv.write_record(kept.map(|(name, _)| name.as_str()).chain(COLUMNS))
                .map_err(plain)?;
        }
        Ok(Self { csv, stays, of_sheet })
    }

    /// Cells that a row lacks are empty; cells that it has too many stand behind ours.
    pub(super) fn write(&mut self, row: &Row<'_>, outcome: &RowOutcome<'_>) -> io::Result<()> {
        for column in 0..self.stays.len() {
            if !self.stays[column] {
                continue;
            }
            self.write_cell(row.cell(column).unwrap_or_default())?;
        }
        for cell in outcome.cells(row.line()) {
            match cell {
                OurCell::Text(text) => self.csv.write_field(cell::inert(&text).as_bytes()),
                OurCell::Number(number) => self.csv.write_field(number.to_string()),
            }
            .map_err(plain)?;
        }
        for column in self.stays.len()..row.width() {
            self.write_cell(row.cell(column).unwrap_or_default())?;
        }
        self.csv.write_record(None::<&[u8]>).map_err(plain)?;
        Ok(())
    }

    fn write_cell(&mut self, cell: &str) -> io::Result<()> {
        let cell = if self.of_sheet {
            cell::still_text(cell)
        } else {
            Cow::Borrowed(cell)
        };
        self.csv.write_field(cell.as_bytes()).map_err(plain)
    }

    /// Everything written so far, in the file.
    pub(super) fn into_inner(self) -> io::Result<AtomicFile> {
        self.csv.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// The error of the file under the writer: its kind says whether the disk is full.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_still_known_as_one() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(plain(csv::Error::from(full)).kind(), io::ErrorKind::StorageFull);
    }
}
