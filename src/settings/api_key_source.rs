//! Fetches the API key from the place that wins, and only when a command needs it: a program is run, standard input is
//! read, a file is opened here and nowhere else. The key is in no error.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::settings::key_command;
use crate::settings::kind::{BoxError, Raw};
use crate::settings::layers::Layers;
use crate::settings::paths::{printable, shell_word};
use crate::settings::trust::FileAccess;
use crate::text;

/// What `--api-key-file` calls standard input.
const STDIN: &str = "-";
/// No key's line is longer.
const LINE_LIMIT: u64 = 64 * 1024;

/// A key, and a warning about where it is kept, with what to do about it.
#[derive(Debug)]
pub(crate) struct FoundKey<T> {
    pub(crate) key: T,
    pub(crate) warning: Option<(String, String)>,
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
    ) -> Result<FoundKey<T>, Failure> {
        let (key, found) = self.key_sources().next().ok_or_else(|| {
            Failure::config("there is no API key").hint(
                "smspin config set api_key, or SMSPIN_API_KEY, or --api-key-file FILE; --sandbox needs no key",
            )
        })?;
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
                let line = key_command::first_line(argv, &subject, key_command::TIMEOUT)?;
                text_of(line, "its output", &subject)?
            }
            Raw::Secret(secret) => secret.expose().to_owned(),
            other => other.text().into_owned(),
        };
        let key = parse(&text).map_err(|wrong| {
            Failure::new(Kind::Config, anyhow::Error::from_boxed(wrong.into()))
                .doing(format!("{subject} is not a valid API key"))
        })?;
        Ok(FoundKey { key, warning })
    }
}

fn from_file(path: &Path, subject: &str) -> Result<(String, Option<(String, String)>), Failure> {
    let from = printable(path);
    let file = File::open(path).map_err(unread(&from, subject))?;
    let access = FileAccess::of(&file).map_err(unread(&from, subject))?;
    // What a container or a service manager puts there is its own business, and can't be changed from here.
    let is_mounted = path.starts_with("/run");
    let exposed = access.filter(|access| access.is_exposed() && !is_mounted);
    let warning = exposed.map(|access| {
        (
            format!(
                "{from} holds an API key, and other users of this machine can read or change it (mode {:04o})",
                access.mode
            ),
            format!("chmod 600 {}", shell_word(path)),
        )
    });
    Ok((line_of(file, &from, subject)?, warning))
}

fn line_of(input: impl Read, from: &str, subject: &str) -> Result<String, Failure> {
    let mut line = Vec::new();
    BufReader::new(input.take(LINE_LIMIT))
        .read_until(b'\n', &mut line)
        .map_err(unread(from, subject))?;
    text_of(line, from, subject)
}

/// The line without its end and without a byte order mark. No error repeats any of it.
fn text_of(line: Vec<u8>, from: &str, subject: &str) -> Result<String, Failure> {
    let wrong = |is: &str| Failure::config(format_args!("{subject}: the first line of {from} is {is}"));
    let text = String::from_utf8(line).map_err(|_| wrong("not UTF-8 text"))?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err(wrong("empty"));
    }
    Ok(text.to_owned())
}

/// The user may have given the key in the place of its file.
fn unread(from: &str, subject: &str) -> impl FnOnce(io::Error) -> Failure {
    let from = text::hide_keys(from);
    let doing = format!("{subject}: the API key can't be read from {from}");
    move |error| Failure::new(Kind::Config, error).doing(doing)
}

#[cfg(test)]
#[path = "api_key_source_tests.rs"]
mod tests;
