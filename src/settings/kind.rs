//! What shape a setting's value has, and how that shape is read from a word, from TOML, and written back.
//!
//! Only the shape is checked here (a whole number, a list): whether a sender is a valid sender, `domain` decides.

use std::borrow::Cow;
use std::path::PathBuf;

use toml_edit::{Array, Formatted, Value};

use crate::settings::secret::Secret;
use crate::text;

/// Any cause, as the domain's parsers give it.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The shape of a setting's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingKind {
    Text,
    /// Text that is shown without the password it may hold.
    Url,
    /// `true` or `false`; also 1 or 0.
    Flag,
    /// A whole number from 0 up.
    Integer,
    /// A decimal amount, kept as it was written: money is never a binary float.
    Decimal,
    /// A number of seconds, or text such as `10m`.
    Duration,
    /// Texts; separated by commas where there is only one word for it.
    List,
    /// Text that is never shown.
    Secret,
    /// A program and its arguments.
    Argv,
}

/// A value of the right shape, not yet parsed into what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Raw {
    Text(String),
    Flag(bool),
    Integer(u64),
    List(Vec<String>),
    Secret(Secret),
    Argv(Vec<String>),
    /// The file that `--api-key-file` names; `-` is standard input.
    KeyFile(PathBuf),
}

impl Raw {
    /// The value as one word, as a parser of the domain takes it. Empty for what must not be seen.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::List(entries) => Cow::Owned(entries.join(",")),
            Self::Secret(_) | Self::Argv(_) | Self::KeyFile(_) => Cow::Borrowed(""),
        }
    }
}

/// A value of the wrong shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found}")]
pub(crate) struct WrongKind {
    expected: &'static str,
    found: String,
}

impl SettingKind {
    const fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::Url | Self::Secret => "text in quotes",
            Self::Flag => "true or false",
            Self::Integer => "a whole number, 0 or more",
            Self::Decimal => "an amount such as 0.045",
            Self::Duration => "a duration such as \"10m\", or a number of seconds",
            Self::List => "a list of texts such as [\"ES\", \"PT\"]",
            Self::Argv => "a list of a program and its arguments such as [\"pass\", \"show\", \"sms\"]",
        }
    }

    /// The same for one word of a command line.
    const fn expected_word(self) -> &'static str {
        match self {
            Self::Text | Self::Url | Self::Secret => "text",
            Self::Duration => "a duration such as 10m, or a number of seconds",
            Self::List => "words with commas between them such as ES,PT, or a list such as [\"ES\", \"PT\"]",
            Self::Flag | Self::Integer | Self::Decimal | Self::Argv => self.expected(),
        }
    }

    fn wrong(self, found: impl Into<String>) -> WrongKind {
        WrongKind {
            expected: self.expected(),
            found: found.into(),
        }
    }

    /// Reads what a flag, a variable or a command's argument says.
    pub(crate) fn read_text(self, text: &str) -> Result<Raw, WrongKind> {
        let wrong = || WrongKind {
            expected: self.expected_word(),
            found: text::quote(text),
        };
        match self {
            Self::Text | Self::Url | Self::Duration => Ok(Raw::Text(text.to_owned())),
            Self::Secret => Ok(Raw::Secret(Secret::new(text))),
            Self::Flag => match text {
                "true" | "1" => Ok(Raw::Flag(true)),
                "false" | "0" => Ok(Raw::Flag(false)),
                _ => Err(wrong()),
            },
            Self::Integer => whole_number(text).map(Raw::Integer).ok_or_else(wrong),
            Self::Decimal => is_decimal(text)
                .then(|| Raw::Text(text.to_owned()))
                .ok_or_else(wrong),
            Self::List if text.trim_start().starts_with('[') => {
                let value: Value = text.trim().parse().map_err(|_| wrong())?;
                self.read_toml(&value, text).map_err(|_| wrong())
            }
            Self::List => {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                non_empty(entries.map(str::to_owned).collect())
                    .map(Raw::List)
                    .ok_or_else(wrong)
            }
            Self::Argv => {
                // The text may hold anything, so it is not repeated.
                let value: Value = text.parse().map_err(|_| self.wrong("something else"))?;
                self.read_toml(&value, text)
            }
        }
    }

    /// Reads a value of the document `source`. The error names types only, so it can't repeat a misplaced secret.
    pub(crate) fn read_toml(self, value: &Value, source: &str) -> Result<Raw, WrongKind> {
        let wrong = || self.wrong(type_name(value));
        let natural = || value.as_integer().and_then(|number| u64::try_from(number).ok());
        let words = || value.as_array().and_then(texts).and_then(non_empty);
        match self {
            Self::Text | Self::Url => value
                .as_str()
                .map(|text| Raw::Text(text.to_owned()))
                .ok_or_else(wrong),
            Self::Secret => value
                .as_str()
                .map(|text| Raw::Secret(Secret::new(text)))
                .ok_or_else(wrong),
            Self::Flag => match (value.as_bool(), value.as_integer()) {
                (Some(flag), _) => Ok(Raw::Flag(flag)),
                (_, Some(number @ 0..=1)) => Ok(Raw::Flag(number == 1)),
                _ => Err(wrong()),
            },
            Self::Integer => natural().map(Raw::Integer).ok_or_else(wrong),
            Self::Duration => match natural() {
                Some(seconds) => Ok(Raw::Text(seconds.to_string())),
                None => value
                    .as_str()
                    .map(|text| Raw::Text(text.to_owned()))
                    .ok_or_else(wrong),
            },
            Self::Decimal => {
                let written = decimal_as_written(value, source);
                written
                    .filter(|text| is_decimal(text))
                    .map(Raw::Text)
                    .ok_or_else(wrong)
            }
            Self::List => words().map(Raw::List).ok_or_else(wrong),
            Self::Argv => words()
                .filter(|argv| !argv[0].is_empty())
                .map(Raw::Argv)
                .ok_or_else(wrong),
        }
    }

    /// The error for a table in the place of a value.
    pub(crate) fn found_table(self) -> WrongKind {
        self.wrong("a table")
    }

    /// The TOML that a person would have written for `raw`.
    pub(crate) fn write_toml(self, raw: &Raw) -> Value {
        match raw {
            Raw::Flag(flag) => Value::from(*flag),
            Raw::Integer(number) => {
                i64::try_from(*number).map_or_else(|_| Value::from(number.to_string()), Value::from)
            }
            Raw::List(words) | Raw::Argv(words) => Value::Array(words.iter().collect()),
            Raw::Secret(secret) => Value::from(secret.expose()),
            Raw::KeyFile(path) => Value::from(path.to_string_lossy().into_owned()),
            Raw::Text(text) => match self {
                Self::Duration => whole_number(text)
                    .and_then(|seconds| i64::try_from(seconds).ok())
                    .map_or_else(|| Value::from(text), Value::from),
                Self::Decimal => text.parse().unwrap_or_else(|_| Value::from(text)),
                _ => Value::String(Formatted::new(text.clone())),
            },
        }
    }
}

/// Digits alone, within TOML's range.
fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse::<i64>().ok())
        .flatten()
        .and_then(|number| u64::try_from(number).ok())
}

/// Digits, and at most one point between digits.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 20
        && text
            .split_once('.')
            .map_or(digits(text), |(whole, rest)| digits(whole) && digits(rest))
}

fn decimal_as_written(value: &Value, source: &str) -> Option<String> {
    match value {
        Value::Float(number) => {
            let raw = number.as_repr()?.as_raw();
            raw.as_str()
                .or_else(|| source.get(raw.span()?))
                .map(str::to_owned)
        }
        Value::Integer(number) => Some(number.value().to_string()),
        Value::String(text) => Some(text.value().clone()),
        _ => None,
    }
}

fn texts(array: &Array) -> Option<Vec<String>> {
    array
        .iter()
        .map(|entry| entry.as_str().map(str::to_owned))
        .collect()
}

fn non_empty(words: Vec<String>) -> Option<Vec<String>> {
    (!words.is_empty()).then_some(words)
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(number) if *number.value() < 0 => "a negative number",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date or time",
        Value::Array(array) if array.is_empty() => "an empty list",
        Value::Array(_) => "a list",
        Value::InlineTable(_) => "a table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SettingKind::{Argv, Decimal, Duration, Flag, Integer, List, Text};

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn words_are_read_by_kind() {
        for (kind, text, expected) in [
            (Text, "GOOD PIZZA", Some(Raw::Text("GOOD PIZZA".into()))),
            (Flag, "0", Some(Raw::Flag(false))),
            (Flag, "true", Some(Raw::Flag(true))),
            (Flag, "yes", None),
            (Integer, "6", Some(Raw::Integer(6))),
            (Integer, "-6", None),
            (Integer, "+6", None),
            (Integer, "６", None),
            (Integer, "99999999999999999999", None),
            (Decimal, "0.0450", Some(Raw::Text("0.0450".into()))),
            (Decimal, "1e-3", None),
            (Decimal, ".5", None),
            (Duration, "10m", Some(Raw::Text("10m".into()))),
            (List, " ES, PT ,", Some(Raw::List(words(&["ES", "PT"])))),
            (List, " , ", None),
            (List, "['ES', 'PT']", Some(Raw::List(words(&["ES", "PT"])))),
            (List, "[ES]", None),
            (
                Argv,
                r#"["pass", "show", "sms"]"#,
                Some(Raw::Argv(words(&["pass", "show", "sms"]))),
            ),
            (Argv, "pass show sms", None),
            (Argv, r#"[""]"#, None),
        ] {
            assert_eq!(kind.read_text(text).ok(), expected, "{kind:?} {text}");
        }
    }

    #[test]
    fn toml_is_read_by_kind() {
        for (kind, toml, expected) in [
            (Flag, "1", Ok(Raw::Flag(true))),
            (Flag, "2", Err("expected true or false, found a whole number")),
            (
                Integer,
                "\"6\"",
                Err("expected a whole number, 0 or more, found text"),
            ),
            (
                Integer,
                "-1",
                Err("expected a whole number, 0 or more, found a negative number"),
            ),
            (Decimal, "0.0450", Ok(Raw::Text("0.0450".into()))),
            (Decimal, "1", Ok(Raw::Text("1".into()))),
            (
                Decimal,
                "nan",
                Err("expected an amount such as 0.045, found a number with a fraction"),
            ),
            (Duration, "600", Ok(Raw::Text("600".into()))),
            (Duration, "\"10m\"", Ok(Raw::Text("10m".into()))),
            (
                Duration,
                "1.5",
                Err(
                    "expected a duration such as \"10m\", or a number of seconds, found a number with a fraction",
                ),
            ),
            (List, "[\"ES\"]", Ok(Raw::List(words(&["ES"])))),
            (
                List,
                "[]",
                Err("expected a list of texts such as [\"ES\", \"PT\"], found an empty list"),
            ),
            (
                List,
                "[1]",
                Err("expected a list of texts such as [\"ES\", \"PT\"], found a list"),
            ),
            (Text, "{a = 1}", Err("expected text in quotes, found a table")),
        ] {
            let value: Value = toml.parse().unwrap();
            let found = kind.read_toml(&value, toml).map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{kind:?} {toml}");
        }
    }

    #[test]
    fn what_is_written_has_the_natural_type_and_reads_back() {
        for (kind, text, toml) in [
            (Text, "a \"b\"", "'a \"b\"'"),
            (Flag, "1", "true"),
            (Integer, "06", "6"),
            (Decimal, "0.0450", "0.0450"),
            (Duration, "10m", "\"10m\""),
            (Duration, "600", "600"),
            (List, "ES,PT", "[\"ES\", \"PT\"]"),
            (Argv, "['a','b']", "[\"a\", \"b\"]"),
        ] {
            let raw = kind.read_text(text).unwrap();
            let value = kind.write_toml(&raw);
            assert_eq!(value.to_string(), toml);
            assert_eq!(kind.read_toml(&toml.parse().unwrap(), toml), Ok(raw));
        }
    }

    #[test]
    fn no_error_repeats_a_secret() {
        let wrong: Value = "1234567890".parse().unwrap();
        assert!(
            !SettingKind::Secret
                .read_toml(&wrong, "")
                .unwrap_err()
                .to_string()
                .contains("1234")
        );
        assert!(
            !Argv
                .read_text("0123456789abcdef")
                .unwrap_err()
                .to_string()
                .contains("0123")
        );
    }
}
