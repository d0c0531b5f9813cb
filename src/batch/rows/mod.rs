//! The rows of a file: recognised, decoded, cut and handed out one by one, with a line number each and memory that doesn't
//! grow. It judges how a row is written, never what it says; it neither sends nor records anything.

mod cells;
mod columns;
mod content_hash;
mod encoding;
mod fault;
mod format;
mod json;
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

pub(crate) use columns::{ColumnError, ColumnMapping, Columns};
pub(crate) use content_hash::ContentHash;
pub(crate) use encoding::{EncodingError, EncodingName, FileEncoding};
pub(crate) use fault::RowDefect;
pub(crate) use format::{Delimiter, Format, FormatError, FormatName, Shape};
pub(crate) use role::Role;
pub(crate) use row::{Counts, Row, Rows};
pub(crate) use source::{InputFile, InputFileError, OpenedInput, SpoolTo, spool};
pub(crate) use template::Template;
pub(crate) use text::ReadError;

use cells::Cells;
use reader::RawRows;
use splitter::Delimited;
use std::fmt::Write as _;
use std::sync::Arc;
use text::Text;

/// What a person can say about a file. Everything else is recognised.
#[derive(Clone, Debug, Default)]
pub(crate) struct InputOptions {
    pub(crate) format: Option<FormatName>,
    pub(crate) delimiter: Option<Delimiter>,
    pub(crate) encoding: Option<EncodingName>,
    pub(crate) no_header: bool,
    pub(crate) columns: Vec<ColumnMapping>,
}

/// A file whose beginning is understood. It can be read any number of times, always through the handle it was opened with.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    source: InputFile,
    shape: Shape,
    columns: Arc<Columns>,
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
            !options.no_header,
        )?;
        let columns = match shape.format {
            Format::JsonLines if options.no_header => return Err(ColumnError::HeaderOfJson.into()),
            Format::JsonLines => Columns::named(keys(sample, whole), &options.columns)?,
            Format::Delimited(delimiter) => header(&source, shape, delimiter, options)?,
        };
        Ok(Self {
            source,
            shape,
            columns: Arc::new(columns),
        })
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

    /// How the bytes become rows, as one line for a fingerprint: with the same bytes and the same line, every row says the same.
    pub(crate) fn reading(&self) -> String {
        let mut line = format!("{:?} {}", self.shape.format, self.shape.encoding.name());
        if !self.shape.header {
            line.push_str(" no-header");
        }
        for role in Role::ALL {
            if let Some(column) = self.columns.role(role) {
                write!(line, " {}={column}", role.name()).expect("a String takes everything");
            }
        }
        line
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

/// The columns of a delimited file, from its first row.
fn header(
    source: &InputFile,
    shape: Shape,
    delimiter: u8,
    options: &InputOptions,
) -> Result<Columns, InputError> {
    let mut raw_rows = RawRows::new(source, shape.encoding, Some(Delimited::new(delimiter)));
    if shape.separator_line {
        raw_rows.skip_line()?;
    }
    let Some(raw_row) = raw_rows.next()? else {
        return Err(FormatError::Empty.into());
    };
    let (text, cells) = raw_rows.last();
    if let Some(fault) = raw_row.fault {
        return Err(InputError::Header {
            line: raw_row.line,
            fault,
        });
    }
    Ok(if shape.header {
        Columns::named(names(cells, text), &options.columns)?
    } else {
        Columns::numbered(cells.len(), &options.columns)?
    })
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
