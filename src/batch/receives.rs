//! What people receive by a run, as the journal keeps it: so that a list which is not finished isn't gone on with by another
//! text because a flag was forgotten.

use super::request::Defaults;
use crate::domain::pin_params::{ExpiresIn, MaxTries};
use crate::failure::Fault;
use crate::rows::Input;
use crate::text;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The settings of a run that reach people, the command that goes on with it, and where its results are. It holds neither
/// the key nor the report URL, which may carry a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Receives {
    pub(super) sms_text: Option<String>,
    sender: Option<String>,
    hlr_lookup: Option<bool>,
    pin_type: Option<String>,
    pin_length: Option<u32>,
    expires_in: Option<u32>,
    max_tries: Option<u32>,
    /// Columns that mean something, as in `From as sender`.
    columns: Option<String>,
    /// How the bytes of the list become the texts that fill a template.
    format: Option<String>,
    /// A report URL was given.
    has_report_url: bool,
    /// The files of `--exclude`, as people know them.
    pub(crate) exclude: Vec<String>,
    pub(crate) command: String,
    /// The results file, by its full path.
    pub(crate) results: Option<PathBuf>,
}

impl Receives {
    pub(super) fn of(sms_text: Option<String>, defaults: &Defaults, input: &Input, command: String) -> Self {
        let pin = &defaults.pin_params;
        let columns = input.meanings();
        Self {
            sms_text,
            sender: defaults.sender.as_ref().map(|sender| sender.as_str().to_owned()),
            hlr_lookup: defaults.hlr_lookup,
            pin_type: pin.pin_type.map(|pin_type| pin_type.as_str().to_owned()),
            pin_length: pin.length.map(|length| u32::from(length.get())),
            expires_in: pin.expires_in.map(ExpiresIn::secs),
            max_tries: pin.max_tries.map(MaxTries::get),
            columns: (!columns.is_empty()).then(|| columns.join(", ")),
            format: Some(input.described()),
            has_report_url: defaults.report_url.is_some(),
            command,
            exclude: Vec::new(),
            results: None,
        }
    }

    /// With where the results go, and which files of numbers are left out.
    pub(super) fn with_files(self, results: Option<&Path>, exclude: &[PathBuf]) -> Self {
        Self {
            results: results.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
            exclude: exclude.iter().map(|path| path.display().to_string()).collect(),
            ..self
        }
    }

    /// As a journal keeps it.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The inverse. What can't be read says nothing.
    pub(crate) fn from_json(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }

    /// What the command doesn't hold, though the run had it.
    pub(crate) const fn needs_report_url(&self) -> bool {
        self.has_report_url
    }

    /// What people would receive otherwise than by an earlier run.
    pub(super) fn differences(&self, earlier: &Self) -> Vec<Fault> {
        fn shown<T: ToString>(value: Option<&T>) -> Option<String> {
            value.map(|value| text::quote(&value.to_string()))
        }
        let values = |of: &Self| {
            [
                ("sms_text", shown(of.sms_text.as_ref())),
                ("sender", shown(of.sender.as_ref())),
                ("hlr_lookup", shown(of.hlr_lookup.as_ref())),
                ("pin_type", shown(of.pin_type.as_ref())),
                ("pin_length", shown(of.pin_length.as_ref())),
                ("expires_in", shown(of.expires_in.as_ref())),
                ("max_tries", shown(of.max_tries.as_ref())),
                ("columns", shown(of.columns.as_ref())),
                ("format", shown(of.format.as_ref())),
            ]
        };
        let pairs = values(earlier).into_iter().zip(values(self));
        let differing = pairs.filter(|((_, was), (_, now))| was != now);
        let word = |value: Option<String>| value.unwrap_or_else(|| "not set".to_owned());
        differing
            .map(|((name, was), (_, now))| Fault {
                what: "changed".to_owned(),
                message: format!("{name}: was {}, now {}", word(was), word(now)),
                hint: None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_journal_keeps_reads_back() {
        let kept = Receives {
            sms_text: Some("Hi {PIN}".to_owned()),
            hlr_lookup: Some(false),
            pin_length: Some(8),
            has_report_url: true,
            command: "smspin batch users.csv".to_owned(),
            results: Some("/tmp/users.results.csv".into()),
            ..Receives::default()
        };
        assert_eq!(Receives::from_json(&kept.to_json()), kept);
        assert_eq!(Receives::from_json("{\"colour\":1}"), Receives::default());
        assert_eq!(Receives::from_json("damaged"), Receives::default());
    }

    #[test]
    fn a_difference_says_what_was_and_what_is() {
        let was = Receives {
            sms_text: Some("Hi {PIN}".to_owned()),
            sender: Some("SHOP".to_owned()),
            command: "one".to_owned(),
            ..Receives::default()
        };
        let now = Receives {
            sender: Some("OTHER".to_owned()),
            pin_length: Some(8),
            command: "another".to_owned(),
            has_report_url: true,
            ..Receives::default()
        };
        let said: Vec<_> = now
            .differences(&was)
            .into_iter()
            .map(|fault| fault.message)
            .collect();
        assert_eq!(
            said,
            [
                "sms_text: was “Hi {PIN}”, now not set",
                "sender: was “SHOP”, now “OTHER”",
                "pin_length: was not set, now “8”",
            ]
        );
        assert_eq!(was.differences(&was), []);
    }
}
