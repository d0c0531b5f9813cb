//! From layers to typed values: each setting is parsed by its own parser, and every error is kept, so that a command can
//! report all of them at once.

use super::keys::Setting;
use super::kind::BoxError;
use super::{Key, Layers, Origin};
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
            faults: layers.invalid().to_vec(),
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
        let found = self.layers.get(key)?;
        match parse(&found.value.text()) {
            Ok(value) => Some(value),
            Err(error) => {
                self.fault(Fault {
                    what: found.origin.subject(key),
                    message: error.into().to_string(),
                    hint: None,
                });
                None
            }
        }
    }

    /// The value of `key`, if it was typed as a flag.
    pub(crate) fn typed(&self, key: Key) -> Option<String> {
        let found = self.layers.get(key)?;
        matches!(found.origin, Origin::Flag { .. }).then(|| found.value.text().into())
    }

    /// Where the value of `key` comes from, for warnings.
    pub(crate) fn origin(&self, key: Key) -> Option<Origin> {
        self.layers.get(key).map(|found| found.origin.clone())
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
