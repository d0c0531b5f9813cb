//! Lists of numbers that never get an SMS: one number a line, or a file with a column of numbers, as a batch reads them.

use super::errors;
use super::input::no_such_file;
use super::row_fault::RowFault;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Fault, Kind};
use crate::rows::{Input, InputFile, InputOptions, OpenedInput, RowDefect};
use crate::settings::NumberPolicy;
use crate::text::row_name;
use std::io;
use std::path::{Path, PathBuf};

/// How many lines that are no numbers are shown.
const SHOWN: usize = 5;

/// Every number in the files, in ascending order. A line that is not a number is an error: the person whose number was meant
/// must not get an SMS because of a slip of the pen.
pub(crate) fn read(files: &[PathBuf], policy: &NumberPolicy) -> Result<Vec<Msisdn>, Failure> {
    let mut numbers = Vec::new();
    for file in files {
        let doing = format!("nothing was sent: cannot read {} for --exclude", file.display());
        let failed = |error: anyhow::Error| match error.downcast_ref::<io::Error>() {
            Some(found) if found.kind() == io::ErrorKind::NotFound => no_such_file(&doing, file),
            _ => errors::failure(Kind::Invalid, error).doing(doing.clone()),
        };
        let cells = cells(file).map_err(failed)?;
        let mut faults = Vec::new();
        for (line, cell) in cells {
            let read = cell.map_err(RowFault::Row).and_then(|cell| {
                let read = policy.read_digits(&cell);
                read.map_err(|error| RowFault::Number(error.into()))
            });
            match read {
                Ok(number) => numbers.push(number),
                Err(fault) => faults.push((line, fault)),
            }
        }
        if !faults.is_empty() {
            let error = format!(
                "{} of {} can't be read as a phone number",
                lines(faults.len()),
                file.display()
            );
            let shown = faults.into_iter().take(SHOWN);
            return Err(Failure::message(Kind::Input, error)
                .doing("nothing was sent")
                .with_masked(shown.map(|(line, fault)| of_line(&line, fault)))
                .hint("fix these lines, or take them out of the list"));
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    Ok(numbers)
}

/// The fault of a line, and the same one with its number masked.
fn of_line(line: &str, fault: RowFault) -> (Fault, Fault) {
    let said = |fault: RowFault| Fault {
        what: line.to_owned(),
        message: fault.to_string(),
        hint: None,
    };
    (said(fault.clone()), said(fault.masked()))
}

fn lines(count: usize) -> String {
    crate::text::count(count as u64, "line", "lines")
}

/// A line or row by its name, and the cell that holds its number or what is wrong with the row.
type ListedNumber = (String, Result<String, RowDefect>);

/// Every line or row that is not empty. One at fault is among them: left out, its number would be sent to.
fn cells(file: &Path) -> Result<Vec<ListedNumber>, anyhow::Error> {
    let text = std::fs::read(file)?;
    if let Ok(text) = std::str::from_utf8(&text)
        && is_plain_list(text)
    {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        let filled = (1..).zip(lines).filter(|(_, line)| !line.is_empty());
        return Ok(filled
            .map(|(line, cell)| (row_name(None, line), Ok(cell.to_owned())))
            .collect());
    }
    let OpenedInput::File(source) = InputFile::open(file)? else {
        anyhow::bail!("it is not a regular file");
    };
    let input = Input::open(source, &InputOptions::default())?;
    let mut rows = input.rows()?;
    let mut cells = Vec::new();
    while let Some(row) = rows.next()? {
        let cell = match row.fault() {
            Some(RowDefect::NoNumber) => continue,
            Some(defect) => Err(defect.clone()),
            None => Ok(row.msisdn().unwrap_or_default().to_owned()),
        };
        cells.push((input.row_name(row.line()), cell));
    }
    Ok(cells)
}

/// Whether the first line that is not empty holds a number and nothing else, so that it is no header.
fn is_plain_list(text: &str) -> bool {
    let first = text
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty());
    first.is_none_or(|line| {
        line.chars().any(|c| c.is_ascii_digit())
            && line.chars().all(|c| c.is_ascii_digit() || " +-./()".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_told_from_a_table_by_its_first_line() {
        for (text, plain) in [
            ("+34 600 000 001\n", true),
            ("\n\n34600000001\r\n34600000002", true),
            ("", true),
            ("phone\n34600000001\n", false),
            ("34600000001,Ann\n", false),
            ("{\"phone\":\"34600000001\"}\n", false),
        ] {
            assert_eq!(is_plain_list(text), plain, "{text:?}");
        }
    }
}
