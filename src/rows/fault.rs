//! What can be wrong with one row as it stands in the file. Such a row is `invalid`, with its line, and the rows around it go
//! on. What a value means (whether a number is one) is judged elsewhere.

use super::cell_content::UnknownCell;
use crate::text;

/// The longest cell, in bytes of UTF-8.
pub(crate) const MAX_CELL: usize = 64 * 1024;
/// The longest row, in bytes of UTF-8.
pub(crate) const MAX_ROW: usize = 1024 * 1024;
/// The most keys that the objects of a JSON lines file may have between them.
pub(crate) const MAX_COLUMNS: usize = 1024;

/// What it repeats of the row is quoted, and so never long.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RowDefect {
    #[error(
        "it has {}, the first row has {expected}: {}", cells(*.found), cell_advice(*.found, *.expected)
    )]
    CellCount { found: usize, expected: usize },
    #[error(
        "the file ends here without a line end, and the number is shorter than all others: the file was probably cut short"
    )]
    CutShort,
    #[error("text follows a closing quotation mark: double the marks (\"\") inside a quoted cell")]
    TextAfterQuote,
    #[error("it holds a NUL character")]
    Nul,
    #[error("a cell is longer than 64 KiB")]
    CellTooLong,
    #[error("the row is longer than 1 MiB")]
    RowTooLong,
    #[error("{cell} {unknown}")]
    UnknownCell { cell: String, unknown: UnknownCell },
    #[error("it has no phone number")]
    NoNumber,
    #[error(
        "a spreadsheet has rounded the number to {0}, and its last digits are lost: format that column as text, and export it again from the source"
    )]
    DigitsLost(String),
    #[error("it is not a complete JSON object: the line ends before the object does")]
    HalfJson,
    #[error("it is not JSON: {0}")]
    BrokenJson(String),
    #[error("it is JSON, but not an object: write one {{…}} a line")]
    NotAnObject,
    #[error("the key {0} appears twice")]
    DuplicateKey(String),
    #[error("the value of {0} is a list or an object, not a text or a number")]
    Nested(String),
    #[error("with this row the file has more than {MAX_COLUMNS} different keys")]
    TooManyKeys,
    #[error("with {0} filled in, the text holds one {{PIN}} too many")]
    PinFromRow(String),
    #[error("{0} holds a control character or a line break, which a text can't")]
    ControlCharacter(String),
}

impl RowDefect {
    /// Masks what it repeats of the row.
    pub(crate) fn mask(&mut self) {
        match self {
            Self::DigitsLost(repeated)
            | Self::DuplicateKey(repeated)
            | Self::Nested(repeated)
            | Self::PinFromRow(repeated)
            | Self::ControlCharacter(repeated) => text::mask(repeated),
            Self::CellCount { .. }
            | Self::UnknownCell { .. }
            | Self::CutShort
            | Self::TextAfterQuote
            | Self::Nul
            | Self::CellTooLong
            | Self::RowTooLong
            | Self::NoNumber
            | Self::HalfJson
            | Self::BrokenJson(_)
            | Self::NotAnObject
            | Self::TooManyKeys => {}
        }
    }
}

fn cells(count: usize) -> String {
    format!("{count} {}", if count == 1 { "cell" } else { "cells" })
}

fn cell_advice(found: usize, expected: usize) -> &'static str {
    if found > expected {
        "quote a cell that holds the delimiter"
    } else {
        "add the missing cells"
    }
}
