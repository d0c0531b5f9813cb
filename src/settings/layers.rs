//! Which value of a setting is used when several places give one, and which ones are ignored.
//!
//! From the top: flags, the profile that `--profile` names, variables, the default profile (`SMSPIN_PROFILE`, else the
//! file's `profile`), the file's top level, what is built in. One profile at most is in force: a profile named by flag
//! takes the place of the default one, whose key must not end up at the named one's gateway.

use std::path::PathBuf;
use std::sync::Arc;

use crate::env::{self, Environment};
use crate::failure::{Failure, Fault};
use crate::settings::file::{ConfigFile, Section};
use crate::settings::keys::Key;
use crate::settings::kind::Raw;
use crate::settings::origin::{Origin, Sourced};

/// Settings for which the sandbox has values of its own: any other value could make a sandbox run reach a live gateway, or a journal
/// that knows people.
const SANDBOX_OVERRIDES: [Key; 11] = [
    Key::BaseUrl,
    Key::RequestPath,
    Key::VerifyPath,
    Key::LookupPath,
    Key::BalancePath,
    Key::SandboxHost,
    Key::ApiKey,
    Key::ApiKeyCommand,
    Key::Proxy,
    Key::CaFile,
    Key::Journal,
];

/// What was typed on the command line, of the settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flags {
    /// In no order, each setting once. `--no-hlr-lookup` is `(Key::HlrLookup, "false")`.
    pub(crate) values: Vec<(Key, String)>,
    /// `--profile NAME`.
    pub(crate) profile: Option<String>,
    /// `--api-key-file PATH`; `-` is standard input.
    pub(crate) api_key_file: Option<PathBuf>,
}

impl Flags {
    /// What was typed of a setting.
    pub(crate) fn get(&self, key: Key) -> Option<&str> {
        let found = self.values.iter().find(|(known, _)| *known == key);
        found.map(|(_, text)| text.as_str())
    }

    /// Together with the flags of other settings.
    #[must_use]
    pub(crate) fn and(mut self, others: &Self) -> Self {
        self.values.extend(others.values.iter().cloned());
        self
    }

    /// Refuses what `--sandbox` can't be used together with, wherever the flags stood.
    pub(crate) fn reject_with_sandbox(&self) -> Result<(), Failure> {
        let given = [
            (self.profile.is_some(), "--profile"),
            (self.get(Key::BaseUrl).is_some(), "--base-url"),
            (self.api_key_file.is_some(), "--api-key-file"),
        ];
        match given.into_iter().find(|(given, _)| *given) {
            Some((_, flag)) => Err(Failure::config(format_args!(
                "--sandbox has its own gateway and key, and can't be used together with {flag}"
            ))
            .hint(format!("leave out --sandbox, or {flag}"))),
            None => Ok(()),
        }
    }
}

/// Every value that a flag, a variable, the file or the program gives, the ones that are used first.
#[derive(Debug, Clone)]
pub(crate) struct Layers {
    values: Section,
    /// Values of flags and variables that have the wrong shape: a command reports all of them at once.
    invalid: Vec<Fault>,
    sandbox: bool,
}

impl Layers {
    /// Combines the values of all places. Fails on a profile that doesn't exist. With `sandbox`, gateway, key, proxy, authorities
    /// and journal of every place are ignored, the built-in ones too.
    pub(crate) fn new(
        flags: &Flags,
        environment: &Environment,
        file: &ConfigFile,
        sandbox: bool,
    ) -> Result<Self, Failure> {
        if sandbox {
            flags.reject_with_sandbox()?;
        }
        let wanted = |key: Key| !(sandbox && SANDBOX_OVERRIDES.contains(&key));
        let mut invalid = Vec::new();
        let mut values = from_flags(flags, &mut invalid);
        let variables = variables(environment, wanted, &mut invalid)?;
        if let Some(name) = &flags.profile {
            let section = file
                .profile(name)
                .ok_or_else(|| file.unknown_profile(name, "--profile"))?;
            values.extend(section.iter().cloned());
            values.extend(variables);
        } else {
            let default = default_profile(&variables, file)?.cloned();
            values.extend(variables);
            values.extend(default.into_iter().flatten());
        }
        values.extend(file.top().iter().cloned());
        values.extend(built_in());
        values.retain(|(key, _)| wanted(*key));
        Ok(Self {
            values,
            invalid,
            sandbox,
        })
    }

    /// Flags and variables of the wrong shape. They are in no other answer of this type.
    pub(crate) fn invalid(&self) -> &[Fault] {
        &self.invalid
    }

    /// The value that wins.
    pub(crate) fn get(&self, key: Key) -> Option<&Sourced<Raw>> {
        self.all(key).next()
    }

    /// Every value of a setting, the winning one first, then those that it outranks.
    pub(crate) fn all(&self, key: Key) -> impl Iterator<Item = &Sourced<Raw>> {
        self.values
            .iter()
            .filter(move |(known, _)| *known == key)
            .map(|(_, value)| value)
    }

    /// Every value that says where the API key is, the winning one first: `api_key` and `api_key_command` rank alike.
    pub(crate) fn key_sources(&self) -> impl Iterator<Item = (Key, &Sourced<Raw>)> {
        let is_source = |key: Key| matches!(key, Key::ApiKey | Key::ApiKeyCommand);
        self.values
            .iter()
            .filter(move |(key, _)| is_source(*key))
            .map(|(key, value)| (*key, value))
    }

    /// The name of the profile in force.
    pub(crate) fn profile(&self) -> Option<Sourced<Arc<str>>> {
        let found = self.get(Key::Profile)?;
        Some(Sourced::new(
            found.value.text().as_ref().into(),
            found.origin.clone(),
        ))
    }

    /// Whether these are the settings of a sandbox run, which has no key to look for.
    pub(crate) fn is_sandbox(&self) -> bool {
        self.sandbox
    }
}

fn shaped(key: Key, text: &str, origin: Origin, invalid: &mut Vec<Fault>) -> Option<(Key, Sourced<Raw>)> {
    match key.kind().read_text(text) {
        Ok(raw) => Some((key, Sourced::new(raw, origin))),
        Err(wrong) => {
            invalid.push(Fault {
                what: origin.subject(key),
                message: wrong.to_string(),
                hint: None,
            });
            None
        }
    }
}

fn from_flags(flags: &Flags, invalid: &mut Vec<Fault>) -> Section {
    let origin = |key, text| Origin::Flag {
        name: flag_name(key, text),
    };
    let profile = flags.profile.iter().map(|name| (Key::Profile, name));
    let values = profile.chain(flags.values.iter().map(|(key, text)| (*key, text)));
    let mut section: Section = values
        .filter_map(|(key, text)| shaped(key, text, origin(key, text), invalid))
        .collect();
    if let Some(path) = &flags.api_key_file {
        let file = Sourced::new(Raw::KeyFile(path.clone()), origin(Key::ApiKey, ""));
        section.push((Key::ApiKey, file));
    }
    section
}

fn flag_name(key: Key, text: &str) -> &'static str {
    match (key, text) {
        (Key::HlrLookup, "false") => "--no-hlr-lookup",
        _ => key.flag().unwrap_or(key.name()),
    }
}

fn variables(
    environment: &Environment,
    wanted: impl Fn(Key) -> bool,
    invalid: &mut Vec<Fault>,
) -> Result<Section, Failure> {
    let mut section = Section::new();
    for (name, key) in Key::variables().filter(|(_, key)| wanted(*key)) {
        let text = environment.text(name);
        let text = text.map_err(|error| Failure::config(error).hint(format!("unset {name}")))?;
        if let Some(text) = text {
            section.extend(shaped(key, text, Origin::Env { name }, invalid));
        }
    }
    if let Some(path) = environment
        .path(env::API_KEY_FILE)
        .filter(|_| wanted(Key::ApiKey))
    {
        if section.iter().any(|(key, _)| *key == Key::ApiKey) {
            return Err(Failure::config(
                "SMSPIN_API_KEY and SMSPIN_API_KEY_FILE are both set, and only one can give the key",
            )
            .hint("unset SMSPIN_API_KEY, if the file holds the right key"));
        }
        let name = env::API_KEY_FILE;
        let file = Sourced::new(Raw::KeyFile(path.to_owned()), Origin::Env { name });
        section.push((Key::ApiKey, file));
    }
    Ok(section)
}

fn default_profile<'a>(variables: &Section, file: &'a ConfigFile) -> Result<Option<&'a Section>, Failure> {
    let named = variables
        .iter()
        .chain(file.top())
        .find(|(key, _)| *key == Key::Profile);
    let Some((
        key,
        Sourced {
            value: Raw::Text(name),
            origin,
        },
    )) = named
    else {
        return Ok(None);
    };
    let section = file.profile(name);
    section
        .map(Some)
        .ok_or_else(|| file.unknown_profile(name, &origin.subject(*key)))
}

fn built_in() -> Section {
    let shaped = |key: Key| {
        let raw = key.kind().read_text(key.built_in()?).ok()?;
        Some((key, Sourced::new(raw, Origin::Default)))
    };
    Key::ALL.iter().copied().filter_map(shaped).collect()
}

#[cfg(test)]
#[path = "layers_tests.rs"]
mod tests;
