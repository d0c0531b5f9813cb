//! What the doctor leaves for CI servers: a JUnit report, and a table in the summary of the job.

use crate::answers::{DoctorReport, Step, StepResult};
use crate::report::{self, JunitCase, JunitEnd};
use jiff::Timestamp;
use std::time::Duration;

/// One test case a step. `began` is when the checks began.
pub(super) fn junit(report: &DoctorReport, began: Timestamp) -> String {
    let cases: Vec<_> = report.steps.iter().map(|step| ("doctor", case(step))).collect();
    let taken: Duration = report.steps.iter().map(|step| step.took).sum();
    report::suite("smspin doctor", (began, taken), "", &cases)
}

fn case(step: &Step) -> JunitCase {
    let detail = step.end.detail.clone();
    JunitCase {
        name: step.name.as_str().to_owned(),
        took: step.took,
        end: match step.end.result {
            StepResult::Passed => JunitEnd::Passed(detail),
            StepResult::Skipped => JunitEnd::Skipped(detail),
            StepResult::Failed => JunitEnd::Failed {
                message: detail,
                kind: format!("exit {}", step.end.exit.code()),
                detail: step.end.hint.clone().unwrap_or_default(),
            },
        },
    }
}

pub(super) fn markdown(report: &DoctorReport) -> String {
    let rows = report.reached().map(|step| {
        let hint = step.end.hint.iter().map(|hint| format!("; hint: {hint}"));
        let found = step.end.detail.clone() + &hint.collect::<String>();
        format!(
            "| {} | {} | {} |\n",
            step.name.as_str(),
            step.end.result.word(),
            report::markdown_cell(&found)
        )
    });
    let rest = report.unreached().map(|line| format!("\n{line}\n"));
    format!(
        "### smspin doctor: {}\n\n| step | result | found |\n|---|---|---|\n{}{}",
        report.outcome.as_str(),
        rows.collect::<String>(),
        rest.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::{StepEnd, StepName};
    use crate::failure::Exit;

    fn report(said: &str) -> DoctorReport {
        let failed = StepEnd::failed(said, Exit::Account);
        let failed = Step::new(StepName::Key, Duration::from_millis(1234), failed);
        DoctorReport::new(
            false,
            vec![
                failed,
                Step::new(StepName::Balance, Duration::ZERO, StepEnd::not_reached()),
            ],
        )
    }

    #[test]
    fn a_report_for_a_ci_server_is_xml_whatever_the_gateway_says() {
        let report = report("<b> & \"quoted\"\u{1b}[2J\u{ffff}");
        let shown = junit(&report, Timestamp::from_second(1_800_000_000).unwrap());
        let (head, cases) = shown.split_once(" hostname=").unwrap();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"smspin doctor\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"1.234\">\n  \
            <testsuite name=\"smspin doctor\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"1\" time=\"1.234\" id=\"0\" \
            package=\"smspin\" timestamp=\"2027-01-15T08:00:00\"";
        assert_eq!(head, expected);
        let (_, cases) = cases.split_once('\n').unwrap();
        let expected = "    <testcase classname=\"smspin.doctor\" name=\"key\" time=\"1.234\">\n      \
            <failure message=\"&lt;b&gt; &amp; &quot;quoted&quot;\\u{1b}[2J\u{fffd}\" type=\"exit 6\"></failure>\n    \
            </testcase>\n    <testcase classname=\"smspin.doctor\" name=\"balance\" time=\"0\">\n      \
            <skipped message=\"not reached\"/>\n    </testcase>\n  </testsuite>\n</testsuites>\n";
        assert_eq!(cases, expected);
        assert_eq!(report.exit(), Exit::Account);
    }

    #[test]
    fn what_the_gateway_says_is_no_live_markdown_in_the_summary_of_a_job() {
        for said in [
            "![x](http://a.b/c)",
            "[x](y)",
            "<img src=x>",
            "a | b",
            "`x`",
            "http://a.b/c",
        ] {
            let shown = markdown(&report(said));
            let row = shown.lines().find(|line| line.contains("failed")).unwrap();
            assert_eq!(row.replace("\\|", "").matches('|').count(), 4, "{row}");
            let bare = ["\\[", "\\`"]
                .iter()
                .fold(row.to_owned(), |row, escape| row.replace(escape, ""));
            for live in ["[", "<", "`", "://"] {
                assert!(!bare.contains(live), "{live} in {row}");
            }
        }
    }
}
