//! What the doctor found, step by step.

use crate::failure::Exit;
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::text::{self, count};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// Whether PINs could be sent, and if not, which step fails.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DoctorReport {
    #[serde(skip)]
    pub(crate) outcome: OutcomeWord,
    /// Whether the built-in gateway was examined.
    #[serde(skip)]
    in_sandbox: bool,
    /// In the order in which they were taken. After one that failed, those that need it are skipped.
    pub(crate) steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Step {
    #[serde(rename = "step")]
    pub(crate) name: StepName,
    #[serde(flatten)]
    pub(crate) end: StepEnd,
    /// How long it took.
    pub(crate) milliseconds: u64,
    /// The same, as the report for a CI server has it.
    #[serde(skip)]
    pub(crate) took: Duration,
}

/// How a step ended, and what was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct StepEnd {
    pub(crate) result: StepResult,
    /// What was found. Numbers are masked, and there is no PIN and no key in it.
    pub(crate) detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip)]
    pub(crate) exit: Exit,
    #[serde(skip)]
    is_reached: bool,
}

/// The steps, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepName {
    Configuration,
    Resolve,
    Connect,
    Tls,
    Key,
    Paths,
    Balance,
    Latency,
    /// The request of `--send-to`.
    Request,
    Verify,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepResult {
    Passed,
    Failed,
    /// Not taken, because it does not apply or an earlier one failed.
    Skipped,
}

impl StepResult {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

impl StepName {
    pub(crate) const ALL: [Self; 10] = [
        Self::Configuration,
        Self::Resolve,
        Self::Connect,
        Self::Tls,
        Self::Key,
        Self::Paths,
        Self::Balance,
        Self::Latency,
        Self::Request,
        Self::Verify,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Key => "key",
            Self::Paths => "paths",
            Self::Balance => "balance",
            Self::Latency => "latency",
            Self::Request => "request",
            Self::Verify => "verify",
        }
    }

    /// Whether it belongs to `--send-to`.
    pub(crate) const fn sends(self) -> bool {
        matches!(self, Self::Request | Self::Verify)
    }
}

impl StepEnd {
    fn new(result: StepResult, detail: impl Into<String>, exit: Exit) -> Self {
        Self {
            result,
            detail: detail.into(),
            hint: None,
            exit,
            is_reached: true,
        }
    }

    pub(crate) fn passed(detail: impl Into<String>) -> Self {
        Self::new(StepResult::Passed, detail, Exit::Done)
    }

    /// There was nothing to do, and why.
    pub(crate) fn skipped(why: impl Into<String>) -> Self {
        Self::new(StepResult::Skipped, why, Exit::Done)
    }

    /// An earlier step that it needs has failed.
    pub(crate) fn not_reached() -> Self {
        Self {
            is_reached: false,
            ..Self::skipped("not reached")
        }
    }

    pub(crate) fn failed(detail: impl Into<String>, exit: Exit) -> Self {
        Self::new(StepResult::Failed, detail, exit)
    }

    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<Option<String>>) -> Self {
        let hint = hint.into();
        Self { hint, ..self }
    }
}

impl Step {
    pub(crate) fn new(name: StepName, took: Duration, end: StepEnd) -> Self {
        let took = match end.result {
            StepResult::Skipped => Duration::ZERO,
            _ => took,
        };
        Self {
            name,
            end,
            milliseconds: took.as_millis().try_into().unwrap_or(u64::MAX),
            took,
        }
    }
}

impl DoctorReport {
    pub(crate) fn new(in_sandbox: bool, steps: Vec<Step>) -> Self {
        let failed = steps.iter().any(|step| step.end.result == StepResult::Failed);
        Self {
            outcome: if failed {
                OutcomeWord::Unhealthy
            } else {
                OutcomeWord::Healthy
            },
            in_sandbox,
            steps,
        }
    }

    /// The steps that were taken, or do not apply.
    pub(crate) fn reached(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.end.is_reached)
    }

    /// In one line, how many others there are.
    pub(crate) fn unreached(&self) -> Option<String> {
        let steps = self.steps.len() - self.reached().count();
        (steps > 0).then(|| {
            let steps = count(steps as u64, "more step was", "more steps were");
            format!("{steps} not reached")
        })
    }

    /// The code of the first step that failed.
    pub(crate) fn exit(&self) -> Exit {
        let mut failed = self
            .steps
            .iter()
            .filter(|step| step.end.result == StepResult::Failed);
        failed.next().map_or(Exit::Done, |step| step.end.exit)
    }
}

impl Report for DoctorReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Healthy, OutcomeWord::Unhealthy];

    fn outcome(&self) -> OutcomeWord {
        self.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let lines = self.reached().map(|step| {
            let (style, word) = match step.end.result {
                StepResult::Passed => (Style::Good, "ok     "),
                StepResult::Failed => (Style::Bad, "failed "),
                StepResult::Skipped => (Style::Faint, "skipped"),
            };
            let time = match step.end.result {
                StepResult::Skipped => String::new(),
                _ => format!("{} ms", step.milliseconds),
            };
            let hint = step.end.hint.as_deref();
            let hint = hint.map(|hint| {
                format!(
                    "\n         {} {}",
                    paint(Style::Strong, "hint:"),
                    text::line(hint)
                )
            });
            format!(
                "{}  {:<13}  {time:>8}  {}{}",
                paint(style, word),
                step.name.as_str(),
                text::line(&step.end.detail),
                hint.unwrap_or_default()
            )
        });
        let lines = lines.chain(self.unreached()).chain([self.verdict(paint)]);
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl DoctorReport {
    /// The whole in one line.
    fn verdict(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut failed = self
            .steps
            .iter()
            .filter(|step| step.end.result == StepResult::Failed);
        match failed.next() {
            None if self.in_sandbox => format!("{}: the sandbox is ready", paint(Style::Good, "healthy")),
            None => format!("{}: PINs can be sent", paint(Style::Good, "healthy")),
            Some(step) => {
                let more = match failed.count() {
                    0 => String::new(),
                    more => format!(" and {}", count(more as u64, "more step", "more steps")),
                };
                format!(
                    "{}: {}{more} failed",
                    paint(Style::Bad, "unhealthy"),
                    step.name.as_str()
                )
            }
        }
    }
}
