//! Reads a sheet of an `OpenDocument` workbook (ISO/IEC 26300), as `LibreOffice` and Google Sheets save it, from its first row to its
//! last. The prefixes of its names are those that every program writes.

use super::cell;
use super::part::{Archive, Part, add_text, attribute};
use super::writer::RowsWriter;
use super::{Sheets, WorkbookError};
use crate::rows::cell_content::{CellContent, UnknownCell};
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;

pub(super) fn read(
    archive: &mut Archive,
    wanted: Option<&str>,
    writer: &mut RowsWriter,
) -> Result<Sheets, WorkbookError> {
    if is_encrypted(archive)? {
        return Err(WorkbookError::encrypted());
    }
    let (mut sheets, mut read) = OdsReader::open(archive, writer)?.find(wanted)?;
    if let (None, None, Some(first)) = (read, wanted, sheets.first()) {
        // All of them are hidden.
        let first = first.name.clone();
        (sheets, read) = OdsReader::open(archive, writer)?.find(Some(&first))?;
    }
    let names: Vec<String> = sheets.iter().map(|sheet| sheet.name.clone()).collect();
    let hidden = sheets.iter().filter(|sheet| sheet.hidden);
    let index = read.ok_or_else(|| WorkbookError::unknown_sheet(wanted, &names))?;
    Ok(Sheets {
        hidden: hidden.map(|sheet| sheet.name.clone()).collect(),
        read: names[index].clone(),
        all: names,
    })
}

struct OdsSheet {
    name: String,
    hidden: bool,
}

/// Whether the list of the archive's parts says that they are encrypted.
fn is_encrypted(archive: &mut Archive) -> Result<bool, WorkbookError> {
    const LIST: &str = "META-INF/manifest.xml";
    if !archive.has(LIST) {
        return Ok(false);
    }
    let mut is_encrypted = false;
    archive.part(LIST)?.each(|start| {
        is_encrypted |= start.local_name().as_ref() == "encryption-data";
        Ok(())
    })?;
    Ok(is_encrypted)
}

/// Which rows are those of the sheet could not be told.
const NESTED: &str = "a cell holds a table of its own, which is not read";

struct OdsReader<'a> {
    part: Part<'a>,
    writer: &'a mut RowsWriter,
    /// What the last cell shows.
    text: String,
    /// The styles of rows without a height, and of columns without a width.
    flat: HashSet<String>,
    /// Whether each of the groups that is open is collapsed.
    groups: Vec<bool>,
}

/// What the start of a cell says.
struct OdsCell {
    kind: String,
    value: Option<String>,
    formula: bool,
    error: bool,
    /// How many cells are the same.
    repeated: usize,
}

impl OdsCell {
    fn of(element: &BytesStart<'_>) -> Self {
        let kind = attribute(element, "office:value-type").unwrap_or_default();
        let value = match kind.as_str() {
            "date" => attribute(element, "office:date-value"),
            "time" => attribute(element, "office:time-value"),
            "boolean" => attribute(element, "office:boolean-value").map(|value| value.to_ascii_uppercase()),
            "string" => attribute(element, "office:string-value"),
            _ => attribute(element, "office:value"),
        };
        Self {
            kind,
            value,
            formula: attribute(element, "table:formula").is_some(),
            error: attribute(element, "calcext:value-type").as_deref() == Some("error"),
            repeated: repeated(element, "table:number-columns-repeated"),
        }
    }

    /// The text of the cell and what that is, where `shown` is what people see in it.
    fn meaning(&self, shown: &str) -> (String, CellContent) {
        let shown_error = self.formula && (shown.starts_with('#') || shown.starts_with("Err:"));
        if self.error || shown_error {
            return (shown.to_owned(), CellContent::Unknown(UnknownCell::Error));
        }
        let value = self.value.as_deref();
        match (self.kind.as_str(), value) {
            ("float" | "percentage" | "currency", Some(value)) => {
                let (text, content) = cell::number(value);
                match content {
                    CellContent::Number if shows_another(shown, &text) => {
                        (text.into_owned(), CellContent::Unknown(UnknownCell::OtherDigits))
                    }
                    content => (text.into_owned(), content),
                }
            }
            ("date", Some(value)) => (value.replace('T', " "), CellContent::Unknown(UnknownCell::Date)),
            ("time", Some(_)) => (shown.to_owned(), CellContent::Unknown(UnknownCell::Date)),
            ("boolean", Some(value)) => (value.to_owned(), CellContent::Plain),
            ("string", value) => (value.unwrap_or(shown).to_owned(), CellContent::Plain),
            _ if self.formula && shown.is_empty() => {
                (String::new(), CellContent::Unknown(UnknownCell::NotCalculated))
            }
            _ => (shown.to_owned(), CellContent::Plain),
        }
    }
}

/// Whether people see other digits than a whole number has: zeros in front, a country code, or the beginning alone. In a narrow
/// column they see none, or an exponent.
fn shows_another(shown: &str, digits: &str) -> bool {
    let seen: String = shown.chars().filter(char::is_ascii_digit).collect();
    let decimals = seen.strip_prefix(digits.trim_start_matches('-'));
    let is_same = decimals.is_some_and(|decimals| decimals.bytes().all(|byte| byte == b'0'));
    !seen.is_empty() && !is_same && !shown.contains(['E', 'e'])
}

fn repeated(element: &BytesStart<'_>, name: &str) -> usize {
    let number = attribute(element, name).and_then(|number| number.parse().ok());
    number.unwrap_or(1)
}

/// Whether a style leaves a row no height, or a column no width.
fn is_flat(style: &BytesStart<'_>) -> bool {
    let sizes = ["style:row-height", "style:column-width"];
    sizes
        .iter()
        .filter_map(|name| attribute(style, name))
        .any(|size| {
            let number = size.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
            number.trim().parse() == Ok(0.0)
        })
}

fn is_hidden(element: &BytesStart<'_>) -> bool {
    attribute(element, "table:visibility").is_some_and(|visibility| visibility != "visible")
}

impl<'a> OdsReader<'a> {
    fn open(archive: &'a mut Archive, writer: &'a mut RowsWriter) -> Result<Self, WorkbookError> {
        Ok(Self {
            part: archive.part("content.xml")?,
            writer,
            text: String::new(),
            flat: HashSet::new(),
            groups: Vec::new(),
        })
    }

    /// Reads the sheet that is wanted, or the first that isn't hidden. Returns all of them, and which was read.
    fn find(mut self, wanted: Option<&str>) -> Result<(Vec<OdsSheet>, Option<usize>), WorkbookError> {
        let (mut sheets, mut read) = (Vec::<OdsSheet>::new(), None);
        let (mut style, mut invisible) = (String::new(), HashSet::new());
        loop {
            let sheet = match self.part.next()? {
                Event::Start(start) => match start.name().0 {
                    "table:table" => OdsSheet {
                        name: attribute(&start, "table:name").unwrap_or_default(),
                        hidden: attribute(&start, "table:style-name")
                            .is_some_and(|style| invisible.contains(&style)),
                    },
                    "style:style" => {
                        style = attribute(&start, "style:name").unwrap_or_default();
                        continue;
                    }
                    "style:table-row-properties" | "style:table-column-properties" => {
                        if is_flat(&start) {
                            self.flat.insert(style.clone());
                        }
                        continue;
                    }
                    "style:table-properties" => {
                        if attribute(&start, "table:display").as_deref() == Some("false") {
                            invisible.insert(style.clone());
                        }
                        continue;
                    }
                    _ => continue,
                },
                Event::Eof => return Ok((sheets, read)),
                _ => continue,
            };
            let is_it = wanted.map_or(!sheet.hidden, |wanted| sheet.name == wanted);
            if read.is_none() && is_it {
                self.writer.begin(&sheet.name);
                self.sheet()?;
                read = Some(sheets.len());
            } else {
                self.skip("table:table")?;
            }
            sheets.push(sheet);
        }
    }

    /// Whether people don't see a row or a column.
    fn hides(&self, element: &BytesStart<'_>) -> bool {
        let is_flat =
            || attribute(element, "table:style-name").is_some_and(|style| self.flat.contains(&style));
        is_hidden(element) || self.groups.contains(&true) || is_flat()
    }

    /// Passes over the rest of an element, which may hold others of its name.
    fn skip(&mut self, name: &str) -> Result<(), WorkbookError> {
        let mut depth = 1;
        while depth > 0 {
            match self.part.next()? {
                Event::Start(start) if start.name().0 == name => depth += 1,
                Event::End(end) if end.name().0 == name => depth -= 1,
                Event::Eof => return Err(self.part.damaged(format!("it ends within {name}"))),
                _ => {}
            }
        }
        Ok(())
    }

    fn sheet(&mut self) -> Result<(), WorkbookError> {
        let (mut row, mut column) = (1_u64, 0_usize);
        loop {
            let (number, hidden) = match self.part.next()? {
                Event::Start(start) => match start.name().0 {
                    "table:table-row-group" | "table:table-column-group" => {
                        let display = attribute(&start, "table:display");
                        self.groups.push(display.as_deref() == Some("false"));
                        continue;
                    }
                    "table:table-row" => {
                        let number = repeated(&start, "table:number-rows-repeated");
                        let start = start.into_owned();
                        (number, self.hides(&start))
                    }
                    "table:table-column" => {
                        let number = repeated(&start, "table:number-columns-repeated");
                        let start = start.into_owned();
                        if self.hides(&start) {
                            self.writer.hide_columns(column, number);
                        }
                        column = column.saturating_add(number);
                        continue;
                    }
                    "table:table" => return Err(self.part.damaged(NESTED)),
                    // A drawing may hold a table of its own.
                    name @ ("table:shapes" | "office:forms") => {
                        let name = name.to_owned();
                        self.skip(&name)?;
                        continue;
                    }
                    _ => continue,
                },
                Event::End(end)
                    if matches!(end.name().0, "table:table-row-group" | "table:table-column-group") =>
                {
                    self.groups.pop();
                    continue;
                }
                Event::End(end) if end.name().0 == "table:table" => return Ok(()),
                Event::Eof => return Err(self.part.damaged("it ends within a sheet")),
                _ => continue,
            };
            self.row(row)?;
            self.writer.end_row(row, number as u64, hidden)?;
            row = row.saturating_add(number as u64);
        }
    }

    fn row(&mut self, row: u64) -> Result<(), WorkbookError> {
        let mut column = 0_usize;
        loop {
            let start = match self.part.next()? {
                Event::Start(start) => match start.name().0 {
                    "table:table-cell" => {
                        let spans = |name| attribute(&start, name).is_some_and(|number| number != "1");
                        if spans("table:number-columns-spanned") || spans("table:number-rows-spanned") {
                            self.writer.merge();
                        }
                        OdsCell::of(&start)
                    }
                    "table:table" => return Err(self.part.damaged(NESTED)),
                    "table:covered-table-cell" => {
                        column = column.saturating_add(repeated(&start, "table:number-columns-repeated"));
                        self.skip("table:covered-table-cell")?;
                        continue;
                    }
                    _ => continue,
                },
                Event::End(end) if end.name().0 == "table:table-row" => return Ok(()),
                Event::Eof => return Err(self.part.damaged(format!("it ends within row {row}"))),
                _ => continue,
            };
            self.shown(row)?;
            let (text, content) = start.meaning(&self.text);
            if text.is_empty() && content == CellContent::Plain {
                column = column.saturating_add(start.repeated);
                continue;
            }
            for _ in 0..start.repeated {
                let place = (column, row);
                self.writer.cell(place, &text, content, start.formula)?;
                column += 1;
            }
        }
    }

    /// What people see in the cell, without the notes that are pinned to it.
    fn shown(&mut self, row: u64) -> Result<(), WorkbookError> {
        self.text.clear();
        let (mut paragraphs, mut inside) = (0, false);
        loop {
            let event = self.part.next()?;
            match &event {
                Event::Start(start) => match start.name().0 {
                    "text:p" => {
                        if paragraphs > 0 {
                            self.text.push('\n');
                        }
                        (paragraphs, inside) = (paragraphs + 1, true);
                    }
                    "table:table" => return Err(self.part.damaged(NESTED)),
                    "text:s" => {
                        let blanks = repeated(start, "text:c").min(1024);
                        self.text.extend(std::iter::repeat_n(' ', blanks));
                    }
                    "text:tab" => self.text.push('\t'),
                    "text:line-break" => self.text.push('\n'),
                    name @ ("office:annotation" | "draw:frame" | "table:detective") => {
                        let name = name.to_owned();
                        self.skip(&name)?;
                    }
                    _ => {}
                },
                Event::End(end) => match end.name().0 {
                    "text:p" => inside = false,
                    "table:table-cell" => return Ok(()),
                    _ => {}
                },
                Event::Eof => return Err(self.part.damaged(format!("it ends within row {row}"))),
                piece if inside && !add_text(piece, &mut self.text) => {
                    return Err(self
                        .part
                        .damaged(format!("row {row} refers to something that is not defined")));
                }
                _ => {}
            }
        }
    }
}
