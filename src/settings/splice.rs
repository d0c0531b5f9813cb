//! Changes one value in the text of a configuration file and leaves every other byte as it is: comments, order, blank
//! lines, line ends. Text in, text out; whether the result is what was meant is checked by the caller.
//!
//! `toml_edit` finds the places, and edits what stands in a form of its own (a value inside an inline table). It doesn't
//! edit the rest, because the text that it writes differs in more than the one line: with a setting it removes the comment
//! above it, it puts a first setting above the comment that begins the file, doesn't indent a new line like the others,
//! writes every line end as `\n`, and adds one where the file has none at its end.

use std::ops::Range;

use toml_edit::{
    Document, DocumentMut, InlineTable, Item, Key as TomlKey, Table, TableLike, TomlError, Value,
};

use crate::settings::file::PROFILES;
use crate::settings::keys::Key;

/// The text with `key` set, at the top level or in a profile, which begins to exist if it doesn't.
pub(crate) fn set(text: &str, profile: Option<&str>, key: Key, value: &Value) -> Result<String, TomlError> {
    let document = Document::parse(text)?;
    let place = Place::of(&document, profile);
    let value_text = value.to_string();
    let statement = format!("{key} = {}", value_text.trim());
    let spliced = match place.item(key) {
        Some(item) => item
            .as_value()
            .and_then(Value::span)
            .map(|span| replaced(text, span, value_text.trim())),
        None => match place {
            Place::Table(table) if profile.is_none() || has_header(table) => {
                after_last_value(text, table, profile.is_none()).map(|at| inserted(text, at, &statement))
            }
            Place::Absent => {
                let header = format!(
                    "[{PROFILES}.{}]",
                    TomlKey::new(profile.unwrap_or_default()).display_repr()
                );
                Some(appended(text, &[&header, &statement]))
            }
            Place::Table(_) | Place::Inline(_) | Place::Odd => None,
        },
    };
    spliced.map_or_else(
        || edited(text, |document| insert(document, profile, key, value)),
        Ok,
    )
}

/// The text without the line of `key`. A comment above it stays. `None` if it wasn't set.
pub(crate) fn unset(text: &str, profile: Option<&str>, key: Key) -> Result<Option<String>, TomlError> {
    let document = Document::parse(text)?;
    let place = Place::of(&document, profile);
    let Some(item) = place.item(key) else {
        return Ok(None);
    };
    let spans = match place {
        Place::Table(table) => table.key(key.name()).and_then(TomlKey::span).zip(item.span()),
        _ => None,
    };
    match spans {
        Some((name, value)) => {
            let lines = line_start(text, name.start)..line_end(text, value.end);
            Ok(Some(replaced(text, lines, "")))
        }
        None => edited(text, |document| remove(document, profile, key)).map(Some),
    }
}

fn has_header(table: &Table) -> bool {
    !table.is_dotted() && !table.is_implicit()
}

/// Where the values of the top level, or of a profile, stand.
enum Place<'a> {
    /// In statements on lines of their own, under a header or with dotted keys.
    Table(&'a Table),
    /// Between braces.
    Inline(&'a InlineTable),
    /// There is no such profile yet, and a header at the end makes it.
    Absent,
    /// There is no such profile yet, and a header can't make it.
    Odd,
}

impl<'a> Place<'a> {
    fn of(document: &'a Document<&str>, profile: Option<&str>) -> Self {
        let Some(name) = profile else {
            return Self::Table(document.as_table());
        };
        let Some(profiles) = document.get(PROFILES) else {
            return Self::Absent;
        };
        match profiles.as_table_like().and_then(|profiles| profiles.get(name)) {
            Some(Item::Table(table)) => Self::Table(table),
            Some(Item::Value(Value::InlineTable(table))) => Self::Inline(table),
            None if profiles.as_table().is_some_and(|profiles| !profiles.is_dotted()) => Self::Absent,
            _ => Self::Odd,
        }
    }

    fn item(&self, key: Key) -> Option<&'a Item> {
        match self {
            Self::Table(table) => table.get(key.name()),
            Self::Inline(table) => TableLike::get(*table, key.name()),
            Self::Absent | Self::Odd => None,
        }
    }
}

/// Where the next statement of a table goes: the start of the line after its last one.
fn after_last_value(text: &str, table: &Table, is_top: bool) -> Option<usize> {
    let ends = table
        .iter()
        .filter_map(|(_, item)| item.as_value().and_then(Value::span))
        .map(|span| span.end);
    match ends.max() {
        Some(end) => Some(line_end(text, end)),
        None if is_top => Some(end_of_preamble(text, table)),
        None => table.span().map(|span| line_end(text, span.start)),
    }
}

/// The end of what stands above the first table, less the comment that belongs to that table.
fn end_of_preamble(text: &str, top: &Table) -> usize {
    let starts = top
        .iter()
        .filter_map(|(name, item)| first_span(item).or_else(|| top.key(name)?.span()));
    let Some(first) = starts.map(|span| span.start).min() else {
        return text.len();
    };
    let mut at = line_start(text, first);
    while at > 0 && text[line_start(text, at - 1)..at].trim_start().starts_with('#') {
        at = line_start(text, at - 1);
    }
    at
}

fn first_span(item: &Item) -> Option<Range<usize>> {
    let table = item.as_table()?;
    let below = table.iter().filter_map(|(_, item)| first_span(item));
    table
        .span()
        .into_iter()
        .chain(below)
        .min_by_key(|span| span.start)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// The byte after the line end that follows `at`.
fn line_end(text: &str, at: usize) -> usize {
    text[at..]
        .find('\n')
        .map_or(text.len(), |newline| at + newline + 1)
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn replaced(text: &str, range: Range<usize>, by: &str) -> String {
    [&text[..range.start], by, &text[range.end..]].concat()
}

/// One line at the start of a line, indented like the line above it.
fn inserted(text: &str, at: usize, line: &str) -> String {
    let newline = newline(text);
    let (before, after) = text.split_at(at);
    let above = before.lines().next_back().unwrap_or("");
    let indent = &above[..above.len() - above.trim_start_matches([' ', '\t']).len()];
    let open = if before.is_empty() || before.ends_with('\n') {
        ""
    } else {
        newline
    };
    let gap = if after.starts_with(['#', '[']) {
        newline
    } else {
        ""
    };
    [before, open, indent, line, newline, gap, after].concat()
}

/// Lines at the end of the text, after an empty one.
fn appended(text: &str, lines: &[&str]) -> String {
    let newline = newline(text);
    let mut out = text.trim_end_matches(['\n', '\r']).to_owned();
    if !out.is_empty() {
        out.push_str(newline);
        out.push_str(newline);
    }
    for line in lines {
        out.push_str(line);
        out.push_str(newline);
    }
    out
}

fn edited(text: &str, edit: impl FnOnce(&mut DocumentMut)) -> Result<String, TomlError> {
    let mut document: DocumentMut = text.parse()?;
    edit(&mut document);
    Ok(document.to_string())
}

fn insert(document: &mut DocumentMut, profile: Option<&str>, key: Key, value: &Value) {
    let Some(name) = profile else {
        document.insert(key.name(), Item::Value(value.clone()));
        return;
    };
    let profiles = document
        .entry(PROFILES)
        .or_insert_with(|| Item::Table(Table::new()));
    let Some(profiles) = profiles.as_table_like_mut() else {
        return;
    };
    let profile = profiles.entry(name).or_insert_with(toml_edit::table);
    if let Some(profile) = profile.as_table_like_mut() {
        profile.insert(key.name(), Item::Value(value.clone()));
    }
}

fn remove(document: &mut DocumentMut, profile: Option<&str>, key: Key) {
    let table: Option<&mut dyn TableLike> = match profile {
        None => Some(document.as_table_mut()),
        Some(name) => {
            let profiles = document.get_mut(PROFILES).and_then(Item::as_table_like_mut);
            profiles
                .and_then(|table| table.get_mut(name))
                .and_then(Item::as_table_like_mut)
        }
    };
    if let Some(table) = table {
        table.remove(key.name());
    }
}

#[cfg(test)]
#[path = "splice_tests.rs"]
mod tests;
