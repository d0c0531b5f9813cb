//! Lists of numbers that never get an SMS: one number a line, or a table, as a batch reads them. Every column that holds numbers
//! counts, and what can't be read stops the batch: a number that is passed over would be sent to.

use super::column_country::{ColumnDoubt, ColumnSurvey};
use super::errors;
use super::input::no_such_file;
use super::numbers::Numbers;
use super::row_fault::RowFault;
use crate::domain::msisdn::Msisdn;
use crate::domain::numbering;
use crate::domain::written_number::Notation;
use crate::failure::{Failure, Fault, Kind};
use crate::rows::{InputFile, ListPart, ListedRow, OpenedInput, list_parts, names_a_number};
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
            "{} of the {} of {} are in this list",
            grouped(found as u64),
            count(self.numbers.len() as u64, "number", "numbers"),
            self.file.display()
        )
    }

    fn read(file: &Path, policy: &NumberPolicy) -> Result<Self, Failure> {
        let doing = format!("nothing was sent: cannot read {} for --exclude", file.display());
        let failed = |error: anyhow::Error| match error.downcast_ref::<io::Error>() {
            Some(found) if found.kind() == io::ErrorKind::NotFound => no_such_file(&doing, file),
            _ => errors::failure(Kind::Invalid, error).doing(doing.clone()),
        };
        let parts = open(file).map_err(failed)?;
        let (mut numbers, mut faults) = (Vec::new(), Vec::new());
        for part in &parts {
            let columns = ListColumns::of(part).map_err(|error| failed(error.into()))?;
            let mut reader = ListReader::new(policy, columns);
            part.each(|row| reader.add(part, &row))
                .map_err(|error| failed(error.into()))?;
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

fn open(file: &Path) -> Result<Vec<ListPart>, anyhow::Error> {
    // Opened as any other file first, so that one which is missing is told as such.
    drop(std::fs::File::open(file)?);
    let OpenedInput::File(source) = InputFile::open(file)? else {
        anyhow::bail!("it is not a regular file");
    };
    Ok(list_parts(&source, None)?)
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

/// What a column of a list is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListColumn {
    /// Each cell has to be a number.
    Numbers,
    /// What is a known mobile in it counts, beside a column that is called a number.
    Perhaps,
}

/// The columns of a list, and whether its first row names them.
#[derive(Debug)]
struct ListColumns {
    columns: Vec<ListColumn>,
    header: Option<u64>,
}

impl ListColumns {
    fn of(part: &ListPart) -> Result<Self, crate::rows::ReadError> {
        let (mut filled, mut named, mut header, mut first) =
            (Vec::<(u64, u64)>::new(), Vec::new(), None, true);
        part.each(|row| {
            let cells: Vec<_> = row.cells().collect();
            if std::mem::take(&mut first) && row.name(0).is_none() {
                let names: Vec<_> = cells
                    .iter()
                    .filter_map(|(at, cell)| Some((*at, cell.as_deref().ok()?)))
                    .collect();
                if row.defect.is_none()
                    && names.len() == cells.len()
                    && names.iter().all(|(_, name)| is_a_name(name))
                {
                    header = Some(row.line);
                    named.extend(
                        names
                            .iter()
                            .filter(|(_, name)| names_a_number(name))
                            .map(|(at, _)| *at),
                    );
                    return;
                }
            }
            for (column, cell) in &cells {
                if filled.len() <= *column {
                    filled.resize(*column + 1, (0, 0));
                }
                if row.name(*column).is_some_and(names_a_number) && !named.contains(column) {
                    named.push(*column);
                }
                filled[*column].0 += 1;
                filled[*column].1 += u64::from(cell.as_deref().is_ok_and(is_a_number));
            }
        })?;
        let columns = filled.iter().enumerate().map(|(column, (cells, numbers))| {
            let holds_numbers = named.is_empty() && numbers * 2 >= *cells;
            if named.contains(&column) || holds_numbers {
                ListColumn::Numbers
            } else {
                ListColumn::Perhaps
            }
        });
        Ok(Self {
            columns: columns.collect(),
            header,
        })
    }
}

/// A number with a slip of the pen is not a name.
fn is_a_name(cell: &str) -> bool {
    cell.bytes().filter(u8::is_ascii_digit).count() < SHORTEST - 2
}

/// With a country code, or as long as a number may be without one.
fn is_a_number(cell: &str) -> bool {
    match Notation::of(cell) {
        Some(Notation::International { .. }) => true,
        Some(Notation::Bare(digits)) => digits.len() >= SHORTEST,
        None => false,
    }
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
            surveys: columns.columns.iter().map(|_| ColumnSurvey::of(policy)).collect(),
            columns,
            numbers: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn doubt(&mut self) -> Option<ColumnDoubt> {
        let surveys = std::mem::take(&mut self.surveys);
        surveys.into_iter().flatten().find_map(ColumnSurvey::judge)
    }

    fn add(&mut self, part: &ListPart, row: &ListedRow<'_>) {
        if self.columns.header == Some(row.line) {
            return;
        }
        if let Some(defect) = row.defect {
            self.fault(part, row, RowFault::Row(defect.clone()));
            return;
        }
        for (column, cell) in row.cells() {
            let read = cell.as_deref().map(|cell| self.policy.parse(cell));
            match (self.columns.columns.get(column), &cell, read) {
                (Some(ListColumn::Numbers), Ok(cell), Ok(read)) => {
                    if let Some(Some(survey)) = self.surveys.get_mut(column) {
                        survey.add(cell, read.as_ref().ok().copied(), row.is_held_as_number(column));
                    }
                    match read {
                        Ok(msisdn) => self.numbers.push(msisdn),
                        Err(fault) => self.fault(part, row, RowFault::Number(fault)),
                    }
                }
                (Some(ListColumn::Numbers), Err(defect), _) => {
                    self.fault(part, row, RowFault::Row(defect.clone()));
                }
                (_, Ok(_), Ok(Ok(msisdn))) if numbering::inspect(msisdn).number_type.gets_sms() => {
                    self.numbers.push(msisdn);
                }
                _ => {}
            }
        }
    }

    fn fault(&mut self, part: &ListPart, row: &ListedRow<'_>, fault: RowFault) {
        self.faults.push((part.row_name(row.line), fault));
    }
}
