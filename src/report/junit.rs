//! For CI servers: test cases of a suite, with what failed. The only place that writes this form.

use super::document::ReportDocument;
use crate::batch::results::RowException;
use crate::process;
use crate::text::xml as escaped;
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

/// The suite of one command, such as `smspin batch`, with when it began and how long it took, its properties as XML, and each
/// case with the part of the command that it is about.
pub(crate) fn suite(
    name: &str,
    (began, taken): (Timestamp, Duration),
    properties: &str,
    cases: &[(&str, JunitCase)],
) -> String {
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
         timestamp=\"{}\" hostname=\"{}\">\n{properties}{}  </testsuite>\n</testsuites>\n",
        began.strftime("%Y-%m-%dT%H:%M:%S"),
        escaped(&process::hostname()),
        written.collect::<String>()
    )
}

/// How many rows are cases at most.
const MOST: u64 = 1000;

/// The mark of a command that sent nothing.
pub(super) const NOTHING_SENT: &str = "<property name=\"nothing_sent\" value=\"true\"/>";

/// A test case for the command, and one for each row. Of a long list, the rows that are shown have the outcomes in the proportions
/// of the whole, since a server counts cases.
pub(super) fn suites(document: &ReportDocument) -> String {
    let taken = document.ended.duration_since(document.began).unsigned_abs();
    let whole = if document.exit.code() == 0 {
        JunitEnd::Passed(String::new())
    } else {
        JunitEnd::Failed {
            message: document.reason().unwrap_or_else(|| document.meaning()).to_owned(),
            kind: format!("exit {}", document.exit.code()),
            detail: document.hint().unwrap_or_default().to_owned(),
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
    cases.extend(rows(document).into_iter().map(|case| ("batch.row", case)));
    let counts = document.all_rows().map(|(outcome, rows)| {
        format!(
            "      <property name=\"rows.{}\" value=\"{rows}\"/>\n",
            escaped(outcome)
        )
    });
    let mark = if document.is_of_run() {
        String::new()
    } else {
        format!("      {NOTHING_SENT}\n")
    };
    let properties = format!(
        "    <properties>\n{mark}{}    </properties>\n",
        counts.collect::<String>()
    );
    suite("smspin batch", (document.began, taken), &properties, &cases)
}

/// The rows, outcome by outcome. Those that were not accepted have names as far as they are known.
fn rows(document: &ReportDocument) -> Vec<JunitCase> {
    let total: u64 = document.all_rows().map(|(_, rows)| rows).sum();
    let mut cases = Vec::new();
    for (outcome, rows) in document.all_rows().filter(|(_, rows)| *rows > 0) {
        let shown = if total <= MOST {
            rows
        } else {
            (rows * MOST / total).max(1)
        };
        let mut named = document.exceptions.iter().filter(|row| row.outcome == outcome);
        for place in 1..=shown {
            let (name, why) = match named.next() {
                Some(row) => (row_name(document, row, place), document.why(row)),
                None => (format!("{outcome} {place} of {rows}"), String::new()),
            };
            let end = end_of_row(outcome, why);
            let took = Duration::ZERO;
            cases.push(JunitCase { name, took, end });
        }
    }
    cases
}

fn row_name(document: &ReportDocument, row: &RowException, place: u64) -> String {
    // A masked number alone may be that of several rows.
    let name = match document.row_name(row) {
        name if name.is_empty() => format!("{} {place}", row.outcome),
        name => name,
    };
    match document.number(&row.msisdn).as_str() {
        "" => name,
        number => format!("{name}: {number}"),
    }
}

/// A row that was left out on purpose has neither passed nor failed.
fn end_of_row(outcome: &str, why: String) -> JunitEnd {
    match outcome {
        "accepted" => JunitEnd::Passed(String::new()),
        "duplicate" | "excluded" | "pending" | "under_way" => JunitEnd::Skipped(outcome.to_owned()),
        _ => JunitEnd::Failed {
            message: outcome.to_owned(),
            kind: outcome.to_owned(),
            detail: why,
        },
    }
}

/// With a thousandth at the least: some servers take 0 for a test that never ran.
fn seconds(taken: Duration) -> String {
    format!("{:.3}", taken.as_secs_f64().max(0.001))
}
