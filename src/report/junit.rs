//! For CI servers: a test case for the batch, for each error id, and for each row that was not accepted.

use super::document::ReportDocument;
use super::escaped;
use crate::process;
use crate::text::count;
use std::time::Duration;

pub(super) fn suites(document: &ReportDocument) -> String {
    let taken = document.ended.duration_since(document.began).unsigned_abs();
    let mut cases = vec![whole(document, taken)];
    cases.extend(document.error_ids().into_iter().map(|(id, rows, hint)| {
        failed(
            "smspin.batch.error_id",
            &id,
            &count(rows, "row", "rows"),
            &hint,
            "error_id",
        )
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
            &document.detail(row)
        } else {
            &row.error_id
        };
        failed("smspin.batch.row", &name, &row.outcome, why, &row.outcome)
    }));
    let failures = cases.iter().filter(|case| case.contains("<failure")).count();
    let totals = format!(
        "name=\"smspin batch\" tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"0\" time=\"{}\"",
        cases.len(),
        seconds(taken)
    );
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {totals}>\n  <testsuite {totals} id=\"0\" package=\"smspin\" \
         timestamp=\"{}\" hostname=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
        document.began.strftime("%Y-%m-%dT%H:%M:%S"),
        escaped(&process::hostname()),
        cases.concat()
    )
}

fn whole(document: &ReportDocument, taken: Duration) -> String {
    let name = escaped(&document.batch);
    let head = format!(
        "    <testcase classname=\"smspin.batch\" name=\"{name}\" time=\"{}\">\n",
        seconds(taken)
    );
    let body = if document.exit.code() == 0 {
        String::new()
    } else {
        format!(
            "      <failure message=\"{}\" type=\"exit {}\">{}</failure>\n",
            escaped(document.reason().unwrap_or_else(|| document.exit.doc())),
            document.exit.code(),
            escaped(document.text("hint").unwrap_or_default())
        )
    };
    format!("{head}{body}    </testcase>\n")
}

fn failed(class: &str, name: &str, message: &str, detail: &str, kind: &str) -> String {
    format!(
        "    <testcase classname=\"{class}\" name=\"{}\" time=\"0.001\">\n      <failure message=\"{}\" type=\"{}\">{}</failure>\n    \
         </testcase>\n",
        escaped(name),
        escaped(message),
        escaped(kind),
        escaped(detail)
    )
}

/// With a thousandth at the least: some servers take 0 for a test that never ran.
fn seconds(taken: Duration) -> String {
    format!("{:.3}", taken.as_secs_f64().max(0.001))
}
