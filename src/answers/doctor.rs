//! What the doctor found, step by step.

use crate::failure::Exit;
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::text;
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
    #[schemars(extend("enum" = [
        "configuration", "resolve", "connect", "tls", "key", "paths", "balance", "latency", "request", "verify"
    ]))]
    #[serde(rename = "step")]
    pub(crate) name: &'static str,
    pub(crate) result: StepResult,
    /// How long it took.
    pub(crate) milliseconds: u64,
    /// The same, as the report for a CI server has it.
    #[serde(skip)]
    took: Duration,
    /// What was found. Numbers are masked, and there is no PIN and no key in it.
    pub(crate) detail: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    #[serde(skip)]
    pub(crate) exit: Exit,
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

impl Step {
    pub(crate) fn passed(step: &'static str, took: Duration, detail: impl Into<String>) -> Self {
        Self::new(step, StepResult::Passed, took, detail.into(), Exit::Done)
    }

    pub(crate) fn failed(step: &'static str, took: Duration, detail: impl Into<String>, exit: Exit) -> Self {
        Self::new(step, StepResult::Failed, took, detail.into(), exit)
    }

    pub(crate) fn skipped(step: &'static str, detail: impl Into<String>) -> Self {
        Self::new(
            step,
            StepResult::Skipped,
            Duration::ZERO,
            detail.into(),
            Exit::Done,
        )
    }

    fn new(name: &'static str, result: StepResult, took: Duration, detail: String, exit: Exit) -> Self {
        Self {
            name,
            result,
            took,
            milliseconds: took.as_millis().try_into().unwrap_or(u64::MAX),
            detail,
            hint: None,
            exit,
        }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl DoctorReport {
    pub(crate) fn new(in_sandbox: bool, steps: Vec<Step>) -> Self {
        let failed = steps.iter().any(|step| step.result == StepResult::Failed);
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

    /// The code of the first step that failed.
    pub(crate) fn exit(&self) -> Exit {
        let mut failed = self.steps.iter().filter(|step| step.result == StepResult::Failed);
        failed.next().map_or(Exit::Done, |step| step.exit)
    }

    /// The same in short, for the summary of a CI job.
    pub(crate) fn markdown(&self) -> String {
        let cell = |text: &str| text::line(text).replace('|', "\\|").replace('<', "&lt;");
        let rows = self.steps.iter().map(|step| {
            let result = match step.result {
                StepResult::Passed => "passed",
                StepResult::Failed => "failed",
                StepResult::Skipped => "skipped",
            };
            format!("| {} | {result} | {} |\n", step.name, cell(&step.detail))
        });
        format!(
            "### smspin doctor: {}\n\n| step | result | found |\n|---|---|---|\n{}",
            self.outcome.as_str(),
            rows.collect::<String>()
        )
    }

    /// The same for a CI server: one test case a step. `began` is when the checks began, as `2026-01-31T12:00:00Z`.
    pub(crate) fn junit(&self, began: &str, hostname: &str) -> String {
        let count = |result| self.steps.iter().filter(|step| step.result == result).count();
        let total: Duration = self.steps.iter().map(Step::time).sum();
        let totals = format!(
            "name=\"smspin doctor\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\"",
            self.steps.len(),
            count(StepResult::Failed),
            count(StepResult::Skipped),
            seconds(total)
        );
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n  <testsuite id=\"0\" package=\"smspin\" {totals} \
             timestamp=\"{}\" hostname=\"{}\">\n",
            escaped(began),
            escaped(hostname)
        );
        let cases = self.steps.iter().map(|step| {
            format!(
                "    <testcase classname=\"smspin.doctor\" name=\"{}\" time=\"{}\">\n{}    </testcase>\n",
                step.name,
                seconds(step.time()),
                step.in_junit()
            )
        });
        [
            head,
            cases.collect(),
            "  </testsuite>\n</testsuites>\n".to_owned(),
        ]
        .concat()
    }
}

impl Step {
    /// A step that was taken took some time, however little: CI servers read 0 as "not run".
    fn time(&self) -> Duration {
        match self.result {
            StepResult::Skipped => Duration::ZERO,
            StepResult::Passed | StepResult::Failed => self.took.max(Duration::from_micros(1)),
        }
    }

    fn in_junit(&self) -> String {
        let detail = escaped(&self.detail);
        match self.result {
            StepResult::Passed => format!("      <system-out>{detail}</system-out>\n"),
            StepResult::Skipped => format!("      <skipped message=\"{detail}\"/>\n"),
            StepResult::Failed => format!(
                "      <failure message=\"{detail}\" type=\"exit {}\">{}</failure>\n",
                self.exit.code(),
                escaped(self.hint.as_deref().unwrap_or_default())
            ),
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{}.{:06}", time.as_secs(), time.subsec_micros())
}

/// Text as XML takes it, in an attribute too. Control characters have no form in XML 1.0.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text::line(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

impl Report for DoctorReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Healthy, OutcomeWord::Unhealthy];

    fn outcome(&self) -> OutcomeWord {
        self.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let lines = self.steps.iter().map(|step| {
            let (style, word) = match step.result {
                StepResult::Passed => (Style::Good, "ok     "),
                StepResult::Failed => (Style::Bad, "failed "),
                StepResult::Skipped => (Style::Faint, "skipped"),
            };
            let time = match step.result {
                StepResult::Skipped => String::new(),
                _ => format!("{} ms", step.milliseconds),
            };
            let hint = step.hint.as_deref();
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
                step.name,
                text::line(&step.detail),
                hint.unwrap_or_default()
            )
        });
        let lines = lines.chain([self.verdict(paint)]);
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl DoctorReport {
    /// The whole in one line.
    fn verdict(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut failed = self.steps.iter().filter(|step| step.result == StepResult::Failed);
        match failed.next() {
            None if self.in_sandbox => format!("{}: the sandbox is ready", paint(Style::Good, "healthy")),
            None => format!("{}: PINs can be sent", paint(Style::Good, "healthy")),
            Some(step) => {
                let more = match failed.count() {
                    0 => String::new(),
                    more => format!(" and {}", text::count(more as u64, "more step", "more steps")),
                };
                format!("{}: {}{more} failed", paint(Style::Bad, "unhealthy"), step.name)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_for_a_ci_server_is_xml_whatever_the_gateway_says() {
        let took = Duration::from_millis(1234);
        let failed = Step::failed("key", took, "<b> & \"quoted\"\u{1b}[2J\u{ffff}", Exit::Account);
        let report = DoctorReport::new(false, vec![failed, Step::skipped("balance", "not reached")]);
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"smspin doctor\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"1.234000\">\n  \
            <testsuite id=\"0\" package=\"smspin\" name=\"smspin doctor\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" \
            time=\"1.234000\" timestamp=\"2026-01-31T12:00:00Z\" hostname=\"h\">\n    \
            <testcase classname=\"smspin.doctor\" name=\"key\" time=\"1.234000\">\n      \
            <failure message=\"&lt;b&gt; &amp; &quot;quoted&quot;\\u{1b}[2J\u{fffd}\" type=\"exit 6\"></failure>\n    \
            </testcase>\n    <testcase classname=\"smspin.doctor\" name=\"balance\" time=\"0.000000\">\n      \
            <skipped message=\"not reached\"/>\n    </testcase>\n  </testsuite>\n</testsuites>\n";
        assert_eq!(report.junit("2026-01-31T12:00:00Z", "h"), expected);
        assert_eq!(report.exit(), Exit::Account);
    }
}
