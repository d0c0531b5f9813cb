//! Reads a sheet of an Excel workbook (ECMA-376, Office Open XML), from its first row to its last.

use super::cell;
use super::number_format::{self, NumberFormat};
use super::part::{Archive, Part, add_text, attribute};
use super::texts::{SharedTexts, read_text, unescaped};
use super::writer::RowsWriter;
use super::{NOT_A_WORKBOOK, Sheets, WorkbookError, part};
use crate::rows::cell_content::{CellContent, UnknownCell};
use quick_xml::events::{BytesStart, Event};
use std::borrow::Cow;
use std::collections::HashMap;

/// The most number formats that a workbook may define; Excel allows 65,490 styles.
const MOST_FORMATS: usize = 100_000;

pub(super) fn read(
    archive: &mut Archive,
    wanted: Option<&str>,
    writer: &mut RowsWriter,
) -> Result<Sheets, WorkbookError> {
    let roots = relations(archive, "_rels/.rels", "")?;
    let main = roots
        .values()
        .find(|relation| relation.is("officeDocument"))
        .ok_or_else(|| WorkbookError::refused(NOT_A_WORKBOOK))?;
    let (folder, file) = main.target.rsplit_once('/').unwrap_or(("", &main.target));
    let of_workbook = match folder {
        "" => format!("_rels/{file}.rels"),
        folder => format!("{folder}/_rels/{file}.rels"),
    };
    let relations = relations(archive, &of_workbook, folder)?;
    let contents = Contents::read(archive.part(&main.target)?)?;
    let sheets: Vec<(&XlsxSheet, &Relation)> = contents
        .sheets
        .iter()
        .filter_map(|sheet| Some((sheet, relations.get(&sheet.relation)?)))
        .filter(|(_, relation)| relation.is("worksheet"))
        .collect();
    let names: Vec<String> = sheets.iter().map(|(sheet, _)| sheet.name.clone()).collect();
    let found = match wanted {
        Some(wanted) => sheets.iter().find(|(sheet, _)| sheet.name == wanted),
        None => sheets.iter().find(|(sheet, _)| !sheet.hidden).or(sheets.first()),
    };
    let (sheet, relation) = found.ok_or_else(|| WorkbookError::unknown_sheet(wanted, &names))?;
    // One that is named and missing is an error: without the styles, a date would be read as a number.
    let part_of = |kind: &str| {
        let found = relations.values().find(|relation| relation.is(kind));
        found.map(|relation| relation.target.clone())
    };
    let (texts, formats) = (part_of("sharedStrings"), part_of("styles"));
    let texts = match texts {
        Some(name) => SharedTexts::read(archive.part(&name)?)?,
        None => SharedTexts::default(),
    };
    let formats = match formats {
        Some(name) => read_formats(archive.part(&name)?)?,
        None => Vec::new(),
    };
    writer.begin(&sheet.name);
    let reader = XlsxReader {
        part: archive.part(&relation.target)?,
        texts,
        formats,
        from_1904: contents.from_1904,
        writer,
        value: String::new(),
        inline: String::new(),
    };
    reader.read()?;
    let hidden = sheets.iter().filter(|(sheet, _)| sheet.hidden);
    Ok(Sheets {
        hidden: hidden.map(|(sheet, _)| sheet.name.clone()).collect(),
        read: sheet.name.clone(),
        all: names,
    })
}

/// Where another part is, and what it is.
struct Relation {
    kind: String,
    target: String,
}

impl Relation {
    fn is(&self, kind: &str) -> bool {
        self.kind.rsplit('/').next() == Some(kind)
    }
}

/// The relations of a part whose folder this is, by their ids.
fn relations(
    archive: &mut Archive,
    name: &str,
    folder: &str,
) -> Result<HashMap<String, Relation>, WorkbookError> {
    let mut relations = HashMap::new();
    archive.part(name)?.each(|start| {
        if start.local_name().as_ref() == "Relationship" {
            let get = |name| attribute(start, name).unwrap_or_default();
            let (kind, target) = (get("Type"), resolve(folder, &get("Target")));
            relations.insert(get("Id"), Relation { kind, target });
        }
        Ok(())
    })?;
    Ok(relations)
}

/// A path within the archive, from the folder of the part that names it.
fn resolve(folder: &str, target: &str) -> String {
    let whole = match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let mut parts = Vec::new();
    for step in whole.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(parts.pop()),
            step => parts.push(step),
        }
    }
    parts.join("/")
}

/// What the workbook itself says.
struct Contents {
    sheets: Vec<XlsxSheet>,
    from_1904: bool,
}

struct XlsxSheet {
    name: String,
    relation: String,
    hidden: bool,
}

impl Contents {
    fn read(part: Part<'_>) -> Result<Self, WorkbookError> {
        let (mut sheets, mut from_1904) = (Vec::new(), false);
        part.each(|start| {
            match start.local_name().as_ref() {
                "sheet" => sheets.push(XlsxSheet {
                    name: attribute(start, "name").unwrap_or_default(),
                    relation: relation_id(start),
                    hidden: attribute(start, "state").is_some_and(|state| state != "visible"),
                }),
                "workbookPr" => from_1904 = is_true(start, "date1904"),
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self { sheets, from_1904 })
    }
}

/// `r:id`, whatever the prefix.
fn relation_id(element: &BytesStart<'_>) -> String {
    let found = element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.0.ends_with(":id"));
    found
        .map(|attribute| attribute.value.into_owned())
        .unwrap_or_default()
}

fn is_true(element: &BytesStart<'_>, name: &str) -> bool {
    attribute(element, name).is_some_and(|value| value == "1" || value == "true")
}

fn is_zero(element: &BytesStart<'_>, name: &str) -> bool {
    attribute(element, name).is_some_and(|value| value.trim().parse() == Ok(0.0))
}

/// What each style shows numbers as.
fn read_formats(part: Part<'_>) -> Result<Vec<NumberFormat>, WorkbookError> {
    let (mut codes, mut formats, mut of_cells) = (HashMap::new(), Vec::new(), false);
    part.each(|start| {
        let id = || attribute(start, "numFmtId").and_then(|id| id.parse::<u32>().ok());
        match start.local_name().as_ref() {
            "numFmt" => codes.extend(id().zip(attribute(start, "formatCode"))),
            "cellXfs" => of_cells = true,
            "cellStyleXfs" => of_cells = false,
            "xf" if of_cells => {
                let id = id().unwrap_or_default();
                formats.push(number_format::shown_as(id, codes.get(&id).map(String::as_str)));
            }
            _ => {}
        }
        if codes.len() > MOST_FORMATS || formats.len() > MOST_FORMATS {
            return Err(part::damaged(
                "the styles",
                "they define more than 100,000 formats",
            ));
        }
        Ok(())
    })?;
    Ok(formats)
}

struct XlsxReader<'a> {
    part: Part<'a>,
    texts: SharedTexts,
    formats: Vec<NumberFormat>,
    from_1904: bool,
    writer: &'a mut RowsWriter,
    /// What `<v>` holds, and what stands in the cell itself.
    value: String,
    inline: String,
}

/// What the start of a cell says.
struct XlsxCell {
    column: usize,
    kind: String,
    shown: NumberFormat,
}

impl XlsxReader<'_> {
    fn read(mut self) -> Result<(), WorkbookError> {
        let (mut row, mut whole) = (0, false);
        loop {
            match self.part.next()? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "row" => {
                        let number = attribute(&start, "r").map(|number| number.parse().ok());
                        let hidden = is_true(&start, "hidden") || is_zero(&start, "ht");
                        row = number.unwrap_or(Some(row + 1)).ok_or_else(|| {
                            part::damaged("the sheet", "the number of a row is not a number")
                        })?;
                        self.row(row, hidden)?;
                    }
                    "col" if is_true(&start, "hidden") || is_zero(&start, "width") => {
                        let bound = |name| attribute(&start, name).and_then(|bound| bound.parse().ok());
                        if let (Some(min @ 1..), Some(max)) = (bound("min"), bound("max")) {
                            self.writer.hide_columns(min - 1, max.saturating_sub(min - 1));
                        }
                    }
                    "mergeCell" => self.writer.merge(),
                    _ => {}
                },
                Event::End(end) if end.local_name().as_ref() == "sheetData" => whole = true,
                Event::Eof if whole => return Ok(()),
                Event::Eof => return Err(self.part.damaged(format!("it ends below row {row}"))),
                _ => {}
            }
        }
    }

    fn row(&mut self, row: u64, hidden: bool) -> Result<(), WorkbookError> {
        let mut next = 0;
        loop {
            match self.part.next()? {
                Event::Start(start) if start.local_name().as_ref() == "c" => {
                    let place = attribute(&start, "r").map(|name| cell::place(&name));
                    let style = attribute(&start, "s").and_then(|style| style.parse::<usize>().ok());
                    let shown = style.and_then(|style| self.formats.get(style).copied());
                    let kind = attribute(&start, "t").unwrap_or_default();
                    let column = match place {
                        None => next,
                        Some(Some((column, of))) if of == row => column,
                        Some(_) => {
                            return Err(self
                                .part
                                .damaged(format!("a cell of row {row} is named as a cell elsewhere")));
                        }
                    };
                    next = column + 1;
                    self.cell(
                        row,
                        &XlsxCell {
                            column,
                            kind,
                            shown: shown.unwrap_or(NumberFormat::Plain),
                        },
                    )?;
                }
                Event::End(end) if end.local_name().as_ref() == "row" => break,
                Event::Eof => return Err(self.part.damaged(format!("it ends within row {row}"))),
                _ => {}
            }
        }
        self.writer.end_row(row, 1, hidden)
    }

    fn cell(&mut self, row: u64, start: &XlsxCell) -> Result<(), WorkbookError> {
        self.value.clear();
        self.inline.clear();
        let (mut formula, mut inside) = (false, false);
        loop {
            let event = self.part.next()?;
            match &event {
                Event::Start(start) => match start.local_name().as_ref() {
                    "f" => formula = true,
                    "v" => inside = true,
                    "is" => read_text(&mut self.part, "is", &mut self.inline)?,
                    _ => {}
                },
                Event::End(end) => match end.local_name().as_ref() {
                    "v" => inside = false,
                    "c" => break,
                    _ => {}
                },
                Event::Eof => return Err(self.part.damaged(format!("it ends within row {row}"))),
                piece if inside && !add_text(piece, &mut self.value) => {
                    return Err(self
                        .part
                        .damaged(format!("row {row} refers to something that is not defined")));
                }
                _ => {}
            }
        }
        let (text, content) = self.meaning(row, start, formula)?;
        let text = text.into_owned();
        let place = (start.column, row);
        self.writer.cell(place, &text, content, formula)
    }

    fn meaning(
        &self,
        row: u64,
        start: &XlsxCell,
        formula: bool,
    ) -> Result<(Cow<'_, str>, CellContent), WorkbookError> {
        let value = self.value.as_str();
        Ok(match start.kind.as_str() {
            "s" if value.trim().is_empty() => ("".into(), CellContent::Plain),
            "s" => {
                let text = value.trim().parse().ok().and_then(|index| self.texts.get(index));
                let text = text.ok_or_else(|| {
                    self.part
                        .damaged(format!("a cell of row {row} has a text that is not there"))
                })?;
                (text.into(), CellContent::Plain)
            }
            "inlineStr" => (self.inline.as_str().into(), CellContent::Plain),
            "str" => (unescaped(value).into(), CellContent::Plain),
            "b" => (
                if value.trim() == "1" { "TRUE" } else { "FALSE" }.into(),
                CellContent::Plain,
            ),
            "e" => (value.into(), CellContent::Unknown(UnknownCell::Error)),
            "d" => (value.into(), CellContent::Unknown(UnknownCell::Date)),
            _ if value.trim().is_empty() && formula => {
                ("".into(), CellContent::Unknown(UnknownCell::NotCalculated))
            }
            _ if value.trim().is_empty() => ("".into(), CellContent::Plain),
            _ if start.shown == NumberFormat::Date => {
                let date = cell::date_text(value, self.from_1904);
                (
                    date.map_or(value.into(), Cow::Owned),
                    CellContent::Unknown(UnknownCell::Date),
                )
            }
            _ => match cell::number(value) {
                (text, CellContent::Number) if start.shown.shows_another(&text) => {
                    (text, CellContent::Unknown(UnknownCell::OtherDigits))
                }
                other => other,
            },
        })
    }
}
