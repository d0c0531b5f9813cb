//! Changes one value in the text of a configuration file, and keeps comments, order, blank lines and line ends. Text in, text
//! out: the caller checks that the result is what was meant.
//!
//! `toml_edit` does it, but for what it would lose or misplace: the comment above a setting that is removed, the comment that
//! begins a file, the indentation of a table, line ends of two characters.

use toml_edit::{Decor, DocumentMut, Item, Key as TomlKey, RawString, TableLike, TomlError, Value};

use crate::settings::file::PROFILES;
use crate::settings::keys::Key;

/// The text with `key` set, at the top level or in a profile, which begins to exist if it doesn't.
pub(crate) fn set(
    text: &str,
    profile: Option<&str>,
    key: Key,
    mut value: Value,
) -> Result<String, TomlError> {
    with_line_ends(text, |text| {
        let mut document: DocumentMut = text.parse()?;
        let statement = format!("{key} = {value}");
        let is_first = profile.is_none() && !document.iter().any(|(_, item)| item.is_value());
        if is_first {
            return Ok(with_first_setting(text, &statement));
        }
        let Some(section) = section(&mut document, profile).and_then(Item::as_table_like_mut) else {
            return Ok(with_new_profile(text, profile.unwrap_or_default(), &statement));
        };
        match section.get_mut(key.name()).and_then(Item::as_value_mut) {
            Some(old) => {
                *value.decor_mut() = old.decor().clone();
                *old = value;
            }
            None => append(section, key, value),
        }
        Ok(document.to_string())
    })
}

/// The text without the line of `key`. A comment above it stays.
pub(crate) fn unset(text: &str, profile: Option<&str>, key: Key) -> Result<String, TomlError> {
    with_line_ends(text, |text| {
        let mut document: DocumentMut = text.parse()?;
        if let Some(section) = section(&mut document, profile) {
            take_out(section, key, profile.is_none());
        }
        Ok(document.to_string())
    })
}

/// `toml_edit` writes line feeds alone.
fn with_line_ends(
    text: &str,
    edit: impl FnOnce(&str) -> Result<String, TomlError>,
) -> Result<String, TomlError> {
    let edited = edit(&text.replace("\r\n", "\n"))?;
    Ok(if text.contains("\r\n") {
        edited.replace('\n', "\r\n")
    } else {
        edited
    })
}

/// The top level, or a profile if there is one of this name.
fn section<'a>(document: &'a mut DocumentMut, profile: Option<&str>) -> Option<&'a mut Item> {
    let Some(name) = profile else {
        return Some(document.as_item_mut());
    };
    let profiles = document.get_mut(PROFILES)?.as_table_like_mut()?;
    profiles.get_mut(name)
}

/// A first setting stands below the comment that begins the file, and above the comment of what follows.
fn with_first_setting(text: &str, statement: &str) -> String {
    let mut at = 0;
    let mut end_of_line = 0;
    for line in text.split_inclusive('\n') {
        end_of_line += line.len();
        match line.trim_start().chars().next() {
            None => at = end_of_line,
            Some('#') => {}
            Some(_) => {
                let (above, below) = text.split_at(at);
                return format!("{above}{statement}\n\n{below}");
            }
        }
    }
    let open = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{text}{open}{statement}\n")
}

fn with_new_profile(text: &str, name: &str, statement: &str) -> String {
    let above = text.trim_end_matches('\n');
    let gap = if above.is_empty() { "" } else { "\n\n" };
    format!(
        "{above}{gap}[{PROFILES}.{}]\n{statement}\n",
        TomlKey::new(name).display_repr()
    )
}

/// Adds a setting at the end of a section, indented as the one before it.
fn append(section: &mut dyn TableLike, key: Key, value: Value) {
    let last = section.iter().filter(|(_, item)| item.is_value()).last();
    let last = last.and_then(|(name, _)| section.key(name));
    let above = last.and_then(|last| last.leaf_decor().prefix()).map(text_of);
    let indent = above.map(|above| above.rsplit('\n').next().unwrap_or_default().to_owned());
    section.insert(key.name(), Item::Value(value));
    if let (Some(mut new), Some(indent)) = (section.key_mut(key.name()), indent) {
        new.leaf_decor_mut().set_prefix(indent);
    }
}

/// Removes a setting, and leaves the lines above it to what stands before them: a setting, a header, or the start of the file.
fn take_out(section: &mut Item, key: Key, is_top: bool) {
    let Some(table) = section.as_table_mut() else {
        // Between braces, where each setting has no line of its own.
        section.as_table_like_mut().map(|table| table.remove(key.name()));
        return;
    };
    let before = table.iter().take_while(|(name, _)| *name != key.name());
    let before = before.filter(|(_, item)| item.is_value()).last();
    let before = before.map(|(name, _)| name.to_owned());
    let Some((removed, _)) = table.remove_entry(key.name()) else {
        return;
    };
    let prefix = removed.leaf_decor().prefix().map_or("", text_of);
    let Some((lines, _)) = prefix.rsplit_once('\n') else {
        return;
    };
    match before.and_then(|name| table.get_mut(&name)?.as_value_mut()) {
        Some(value) => add_below(value.decor_mut(), lines),
        None if is_top => table.decor_mut().set_prefix(format!("{lines}\n")),
        None => add_below(table.decor_mut(), lines),
    }
}

fn add_below(decor: &mut Decor, lines: &str) {
    let behind = decor.suffix().map_or("", text_of);
    decor.set_suffix(format!("{behind}\n{lines}"));
}

fn text_of(raw: &RawString) -> &str {
    raw.as_str().unwrap_or_default()
}

#[cfg(test)]
#[path = "toml_text_tests.rs"]
mod tests;
