//! From layers to typed values: each setting is parsed by its own parser, and every error is kept, so that a command can
//! report all of them at once.

use super::error::ValueError;
use super::keys::Setting;
use super::kind::BoxError;
use super::{InvalidValue, Key, Layers, Origin};
use crate::failure::{Failure, Fault};

/// Reads settings, and remembers what was wrong with them.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    layers: &'a Layers,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// Begins with the values that have the wrong shape.
    pub(crate) fn new(layers: &'a Layers) -> Self {
        Self {
            layers,
            faults: layers.invalid().iter().map(Fault::from).collect(),
        }
    }

    /// The value of `setting`, or `None` where it is unset or wrong.
    pub(crate) fn read<T>(&mut self, setting: Setting<T>) -> Option<T> {
        let Setting { key, parse } = setting;
        self.read_with(key, parse)
    }

    /// The value of `key`, parsed by what its own parser can't know, such as the columns of a file.
    pub(crate) fn read_with<T, E: Into<BoxError>>(
        &mut self,
        key: Key,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match self.layers.resolve(key, parse) {
            Ok(found) => found.map(|found| found.value),
            Err(ValueError::Meaning { subject, source }) => {
                self.fault(Fault {
                    what: subject,
                    message: source.to_string(),
                    hint: None,
                });
                None
            }
            Err(other) => {
                self.fault(Fault {
                    what: key.name().to_owned(),
                    message: other.to_string(),
                    hint: other.hint(),
                });
                None
            }
        }
    }

    /// Where the value of `key` comes from, for warnings.
    pub(crate) fn origin(&self, key: Key) -> Option<Origin> {
        self.layers.get(key).map(|found| found.origin)
    }

    /// Whether these are the settings of a sandbox run, which has no gateway of its own to name.
    pub(crate) fn in_sandbox(&self) -> bool {
        self.layers.is_sandbox()
    }

    pub(crate) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// `value`, unless anything that was read on the way was wrong.
    pub(crate) fn finish<T>(self, doing: &str, value: Option<T>) -> Result<T, Failure> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            _ => Err(Failure::faults(doing, self.faults)),
        }
    }
}

impl From<&InvalidValue> for Fault {
    fn from(invalid: &InvalidValue) -> Self {
        Self {
            what: invalid.subject.clone(),
            message: invalid.source.to_string(),
            hint: None,
        }
    }
}
