//! What `config init|set|unset|use` do to the file. Asking, reporting and reading secrets from a terminal are the commands'.
//!
//! Each edit is checked before it is written: the new text is read back, and must differ from the old one in the edited
//! setting alone.

use std::sync::Arc;

use crate::domain::base_url::BaseUrl;
use crate::domain::host_name::HostName;
use crate::files::AtomicFileError;
use crate::settings::error::{EditError, FileError};
use crate::settings::file::{ConfigFile, is_profile_name};
use crate::settings::file_access::{self, Opened};
use crate::settings::keys::Key;
use crate::settings::kind::Raw;
use crate::settings::paths::{ConfigPath, shell_word};
use crate::settings::write::WriteLock;
use crate::settings::{splice, template};
use crate::text;

/// What an edit did.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Checks a text as the value of `key`, its shape and its meaning; in the form that reads back from a file (`060` is 60).
fn checked(key: Key, text: &str) -> Result<Raw, EditError> {
    let raw = shaped(key, text)?;
    key.check(&raw)
        .map_err(|source| EditError::Meaning { key, source })?;
    Ok(raw)
}

fn shaped(key: Key, text: &str) -> Result<Raw, EditError> {
    let raw = key
        .kind()
        .read_text(text)
        .and_then(|raw| key.kind().read_toml(&key.kind().write_toml(&raw), ""));
    raw.map_err(|source| EditError::Shape { key, source })
}

/// Whether a text is the plain http URL of the host that the same file says is a sandbox.
fn is_url_of_sandbox(path: &Arc<ConfigPath>, profile: Option<&str>, text: &str) -> bool {
    let Ok(Some(Opened { text: file, .. })) = file_access::open(path) else {
        return false;
    };
    let Ok(file) = ConfigFile::parse(path, &file) else {
        return false;
    };
    let named = file
        .value(profile, Key::SandboxHost)
        .or_else(|| file.value(None, Key::SandboxHost));
    let Some(Raw::Text(name)) = named.map(|found| &found.value) else {
        return false;
    };
    let host = name.parse::<HostName>();
    host.is_ok_and(|host| BaseUrl::parse_with_sandbox(text, Some(&host)).is_ok())
}

/// Sets one value, at the top level or in a profile, and keeps comments and order.
pub(crate) fn set(
    path: &Arc<ConfigPath>,
    profile: Option<&str>,
    key: Key,
    text: &str,
) -> Result<Edited, EditError> {
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
pub(crate) fn unset(path: &Arc<ConfigPath>, profile: Option<&str>, key: Key) -> Result<Edited, EditError> {
    check_place(profile, key)?;
    if file_access::open(path)?.is_none() {
        let file = path.to_string();
        return Ok(Edited {
            file,
            changed: false,
            created_file: false,
            created_profile: false,
            tightened_from: None,
        });
    }
    edit(
        path,
        &Change {
            profile,
            key,
            raw: None,
        },
        |file| match profile {
            Some(name) if file.profile(name).is_none() => Err(file.unknown_profile(name, "--profile").into()),
            _ => Ok(()),
        },
    )
}

/// Makes a profile of the file the default one.
pub(crate) fn use_profile(path: &Arc<ConfigPath>, name: &str) -> Result<Edited, EditError> {
    if !is_profile_name(name) {
        return Err(EditError::ProfileName {
            input: text::quote(name),
        });
    }
    write_value(path, None, Key::Profile, Raw::Text(name.to_owned()))
}

/// Writes a new, commented file with the top-level values given. Replaces an existing one only if told to.
pub(crate) fn init(
    path: &Arc<ConfigPath>,
    values: &[(Key, String)],
    overwrite: bool,
) -> Result<Edited, EditError> {
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
        std::io::ErrorKind::AlreadyExists => EditError::Exists {
            file: path.to_string(),
        },
        _ => unwritten(path, failed),
    })?;
    let file = path.to_string();
    Ok(Edited {
        file,
        changed: true,
        created_file: !existed,
        created_profile: false,
        tightened_from: None,
    })
}

fn check_place(profile: Option<&str>, key: Key) -> Result<(), EditError> {
    match profile {
        Some(name) if !is_profile_name(name) => Err(EditError::ProfileName {
            input: text::quote(name),
        }),
        Some(_) if !key.fits_in_profile() => Err(EditError::TopLevelOnly { key }),
        _ => Ok(()),
    }
}

fn write_value(
    path: &Arc<ConfigPath>,
    profile: Option<&str>,
    key: Key,
    raw: Raw,
) -> Result<Edited, EditError> {
    let change = Change {
        profile,
        key,
        raw: Some(raw),
    };
    edit(path, &change, |file| match &change.raw {
        Some(Raw::Text(name)) if key == Key::Profile && file.profile(name).is_none() => {
            Err(file.unknown_profile(name, &format!("`{key}`")).into())
        }
        _ => one_source_of_the_key(file, profile, key),
    })
}

fn one_source_of_the_key(file: &ConfigFile, profile: Option<&str>, key: Key) -> Result<(), EditError> {
    let other = match key {
        Key::ApiKey => Key::ApiKeyCommand,
        Key::ApiKeyCommand => Key::ApiKey,
        _ => return Ok(()),
    };
    match file.value(profile, other) {
        Some(found) => Err(EditError::OtherKey {
            place: found.origin.to_string(),
            key,
            other,
        }),
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
    allowed: impl FnOnce(&ConfigFile) -> Result<(), EditError>,
) -> Result<Edited, EditError> {
    let lock = WriteLock::take(path.path()).map_err(|failed| unwritten(path, failed))?;
    let opened = file_access::open(path)?;
    let existed = opened.is_some();
    let Opened {
        text, had_bom, mode, ..
    } = opened.unwrap_or_default();
    let old = ConfigFile::parse(path, &text);
    if let Ok(old) = &old {
        allowed(old)?;
    }
    let new = new_text(path, &text, change)?;
    let changed = new != text;
    let had_profile = change
        .profile
        .is_none_or(|name| old.as_ref().is_ok_and(|old| old.profile(name).is_some()));
    check_result(path, old, &new, change)?;
    let tightened_from = mode.filter(|mode| file_access::is_exposed(*mode));
    if changed || tightened_from.is_some() {
        check_writable(path, mode)?;
        let bom = if had_bom { "\u{feff}" } else { "" };
        lock.replace([bom, &new].concat().as_bytes())
            .map_err(|failed| unwritten(path, failed))?;
    }
    Ok(Edited {
        file: path.to_string(),
        changed,
        created_file: !existed,
        created_profile: changed && !had_profile,
        tightened_from,
    })
}

fn new_text(path: &Arc<ConfigPath>, text: &str, change: &Change<'_>) -> Result<String, EditError> {
    let &Change {
        profile,
        key,
        ref raw,
    } = change;
    let new = match raw {
        Some(raw) => splice::set(text, profile, key, &key.kind().write_toml(raw)),
        None => splice::unset(text, profile, key).map(|new| new.unwrap_or_else(|| text.to_owned())),
    };
    // Only a file that is no TOML gets here, and then the reader says why.
    new.map_err(|_| match ConfigFile::parse(path, text) {
        Err(error) => error.into(),
        Ok(_) => EditError::Unfit {
            file: path.to_string(),
        },
    })
}

/// The new text is a whole configuration, and differs from the old one as meant and in nothing else.
fn check_result(
    path: &Arc<ConfigPath>,
    old: Result<ConfigFile, FileError>,
    new: &str,
    change: &Change<'_>,
) -> Result<(), EditError> {
    let unfit = || EditError::Unfit {
        file: path.to_string(),
    };
    match (old, ConfigFile::parse(path, new)) {
        (Ok(old), Ok(new)) => {
            let changed =
                new.value(change.profile, change.key).map(|found| &found.value) == change.raw.as_ref();
            let kept = old.without(change.profile, change.key) == new.without(change.profile, change.key);
            if changed && kept { Ok(()) } else { Err(unfit()) }
        }
        (Err(_), Ok(_)) => Ok(()),
        (Err(error), Err(_)) => Err(error.into()),
        (Ok(_), Err(_)) => Err(unfit()),
    }
}

fn check_writable(path: &ConfigPath, mode: Option<u32>) -> Result<(), EditError> {
    match mode {
        Some(mode) if mode & 0o200 == 0 => {
            let path_word = shell_word(path.path());
            Err(EditError::ReadOnly {
                file: path.to_string(),
                path_word,
                mode,
            })
        }
        _ => Ok(()),
    }
}

fn unwritten(path: &ConfigPath, failed: AtomicFileError) -> EditError {
    let AtomicFileError {
        doing,
        in_place,
        source,
        path: _,
    } = failed;
    let file = path.to_string();
    if in_place {
        EditError::Unsynced { file, source }
    } else {
        EditError::Write { file, doing, source }
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
