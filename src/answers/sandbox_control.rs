//! What the commands answer with that ask a sandbox for more than its messages.

use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::sandbox::{Behaviours, ClockTime, Readiness, Requests};
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;

/// A served sandbox answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxAnswersReport {
    url: String,
    version: String,
    /// What `smspin sandbox pin` takes behind --after.
    revision: i64,
}

impl SandboxAnswersReport {
    pub(crate) fn new(url: String, readiness: Readiness) -> Self {
        Self {
            url,
            version: readiness.version,
            revision: readiness.revision,
        }
    }
}

impl Report for SandboxAnswersReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Ready];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        format!(
            "{}: the sandbox at {} answers",
            paint(Style::Good, "ready"),
            text::line(&self.url)
        )
    }
}

/// The revision of the sandbox's state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxRevisionReport {
    revision: i64,
}

impl SandboxRevisionReport {
    pub(crate) const fn new(revision: i64) -> Self {
        Self { revision }
    }
}

impl Report for SandboxRevisionReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        self.revision.to_string()
    }
}

impl Report for ClockTime {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        let now = jiff::Timestamp::from_millisecond(self.now).unwrap_or_default();
        format!("the sandbox's clock shows {}", now.strftime("%Y-%m-%d %H:%M:%SZ"))
    }
}

impl Report for Behaviours {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        if self.behaviours.is_empty() {
            return "the sandbox behaves as usual".to_owned();
        }
        let lines = self.behaviours.iter().map(|behaviour| {
            let written = serde_json::to_string(behaviour).unwrap_or_default();
            text::line(&written).into_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl Report for Requests {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        if self.requests.is_empty() {
            return "no such request since the sandbox was started".to_owned();
        }
        let lines = self.requests.iter().map(|request| {
            let number = paint(Style::Faint, &request.id.to_string());
            format!("{number}  {}", text::line(&request.line()))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}
