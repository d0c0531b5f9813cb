//! The configuration file as read: each value of its top level and of its profiles, with its line.
//!
//! It is checked as a whole: one wrong key anywhere refuses the file, so that a mistyped limit is never
//! silently ignored. What a value means is not checked here.

use std::ops::Range;
use std::sync::Arc;

use toml_edit::{Document, Item, Key as TomlKey, TableLike, TomlError};

use crate::domain::suggest;
use crate::settings::error::FileError;
use crate::settings::file_access::{self, Opened};
use crate::settings::keys::Key;
use crate::settings::kind::Raw;
use crate::settings::origin::{Origin, Sourced};
use crate::settings::ownership;
use crate::settings::paths::{ConfigPath, NamedBy, printable_text, shell_word};
use crate::text;

/// The name of the table that holds the profiles.
pub(crate) const PROFILES: &str = "profiles";

/// The values of the top level, or of one profile, in the order of the file.
pub(crate) type Section = Vec<(Key, Sourced<Raw>)>;

/// A checked configuration file. One that does not exist is empty.
#[derive(Debug, Clone)]
pub(crate) struct ConfigFile {
    path: Arc<ConfigPath>,
    top: Section,
    profiles: Vec<(Arc<str>, Section)>,
}

impl ConfigFile {
    /// Reads and checks a file. Absent is empty, unless somebody named it.
    pub(crate) fn read(path: ConfigPath) -> Result<Self, FileError> {
        match file_access::open(&path)? {
            Some(Opened {
                text, mode, owner, ..
            }) => {
                let file = Self::parse(&Arc::new(path), &text)?;
                if file.holds_key() {
                    file_access::refuse_exposed(&file.path, mode)?;
                }
                file_access::refuse_writable(&file.path, mode)?;
                ownership::refuse_strangers(&file.path, owner)?;
                Ok(file)
            }
            None if path.named_by() == NamedBy::Default => Ok(Self::empty(path)),
            None => Err(FileError::Missing {
                file: path.to_string(),
                path_word: shell_word(path.path()),
            }),
        }
    }

    /// A file that does not exist.
    pub(crate) fn empty(path: ConfigPath) -> Self {
        Self {
            path: Arc::new(path),
            top: Section::new(),
            profiles: Vec::new(),
        }
    }

    /// Checks the text of a file, without a byte order mark.
    pub(crate) fn parse(path: &Arc<ConfigPath>, text: &str) -> Result<Self, FileError> {
        let document = Document::parse(text).map_err(|error| syntax(path, text, &error))?;
        FileParser { path, text }.document(&document)
    }

    pub(crate) fn top(&self) -> &Section {
        &self.top
    }

    /// The values of a profile, `None` if there is no such profile.
    pub(crate) fn profile(&self, name: &str) -> Option<&Section> {
        self.profiles
            .iter()
            .find(|(known, _)| **known == *name)
            .map(|(_, section)| section)
    }

    /// One value as the file has it, at the top level or in a profile.
    pub(crate) fn value(&self, profile: Option<&str>, key: Key) -> Option<&Sourced<Raw>> {
        find(profile.map_or(Some(&self.top), |name| self.profile(name))?, key)
    }

    /// Every value but one: profile, setting and value, whatever their lines.
    pub(crate) fn without(&self, profile: Option<&str>, key: Key) -> Vec<(Option<&str>, Key, &Raw)> {
        let top = self.top.iter().map(|(key, found)| (None, *key, &found.value));
        let profiles = self.profiles.iter().flat_map(|(name, section)| {
            section
                .iter()
                .map(|(key, found)| (Some(&**name), *key, &found.value))
        });
        top.chain(profiles)
            .filter(|(name, known, _)| (*name, *known) != (profile, key))
            .collect()
    }

    /// The names of the profiles, in the order of the file.
    pub(crate) fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|(name, _)| &**name)
    }

    /// The error for a profile that `asked_by` wants and that is not there.
    pub(crate) fn unknown_profile(&self, name: &str, asked_by: &str) -> FileError {
        FileError::UnknownProfile {
            asked_by: asked_by.to_string(),
            name: text::quote(name),
            file: self.path.to_string(),
            nearest: suggest::nearest(name, self.profile_names()).map(str::to_owned),
            known: self.profile_names().map(str::to_owned).collect(),
        }
    }

    fn holds_key(&self) -> bool {
        let mut sections = self
            .profiles
            .iter()
            .map(|(_, section)| section)
            .chain([&self.top]);
        sections.any(|section| section.iter().any(|(key, _)| key.is_secret()))
    }
}

/// Whether a profile may be called so: such a name is one word in a shell, a table's header and a message.
pub(crate) fn is_profile_name(name: &str) -> bool {
    let fits = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    !name.is_empty() && name.chars().count() <= 40 && name.chars().all(fits)
}

/// The value of `key` in one section.
pub(crate) fn find(section: &Section, key: Key) -> Option<&Sourced<Raw>> {
    section
        .iter()
        .find(|(known, _)| *known == key)
        .map(|(_, value)| value)
}

struct FileParser<'a> {
    path: &'a Arc<ConfigPath>,
    text: &'a str,
}

impl FileParser<'_> {
    fn document(&self, document: &Document<&str>) -> Result<ConfigFile, FileError> {
        let top = self.section(document.as_table(), None)?;
        let mut profiles = Vec::new();
        if let Some((key, item)) = document.get_key_value(PROFILES) {
            let table = self.table(key, item)?;
            for (name, item) in table.iter() {
                let key = table.key(name).unwrap_or(key);
                if !is_profile_name(name) {
                    return Err(FileError::ProfileName {
                        place: self.place(key, item),
                        input: text::quote(name),
                    });
                }
                let name: Arc<str> = name.into();
                let section = self.section(self.table(key, item)?, Some(&name))?;
                profiles.push((name, section));
            }
        }
        Ok(ConfigFile {
            path: Arc::clone(self.path),
            top,
            profiles,
        })
    }

    fn table<'i>(&self, key: &TomlKey, item: &'i Item) -> Result<&'i dyn TableLike, FileError> {
        item.as_table_like().ok_or_else(|| FileError::ProfileShape {
            place: self.place(key, item),
        })
    }

    fn section(&self, table: &dyn TableLike, profile: Option<&Arc<str>>) -> Result<Section, FileError> {
        let mut section = Section::new();
        for (name, item) in table.iter() {
            if profile.is_none() && name == PROFILES {
                continue;
            }
            let line = self.line(table.key(name).and_then(TomlKey::span).or_else(|| item.span()));
            let place = || format!("{}:{line}", self.path);
            let profile_table = profile.is_none() && name == "profile";
            if let Some(table) = item.as_table_like().filter(|_| profile_table) {
                let name = table.iter().next().map_or("NAME", |(name, _)| name);
                return Err(FileError::ProfileSection {
                    place: place(),
                    name: text::line(name).into_owned(),
                });
            }
            let Some(key) = Key::from_name(name) else {
                return Err(FileError::UnknownKey {
                    place: place(),
                    key: text::quote(name),
                    nearest: nearest(name, item, profile.is_some()),
                });
            };
            if profile.is_some() && !key.fits_in_profile() {
                return Err(FileError::TopLevelOnly { place: place(), key });
            }
            let raw = match item.as_value() {
                Some(value) => key.kind().read_toml(value, self.text),
                None => Err(key.kind().found_table()),
            };
            let raw = raw.map_err(|source| FileError::WrongType {
                place: place(),
                key,
                source,
            })?;
            section.push((key, Sourced::new(raw, self.origin(profile, line))));
        }
        self.one_source_of_the_key(&section)?;
        Ok(section)
    }

    fn origin(&self, profile: Option<&Arc<str>>, line: usize) -> Origin {
        let file = Arc::clone(self.path);
        match profile {
            Some(name) => Origin::Profile {
                name: Arc::clone(name),
                file,
                line,
            },
            None => Origin::File { file, line },
        }
    }

    fn one_source_of_the_key(&self, section: &Section) -> Result<(), FileError> {
        let line = |key| find(section, key).and_then(|value| value.origin.line());
        match (line(Key::ApiKey), line(Key::ApiKeyCommand)) {
            (Some(key_line), Some(command_line)) => Err(FileError::TwoKeys {
                file: self.path.to_string(),
                key_line,
                command_line,
            }),
            _ => Ok(()),
        }
    }

    fn place(&self, key: &TomlKey, item: &Item) -> String {
        format!("{}:{}", self.path, self.line(key.span().or_else(|| item.span())))
    }

    fn line(&self, span: Option<Range<usize>>) -> usize {
        position(self.text, span.map_or(0, |span| span.start)).0
    }
}

/// A table at the top level is most likely a profile without its `profiles.`.
fn nearest(name: &str, item: &Item, in_profile: bool) -> Option<&'static str> {
    if item.is_table() && !in_profile {
        return suggest::nearest(name, [PROFILES]).or(Some("profiles.NAME"));
    }
    Key::nearest(name)
}

/// Line and column of a byte, both from 1; the column counts characters.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = before.split(|byte| *byte == b'\n').count();
    (
        line,
        1 + String::from_utf8_lossy(&before[line_start..]).chars().count(),
    )
}

fn syntax(path: &ConfigPath, text: &str, error: &TomlError) -> FileError {
    let (line, column) = position(text, error.span().map_or(text.len(), |span| span.start));
    let shown = text.lines().nth(line - 1).and_then(showable);
    FileError::Syntax {
        file: path.to_string(),
        line,
        column,
        message: printable_text(error.message()),
        excerpt: shown.map_or_else(String::new, |shown| format!(": {shown}")),
    }
}

/// A line as an error may show it: its setting or its table alone. Any value may be a key that was put into the wrong place,
/// and so may a comment.
fn showable(line: &str) -> Option<String> {
    let line = line.trim();
    if line.starts_with('[') && !line.contains(['"', '\'', '=', ',', '#']) {
        return Some(text::quote(line));
    }
    let (name, _) = line.split_once('=')?;
    let key = Key::from_name(name.trim())?;
    Some(format!("`{key} = …`"))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
