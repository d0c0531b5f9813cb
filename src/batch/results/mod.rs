//! What became of every row, as a file like the input: its rows in its order with its columns, and ours behind them. It is
//! derived from the input and the journal, so it can always be written again. It reads neither, and decides nothing.
//!
//! A file without a header gets none, and ours stand in this order behind its own. In JSON lines they are keys of the same
//! names, `null` where they are empty; a line that was no object becomes one, with its text under `smspin_input`.

mod cell;
mod delimited;
mod existing;
mod json;

use super::row_fault::RowFaults;
use crate::files::{AtomicFile, AtomicFileError};
use crate::journal::Delivery;
use crate::outcome::OutcomeWord;
use crate::rows::{Format, Input, Row, Shape};
use jiff::Timestamp;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub(crate) use existing::{ExistingResults, place_of_outcome};
pub(crate) use json::write_line;

/// Our columns, in their order, and what each says.
pub(crate) const DOCUMENTED: [(&str, &str); 13] = [
    (
        "smspin_outcome",
        "What became of the row: accepted, refused, unknown, and so on",
    ),
    ("smspin_error_id", "The error id, as the gateway gave it"),
    ("smspin_error_msg", "The message, as the gateway gave it"),
    ("smspin_http", "The HTTP status of the last answer"),
    (
        "smspin_attempts",
        "How many attempts the journal has of the number",
    ),
    (
        "smspin_at",
        "When the last attempt ended, or began if it never ended: RFC 3339, UTC, milliseconds",
    ),
    (
        "smspin_msisdn",
        "The number that the PIN went to, digits with country code",
    ),
    (
        "smspin_line",
        "The line of the input that the row begins on; of a sheet, its row",
    ),
    (
        "smspin_detail",
        "In words: what is wrong with an invalid row, which line a duplicate repeats, why a row is unknown",
    ),
    (
        "smspin_delivery",
        "The status of the SMS by the delivery reports that `smspin journal reconcile` has read, such as DELIVRD",
    ),
    (
        "smspin_delivery_at",
        "When the SMS came into that status: RFC 3339, UTC",
    ),
    (
        "smspin_delivery_match",
        "exact: the report came with the id of the request; probable: it had none, and the number is the same",
    ),
    (
        "smspin_list",
        "The list that reached the number, where it is another one",
    ),
];

/// The names alone.
pub(crate) const COLUMNS: [&str; 13] = {
    let mut names = [""; 13];
    let mut index = 0;
    while index < names.len() {
        names[index] = DOCUMENTED[index].0;
        index += 1;
    }
    names
};

/// How many bytes are collected before they are written.
const BUFFER: usize = 64 * 1024;

/// What became of one row. Empty texts are fields that say nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowOutcome<'a> {
    pub(crate) outcome: &'a str,
    /// From the gateway, as received.
    pub(crate) error_id: &'a str,
    /// From the gateway, as received.
    pub(crate) error_msg: &'a str,
    pub(crate) http: Option<u16>,
    pub(crate) attempts: u32,
    pub(crate) at: Option<Timestamp>,
    /// Digits only: a `+` would be taken for the beginning of a formula.
    pub(crate) msisdn: &'a str,
    pub(crate) detail: &'a str,
    pub(crate) delivery: Option<Delivery>,
    /// The list that reached the number, where it is another one.
    pub(crate) list: &'a str,
}

/// What one of our columns says of a row.
enum OurCell<'a> {
    /// An empty one says nothing.
    Text(Cow<'a, str>),
    Number(u64),
}

impl<'a> OurCell<'a> {
    fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> RowOutcome<'a> {
    /// What the columns say of the row on a line of the input, in their order.
    fn cells(&self, line: u64) -> [OurCell<'a>; COLUMNS.len()] {
        let moment = |at: Option<Timestamp>| OurCell::text(at.map_or_else(String::new, time));
        let delivery = self.delivery;
        let matched = |delivery: Delivery| if delivery.is_certain { "exact" } else { "probable" };
        [
            OurCell::text(self.outcome),
            OurCell::text(self.error_id),
            OurCell::text(self.error_msg),
            self.http
                .map_or(OurCell::text(""), |http| OurCell::Number(http.into())),
            OurCell::Number(self.attempts.into()),
            moment(self.at),
            OurCell::text(self.msisdn),
            OurCell::Number(line),
            OurCell::text(self.detail),
            OurCell::text(delivery.map_or("", |delivery| delivery.status.as_str())),
            moment(delivery.and_then(|delivery| delivery.at)),
            OurCell::text(delivery.map_or("", matched)),
            OurCell::text(self.list),
        ]
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ResultsError {
    #[error("the results would replace the input {}: choose another file with --output", .0.display())]
    IsInput(PathBuf),
    #[error("{} exists and holds no results of smspin, so it is not replaced: choose another file with --output", .0.display())]
    NotResults(PathBuf),
    #[error("the results are not written ({0}); they can be written later, by the same command again")]
    Disk(#[from] AtomicFileError),
}

/// Where results go unless the user says otherwise: `users.csv` → `users.results.csv`, and `users.sandbox.results.csv` in the
/// sandbox, whose results say nothing of any SMS.
pub(crate) fn default_path(input: &Path, format: Format, sandbox: bool) -> PathBuf {
    let extension = match (input.extension(), format) {
        // The results of a workbook are CSV, and a list of the same name may stand beside it.
        (Some(extension), _) if is_of_workbook(extension) => {
            let mut name = input.file_name().unwrap_or_default().to_owned();
            name.push(if sandbox {
                ".sandbox.results.csv"
            } else {
                ".results.csv"
            });
            return input.with_file_name(name);
        }
        (Some(extension), _) => extension.to_owned(),
        (_, Format::JsonLines) => "jsonl".into(),
        (_, Format::Delimited(b'\t')) => "tsv".into(),
        (_, Format::Delimited(_)) => "csv".into(),
    };
    let mut name = input.file_stem().unwrap_or_default().to_owned();
    name.push(if sandbox { ".sandbox.results." } else { ".results." });
    name.push(extension);
    input.with_file_name(name)
}

fn is_of_workbook(extension: &OsStr) -> bool {
    ["xlsx", "xlsm", "ods"]
        .iter()
        .any(|known| extension.eq_ignore_ascii_case(known))
}

/// The input that results with a name of ours were made from: `users.results.csv` → `users.csv`.
pub(crate) fn input_of(results: &Path) -> Option<PathBuf> {
    let name = results.file_name()?.to_str()?;
    let (stem, extension) = name.rsplit_once(".results.")?;
    let stem = stem.strip_suffix(".sandbox").unwrap_or(stem);
    let input = match Path::new(stem).extension() {
        Some(of_workbook) if is_of_workbook(of_workbook) => stem.to_owned(),
        _ => format!("{stem}.{extension}"),
    };
    Some(results.with_file_name(input))
}

/// A results file in the making. Dropped before [`Results::finish`], it leaves what was there before.
#[derive(Debug)]
pub(crate) struct Results {
    path: PathBuf,
    rows: RowWriter,
    exceptions: Vec<RowException>,
}

/// How many rows that were not accepted are kept for a report.
pub(crate) const MOST_EXCEPTIONS: usize = 1000;

/// A row that was not accepted, and that the same command does not send again by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RowException {
    /// None where the input was not read.
    pub(crate) line: Option<u64>,
    /// Digits; empty where the row has no valid number.
    pub(crate) msisdn: String,
    pub(crate) outcome: String,
    pub(crate) error_id: String,
    pub(crate) why: ExceptionReason,
}

/// Why a row was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ExceptionReason {
    /// It can't be sent.
    Faults(RowFaults),
    /// In words, what became of it.
    Told(String),
}

impl RowException {
    /// Whether a row with this outcome is one.
    pub(crate) fn is_notable(outcome: &str) -> bool {
        matches!(outcome, "invalid" | "refused" | "unknown" | "unsent")
    }

    pub(crate) fn of(line: Option<u64>, outcome: &RowOutcome<'_>) -> Option<Self> {
        Self::is_notable(outcome.outcome).then(|| Self {
            line,
            msisdn: outcome.msisdn.to_owned(),
            outcome: outcome.outcome.to_owned(),
            error_id: outcome.error_id.to_owned(),
            why: ExceptionReason::Told(outcome.detail.to_owned()),
        })
    }
}

#[derive(Debug)]
enum RowWriter {
    Delimited(Box<delimited::Writer>),
    Json(BufWriter<AtomicFile>),
}

impl Results {
    /// Begins the results of `input` at `path`, with the input's header if it has one.
    pub(crate) fn create(path: &Path, input: &Input) -> Result<Self, ResultsError> {
        if input.source().is_same_file(path) {
            return Err(ResultsError::IsInput(path.to_owned()));
        }
        let mut atomic_file = AtomicFile::create(path)?;
        if let Ok(ExistingResults::Foreign) = ExistingResults::at(path, input.shape().format) {
            return Err(ResultsError::NotResults(path.to_owned()));
        }
        let failed = |source| failed(path, source);
        let Shape { encoding, format, .. } = input.shape();
        // The program that read the input otherwise than as plain UTF-8 needs the mark to read the results.
        let needs_mark = input.sheet().is_some()
            || encoding.mark() > 0
            || (format != Format::JsonLines && !encoding.is_plain_utf8());
        if needs_mark {
            atomic_file.write_all("\u{feff}".as_bytes()).map_err(failed)?;
        }
        let rows = match input.shape().format {
            Format::Delimited(delimiter) => {
                let writer = delimited::Writer::new(
                    atomic_file,
                    input.shape(),
                    delimiter,
                    input.columns(),
                    input.sheet().is_some(),
                );
                RowWriter::Delimited(Box::new(writer.map_err(failed)?))
            }
            Format::JsonLines => RowWriter::Json(BufWriter::with_capacity(BUFFER, atomic_file)),
        };
        Ok(Self {
            path: path.to_owned(),
            rows,
            exceptions: Vec::new(),
        })
    }

    /// Adds the next row of the input.
    pub(crate) fn write(&mut self, row: &Row<'_>, outcome: &RowOutcome<'_>) -> Result<(), ResultsError> {
        if self.exceptions.len() < MOST_EXCEPTIONS {
            self.exceptions
                .extend(RowException::of(Some(row.line()), outcome));
        }
        self.write_row(row, outcome)
    }

    /// Adds the next row of the input, which can't be sent.
    pub(crate) fn write_invalid(&mut self, row: &Row<'_>, faults: RowFaults) -> Result<(), ResultsError> {
        let sentence = faults.to_string();
        let outcome = RowOutcome {
            outcome: OutcomeWord::Invalid.as_str(),
            detail: &sentence,
            ..RowOutcome::default()
        };
        self.write_row(row, &outcome)?;
        if self.exceptions.len() < MOST_EXCEPTIONS {
            self.exceptions.push(RowException {
                line: Some(row.line()),
                msisdn: String::new(),
                outcome: outcome.outcome.to_owned(),
                error_id: String::new(),
                why: ExceptionReason::Faults(faults),
            });
        }
        Ok(())
    }

    fn write_row(&mut self, row: &Row<'_>, outcome: &RowOutcome<'_>) -> Result<(), ResultsError> {
        let written = match &mut self.rows {
            RowWriter::Delimited(writer) => writer.write(row, outcome),
            RowWriter::Json(writer) => json::write_row(writer, row, outcome),
        };
        written.map_err(|source| failed(&self.path, source))
    }

    /// Puts the whole file in its place, synced. Returns the first rows that were not accepted, at most 1,000.
    pub(crate) fn finish(self) -> Result<Vec<RowException>, ResultsError> {
        let atomic_file = match self.rows {
            RowWriter::Delimited(writer) => writer.into_inner(),
            RowWriter::Json(writer) => writer.into_inner().map_err(io::IntoInnerError::into_error),
        };
        atomic_file
            .map_err(|source| failed(&self.path, source))?
            .publish()?;
        Ok(self.exceptions)
    }
}

/// RFC 3339, UTC, milliseconds.
fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn failed(path: &Path, source: io::Error) -> ResultsError {
    ResultsError::Disk(AtomicFileError::writing(path, source))
}

#[cfg(test)]
mod tests;
