//! The rows of a file: recognised, decoded, cut and handed out one by one, with a line number each and memory that doesn't
//! grow. It judges how a row is written, never what it says; it neither sends nor records anything.

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
pub(crate) mod unknown_cell;
mod workbook;

pub(crate) use columns::{ColumnError, ColumnMapping, Columns};
pub(crate) use content_hash::ContentHash;
pub(crate) use encoding::{EncodingError, EncodingName, FileEncoding};
pub(crate) use fault::RowDefect;
pub(crate) use format::{Delimiter, FirstRow, Format, FormatError, FormatName, Shape};
pub(crate) use listed::{ListPart, ListedRow, parts as list_parts};
pub(crate) use role::{Role, names_a_number};
pub(crate) use row::{Counts, Row, Rows};
pub(crate) use source::{InputFile, InputFileError, OpenedInput, spool};
pub(crate) use template::Template;
pub(crate) use text::ReadError;
pub(crate) use workbook::{HiddenRows, Sheet, WorkbookError};

use cells::Cells;
use reader::RawRows;
use splitter::Delimited;
use std::path::PathBuf;
use std::sync::Arc;
use text::Text;
use workbook::SheetOptions;

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
    /// For a workbook, the sheet, and the hash of the workbook's bytes.
    workbook: Option<(Arc<Sheet>, ContentHash)>,
}

/// Why a file can't be read as rows. The message doesn't name the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InputError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    #[error(transparent)]
    Format(#[from] FormatError),
    #[error(transparent)]
    Columns(#[from] ColumnError),
    #[error(transparent)]
    Workbook(#[from] WorkbookError),
    #[error("line {line}: the header can't be read: {fault}")]
    Header { line: u64, fault: RowDefect },
}

impl Input {
    /// Looks at the beginning of a file, and decides what it is.
    pub(crate) fn open(source: InputFile, options: &InputOptions) -> Result<Self, InputError> {
        let mut head = [0; 1024];
        let read = source
            .read_from_start()
            .read(&mut head)
            .map_err(|source| ReadError::Io { line: 1, source })?;
        if workbook::looks_like_workbook(&head[..read]) {
            return Self::open_workbook(source, &head[..read], options);
        }
        if options.sheet.is_some() {
            return Err(WorkbookError::NoSheets.into());
        }
        if options.hidden_rows.is_some() {
            return Err(WorkbookError::NoHiddenRows.into());
        }
        let encoding = FileEncoding::detect(&head[..read], options.encoding)?;
        let mut text = Text::new(&source, encoding);
        // The second time tells a file that is at its end from one that isn't.
        text.advance(0, 1)?;
        text.advance(0, 1)?;
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
            Format::JsonLines if options.no_header || options.header_row.is_some() => {
                return Err(ColumnError::HeaderOfJson.into());
            }
            Format::JsonLines => Columns::named(keys(sample, whole), &options.columns)?,
            Format::Delimited(delimiter) => {
                let rules = Some(Delimited::new(delimiter));
                header(RawRows::new(&source, encoding, rules), shape, options)?
            }
        };
        Self {
            rows: source.clone(),
            source,
            shape,
            columns: Arc::new(columns),
            notes: Vec::new(),
            workbook: None,
        }
        .noted()
    }

    /// Copies a sheet out of a workbook, and reads that as CSV.
    fn open_workbook(source: InputFile, head: &[u8], options: &InputOptions) -> Result<Self, InputError> {
        let said = [
            (options.format.is_some(), "--format"),
            (options.delimiter.is_some(), "--delimiter"),
            (options.encoding.is_some(), "--encoding"),
        ];
        if let Some((_, flag)) = said.into_iter().find(|(said, _)| *said) {
            return Err(WorkbookError::NoMeaning(flag).into());
        }
        let of_sheet = SheetOptions {
            name: options.sheet.as_deref(),
            hidden_rows: options.hidden_rows,
            first_is_data: options.no_header,
            directory: options.workspace.as_deref(),
        };
        let copied = workbook::copy_sheet(&source, head, of_sheet)?;
        let shape = Shape::of_sheet(options.first_row());
        let raw_rows = RawRows::of_sheet(&copied.rows, shape, Delimited::new(b','));
        let columns = header(raw_rows, shape, options)?;
        columns.refuse_hidden(&copied.sheet, &options.columns)?;
        let hidden = columns.hidden_names(&copied.sheet);
        Self {
            source,
            rows: copied.rows,
            shape,
            columns: Arc::new(columns),
            notes: copied.sheet.notes().iter().cloned().chain(hidden).collect(),
            workbook: Some((Arc::new(copied.sheet), copied.content)),
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
        self.workbook.as_ref().map(|(sheet, _)| &**sheet)
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
            Some(rules) if self.workbook.is_some() => RawRows::of_sheet(&self.rows, self.shape, rules),
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

    /// Which column is read as what, for people to see before anything is sent.
    pub(crate) fn meanings(&self) -> Vec<String> {
        let of = |role| {
            let name = self.columns.names().get(self.columns.role(role)?)?;
            Some(format!("{name} as {}", role.name()))
        };
        Role::ALL.into_iter().filter_map(of).collect()
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

/// The columns of a delimited file, from the row that names them.
fn header(mut raw_rows: RawRows, shape: Shape, options: &InputOptions) -> Result<Columns, InputError> {
    raw_rows.skip_before_rows(shape)?;
    let Some(raw_row) = raw_rows.next()? else {
        return Err(match shape.first_row {
            FirstRow::HeaderAt(row) => ColumnError::NoSuchRow(row).into(),
            FirstRow::Header | FirstRow::Data => FormatError::Empty.into(),
        });
    };
    let (text, cells) = raw_rows.last();
    if let Some(fault) = raw_row.fault {
        return Err(InputError::Header {
            line: raw_row.line,
            fault,
        });
    }
    if shape.first_row == FirstRow::Data {
        return Ok(Columns::numbered(cells.len(), &options.columns)?);
    }
    let found = Columns::named(names(cells, text), &options.columns);
    if let (Err(ColumnError::NoNumbers(_)), FirstRow::Header) = (&found, shape.first_row)
        && let Some(row) = header_below(raw_rows)
    {
        return Err(ColumnError::HeaderBelow(row).into());
    }
    Ok(found?)
}

/// The first of the next rows that names a number among other columns, whatever stands between them.
fn header_below(mut raw_rows: RawRows) -> Option<u64> {
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
