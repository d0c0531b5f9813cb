//! Results as JSON lines: the input's own pairs as they were written, ours behind them.

use super::{COLUMNS, OurCell, RowOutcome};
use crate::rows::Row;
use std::io::{self, Write};

/// The key under which a line stands that was no JSON object.
const INPUT: &str = "smspin_input";

/// One row of results, with the input's own pairs.
pub(super) fn write_row(out: &mut impl Write, row: &Row<'_>, outcome: &RowOutcome<'_>) -> io::Result<()> {
    out.write_all(b"{")?;
    if let Some(pairs) = row.pairs() {
        for (key, value) in pairs.filter(|(key, _)| !COLUMNS.contains(key) && *key != INPUT) {
            serde_json::to_writer(&mut *out, key)?;
            write!(out, ":{value},")?;
        }
    } else {
        serde_json::to_writer(&mut *out, INPUT)?;
        out.write_all(b":")?;
        serde_json::to_writer(&mut *out, row.raw())?;
        out.write_all(b",")?;
    }
    write_ours(out, row.line(), outcome)
}

/// What became of the row on `line` of the input, as a line of JSON with our keys alone: for a run that streams its outcomes in
/// whatever order they come.
pub(crate) fn write_line(out: &mut impl Write, line: u64, outcome: &RowOutcome<'_>) -> io::Result<()> {
    out.write_all(b"{")?;
    write_ours(out, line, outcome)
}

/// Our keys, called and ordered like our columns, and the end of the object.
fn write_ours(out: &mut impl Write, line: u64, outcome: &RowOutcome<'_>) -> io::Result<()> {
    let mut separator = "";
    for (key, cell) in COLUMNS.iter().zip(outcome.cells(line)) {
        write!(out, "{separator}\"{key}\":")?;
        separator = ",";
        match cell {
            OurCell::Text(text) if text.is_empty() => out.write_all(b"null")?,
            OurCell::Text(text) => serde_json::to_writer(&mut *out, &text)?,
            OurCell::Number(number) => write!(out, "{number}")?,
        }
    }
    out.write_all(b"}\n")
}
