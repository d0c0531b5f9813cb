//! Lists of numbers that never get an SMS: one number a line, or a table, as a batch reads them. Every column that holds numbers
//! counts, and what can't be read stops the batch: a number that is passed over would be sent to.

use super::column_country::{ColumnDoubt, ColumnSurvey};
use super::errors;
use super::input::no_such_file;
use super::numbers::Numbers;
use super::row_fault::RowFault;
use crate::domain::msisdn::Msisdn;
use crate::domain::written_number::is_number_of;
use crate::failure::{Failure, Fault, Kind};
use crate::rows::{Input, InputFile, OpenedInput, ReadError, Row, names_a_number};
use crate::settings::NumberPolicy;
use crate::text::{count, grouped};
use std::io;
use std::path::{Path, PathBuf};

/// How many lines that are not numbers are shown.
const SHOWN: usize = 5;
/// Digits that a number without a country code has at least.
const SHORTEST: usize = 7;

/// The numbers of one list, in ascending order.
#[derive(Debug)]
pub(crate) struct ExclusionList {
    file: PathBuf,
    numbers: Vec<Msisdn>,
}

/// The lists in these files.
pub(crate) fn read(files: &[PathBuf], policy: &NumberPolicy) -> Result<Vec<ExclusionList>, Failure> {
    files
        .iter()
        .map(|file| ExclusionList::read(file, policy))
        .collect()
}

/// The numbers of all lists, in ascending order.
pub(crate) fn all_numbers(lists: &[ExclusionList]) -> Vec<Msisdn> {
    let mut numbers: Vec<Msisdn> = lists.iter().flat_map(ExclusionList::numbers).copied().collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

impl ExclusionList {
    fn numbers(&self) -> &[Msisdn] {
        &self.numbers
    }

    /// How many of them stand in the batch's own list.
    pub(crate) fn note(&self, numbers: &Numbers) -> String {
        let found = self
            .numbers
            .iter()
            .filter(|msisdn| numbers.holds(**msisdn))
            .count();
        format!(
            "{} excludes {}, {} of them in this list",
            self.file.display(),
            count(self.numbers.len() as u64, "number", "numbers"),
            grouped(found as u64)
        )
    }

    fn read(file: &Path, policy: &NumberPolicy) -> Result<Self, Failure> {
        let doing = format!("nothing was sent: cannot read {} for --exclude", file.display());
        let failed = |error: anyhow::Error| match error.downcast_ref::<io::Error>() {
            Some(found) if found.kind() == io::ErrorKind::NotFound => no_such_file(&doing, file),
            _ => errors::unreadable(error, doing.clone(), file),
        };
        let parts = open(file).map_err(failed)?;
        let (mut numbers, mut faults) = (Vec::new(), Vec::new());
        for part in &parts {
            let columns = ListColumns::of(part).map_err(|error| failed(error.into()))?;
            let mut reader = ListReader::new(policy, columns);
            reader.read(part).map_err(|error| failed(error.into()))?;
            if let Some(doubt) = reader.doubt() {
                return Err(doubt.failure(Some(file)));
            }
            numbers.append(&mut reader.numbers);
            faults.append(&mut reader.faults);
        }
        if !faults.is_empty() {
            return Err(unreadable(file, faults));
        }
        if numbers.is_empty() {
            let error = format!(
                "nothing was sent: {} holds no phone number to exclude",
                file.display()
            );
            return Err(Failure::message(Kind::Input, error)
                .hint("write one number a line, or a table with a column such as msisdn or phone"));
        }
        numbers.sort_unstable();
        numbers.dedup();
        Ok(Self {
            file: file.to_owned(),
            numbers,
        })
    }
}

fn open(file: &Path) -> Result<Vec<Input>, anyhow::Error> {
    // Opened as any other file first, so that one which is missing is told as such.
    drop(std::fs::File::open(file)?);
    let OpenedInput::File(source) = InputFile::open(file)? else {
        anyhow::bail!("it is not a regular file");
    };
    Ok(Input::of_all_cells(&source)?)
}

fn unreadable(file: &Path, faults: Vec<(String, RowFault)>) -> Failure {
    let error = format!(
        "{} of {} can't be read as a phone number",
        count(faults.len() as u64, "line", "lines"),
        file.display()
    );
    let shown = faults.into_iter().take(SHOWN);
    Failure::message(Kind::Input, error)
        .doing("nothing was sent")
        .with_masked(shown.map(|(line, fault)| of_line(&line, fault)))
        .hint(format!(
            "fix these lines of {}, or take them out of it",
            file.display()
        ))
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

/// The columns of a list, and whether its first row names them.
#[derive(Debug)]
struct ListColumns {
    /// Whether each cell of a column has to be a number. In the others what is a known mobile counts.
    hold_numbers: Vec<bool>,
    header: Option<u64>,
}

impl ListColumns {
    fn of(part: &Input) -> Result<Self, ReadError> {
        let (mut filled, mut named) = (Vec::<(u64, u64)>::new(), Vec::new());
        let (mut header, mut first) = (None, true);
        let mut rows = part.rows()?;
        while let Some(row) = rows.next()? {
            let cells: Vec<_> = row.filled().collect();
            let of_json = row.columns().names();
            if std::mem::take(&mut first) && of_json.is_empty() {
                let names: Vec<_> = cells
                    .iter()
                    .filter_map(|(at, cell)| Some((*at, cell.as_deref().ok()?)))
                    .collect();
                let are_names = names.iter().all(|(_, name)| is_a_name(name));
                if row.fault().is_none() && names.len() == cells.len() && are_names {
                    header = Some(row.line());
                    let numbers = names.iter().filter(|(_, name)| names_a_number(name));
                    named.extend(numbers.map(|(at, _)| *at));
                    continue;
                }
            }
            for (column, cell) in &cells {
                if filled.len() <= *column {
                    filled.resize(*column + 1, (0, 0));
                }
                let name = of_json.get(*column);
                if name.is_some_and(|name| names_a_number(name)) && !named.contains(column) {
                    named.push(*column);
                }
                filled[*column].0 += 1;
                filled[*column].1 +=
                    u64::from(cell.as_deref().is_ok_and(|cell| is_number_of(cell, SHORTEST)));
            }
        }
        // Without a name, the first column with a number is meant for them, however many of its cells can't be read.
        let first = filled.iter().position(|(_, numbers)| *numbers > 0);
        let hold_numbers = filled.iter().enumerate().map(|(column, (cells, numbers))| {
            named.contains(&column) || (named.is_empty() && (first == Some(column) || numbers * 2 >= *cells))
        });
        Ok(Self {
            hold_numbers: hold_numbers.collect(),
            header,
        })
    }
}

/// A number with a slip of the pen is not a name.
fn is_a_name(cell: &str) -> bool {
    cell.bytes().filter(u8::is_ascii_digit).count() < SHORTEST - 2
}

struct ListReader<'a> {
    policy: &'a NumberPolicy,
    columns: ListColumns,
    surveys: Vec<Option<ColumnSurvey>>,
    numbers: Vec<Msisdn>,
    faults: Vec<(String, RowFault)>,
}

impl<'a> ListReader<'a> {
    fn new(policy: &'a NumberPolicy, columns: ListColumns) -> Self {
        Self {
            policy,
            surveys: columns
                .hold_numbers
                .iter()
                .map(|_| ColumnSurvey::of(policy))
                .collect(),
            columns,
            numbers: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn doubt(&mut self) -> Option<ColumnDoubt> {
        let surveys = std::mem::take(&mut self.surveys);
        surveys.into_iter().flatten().find_map(ColumnSurvey::judge)
    }

    fn read(&mut self, part: &Input) -> Result<(), ReadError> {
        let mut rows = part.rows()?;
        while let Some(row) = rows.next()? {
            if self.columns.header != Some(row.line()) {
                self.add(part, &row);
            }
        }
        Ok(())
    }

    fn add(&mut self, part: &Input, row: &Row<'_>) {
        if let Some(defect) = row.fault() {
            self.fault(part, row, RowFault::Row(defect.clone()));
            return;
        }
        for (column, cell) in row.filled() {
            let is_number = row.is_held_as_number(column);
            let read = cell
                .as_deref()
                .map(|cell| self.policy.parse(&self.policy.as_typed(cell, is_number)));
            match (self.columns.hold_numbers.get(column), &cell, read) {
                (Some(true), Ok(cell), Ok(read)) => {
                    if let Some(Some(survey)) = self.surveys.get_mut(column) {
                        survey.add(cell, read.as_ref().ok(), is_number);
                    }
                    match read {
                        Ok(found) => self.numbers.push(found.msisdn),
                        Err(fault) => self.fault(part, row, RowFault::Number(fault)),
                    }
                }
                (Some(true), Err(defect), _) => {
                    self.fault(part, row, RowFault::Row(defect.clone()));
                }
                (_, Ok(_), Ok(Ok(found))) if found.number_type.gets_sms() => {
                    self.numbers.push(found.msisdn);
                }
                _ => {}
            }
        }
    }

    fn fault(&mut self, part: &Input, row: &Row<'_>, fault: RowFault) {
        self.faults.push((part.row_name(row.line()), fault));
    }
}
