//! What can be wrong with settings, each with what to try.
//!
//! No message holds a secret, and none repeats control characters from a file.

use std::io;

use crate::domain::suggest::did_you_mean;
use crate::env::NotText;
use crate::failure::{Failure, Kind};
use crate::settings::keys::Key;
use crate::settings::kind::{BoxError, WrongKind};
use crate::settings::paths::NoHome;

/// Anything wrong with the settings of a run: exit code 2, nothing was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Value(#[from] ValueError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error(transparent)]
    NoHome(#[from] NoHome),
}

impl SettingsError {
    /// What to try, as a command where there is one.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Value(error) => error.hint(),
            Self::Key(error) => error.hint(),
            Self::Edit(error) => error.hint(),
            Self::NoHome(_) => Some(
                "set HOME to your home directory, as in HOME=/home/me, or name the configuration with --config FILE".to_owned(),
            ),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let hint = error.hint();
        let failure = Self::new(Kind::Config, error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// The configuration file can't be used. Every `place` is `file:line`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("the configuration file {file} can't be read")]
    Read {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("the configuration file {file} does not exist")]
    Missing { file: String, path_word: String },
    #[error("the configuration file {file} is a symbolic link to a file that does not exist")]
    Dangling { file: String },
    #[error("the configuration file {file} is larger than {limit} bytes")]
    TooBig { file: String, limit: u64 },
    #[error("{place}: this line is not UTF-8 text")]
    NotUtf8 { place: String },
    #[error("{file}:{line}:{column}: {message}{excerpt}")]
    Syntax {
        file: String,
        line: usize,
        column: usize,
        message: String,
        excerpt: String,
    },
    #[error("{place}: there is no setting {key}{}", did_you_mean(.nearest.map(|key| format!("`{key}`"))))]
    UnknownKey {
        place: String,
        key: String,
        nearest: Option<&'static str>,
    },
    #[error("{place}: `{key}`: {source}")]
    WrongType {
        place: String,
        key: Key,
        source: WrongKind,
    },
    #[error("{place}: `{key}` can't be in a profile")]
    TopLevelOnly { place: String, key: Key },
    #[error("{place}: {input} is not a valid name for a profile")]
    ProfileName { place: String, input: String },
    #[error("{place}: a profile is a table: [profiles.NAME]")]
    ProfileShape { place: String },
    #[error("{place}: a profile's section begins with [profiles.{name}], not with [profile.{name}]")]
    ProfileSection { place: String, name: String },
    #[error("{file} is a named pipe, which may never be written to: it is not read")]
    Pipe { file: String },
    #[error(
        "{file} sets both `api_key` (line {key_line}) and `api_key_command` (line {command_line}) in the same section"
    )]
    TwoKeys {
        file: String,
        key_line: usize,
        command_line: usize,
    },
    #[error(
        "{file} holds an API key, and other users of this machine can read or change it (mode {mode:04o})"
    )]
    Exposed {
        file: String,
        path_word: String,
        mode: u32,
    },
    #[error(
        "other users of this machine can change {file} (mode {mode:04o}), which can name a program to run and say where the key goes"
    )]
    Writable {
        file: String,
        path_word: String,
        mode: u32,
    },
    #[error(
        "{file} belongs to another user of this machine (id {owner}), who can name a program to run in it and say where the key goes"
    )]
    Foreign {
        file: String,
        path_word: String,
        owner: u32,
    },
    #[error("other users of this machine can replace {file}: they can write to {directory} ({reason})")]
    Replaceable {
        file: String,
        directory: String,
        path_word: String,
        reason: String,
    },
    #[error("{asked_by}: there is no profile {name} in {file}{}", did_you_mean(.nearest.as_deref().map(|name| format!("`{name}`"))))]
    UnknownProfile {
        asked_by: String,
        name: String,
        file: String,
        nearest: Option<String>,
        known: Vec<String>,
    },
}

impl FileError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { path_word, .. } => Some(format!("smspin config init --config {path_word}")),
            Self::Foreign { path_word, .. } => Some(format!(
                "look at what is in it, then make it yours: chown \"$(id -u)\" {path_word}"
            )),
            Self::Replaceable { path_word, .. } => Some(format!(
                "chmod go-w {path_word}, if it is yours; or keep the configuration elsewhere, and name it with --config"
            )),
            Self::Writable { path_word, .. } => Some(format!("chmod go-w {path_word}")),
            Self::Exposed { path_word, .. } => Some(format!("chmod 600 {path_word}")),
            Self::NotUtf8 { .. } => Some("save the file as UTF-8".to_owned()),
            Self::TwoKeys { .. } => Some("remove one of the two lines".to_owned()),
            Self::Pipe { .. } => {
                Some("name a regular file, or pass what a program prints: --config <(PROGRAM)".to_owned())
            }
            Self::ProfileName { .. } => Some(NAME_RULE.to_owned()),
            Self::TopLevelOnly { .. } => Some("move it above the first [profiles.NAME]".to_owned()),
            Self::UnknownKey { nearest: None, .. } => {
                Some("`smspin config list --all` shows every setting with its meaning".to_owned())
            }
            Self::UnknownProfile { known, .. } if known.is_empty() => Some(
                "the file has no profiles; smspin --profile NAME config set KEY VALUE makes one".to_owned(),
            ),
            Self::UnknownProfile { known, .. } => Some(format!("the profiles are: {}", known.join(", "))),
            _ => None,
        }
    }
}

/// What a profile may be called.
pub(crate) const NAME_RULE: &str =
    "a profile's name has at most 40 letters, digits, hyphens, underscores and dots";

/// A value that a flag, a variable or the file gives is unusable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ValueError {
    #[error("{subject} is invalid")]
    Meaning {
        subject: String,
        #[source]
        source: BoxError,
    },
    #[error(transparent)]
    NotText(#[from] NotText),
    #[error("--sandbox has its own gateway and key, and can't be used together with {0}")]
    WithSandbox(&'static str),
}

impl ValueError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::WithSandbox(flag) => Some(format!("leave out --sandbox, or {flag}")),
            Self::NotText(error) => Some(format!("unset {}", error.name)),
            Self::Meaning { .. } => None,
        }
    }
}

/// The API key can't be obtained. No variant holds what a file or a program gave.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("there is no API key")]
    Missing,
    #[error("{subject} is not a valid API key")]
    Unusable {
        subject: String,
        #[source]
        source: BoxError,
    },
    #[error("{subject}: the API key can't be read from {from}")]
    Read {
        subject: String,
        from: String,
        #[source]
        source: io::Error,
    },
    #[error("{subject}: the first line of {from} is empty")]
    Empty { subject: String, from: String },
    #[error("{subject}: the first line of {from} is not UTF-8 text")]
    NotUtf8 { subject: String, from: String },
    #[error("{subject}: {program} can't be started")]
    Start {
        subject: String,
        program: String,
        #[source]
        source: io::Error,
    },
    #[error("{subject}: {program} did not finish within {seconds} s, and was stopped")]
    TooSlow {
        subject: String,
        program: String,
        seconds: u64,
    },
    #[error("{subject}: {program} failed ({status}){}", said(stderr))]
    Failed {
        subject: String,
        program: String,
        status: String,
        stderr: String,
    },
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!(" and said: {stderr}")
    }
}

impl KeyError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Missing => Some(
                "smspin config set api_key, or SMSPIN_API_KEY, or --api-key-file FILE; --sandbox needs no key".to_owned(),
            ),
            Self::Start { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("the command runs without a shell: its first word is a program on PATH".to_owned())
            }
            Self::TooSlow { .. } => {
                Some("run the command by hand: it may be waiting for an answer, which nobody can give it here".to_owned())
            }
            _ => None,
        }
    }
}

/// The configuration file was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("`{key}`: {source}")]
    Shape { key: Key, source: WrongKind },
    #[error("`{key}` can't have this value")]
    Meaning {
        key: Key,
        #[source]
        source: BoxError,
    },
    #[error("`{key}` can't be in a profile")]
    TopLevelOnly { key: Key },
    #[error("{input} is not a valid name for a profile")]
    ProfileName { input: String },
    #[error("{place} sets `{other}`, which does the same as `{key}`")]
    OtherKey { place: String, key: Key, other: Key },
    #[error("{file} already exists")]
    Exists { file: String },
    #[error("{file} can't be written: it is read-only (mode {mode:04o})")]
    ReadOnly {
        file: String,
        path_word: String,
        mode: u32,
    },
    #[error("{file} can't be written ({doing}); it was not changed")]
    Write {
        file: String,
        doing: &'static str,
        #[source]
        source: io::Error,
    },
    #[error("{file} was written, but a power cut may undo that: its directory can't be synced")]
    Unsynced {
        file: String,
        #[source]
        source: io::Error,
    },
    #[error("{file} can't be edited without changing more than this setting, and was not changed")]
    Unfit { file: String },
}

impl EditError {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::TopLevelOnly { .. } => Some("leave out --profile".to_owned()),
            Self::ProfileName { .. } => Some(NAME_RULE.to_owned()),
            Self::OtherKey { other, .. } => Some(format!("smspin config unset {other}")),
            Self::Exists { .. } => Some("smspin config set KEY VALUE changes one setting of it".to_owned()),
            Self::ReadOnly { path_word, .. } => Some(format!("chmod 600 {path_word}")),
            Self::Unfit { .. } => {
                Some("change the line by hand; smspin config path says where the file is".to_owned())
            }
            Self::Shape { .. } | Self::Meaning { .. } | Self::Write { .. } | Self::Unsynced { .. } => None,
        }
    }
}
