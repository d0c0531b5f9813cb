//! Fetches the API key from the place that wins, and only when a command needs it: a program is run, standard input is
//! read, a file is opened here and nowhere else. The key is in no error.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use crate::settings::error::KeyError;
use crate::settings::file_access;
use crate::settings::key_command;
use crate::settings::kind::BoxError;
use crate::settings::kind::Raw;
use crate::settings::layers::Layers;
use crate::settings::origin::Sourced;
use crate::settings::paths::{printable, shell_word};

/// What `--api-key-file` calls standard input.
const STDIN: &str = "-";
/// No key's line is longer.
const LINE_LIMIT: u64 = 64 * 1024;

/// A key, and a warning about where it is kept, if there is one.
#[derive(Debug)]
pub(crate) struct Found<T> {
    pub(crate) key: Sourced<T>,
    pub(crate) warning: Option<KeyFileExposed>,
}

/// The file of `--api-key-file` can be read by others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyFileExposed {
    file: String,
    path_word: String,
    mode: u32,
}

impl KeyFileExposed {
    pub(crate) fn message(&self) -> String {
        format!(
            "{} holds an API key, and other users of this machine can read or change it (mode {:04o})",
            self.file, self.mode
        )
    }

    pub(crate) fn hint(&self) -> String {
        format!("chmod 600 {}", self.path_word)
    }
}

impl Layers {
    /// Whether fetching the key would read standard input, which then can't be used for anything else.
    pub(crate) fn key_is_on_stdin(&self) -> bool {
        let winner = self.key_sources().next().map(|(_, found)| &found.value);
        matches!(winner, Some(Raw::KeyFile(path)) if path.as_os_str() == STDIN)
    }

    /// Fetches the key and parses it. `stdin` is read only if `--api-key-file -` says so.
    pub(crate) fn api_key<T, E: Into<BoxError>>(
        &self,
        stdin: impl Read,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Found<T>, KeyError> {
        self.api_key_within(key_command::PATIENCE, stdin, parse)
    }

    fn api_key_within<T, E: Into<BoxError>>(
        &self,
        patience: Duration,
        stdin: impl Read,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Found<T>, KeyError> {
        let (key, found) = self.key_sources().next().ok_or(KeyError::Missing)?;
        let subject = found.origin.subject(key);
        let mut warning = None;
        let text = match &found.value {
            Raw::KeyFile(path) if path.as_os_str() == STDIN => line_of(stdin, "standard input", &subject)?,
            Raw::KeyFile(path) => {
                let (text, exposed) = from_file(path, &subject)?;
                warning = exposed;
                text
            }
            Raw::Argv(argv) => {
                let line = key_command::first_line(argv, &subject, patience)?;
                text_of(line, "its output", &subject)?
            }
            Raw::Secret(secret) => secret.expose().to_owned(),
            other => other.text().into_owned(),
        };
        let unusable = |error: E| KeyError::Unusable {
            subject: subject.clone(),
            source: error.into(),
        };
        let parsed = parse(&text).map_err(unusable)?;
        Ok(Found {
            key: Sourced::new(parsed, found.origin.clone()),
            warning,
        })
    }
}

fn from_file(path: &Path, subject: &str) -> Result<(String, Option<KeyFileExposed>), KeyError> {
    let from = printable(path);
    let failed = |source| KeyError::Read {
        subject: subject.to_owned(),
        from: from.clone(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let mode = file_access::mode_of(&file)
        .map_err(failed)?
        .filter(|mode| file_access::is_exposed(*mode));
    let warning = mode.map(|mode| KeyFileExposed {
        file: from.clone(),
        path_word: shell_word(path),
        mode,
    });
    Ok((line_of(file, &from, subject)?, warning))
}

fn line_of(input: impl Read, from: &str, subject: &str) -> Result<String, KeyError> {
    let mut line = Vec::new();
    BufReader::new(input.take(LINE_LIMIT))
        .read_until(b'\n', &mut line)
        .map_err(|source: io::Error| KeyError::Read {
            subject: subject.to_owned(),
            from: from.to_owned(),
            source,
        })?;
    text_of(line, from, subject)
}

/// The line without its end and without a byte order mark.
fn text_of(line: Vec<u8>, from: &str, subject: &str) -> Result<String, KeyError> {
    let text = String::from_utf8(line).map_err(|_| KeyError::NotUtf8 {
        subject: subject.to_owned(),
        from: from.to_owned(),
    })?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(KeyError::Empty {
            subject: subject.to_owned(),
            from: from.to_owned(),
        });
    }
    Ok(text.to_owned())
}

#[cfg(test)]
#[path = "api_key_source_tests.rs"]
mod tests;
