//! Hostile texts in every form of a report, and figures that have to add up.

use super::*;
use crate::answers::batch::BatchReport;
use crate::answers::batch::preflight::PreflightPart;
use crate::answers::batch::run::{LatencyBucket, LatencyPart, RunPart, TimeSpan};
use crate::batch::preflight::SampleSms;
use crate::batch::preflight::{CountryRows, Outlook};
use crate::batch::results::{ExceptionReason, RowException};
use crate::failure::Exit;
use crate::outcome::OutcomeWord;
use crate::rows::Counts;
use jiff::Timestamp;

fn run() -> RunPart {
    let bucket = |up_to_ms, requests| LatencyBucket { up_to_ms, requests };
    let span = |seconds, requests| TimeSpan { seconds, requests };
    RunPart {
        sent: 10,
        taken_by_others: 0,
        seconds: 2.5,
        per_second: 4.0,
        limited_by: String::new(),
        latency_ms: Some(LatencyPart {
            p50: 2.0,
            p95: 9.0,
            p99: 9.0,
            max: 9.5,
        }),
        latency_sum_ms: 30.0,
        latency_histogram: vec![bucket(2.0, 6), bucket(10.0, 4)],
        over_time: vec![span(1.0, 4), span(2.0, 6)],
    }
}

fn document(hostile: &str) -> ReportDocument {
    ReportDocument {
        batch: hostile.to_owned(),
        path: format!("/lists/{hostile}"),
        sandbox: false,
        summary: Ok(BatchReport {
            outcome: OutcomeWord::Stopped,
            rows: [("accepted", 7), ("refused", 2), ("unknown", 1)].into(),
            error_ids: [(hostile.to_owned(), 2)].into(),
            stopped_by: Some(hostile.to_owned()),
            hint: Some(hostile.to_owned()),
            next: Some(hostile.to_owned()),
            run: Some(run()),
            ..BatchReport::default()
        }),
        preflight: Some(PreflightPart {
            rows: Counts {
                rows: 10,
                ..Counts::default()
            },
            outlook: Outlook {
                countries: vec![CountryRows {
                    country: "ES",
                    rows: 10,
                }],
                ..Outlook::default()
            },
            sample: Some(SampleSms {
                line: 2,
                sender: None,
                text: Some(hostile.to_owned()),
            }),
            ..PreflightPart::default()
        }),
        exit: Exit::Unknown,
        began: Timestamp::from_second(1_700_000_000).unwrap(),
        ended: Timestamp::from_second(1_700_000_003).unwrap(),
        exceptions: vec![RowException {
            line: Some(3),
            msisdn: "34600000001".to_owned(),
            outcome: "refused".to_owned(),
            error_id: String::new(),
            why: ExceptionReason::Told(hostile.to_owned()),
        }],
        show_numbers: false,
    }
}

#[test]
fn no_text_leaves_its_place_in_any_form() {
    let hostile = "<script>alert(1)</script>\"'&|`[x](http://y)\u{1b}[2J\u{202e}\n# EOF";
    let document = document(hostile);
    for (form, text) in [
        ("html", html::page(&document)),
        ("xml", junit::suites(&document)),
        // A fenced block is shown as it stands.
        ("md", markdown::page(&document).split("```").step_by(2).collect()),
        ("prom", openmetrics::text(&document)),
        ("json", document.json()),
    ] {
        assert!(
            !text.contains('\u{1b}') && !text.contains('\u{202e}'),
            "{form}: {text}"
        );
        assert!(
            form == "json" || form == "prom" || !text.contains("<script"),
            "{form}: {text}"
        );
        assert!(!text.contains("34600000001"), "{form} shows the number: {text}");
    }
    let page = markdown::page(&document);
    // A fenced block is shown as it stands.
    let shown: Vec<&str> = page.split("```").step_by(2).collect();
    for line in shown.concat().lines() {
        let escaped = ["\\[", "\\`", "\\|"];
        let bare = escaped
            .iter()
            .fold(line.to_owned(), |line, escape| line.replace(escape, ""));
        // What stands between two of these marks is shown as it is.
        let live: String = bare.split('`').step_by(2).collect();
        assert_eq!(bare.matches('`').count() % 2, 0, "{line}");
        assert!(!live.contains('[') && !live.contains("://"), "{line}");
        let cells = live.matches('|').count();
        assert!([0, 3, 5].contains(&cells), "{cells} in {line}");
    }
    let metrics = openmetrics::text(&document);
    assert_eq!(
        metrics.lines().filter(|line| *line == "# EOF").count(),
        1,
        "{metrics}"
    );
}

#[test]
fn numbers_are_shown_when_they_are_asked_for() {
    let mut document = document("users.csv");
    document.show_numbers = true;
    for text in [
        html::page(&document),
        junit::suites(&document),
        markdown::page(&document),
        document.json(),
    ] {
        assert!(text.contains("34600000001"), "{text}");
    }
}

#[test]
fn figures_add_up() {
    let document = document("users.csv");
    assert_eq!(document.funnel(), [("rows", 10), ("sent", 10), ("accepted", 7)]);
    const LIST: &str = "batch=\"users.csv\",path=\"/lists/users.csv\",sandbox=\"false\"";
    let metrics = openmetrics::text(&document);
    for line in [
        "rows{LIST,outcome=\"accepted\"} 7",
        "latency_seconds_bucket{LIST,le=\"0.002\"} 6",
        "latency_seconds_bucket{LIST,le=\"+Inf\"} 10",
        "latency_seconds_sum{LIST} 0.03",
        "exit_code{LIST} 5",
    ] {
        assert!(
            metrics
                .lines()
                .any(|known| known.replace(LIST, "LIST") == format!("smspin_batch_{line}")),
            "{line} is not in {metrics}"
        );
    }
    let suites = junit::suites(&document);
    assert!(suites.contains("tests=\"11\" failures=\"4\""), "{suites}");
}

#[test]
fn a_long_list_is_as_green_as_its_rows() {
    let mut document = document("users.csv");
    let report = document.summary.as_mut().unwrap();
    report.rows = [
        ("accepted", 400_000),
        ("refused", 599_999),
        ("unknown", 1),
        ("unsent", 0),
    ]
    .into();
    let suites = junit::suites(&document);
    assert_eq!(suites.matches("<testcase").count(), 1 + 400 + 599 + 1, "{suites}");
    assert_eq!(suites.matches("<failure").count(), 1 + 599 + 1);
    assert!(
        suites.contains("<property name=\"rows.accepted\" value=\"400000\"/>"),
        "{suites}"
    );
}

#[test]
fn a_command_stands_in_a_hint_as_code() {
    let mut document = document("users.csv");
    document.summary.as_mut().unwrap().hint = Some("`smspin balance` shows <it>".to_owned());
    let page = html::page(&document);
    assert!(
        page.contains("<p><code>smspin balance</code> shows &lt;it&gt;</p>"),
        "{page}"
    );
}

#[test]
fn the_ending_of_a_file_names_the_form() {
    for (name, known) in [
        ("r.html", true),
        ("r.MD", true),
        ("a.b.xml", true),
        ("r.prom", true),
        ("r.json", true),
        ("r", false),
        ("r.pdf", false),
    ] {
        assert_eq!(name.parse::<ReportOutput>().is_ok(), known, "{name}");
    }
}
