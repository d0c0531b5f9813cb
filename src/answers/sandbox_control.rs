//! What the commands answer with that ask a sandbox for more than its messages.

use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::sandbox::{Behaviour, Readiness, ShownExchange};
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;

/// A served sandbox answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxAnswersReport {
    url: String,
    version: String,
    /// What `smspin sandbox pin --after` takes.
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

/// The sandbox's clock was put forward.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxClockReport {
    /// What the clock shows, in Unix milliseconds.
    now: i64,
}

impl SandboxClockReport {
    pub(crate) const fn new(now: i64) -> Self {
        Self { now }
    }
}

impl Report for SandboxClockReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        let now = jiff::Timestamp::from_millisecond(self.now).unwrap_or_default();
        format!("the sandbox's clock shows {}", now.strftime("%Y-%m-%d %H:%M:%SZ"))
    }
}

/// How the sandbox behaves beyond its contract.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxBehaviourReport {
    /// What was added, or all that hold, the oldest first.
    behaviours: Vec<Behaviour>,
}

impl SandboxBehaviourReport {
    pub(crate) fn new(behaviours: Vec<Behaviour>) -> Self {
        Self { behaviours }
    }
}

impl Report for SandboxBehaviourReport {
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

/// What a served sandbox was asked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SandboxRequestsReport {
    /// The number of the last request of all; what `--after` takes.
    pub(crate) last: u64,
    /// The newest first.
    pub(crate) requests: Vec<ShownExchange>,
}

impl Report for SandboxRequestsReport {
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
