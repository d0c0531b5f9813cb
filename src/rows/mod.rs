//! The rows of a file: recognised, decoded, cut and handed out one by one, with a line number each and memory that doesn't
//! grow. It judges how a row is written, never what it says; it neither sends nor records anything.

pub(crate) mod cell_content;
mod cells;
mod columns;
mod content_hash;
mod encoding;
mod fault;
mod format;
mod json;
mod listed;
mod other_numbers;
mod reader;
mod role;
mod row;
mod sniff;
mod source;
mod splitter;
mod spreadsheet;
mod template;
mod text;
mod unclosed_quote;
mod workbook;

pub(crate) use columns::{ColumnMapping, Columns};
pub(crate) use content_hash::ContentHash;
pub(crate) use encoding::{EncodingName, FileEncoding};
pub(crate) use fault::RowDefect;
pub(crate) use format::{Delimiter, FirstRow, Format, FormatName, Shape};
pub(crate) use role::{Role, names_a_number};
pub(crate) use row::{Counts, Row, Rows};
pub(crate) use source::{InputFile, InputFileError, OpenedInput, spool};
pub(crate) use template::Template;
pub(crate) use text::ReadError;
pub(crate) use workbook::{HiddenRows, Sheet};

use crate::domain::invalid::Invalid;
use cells::Cells;
use reader::RawRows;
use splitter::Delimited;
use std::path::PathBuf;
use std::sync::Arc;
use text::Text;
use workbook::{SheetOptions, WorkbookError};

/// What a person can say about a file. Everything else is recognised.
#[derive(Clone, Debug, Default)]
pub(crate) struct InputOptions {
    pub(crate) format: Option<FormatName>,
    pub(crate) delimiter: Option<Delimiter>,
    pub(crate) encoding: Option<EncodingName>,
    pub(crate) no_header: bool,
    /// Which row names the columns, counted from 1; the first that isn't blank where it isn't said.
    pub(crate) header_row: Option<u64>,
    pub(crate) columns: Vec<ColumnMapping>,
    /// Which sheet of a workbook; the first that isn't hidden where none is named.
    pub(crate) sheet: Option<String>,
    /// What becomes of the hidden rows of a workbook; they stop it where it isn't said.
    pub(crate) hidden_rows: Option<HiddenRows>,
    /// Where the rows of a workbook are kept, in a file without a name, as long as they are needed.
    pub(crate) workspace: Option<PathBuf>,
}

/// A file whose beginning is understood. It can be read any number of times, always through the handle it was opened with.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    source: InputFile,
    /// What the rows are read from: the source, or the copy of its sheet.
    rows: InputFile,
    shape: Shape,
    columns: Arc<Columns>,
    /// Columns with numbers that are not read.
    notes: Vec<String>,
    /// For a workbook.
    sheet: Option<Arc<Sheet>>,
}

/// Why a file can't be read as rows. The message doesn't name the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    #[error(transparent)]
    Refused(#[from] Invalid),
}

impl InputError {
    /// Whether the file is a workbook of an older program, which `LibreOffice` can save as a newer one.
    pub(crate) const fn is_of_older_program(&self) -> bool {
        matches!(self, Self::Workbook(WorkbookError::Older(_)))
    }
}

impl Input {
    /// Looks at the beginning of a file, and decides what it is.
    pub(crate) fn open(source: InputFile, options: &InputOptions) -> Result<Self, InputError> {
        let mut head = [0; 1024];
        let head = source.head(&mut head).map_err(ReadError::at_start)?;
        if workbook::looks_like_workbook(head) {
            return Self::open_workbook(source, head, options);
        }
        let of_workbooks = [
            (options.sheet.is_some(), "--sheet"),
            (options.hidden_rows.is_some(), "--hidden-rows"),
        ];
        refuse_flag(&of_workbooks, "here: the file is not a workbook (.xlsx or .ods)")?;
        let encoding = FileEncoding::detect(head, options.encoding)?;
        let text = Text::sample(&source, encoding)?;
        let (sample, whole) = (text.window(), text.ended());
        let shape = Shape::recognise(
            sample,
            whole,
            encoding,
            options.format,
            options.delimiter,
            options.first_row(),
        )?;
        let columns = match shape.format {
            Format::JsonLines => {
                let of_headers = [
                    (options.no_header, "--no-header"),
                    (options.header_row.is_some(), "--header-row"),
                ];
                refuse_flag(&of_headers, "for JSON lines, whose keys are the columns")?;
                Columns::named(keys(sample, whole), &options.columns)?
            }
            Format::Delimited(delimiter) => {
                let raw_rows = || RawRows::new(&source, encoding, Some(Delimited::new(delimiter)));
                header(raw_rows(), || Ok(raw_rows()), shape, options)?
            }
        };
        Self {
            rows: source.clone(),
            source,
            shape,
            columns: Arc::new(columns),
            notes: Vec::new(),
            sheet: None,
        }
        .noted()
    }

    /// Copies a sheet out of a workbook, and reads that as CSV.
    fn open_workbook(source: InputFile, head: &[u8], options: &InputOptions) -> Result<Self, InputError> {
        let of_texts = [
            (options.format.is_some(), "--format"),
            (options.delimiter.is_some(), "--delimiter"),
            (options.encoding.is_some(), "--encoding"),
        ];
        refuse_flag(&of_texts, "for a workbook: leave it out")?;
        let copy = |header_row| {
            let of_sheet = SheetOptions {
                name: options.sheet.as_deref(),
                hidden_rows: options.hidden_rows,
                header_row,
                first_is_data: options.no_header,
                directory: options.workspace.as_deref(),
            };
            workbook::copy_sheet(&source, head, of_sheet)
        };
        let copied = copy(options.header_row.unwrap_or(1))?;
        let shape = Shape::of_sheet(options.first_row());
        let raw_rows = |rows: &InputFile| RawRows::of_sheet(rows, shape, Delimited::new(b','));
        let all_cells = || Ok(raw_rows(&copy(u64::MAX)?.rows));
        let columns = header(raw_rows(&copied.rows), all_cells, shape, options)?;
        columns.refuse_hidden(&copied.sheet, &options.columns)?;
        let hidden = columns.hidden_names(&copied.sheet);
        Self {
            source,
            rows: copied.rows,
            shape,
            columns: Arc::new(columns),
            notes: copied.sheet.notes().iter().cloned().chain(hidden).collect(),
            sheet: Some(Arc::new(copied.sheet)),
        }
        .noted()
    }

    /// Adds what a person should know about the columns that are not read.
    fn noted(mut self) -> Result<Self, InputError> {
        let others = other_numbers::columns(&self)?;
        self.notes.extend(others);
        Ok(self)
    }

    /// What a person should know before anything is sent: what a workbook hides, and columns with numbers that are not read.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The sheet that the rows are of, if they come from a workbook.
    pub(crate) fn sheet(&self) -> Option<&Sheet> {
        self.sheet.as_deref()
    }

    /// A row as it is named to people.
    pub(crate) fn row_name(&self, line: u64) -> String {
        crate::text::row_name(self.sheet().map(Sheet::name), line)
    }

    /// What the file is, in words.
    pub(crate) fn described(&self) -> String {
        self.sheet()
            .map_or_else(|| self.shape.to_string(), Sheet::to_string)
    }

    fn raw_rows(&self, rules: Option<Delimited>) -> RawRows {
        match rules {
            Some(rules) if self.sheet.is_some() => RawRows::of_sheet(&self.rows, self.shape, rules),
            rules => RawRows::new(&self.rows, self.shape.encoding, rules),
        }
    }

    /// A pass over all rows, from the first.
    pub(crate) fn rows(&self) -> Result<Rows, ReadError> {
        Rows::new(self)
    }

    pub(crate) const fn source(&self) -> &InputFile {
        &self.source
    }

    pub(crate) const fn shape(&self) -> Shape {
        self.shape
    }

    /// For JSON lines, those of the first rows.
    pub(crate) fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Whether a column is read as this.
    pub(crate) fn has(&self, role: Role) -> bool {
        self.columns.role(role).is_some()
    }

    /// Which column is read as what, for people to see before anything is sent.
    pub(crate) fn meanings(&self) -> Vec<String> {
        let of = |role| {
            let name = self.columns.names().get(self.columns.role(role)?)?;
            Some(format!("{name} as {}", role.name()))
        };
        Role::ALL.into_iter().filter_map(of).collect()
    }
}

/// Refuses the first of these flags that was given: the file has nothing that it could be about.
fn refuse_flag(flags: &[(bool, &'static str)], why: &str) -> Result<(), Invalid> {
    match flags.iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(Invalid::new(format_args!("{flag} has no meaning {why}"))),
        None => Ok(()),
    }
}

/// The keys of the first objects, in the order in which they come up.
fn keys(sample: &str, whole: bool) -> Vec<String> {
    let complete = if whole {
        sample.len()
    } else {
        sample.rfind('\n').unwrap_or(sample.len())
    };
    let mut keys: Vec<String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for key in sample[..complete].lines().flat_map(json::keys) {
        if keys.len() < fault::MAX_COLUMNS && seen.insert(key.clone()) {
            keys.push(key);
        }
    }
    keys
}

/// How far below the top a header is looked for, in rows.
const TITLE_ROWS: usize = 20;

/// The columns of a delimited file, from the row that names them. `all_cells` are its rows again, also what stands to the right
/// of the first.
fn header(
    mut raw_rows: RawRows,
    all_cells: impl FnOnce() -> Result<RawRows, InputError>,
    shape: Shape,
    options: &InputOptions,
) -> Result<Columns, InputError> {
    raw_rows.skip_before_rows(shape)?;
    let Some(raw_row) = raw_rows.next()? else {
        return Err(match shape.first_row {
            FirstRow::HeaderAt(row) => {
                Invalid::new(format_args!("there is no row {row}, which --header-row names")).into()
            }
            FirstRow::Header | FirstRow::Data => Invalid::new(format::NO_ROWS).into(),
        });
    };
    let (text, cells) = raw_rows.last();
    if let Some(fault) = raw_row.fault {
        let line = raw_row.line;
        return Err(Invalid::new(format_args!("line {line}: the header can't be read: {fault}")).into());
    }
    if shape.first_row == FirstRow::Data {
        return Ok(Columns::numbered(cells.len(), &options.columns)?);
    }
    let names = names(cells, text);
    if shape.first_row == FirstRow::Header
        && !Columns::name_a_number(&names, &options.columns)
        && let Some(row) = header_below(all_cells()?)
    {
        return Err(Invalid::new(format_args!(
            "no column is known to hold the phone numbers, but row {row} looks like the header: add --header-row {row}"
        ))
        .into());
    }
    Ok(Columns::named(names, &options.columns)?)
}

/// The first of the next rows that names a number among other columns, whatever stands between them.
fn header_below(mut raw_rows: RawRows) -> Option<u64> {
    raw_rows.next().ok()??;
    for _ in 0..TITLE_ROWS {
        let row = raw_rows.next().ok()??;
        let (text, cells) = raw_rows.last();
        let mut names = names(cells, text);
        if let [only] = &names[..] {
            names = only.split([',', ';', '\t', '|']).map(str::to_owned).collect();
        }
        if names.iter().any(|name| names_a_number(name)) {
            return Some(row.line);
        }
    }
    None
}

impl InputOptions {
    fn first_row(&self) -> FirstRow {
        match self.header_row {
            _ if self.no_header => FirstRow::Data,
            Some(row) => FirstRow::HeaderAt(row),
            None => FirstRow::Header,
        }
    }
}

fn names(cells: &Cells, text: &str) -> Vec<String> {
    (0..cells.len())
        .filter_map(|index| cells.get(index, text))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
