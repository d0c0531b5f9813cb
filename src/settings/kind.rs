//! What shape a setting's value has, and how that shape is read from a word, from TOML, and written back.
//!
//! Only the shape is checked here (a whole number, a list): whether a sender is a valid sender, `domain` decides.

use std::borrow::Cow;
use std::path::PathBuf;

use toml::de::{DeArray, DeValue};
use toml_edit::{Formatted, Value};

use crate::domain::invalid::Invalid;
use crate::settings::secret::Secret;

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

    /// Reads what a flag, a variable or a command's argument says, into what a file that says the same holds.
    pub(crate) fn read_text(self, text: &str) -> Result<Raw, Invalid> {
        let whole = || whole_number(text);
        let read = match self {
            Self::Text | Self::Url => Some(Raw::Text(text.to_owned())),
            Self::Duration => Some(Raw::Text(
                whole().map_or_else(|| text.to_owned(), |seconds| seconds.to_string()),
            )),
            Self::Secret => Some(Raw::Secret(Secret::new(text))),
            Self::Flag => match text {
                "true" | "1" => Some(Raw::Flag(true)),
                "false" | "0" => Some(Raw::Flag(false)),
                _ => None,
            },
            Self::Integer => whole().map(Raw::Integer),
            Self::Decimal => is_decimal(text).then(|| Raw::Text(text.to_owned())),
            Self::List if !text.trim_start().starts_with('[') => {
                let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
                non_empty(entries.map(str::to_owned).collect()).map(Raw::List)
            }
            Self::List | Self::Argv => DeValue::parse(text.trim())
                .ok()
                .and_then(|value| self.value(value.get_ref())),
        };
        read.ok_or_else(|| match self {
            // The text may hold anything, so it is not repeated.
            Self::Argv => wrong(self.expected(), "something else"),
            _ => Invalid::new(format_args!("expected {}, found ", self.expected_word())).and_quote(text),
        })
    }

    /// Reads a value of a document. The error names types only, so it can't repeat a misplaced secret.
    pub(crate) fn read_toml(self, value: &DeValue<'_>) -> Result<Raw, Invalid> {
        self.value(value)
            .ok_or_else(|| wrong(self.expected(), type_name(value)))
    }

    fn value(self, value: &DeValue<'_>) -> Option<Raw> {
        let text = || value.as_str().map(str::to_owned);
        let natural = || natural(value);
        let words = || value.as_array().and_then(texts).and_then(non_empty);
        match self {
            Self::Text | Self::Url => text().map(Raw::Text),
            Self::Secret => text().map(|text| Raw::Secret(Secret::new(text))),
            Self::Flag => match (value.as_bool(), natural()) {
                (Some(flag), _) => Some(Raw::Flag(flag)),
                (_, Some(number @ 0..=1)) => Some(Raw::Flag(number == 1)),
                _ => None,
            },
            Self::Integer => natural().map(Raw::Integer),
            Self::Duration => natural()
                .map(|seconds| seconds.to_string())
                .or_else(text)
                .map(Raw::Text),
            Self::Decimal => as_written(value)
                .filter(|text| is_decimal(text))
                .map(|text| Raw::Text(text.to_owned())),
            Self::List => words().map(Raw::List),
            Self::Argv => words().filter(|argv| !argv[0].is_empty()).map(Raw::Argv),
        }
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

/// The error for a value of the wrong shape.
fn wrong(expected: &str, found: &str) -> Invalid {
    Invalid::new(format_args!("expected {expected}, found {found}"))
}

/// Digits alone, within TOML's range.
fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse::<i64>().ok()).flatten()?;
    u64::try_from(number).ok()
}

/// Digits, and at most one point between digits.
fn is_decimal(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.len() <= 20
        && text
            .split_once('.')
            .map_or(digits(text), |(whole, rest)| digits(whole) && digits(rest))
}

/// A whole number from 0 up, within TOML's range.
fn natural(value: &DeValue<'_>) -> Option<u64> {
    let number = value.as_integer()?;
    let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
    u64::try_from(number).ok()
}

fn as_written<'a>(value: &'a DeValue<'_>) -> Option<&'a str> {
    match value {
        DeValue::Float(number) => Some(number.as_str()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
        DeValue::String(text) => Some(text),
        _ => None,
    }
}

fn texts(array: &DeArray<'_>) -> Option<Vec<String>> {
    array
        .iter()
        .map(|entry| entry.get_ref().as_str().map(str::to_owned))
        .collect()
}

fn non_empty(words: Vec<String>) -> Option<Vec<String>> {
    (!words.is_empty()).then_some(words)
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(number) if number.as_str().starts_with('-') => "a negative number",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(array) if array.is_empty() => "an empty list",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
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
            (Duration, "060", Some(Raw::Text("60".into()))),
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
            let value = DeValue::parse(toml).unwrap();
            let found = kind.read_toml(value.get_ref()).map_err(|error| error.to_string());
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
            let value = DeValue::parse(toml).unwrap();
            assert_eq!(kind.read_toml(value.get_ref()), Ok(raw));
        }
    }

    #[test]
    fn no_error_repeats_a_secret() {
        let wrong = DeValue::parse("1234567890").unwrap();
        assert!(
            !SettingKind::Secret
                .read_toml(wrong.get_ref())
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
