//! The configuration file as read: each value of its top level and of its profiles, with its line.
//!
//! It is checked as a whole: one wrong key anywhere refuses the file, so that a mistyped limit is never
//! silently ignored. What a value means is not checked here.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::domain::suggest;
use crate::failure::Failure;
use crate::settings::keys::Key;
use crate::settings::kind::Raw;
use crate::settings::origin::{Origin, Sourced};
use crate::settings::paths::{ConfigPath, NamedBy, shell_word};
use crate::settings::trust;
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
    /// Reads and checks a file. An absent one is empty, unless the user named it.
    pub(crate) fn read(path: ConfigPath) -> Result<Self, Failure> {
        if let Some(opened) = trust::open(&path)? {
            let file = Self::parse(&Arc::new(path), &opened.text)?;
            trust::refuse_strangers(&file.path, opened.access, file.holds_key())?;
            return Ok(file);
        }
        if path.named_by() == NamedBy::Default {
            return Ok(Self::empty(path));
        }
        // The user may have given the key in its place.
        let hint = format!("smspin config init --config {}", shell_word(path.path()));
        let error = format!("the configuration file {path} does not exist");
        Err(Failure::config(text::hide_keys(&error)).hint(text::hide_keys(&hint)))
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
    pub(crate) fn parse(path: &Arc<ConfigPath>, text: &str) -> Result<Self, Failure> {
        let table = DeTable::parse(text).map_err(|error| syntax(path, text, &error))?;
        FileParser { path, text }.file(table.get_ref())
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
    pub(crate) fn unknown_profile(&self, name: &str, asked_by: &str) -> Failure {
        let nearest = suggest::nearest(name, self.profile_names()).map(|name| format!("`{name}`"));
        let known: Vec<&str> = self.profile_names().collect();
        let failure = Failure::config(format_args!(
            "{asked_by}: there is no profile {} in {}{}",
            text::quote(name),
            self.path,
            suggest::did_you_mean(nearest)
        ));
        failure.hint(if known.is_empty() {
            "the file has no profiles; smspin --profile NAME config set KEY VALUE makes one".to_owned()
        } else {
            format!("the profiles are: {}", known.join(", "))
        })
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

/// What a profile may be called.
pub(crate) const NAME_RULE: &str =
    "a profile's name has at most 40 letters, digits, hyphens, underscores and dots";

/// A name in the file, with its place.
type Name<'a> = Spanned<DeString<'a>>;

struct FileParser<'a> {
    path: &'a Arc<ConfigPath>,
    text: &'a str,
}

impl FileParser<'_> {
    fn file(&self, document: &DeTable<'_>) -> Result<ConfigFile, Failure> {
        let top = self.section(document, None)?;
        let mut profiles = Vec::new();
        if let Some((key, value)) = document.get_key_value(PROFILES) {
            for (key, value) in in_order(self.table(key, value.get_ref())?) {
                let name: Arc<str> = key.get_ref().as_ref().into();
                if !is_profile_name(&name) {
                    let wrong = format!("{} is not a valid name for a profile", text::quote(&name));
                    return Err(self.refuse(key, wrong).hint(NAME_RULE));
                }
                let section = self.section(self.table(key, value)?, Some(&name))?;
                profiles.push((name, section));
            }
        }
        Ok(ConfigFile {
            path: Arc::clone(self.path),
            top,
            profiles,
        })
    }

    fn table<'v, 'd>(&self, key: &Name<'_>, value: &'v DeValue<'d>) -> Result<&'v DeTable<'d>, Failure> {
        value
            .as_table()
            .ok_or_else(|| self.refuse(key, "a profile is a table: [profiles.NAME]"))
    }

    fn section(&self, table: &DeTable<'_>, profile: Option<&Arc<str>>) -> Result<Section, Failure> {
        let mut section = Section::new();
        for (name, value) in in_order(table) {
            if profile.is_none() && name.get_ref() == PROFILES {
                continue;
            }
            let key = self.setting(name, value, profile.is_some())?;
            let raw = key.kind().read_toml(value);
            let raw = raw.map_err(|wrong| self.refuse(name, format_args!("`{key}`: {wrong}")))?;
            let origin = Origin::File {
                file: Arc::clone(self.path),
                line: self.line(name.span()),
                profile: profile.cloned(),
            };
            section.push((key, Sourced::new(raw, origin)));
        }
        self.one_source_of_the_key(&section)?;
        Ok(section)
    }

    fn setting(&self, name: &Name<'_>, value: &DeValue<'_>, in_profile: bool) -> Result<Key, Failure> {
        let written = name.get_ref();
        if let (false, "profile", Some(table)) = (in_profile, written.as_ref(), value.as_table()) {
            let profile = table.keys().next().map_or("NAME", |name| name.get_ref());
            let profile = text::line(profile);
            return Err(self.refuse(
                name,
                format_args!(
                    "a profile's section begins with [profiles.{profile}], not with [profile.{profile}]"
                ),
            ));
        }
        match Key::from_name(written) {
            Some(key) if in_profile && !key.fits_in_profile() => Err(self
                .refuse(name, format_args!("`{key}` can't be in a profile"))
                .hint("move it above the first [profiles.NAME]")),
            Some(key) => Ok(key),
            None => {
                let nearest = nearest(written, value, in_profile).map(|name| format!("`{name}`"));
                let is_known = nearest.is_some();
                let unknown = format!(
                    "there is no setting {}{}",
                    text::quote(written),
                    suggest::did_you_mean(nearest)
                );
                let failure = self.refuse(name, unknown);
                Err(if is_known {
                    failure
                } else {
                    failure.hint("`smspin config list --all` shows every setting with its meaning")
                })
            }
        }
    }

    fn one_source_of_the_key(&self, section: &Section) -> Result<(), Failure> {
        let line = |key| find(section, key).and_then(|value| value.origin.line());
        match (line(Key::ApiKey), line(Key::ApiKeyCommand)) {
            (Some(key_line), Some(command_line)) => Err(Failure::config(format_args!(
                "{} sets both `api_key` (line {key_line}) and `api_key_command` (line {command_line}) in the same section",
                self.path
            ))
            .hint("remove one of the two lines")),
            _ => Ok(()),
        }
    }

    /// The error about what stands at `name`.
    fn refuse(&self, name: &Name<'_>, wrong: impl std::fmt::Display) -> Failure {
        Failure::config(format_args!("{}:{}: {wrong}", self.path, self.line(name.span())))
    }

    fn line(&self, span: Range<usize>) -> usize {
        position(self.text, span.start).0
    }
}

/// What a table holds, in the order of the file.
fn in_order<'t, 'd>(table: &'t DeTable<'d>) -> Vec<(&'t Name<'d>, &'t DeValue<'d>)> {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(name, value)| (name, value.get_ref()))
        .collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

/// A table at the top level is most likely a profile without its `profiles.`.
fn nearest(name: &str, value: &DeValue<'_>, in_profile: bool) -> Option<&'static str> {
    if value.is_table() && !in_profile {
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

fn syntax(path: &ConfigPath, text: &str, error: &toml::de::Error) -> Failure {
    let (line, column) = position(text, error.span().map_or(text.len(), |span| span.start));
    let shown = text.lines().nth(line - 1).and_then(showable);
    Failure::config(format_args!(
        "{path}:{line}:{column}: {}{}",
        text::line(error.message()),
        shown.map_or_else(String::new, |shown| format!(": {shown}"))
    ))
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
