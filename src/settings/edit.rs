//! What `config init|set|unset|use` do to the file. Asking, reporting and reading secrets from a terminal are the commands'.
//!
//! Each edit is checked before it is written: the new text is read back, and must differ from the old one in the edited
//! setting alone.

use std::sync::Arc;

use crate::settings::values::{self, JournalSetting};

use crate::domain::base_url::BaseUrl;
use crate::domain::host_name::HostName;
use crate::failure::{Failure, Kind};
use crate::files::AtomicFileError;
use crate::settings::file::{ConfigFile, NAME_RULE, is_profile_name};
use crate::settings::keys::Key;
use crate::settings::kind::Raw;
use crate::settings::paths::{ConfigPath, shell_word};
use crate::settings::trust::{self, Opened};
use crate::settings::write::WriteLock;
use crate::settings::{template, toml_text};
use crate::text;

/// What an edit did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Edited {
    /// The file, for people.
    pub(crate) file: String,
    /// Whether the text is another one now.
    pub(crate) changed: bool,
    /// Whether there was no file before.
    pub(crate) created_file: bool,
    /// Whether the profile didn't exist before: a mistyped name makes one, so it must be said.
    pub(crate) created_profile: bool,
    /// The mode that the file had, if others could get at it; it is 0600 now.
    pub(crate) tightened_from: Option<u32>,
}

/// Checks a text as the value of `key`, its shape and its meaning.
fn checked(key: Key, text: &str) -> Result<Raw, Failure> {
    let raw = shaped(key, text)?;
    key.check(&raw).map_err(|wrong| {
        Failure::new(Kind::Config, anyhow::Error::from_boxed(wrong))
            .doing(format!("`{key}` can't have this value"))
    })?;
    if let (Key::Journal, Ok(JournalSetting::File(path))) = (key, values::journal(text))
        && path.is_relative()
    {
        return Err(Failure::config(values::RELATIVE_JOURNAL)
            .doing(format!("`{key}` can't have this value"))
            .hint(values::ABSOLUTE_JOURNAL));
    }
    Ok(raw)
}

fn shaped(key: Key, text: &str) -> Result<Raw, Failure> {
    let raw = key.kind().read_text(text);
    raw.map_err(|wrong| Failure::config(format_args!("`{key}`: {wrong}")))
}

/// Whether a text is the plain http URL of the host that the same file says is a sandbox.
fn is_url_of_sandbox(path: &Arc<ConfigPath>, profile: Option<&str>, text: &str) -> bool {
    let opened = trust::open(path).ok().flatten();
    let file = opened.and_then(|opened| ConfigFile::parse(path, &opened.text).ok());
    let host = file.and_then(|file| {
        let named = file.value(profile, Key::SandboxHost);
        let named = named.or_else(|| file.value(None, Key::SandboxHost))?;
        named.value.text().parse::<HostName>().ok()
    });
    host.is_some_and(|host| BaseUrl::parse_with_sandbox(text, Some(&host)).is_ok())
}

/// Sets one value, at the top level or in a profile, and keeps comments and order.
pub(crate) fn set(
    path: &Arc<ConfigPath>,
    profile: Option<&str>,
    key: Key,
    text: &str,
) -> Result<Edited, Failure> {
    if key == Key::Profile && profile.is_none() {
        return use_profile(path, text);
    }
    check_place(profile, key)?;
    let raw = if key == Key::BaseUrl && is_url_of_sandbox(path, profile, text) {
        shaped(key, text)?
    } else {
        checked(key, text)?
    };
    write_value(path, profile, key, raw)
}

/// Takes one value out. A comment above it stays. `changed` is false if it wasn't there.
pub(crate) fn unset(path: &Arc<ConfigPath>, profile: Option<&str>, key: Key) -> Result<Edited, Failure> {
    check_place(profile, key)?;
    if trust::open(path)?.is_none() {
        let file = path.to_string();
        return Ok(Edited {
            file,
            ..Edited::default()
        });
    }
    let change = Change {
        profile,
        key,
        raw: None,
    };
    edit(path, &change, |file| match profile {
        Some(name) if file.profile(name).is_none() => Err(file.unknown_profile(name, "--profile")),
        _ => Ok(()),
    })
}

/// Makes a profile of the file the default one.
pub(crate) fn use_profile(path: &Arc<ConfigPath>, name: &str) -> Result<Edited, Failure> {
    check_name(name)?;
    write_value(path, None, Key::Profile, Raw::Text(name.to_owned()))
}

/// Writes a new, commented file with the top-level values given. Replaces an existing one only if told to.
pub(crate) fn init(
    path: &Arc<ConfigPath>,
    values: &[(Key, String)],
    overwrite: bool,
) -> Result<Edited, Failure> {
    let mut toml = Vec::new();
    for (key, text) in values {
        let raw = checked(*key, text)?;
        toml.push((*key, key.kind().write_toml(&raw)));
    }
    let text = template::render(&toml);
    ConfigFile::parse(path, &text)?;
    let lock = WriteLock::take(path.path()).map_err(|failed| unwritten(path, failed))?;
    let existed = lock.target().exists();
    let written = if overwrite {
        lock.replace(text.as_bytes())
    } else {
        lock.create(text.as_bytes())
    };
    written.map_err(|failed| match failed.source.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::config(format_args!("{path} already exists"))
            .hint("smspin config set KEY VALUE changes one setting of it"),
        _ => unwritten(path, failed),
    })?;
    Ok(Edited {
        file: path.to_string(),
        changed: true,
        created_file: !existed,
        ..Edited::default()
    })
}

fn check_name(profile: &str) -> Result<(), Failure> {
    if is_profile_name(profile) {
        return Ok(());
    }
    let wrong = format!("{} is not a valid name for a profile", text::quote(profile));
    Err(Failure::config(wrong).hint(NAME_RULE))
}

fn check_place(profile: Option<&str>, key: Key) -> Result<(), Failure> {
    profile.map_or(Ok(()), check_name)?;
    if profile.is_none() || key.fits_in_profile() {
        return Ok(());
    }
    Err(Failure::config(format_args!("`{key}` can't be in a profile")).hint("leave out --profile"))
}

fn write_value(path: &Arc<ConfigPath>, profile: Option<&str>, key: Key, raw: Raw) -> Result<Edited, Failure> {
    let change = Change {
        profile,
        key,
        raw: Some(raw),
    };
    edit(path, &change, |file| match &change.raw {
        Some(Raw::Text(name)) if key == Key::Profile && file.profile(name).is_none() => {
            Err(file.unknown_profile(name, &format!("`{key}`")))
        }
        _ => one_source_of_the_key(file, profile, key),
    })
}

fn one_source_of_the_key(file: &ConfigFile, profile: Option<&str>, key: Key) -> Result<(), Failure> {
    let other = match key {
        Key::ApiKey => Key::ApiKeyCommand,
        Key::ApiKeyCommand => Key::ApiKey,
        _ => return Ok(()),
    };
    match file.value(profile, other) {
        Some(found) => Err(Failure::config(format_args!(
            "{} sets `{other}`, which does the same as `{key}`",
            found.origin
        ))
        .hint(format!("smspin config unset {other}"))),
        None => Ok(()),
    }
}

/// What an edit is meant to change; no `raw` is a removal.
struct Change<'a> {
    profile: Option<&'a str>,
    key: Key,
    raw: Option<Raw>,
}

/// `allowed` checks the edit against the old file, if that one is valid: an edit may also repair a file that is not.
fn edit(
    path: &Arc<ConfigPath>,
    change: &Change<'_>,
    allowed: impl FnOnce(&ConfigFile) -> Result<(), Failure>,
) -> Result<Edited, Failure> {
    let lock = WriteLock::take(path.path()).map_err(|failed| unwritten(path, failed))?;
    let opened = trust::open(path)?;
    let existed = opened.is_some();
    let Opened {
        text,
        had_bom,
        access,
    } = opened.unwrap_or_default();
    let old = ConfigFile::parse(path, &text);
    if let Ok(old) = &old {
        allowed(old)?;
    }
    let Some(new) = change.applied(&text) else {
        return Err(old.err().unwrap_or_else(|| unfit(path)));
    };
    let changed = new != text;
    let had_profile = change
        .profile
        .is_none_or(|name| old.as_ref().is_ok_and(|old| old.profile(name).is_some()));
    check_result(path, (&text, old), &new, change)?;
    let exposed = access.filter(|access| access.is_exposed());
    if changed || exposed.is_some() {
        if let Some(access) = access {
            check_writable(path, access.mode)?;
        }
        let bom = if had_bom { "\u{feff}" } else { "" };
        lock.replace([bom, &new].concat().as_bytes())
            .map_err(|failed| unwritten(path, failed))?;
    }
    Ok(Edited {
        file: path.to_string(),
        changed,
        created_file: !existed,
        created_profile: changed && !had_profile,
        tightened_from: exposed.map(|access| access.mode),
    })
}

impl Change<'_> {
    /// The text with the change in it; `None` where it can't be edited.
    fn applied(&self, text: &str) -> Option<String> {
        let &Change { profile, key, .. } = self;
        match &self.raw {
            Some(raw) => toml_text::set(text, profile, key, key.kind().write_toml(raw)).ok(),
            None => toml_text::unset(text, profile, key).ok(),
        }
    }
}

/// The new text is a whole configuration, and differs from the old one as meant and in nothing else, comments included.
fn check_result(
    path: &Arc<ConfigPath>,
    (old_text, old): (&str, Result<ConfigFile, Failure>),
    new_text: &str,
    change: &Change<'_>,
) -> Result<(), Failure> {
    let new = ConfigFile::parse(path, new_text);
    let (old, new) = match (old, new) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(_), Ok(_)) => return Ok(()),
        (Err(error), Err(_)) => return Err(error),
        (Ok(_), Err(_)) => return Err(unfit(path)),
    };
    let changed = new.value(change.profile, change.key).map(|found| &found.value) == change.raw.as_ref();
    let kept = old.without(change.profile, change.key) == new.without(change.profile, change.key);
    if changed && kept && comments(old_text).eq(comments(new_text)) {
        Ok(())
    } else {
        Err(unfit(path))
    }
}

/// The lines that begin with `#`: comments, and lines of texts in quotes that look like them.
fn comments(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| line.starts_with('#'))
}

fn unfit(path: &ConfigPath) -> Failure {
    Failure::config(format_args!(
        "{path} can't be edited without changing more than this setting, and was not changed"
    ))
    .hint("change the line by hand; smspin config path says where the file is")
}

fn check_writable(path: &ConfigPath, mode: u32) -> Result<(), Failure> {
    if mode & 0o200 != 0 {
        return Ok(());
    }
    Err(Failure::config(format_args!(
        "{path} can't be written: it is read-only (mode {mode:04o})"
    ))
    .hint(format!("chmod 600 {}", shell_word(path.path()))))
}

fn unwritten(path: &ConfigPath, failed: AtomicFileError) -> Failure {
    let what = if failed.in_place {
        format!("{path} was written, but a power cut may undo that: its directory can't be synced")
    } else {
        format!("{path} can't be written ({}); it was not changed", failed.doing)
    };
    Failure::new(Kind::Config, failed.source).doing(what)
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
