//! A failure as programs read it.

use super::{Report, Style};
use crate::failure::{Failure, Fault, Kind};
use crate::outcome::OutcomeWord;
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;

/// A command that could not do its work. Nothing was sent, unless `kind` is `disk` or `bug`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub(crate) struct FailureDocument {
    kind: Kind,
    /// What was being done, or what is wrong.
    pub(crate) error: String,
    /// Why, the nearest cause first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    /// Where several things are wrong at once, each of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
    /// What to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// In how many seconds the same command would send, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    wait_seconds: Option<u64>,
}

impl FailureDocument {
    pub(crate) fn new(failure: &Failure) -> Self {
        Self {
            kind: failure.kind,
            error: failure.error.to_string(),
            causes: failure.causes(),
            faults: failure.faults.clone(),
            hint: (!failure.hints.is_empty()).then(|| failure.hints.join("; ")),
            wait_seconds: failure.wait.map(|wait| wait.as_secs()),
        }
    }

    /// The same as it may be passed on: with numbers masked.
    pub(crate) fn masked(failure: &Failure) -> Self {
        let mut document = Self::new(failure);
        if let Some(masked) = &failure.masked.error {
            document.error.clone_from(masked);
        }
        match &failure.masked.faults {
            Some(masked) => Self {
                faults: masked.clone(),
                ..document
            },
            None => document,
        }
    }
}

impl Report for FailureDocument {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Invalid, OutcomeWord::Failed];

    fn outcome(&self) -> OutcomeWord {
        match self.kind {
            Kind::Invalid => OutcomeWord::Invalid,
            _ => OutcomeWord::Failed,
        }
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let error = format!("{} {}", paint(Style::Bad, "error:"), text::line(&self.error));
        let causes = self
            .causes
            .iter()
            .map(|cause| format!("  because {}", text::line(cause)));
        let faults = self.faults.iter().map(|fault| {
            let what = paint(Style::Strong, &fault.what);
            format!("  {what}: {}", text::line(&fault.message))
        });
        let lines = std::iter::once(error).chain(causes).chain(faults);
        lines.collect::<Vec<_>>().join("\n")
    }
}
