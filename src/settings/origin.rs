//! Where a setting's value was found, for errors and for `config list`.

use std::fmt;
use std::sync::Arc;

use crate::settings::keys::Key;
use crate::settings::paths::ConfigPath;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Flag {
        name: &'static str,
    },
    Env {
        name: &'static str,
    },
    /// The configuration file: its top level, or one of its profiles.
    File {
        file: Arc<ConfigPath>,
        line: usize,
        profile: Option<Arc<str>>,
    },
    Default,
}

impl Origin {
    /// The place together with the setting, as an error begins: `--sender`, `$SMSPIN_SENDER`,
    /// ``~/.config/smspin/config.toml:12: `sender` ``.
    pub(crate) fn subject(&self, key: Key) -> String {
        match self {
            Self::Flag { .. } | Self::Env { .. } => self.to_string(),
            Self::File { file, line, .. } => format!("{file}:{line}: `{key}`"),
            Self::Default => format!("the built-in `{key}`"),
        }
    }

    /// The configuration file, where it is one.
    pub(crate) fn file(&self) -> Option<&ConfigPath> {
        match self {
            Self::File { file, .. } => Some(file),
            _ => None,
        }
    }

    /// Whether the user gave the value, rather than smspin itself.
    pub(crate) fn was_set(&self) -> bool {
        !matches!(self, Self::Default)
    }

    /// The line of the configuration file, from 1.
    pub(crate) fn line(&self) -> Option<usize> {
        match self {
            Self::File { line, .. } => Some(*line),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag { name } => f.write_str(name),
            Self::Env { name } => write!(f, "${name}"),
            Self::File { file, line, profile } => {
                write!(f, "{file}:{line}")?;
                profile
                    .as_ref()
                    .map_or(Ok(()), |name| write!(f, " (profile {name})"))
            }
            Self::Default => f.write_str("built in"),
        }
    }
}

/// A value, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Sourced<T> {
    pub(crate) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_a_line_is_named_in_words() {
        assert_eq!(Origin::Default.subject(Key::Timeout), "the built-in `timeout`");
        assert_eq!((Origin::Default.line(), Origin::Default.file()), (None, None));
    }
}
