//! For CI servers: test cases of a suite, with what failed. The only place that writes this form.

use super::document::ReportDocument;
use super::escaped;
use crate::process;
use crate::text::count;
use jiff::Timestamp;
use std::time::Duration;

/// One test case.
#[derive(Clone, Debug)]
pub(crate) struct JunitCase {
    pub(crate) name: String,
    /// How long it took; a case that was skipped took no time.
    pub(crate) took: Duration,
    pub(crate) end: JunitEnd,
}

/// How a test case ended.
#[derive(Clone, Debug)]
pub(crate) enum JunitEnd {
    Passed(String),
    Skipped(String),
    Failed {
        message: String,
        kind: String,
        detail: String,
    },
}

impl JunitEnd {
    fn xml(&self) -> String {
        match self {
            Self::Passed(said) if said.is_empty() => String::new(),
            Self::Passed(said) => format!("      <system-out>{}</system-out>\n", escaped(said)),
            Self::Skipped(why) => format!("      <skipped message=\"{}\"/>\n", escaped(why)),
            Self::Failed {
                message,
                kind,
                detail,
            } => format!(
                "      <failure message=\"{}\" type=\"{}\">{}</failure>\n",
                escaped(message),
                escaped(kind),
                escaped(detail)
            ),
        }
    }
}

/// The suite of one command, such as `smspin batch`: each case with the part of the command that it is about.
pub(crate) fn suite(name: &str, began: Timestamp, taken: Duration, cases: &[(&str, JunitCase)]) -> String {
    let ended = |wanted: fn(&JunitEnd) -> bool| cases.iter().filter(|(_, case)| wanted(&case.end)).count();
    let totals = format!(
        "name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{}\"",
        cases.len(),
        ended(|end| matches!(end, JunitEnd::Failed { .. })),
        ended(|end| matches!(end, JunitEnd::Skipped(_))),
        seconds(taken)
    );
    let written = cases.iter().map(|(part, case)| {
        let time = match case.end {
            JunitEnd::Skipped(_) => "0".to_owned(),
            _ => seconds(case.took),
        };
        format!(
            "    <testcase classname=\"smspin.{part}\" name=\"{}\" time=\"{time}\">\n{}    </testcase>\n",
            escaped(&case.name),
            case.end.xml()
        )
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n  <testsuite {totals} id=\"0\" package=\"smspin\" \
         timestamp=\"{}\" hostname=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
        began.strftime("%Y-%m-%dT%H:%M:%S"),
        escaped(&process::hostname()),
        written.collect::<String>()
    )
}

/// A test case for the batch, for each error id, and for each row that was not accepted.
pub(super) fn suites(document: &ReportDocument) -> String {
    let taken = document.ended.duration_since(document.began).unsigned_abs();
    let whole = if document.exit.code() == 0 {
        JunitEnd::Passed(String::new())
    } else {
        JunitEnd::Failed {
            message: document
                .reason()
                .unwrap_or_else(|| document.exit.doc())
                .to_owned(),
            kind: format!("exit {}", document.exit.code()),
            detail: document.text("hint").unwrap_or_default().to_owned(),
        }
    };
    let mut cases = vec![(
        "batch",
        JunitCase {
            name: document.batch.clone(),
            took: taken,
            end: whole,
        },
    )];
    let failed = |part, name, message, kind, detail| {
        let end = JunitEnd::Failed {
            message,
            kind,
            detail,
        };
        let took = Duration::ZERO;
        (part, JunitCase { name, took, end })
    };
    cases.extend(document.error_ids().into_iter().map(|(id, rows, hint)| {
        let rows = count(rows, "row", "rows");
        failed("batch.error_id", id, rows, "error_id".to_owned(), hint)
    }));
    cases.extend((1..).zip(&document.exceptions).map(|(place, row)| {
        // A masked number alone may be that of several rows.
        let name = match document.row_name(row) {
            name if name.is_empty() => format!("number {place}"),
            name => name,
        };
        let name = match document.number(&row.msisdn).as_str() {
            "" => name,
            number => format!("{name}: {number}"),
        };
        let why = if row.error_id.is_empty() {
            document.detail(row)
        } else {
            row.error_id.clone()
        };
        failed("batch.row", name, row.outcome.clone(), row.outcome.clone(), why)
    }));
    suite("smspin batch", document.began, taken, &cases)
}

/// With a thousandth at the least: some servers take 0 for a test that never ran.
fn seconds(taken: Duration) -> String {
    format!("{:.3}", taken.as_secs_f64().max(0.001))
}
