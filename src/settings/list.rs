//! What `config list` and `config get` show: a setting, where its value comes from, and what that outranks.
//!
//! Secrets are masked here, so that no report can forget to.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

use crate::settings::keys::Key;
use crate::settings::kind::{Raw, SettingKind};
use crate::settings::layers::Layers;
use crate::settings::origin::{Origin, Sourced};
use crate::settings::paths::printable;
use crate::text;

/// One setting that has a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct SettingRow {
    /// The setting's name in the configuration file.
    pub(crate) key: &'static str,
    #[serde(flatten)]
    pub(crate) shown: ShownValue,
    /// What would be used in its place if this value were not there, the nearest first.
    pub(crate) shadows: Vec<Shadowed>,
}

/// A value that is outranked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Shadowed {
    /// The setting's name: `api_key_command` may stand behind `api_key`, and the other way round.
    pub(crate) key: &'static str,
    #[serde(flatten)]
    pub(crate) shown: ShownValue,
}

/// A value and its origin, as they may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ShownValue {
    /// The value, as `config set` would take it; masked if it is a secret.
    pub(crate) value: String,
    /// Whether something else is shown in the value's place.
    pub(crate) masked: bool,
    /// Where it comes from, for people.
    pub(crate) origin: String,
    /// The kind of place that it comes from.
    pub(crate) origin_kind: OriginKind,
    /// The configuration file, where it comes from one.
    pub(crate) file: Option<String>,
    /// The line in that file, from 1.
    pub(crate) line: Option<usize>,
    /// The profile, where it comes from one.
    pub(crate) profile: Option<String>,
}

/// The kind of place that a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OriginKind {
    Flag,
    Profile,
    Env,
    File,
    Default,
}

/// Every setting that has a value, in the order of the table of settings.
pub(crate) fn rows(layers: &Layers) -> Vec<SettingRow> {
    let mut keys: Vec<Key> = Key::ALL.to_vec();
    // Either key's row says what there is to say about both.
    keys.retain(|key| *key != Key::ApiKeyCommand);
    keys.into_iter().filter_map(|key| row(layers, key)).collect()
}

/// One setting, if it has a value. `api_key` and `api_key_command` are two forms of one: the row is named as the form that wins.
pub(crate) fn row(layers: &Layers, key: Key) -> Option<SettingRow> {
    let mut found: Vec<(Key, &Sourced<Raw>)> = match key {
        Key::ApiKey | Key::ApiKeyCommand => layers.key_sources().collect(),
        _ => layers.all(key).map(|value| (key, value)).collect(),
    };
    if found.is_empty() {
        return None;
    }
    let (key, winner) = found.remove(0);
    let shadowed = |(key, value)| Shadowed {
        key: Key::name(key),
        shown: shown(key, value),
    };
    Some(SettingRow {
        key: key.name(),
        shown: shown(key, winner),
        shadows: found.into_iter().map(shadowed).collect(),
    })
}

fn shown(key: Key, found: &Sourced<Raw>) -> ShownValue {
    let (value, masked) = masked(key, &found.value);
    let (origin_kind, profile) = match &found.origin {
        Origin::Flag { .. } => (OriginKind::Flag, None),
        Origin::Env { .. } => (OriginKind::Env, None),
        Origin::File { profile: None, .. } => (OriginKind::File, None),
        Origin::File {
            profile: Some(name), ..
        } => (OriginKind::Profile, Some(name.to_string())),
        Origin::Default => (OriginKind::Default, None),
    };
    ShownValue {
        value,
        masked,
        origin: found.origin.to_string(),
        origin_kind,
        file: found.origin.file().map(|file| printable(file.path())),
        line: found.origin.line(),
        profile,
    }
}

/// The value as it may be seen, and whether that is less than the value.
fn masked(key: Key, raw: &Raw) -> (String, bool) {
    match raw {
        Raw::Secret(secret) => (secret.masked(), true),
        Raw::KeyFile(path) if path.as_os_str() == "-" => ("(from standard input)".to_owned(), true),
        Raw::KeyFile(path) => (format!("(from {})", printable(path)), true),
        // Its arguments are the user's own, and may hold what they should not.
        Raw::Argv(argv) => {
            let program = text::hide_keys(argv.first().map_or("", String::as_str));
            match argv.len() {
                0 | 1 => (program.to_string(), matches!(program, Cow::Owned(_))),
                _ => (format!("{program} …"), true),
            }
        }
        _ if key.kind() == SettingKind::Url => masked_url(&raw.text()),
        _ => (raw.text().into_owned(), false),
    }
}

/// A URL without what may be a secret in it: the name and password before its host, its query, words that look like a key.
fn masked_url(url: &str) -> (String, bool) {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let (authority, path) = rest.split_at(rest.find(['/', '#']).unwrap_or(rest.len()));
    let host = authority
        .rsplit_once('@')
        .map(|(_, host)| format!("(masked)@{host}"));
    let scheme = if scheme.is_empty() {
        String::new()
    } else {
        format!("{scheme}://")
    };
    let query = if query.is_empty() { "" } else { "?(masked)" };
    let host = host.as_deref().unwrap_or(authority);
    let shown = text::hide_keys(&format!("{scheme}{host}{path}{query}")).into_owned();
    let masked = shown != url;
    (shown, masked)
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
