//! What the doctor found, step by step.

use crate::failure::Exit;
use crate::output::{Report, Style};
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// Whether PINs could be sent, and if not, which step fails.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DoctorReport {
    #[schemars(extend("enum" = ["healthy", "unhealthy"]))]
    pub(crate) outcome: &'static str,
    /// Whether the built-in gateway was examined.
    pub(crate) sandbox: bool,
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
    pub(crate) fn new(sandbox: bool, steps: Vec<Step>) -> Self {
        let failed = steps.iter().any(|step| step.result == StepResult::Failed);
        Self {
            outcome: if failed { "unhealthy" } else { "healthy" },
            sandbox,
            steps,
        }
    }

    /// The code of the first step that failed.
    pub(crate) fn exit(&self) -> Exit {
        let mut failed = self.steps.iter().filter(|step| step.result == StepResult::Failed);
        failed.next().map_or(Exit::Done, |step| step.exit)
    }

    /// The same for a CI server: one test case a step.
    pub(crate) fn junit(&self) -> String {
        let count = |result| self.steps.iter().filter(|step| step.result == result).count();
        let total: u64 = self.steps.iter().map(|step| step.milliseconds).sum();
        let head = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"smspin doctor\" tests=\"{}\" \
             failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\">\n",
            self.steps.len(),
            count(StepResult::Failed),
            count(StepResult::Skipped),
            seconds(total)
        );
        let cases = self.steps.iter().map(|step| {
            format!(
                "    <testcase classname=\"smspin.doctor\" name=\"{}\" time=\"{}\">\n{}    </testcase>\n",
                step.name,
                seconds(step.milliseconds),
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

fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
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
            let hint = step.hint.as_deref().map(|hint| format!("; {}", text::line(hint)));
            format!(
                "{}  {:<13}  {time:>8}  {}{}",
                paint(style, word),
                step.name,
                text::line(&step.detail),
                hint.unwrap_or_default()
            )
        });
        lines.collect::<Vec<_>>().join("\n")
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
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  \
            <testsuite name=\"smspin doctor\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"1.234\">\n    \
            <testcase classname=\"smspin.doctor\" name=\"key\" time=\"1.234\">\n      \
            <failure message=\"&lt;b&gt; &amp; &quot;quoted&quot;\\u{1b}[2J\u{fffd}\" type=\"exit 6\"></failure>\n    \
            </testcase>\n    <testcase classname=\"smspin.doctor\" name=\"balance\" time=\"0.000\">\n      \
            <skipped message=\"not reached\"/>\n    </testcase>\n  </testsuite>\n</testsuites>\n";
        assert_eq!(report.junit(), expected);
        assert_eq!(report.exit(), Exit::Account);
    }
}
