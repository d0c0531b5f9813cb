//! Workbooks (`.xlsx`, `.ods`): one sheet is copied out as rows of text into a file without a name, and every pass reads that.
//! Row 17 of the sheet is line 17 of the copy.
//!
//! Nothing is guessed. What a workbook doesn't show in its cells (a formula, a hidden row, a merged cell, a date) is counted
//! and told, and a cell whose value can't be known is marked, so that a row which needs it is refused.
//!
//! A workbook is read a piece at a time. What is held in memory is bounded: the texts that an Excel workbook shares between
//! cells (256 MiB), one row (1 MiB), and one piece of XML (16 MiB).

mod cell;
mod number_format;
mod ods;
mod part;
mod texts;
mod writer;
mod xlsx;

use super::content_hash::{ContentHash, ContentHasher};
use super::source::InputFile;
use super::text::ReadError;
use crate::domain::invalid::Invalid;
use crate::text::{quote, quoted_list};
use part::Archive;
use std::io;
use std::path::Path;
use writer::RowsWriter;

/// The most rows that a sheet may have, without its header.
pub(super) const MAX_ROWS: u64 = 1_000_000;

/// Which program's workbook it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WorkbookKind {
    Excel,
    OpenDocument,
}

/// The sheet that was read, and what a person should know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    kind: WorkbookKind,
    name: String,
    /// What the workbook hides, with how often.
    notes: Vec<String>,
    /// The columns that people don't see, counted from 0.
    hidden_columns: Vec<usize>,
    /// Of the workbook's own bytes.
    content: ContentHash,
}

/// What becomes of the rows that people don't see, by a filter, a group or by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum HiddenRows {
    /// They are rows like the others.
    Send,
    /// They are left out.
    Skip,
}

/// What is said about a workbook.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SheetOptions<'a> {
    /// The sheet that is wanted; the first that isn't hidden where it isn't said.
    pub(super) name: Option<&'a str>,
    pub(super) hidden_rows: Option<HiddenRows>,
    /// The row that names the columns, counted from 1, or a later one where that is blank. Those above it may be narrower.
    pub(super) header_row: u64,
    /// The first row names no columns.
    pub(super) first_is_data: bool,
    /// Where the copy is kept, in a file without a name; the system's directory for such files where that can't be written.
    pub(super) directory: Option<&'a Path>,
}

/// A sheet, copied out.
pub(super) struct CopiedSheet {
    /// The rows as CSV in UTF-8; each begins with a cell of marks (see [`super::cell_content`]).
    pub(super) rows: InputFile,
    pub(super) sheet: Sheet,
    /// All sheets of the workbook.
    all: Vec<String>,
}

/// Why no rows can be read from a workbook. The message doesn't name the file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkbookError {
    #[error("cannot read the workbook: {0}")]
    Io(io::Error),
    #[error("cannot copy the rows of the sheet into a file of their own: {0}")]
    Copy(#[source] io::Error),
    /// `LibreOffice` can save it as a newer one.
    #[error("the file is {0}: save it as .xlsx without a password")]
    Older(&'static str),
    #[error("the sheet {} is empty: --sheet NAME reads another; the workbook has {}", quote(.sheet), quoted_list(.sheets))]
    Empty { sheet: String, sheets: Vec<String> },
    #[error(transparent)]
    Refused(#[from] Invalid),
}

/// Whether a file that begins like this is one that spreadsheet programs save: a zip archive, or the container of older ones.
pub(super) fn looks_like_workbook(head: &[u8]) -> bool {
    is_old(head) || head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

fn is_old(head: &[u8]) -> bool {
    head.starts_with(b"\xd0\xcf\x11\xe0")
}

/// Copies a sheet out.
pub(super) fn copy_sheet(
    source: &InputFile,
    head: &[u8],
    options: SheetOptions<'_>,
) -> Result<CopiedSheet, WorkbookError> {
    if is_old(head) {
        let old = "a workbook of Excel 97 to 2003 (.xls), or one with a password";
        return Err(WorkbookError::Older(old));
    }
    let content = hash(source).map_err(WorkbookError::Io)?;
    let mut archive = Archive::open(source.read_from_start())?;
    let kind = recognise(&archive)?;
    let (wanted, archive_size) = (options.name, source.read_from_start().length());
    let file = match options.directory.map(tempfile::tempfile_in) {
        Some(Ok(file)) => Ok(file),
        Some(Err(_)) | None => tempfile::tempfile(),
    }
    .map_err(WorkbookError::Copy)?;
    let out = file.try_clone().map_err(WorkbookError::Copy)?;
    let mut writer = RowsWriter::new(out, &options, archive_size);
    let sheets = match kind {
        WorkbookKind::Excel => xlsx::read(&mut archive, wanted, &mut writer)?,
        WorkbookKind::OpenDocument => ods::read(&mut archive, wanted, &mut writer)?,
    };
    if !source
        .read_from_start()
        .is_unchanged()
        .map_err(WorkbookError::Io)?
    {
        return Err(WorkbookError::refused(ReadError::Changed));
    }
    Ok(CopiedSheet {
        sheet: writer.finish(kind, &sheets, content)?,
        rows: InputFile::nameless(file, source.path()).map_err(WorkbookError::Copy)?,
        all: sheets.all,
    })
}

/// The sheets of a workbook that have rows, hidden or not.
pub(super) fn sheet_names(source: &InputFile, head: &[u8]) -> Result<Vec<String>, WorkbookError> {
    let options = SheetOptions {
        hidden_rows: Some(HiddenRows::Send),
        first_is_data: true,
        ..SheetOptions::default()
    };
    match copy_sheet(source, head, options) {
        Ok(copied) => Ok(copied.all),
        Err(WorkbookError::Empty { sheets, .. }) => Ok(sheets),
        Err(error) => Err(error),
    }
}

/// The sheets of a workbook.
#[derive(Debug)]
struct Sheets {
    all: Vec<String>,
    /// Those that people don't see.
    hidden: Vec<String>,
    /// The one that was read.
    read: String,
}

fn hash(source: &InputFile) -> io::Result<ContentHash> {
    let (mut pass, mut hasher) = (source.read_from_start(), ContentHasher::new());
    let mut chunk = vec![0; 64 * 1024];
    loop {
        match pass.read(&mut chunk)? {
            0 => return Ok(hasher.content_hash()),
            read => hasher.update(&chunk[..read]),
        }
    }
}

fn recognise(archive: &Archive) -> Result<WorkbookKind, WorkbookError> {
    if archive.has("xl/workbook.bin") {
        Err(WorkbookError::Older("a binary workbook (.xlsb)"))
    } else if archive.has("_rels/.rels") && archive.has("[Content_Types].xml") {
        Ok(WorkbookKind::Excel)
    } else if archive.has("content.xml") {
        Ok(WorkbookKind::OpenDocument)
    } else {
        Err(WorkbookError::refused(NOT_A_WORKBOOK))
    }
}

/// Said of an archive that holds something else.
const NOT_A_WORKBOOK: &str =
    "the file is a zip archive, but not a workbook: unpack it, and give the file with the rows";

impl WorkbookError {
    fn refused(why: impl std::fmt::Display) -> Self {
        Self::Refused(Invalid::new(why))
    }

    fn encrypted() -> Self {
        Self::refused("the workbook has a password: save it without one")
    }

    fn too_large(part: &str, limit: &str) -> Self {
        Self::refused(format_args!(
            "the workbook unpacks to far more than it should ({part} has more than {limit}): it is damaged, or made to do harm"
        ))
    }

    /// No sheet of that name, or none at all.
    fn unknown_sheet(wanted: Option<&str>, sheets: &[String]) -> Self {
        match wanted {
            Some(wanted) if !sheets.is_empty() => Invalid::new("the workbook has no sheet ")
                .and_quote(wanted)
                .and("; it has ")
                .and(quoted_list(sheets))
                .into(),
            _ => Self::refused("the workbook has no sheet with rows"),
        }
    }
}

impl Sheet {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The hash of the workbook's own bytes.
    pub(super) const fn content(&self) -> ContentHash {
        self.content
    }

    /// Sentences about what the workbook hides.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether people don't see a column, counted from 0.
    pub(super) fn hides(&self, column: usize) -> bool {
        self.hidden_columns.contains(&column)
    }

    /// A cell as people call it: `Sheet1!B17`. The column is counted from 0, the row from 1.
    pub(super) fn cell_name(&self, column: usize, row: u64) -> String {
        format!("{}!{}{row}", self.name, cell::letters(column))
    }
}

/// For people: `Excel workbook, sheet “Users”`.
impl std::fmt::Display for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            WorkbookKind::Excel => "Excel workbook",
            WorkbookKind::OpenDocument => "OpenDocument workbook",
        };
        write!(f, "{kind}, sheet {}", quote(&self.name))
    }
}
