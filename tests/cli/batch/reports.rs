//! `smspin journal reconcile`: what delivery reports change, and what they must not.

use super::{Batch, FIRST, counts};
use crate::support::gateway::Reply;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;

const URL: &str = "https://example.com/dlr?k=v";

/// The ids that the gateway got, by number.
fn ids(batch: &Batch) -> HashMap<String, String> {
    let bodies = batch
        .gateway
        .bodies()
        .into_iter()
        .filter(|body| body["msisdn"].is_string());
    bodies
        .map(|body| {
            let url = body["report_url"].as_str().unwrap();
            let id = url
                .strip_prefix(&format!("{URL}&r="))
                .unwrap_or_else(|| panic!("{url}"));
            (body["msisdn"].as_str().unwrap().to_owned(), id.to_owned())
        })
        .collect()
}

/// Appends a report as a listener stores it, with the status of the SMS at a time that is certainly after the request.
fn store(batch: &Batch, nth: u32, id: Option<&str>, to: u64, status: &str) {
    let mut line = json!({
        "received_at": "2099-01-01T00:00:00.000Z",
        "report": {"sms_id": format!("{nth:032x}"), "to": to.to_string(), "status": status, "dlr_date": "2098-06-01 12:00:05"}
    });
    if let Some(id) = id {
        line["attempt_id"] = json!(id);
    }
    let path = batch.file("reports.jsonl");
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    writeln!(file, "{line}").unwrap();
}

fn column(batch: &Batch, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(batch.file("users.results.csv")).unwrap();
    let at = reader
        .headers()
        .unwrap()
        .iter()
        .position(|header| header == name)
        .unwrap();
    reader.records().map(|row| row.unwrap()[at].to_owned()).collect()
}

fn reconcile(batch: &Batch) -> Value {
    let ended = batch.journal("reconcile reports.jsonl").exits(0);
    ended.json()
}

/// The results, written again with what the journal knows by now.
fn results(batch: &Batch, status: i32) -> Value {
    let ended = batch.journal("results users.csv").exits(status);
    ended.json()
}

#[test]
fn each_attempt_has_an_id_of_its_own_in_its_report_url_and_without_a_url_none() {
    let batch = Batch::of(3, |number, times| match (number, times) {
        (FIRST, 1) => Reply::Busy,
        _ => Reply::Ok,
    });
    batch.sends(&["--report-url", URL, "--concurrency", "1"], 0, "finished");
    let ids = ids(&batch);
    assert!(
        ids.values()
            .all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
    let urls = batch
        .gateway
        .bodies()
        .into_iter()
        .map(|body| body["report_url"].to_string());
    let all: Vec<_> = urls.filter(|url| url != "null").collect();
    let different: std::collections::HashSet<_> = all.iter().collect();
    // A request that was never taken is tried again under the same id: no report can come for the first try.
    assert_eq!((all.len(), different.len()), (4, 3), "one was tried twice");

    let without = Batch::of(1, |_, _| Reply::Ok);
    without.sends("", 0, "finished");
    assert!(
        without
            .gateway
            .bodies()
            .iter()
            .all(|body| body["report_url"].is_null())
    );
}

#[test]
pub(super) fn a_report_settles_what_is_unknown_and_changes_nothing_else() {
    let [accepted, lost, silent, refused, other] = [0, 1, 2, 3, 4].map(|row| FIRST + row);
    let batch = Batch::of(5, move |number, _| match number {
        number if number == lost || number == silent || number == other => Reply::Lost,
        number if number == refused => Reply::http(400, r#"{"status":"error","error_id":"INVALID_SENDER"}"#),
        _ => Reply::Ok,
    });
    batch.sends(&["--report-url", URL], 5, "finished");
    let before = batch.gateway.numbers().len();
    let ids = ids(&batch);
    let id = |number: u64| ids[&number.to_string()].as_str();
    store(&batch, 1, Some(id(lost)), lost, "ACCEPTD");
    store(&batch, 2, Some(id(lost)), lost, "UNDELIV");
    store(&batch, 3, None, silent, "DELIVRD");
    store(&batch, 4, Some(id(refused)), refused, "DELIVRD");
    store(&batch, 5, Some(id(accepted)), accepted, "DELIVRD");
    // Another batch's, and one that was made up.
    store(&batch, 6, Some(&"0".repeat(32)), other, "DELIVRD");
    store(&batch, 7, Some(id(other)), accepted, "DELIVRD");
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(batch.file("reports.jsonl"))
        .unwrap();
    file.write_all(b"not a line\n{\"received_at\":\"2026-01-01T00:00:00.000Z\",\"report\":{\"event\":1}}\n{\"received_at\":\"20").unwrap();

    let read = reconcile(&batch);
    for (word, number) in [
        ("read", 7),
        ("matched", 4),
        ("probable", 1),
        ("unmatched", 2),
        ("early", 0),
        ("settled", 2),
        ("foreign", 1),
        ("unreadable", 1),
    ] {
        assert_eq!(read[word], number, "{word}: {read}");
    }
    let first = results(&batch, 5);
    assert_eq!(first["rows"], counts(&[("accepted", 3), ("unknown", 2)]));
    assert_eq!(batch.gateway.numbers().len(), before, "nothing is sent");
    assert_eq!(
        column(&batch, "smspin_outcome"),
        ["accepted", "accepted", "unknown", "accepted", "unknown"]
    );
    assert_eq!(
        column(&batch, "smspin_delivery"),
        ["DELIVRD", "UNDELIV", "DELIVRD", "DELIVRD", ""]
    );
    assert_eq!(
        column(&batch, "smspin_delivery_match"),
        ["exact", "exact", "probable", "exact", ""]
    );
    assert_eq!(
        column(&batch, "smspin_delivery_at")[0],
        "2098-06-01T10:00:05.000Z"
    );
    // The gateway had refused it, and still its SMS went out: a report with the id of a request proves it.
    assert!(column(&batch, "smspin_detail")[1].contains("a delivery report shows that the SMS was sent"));

    asked_again(&batch, &first);
    // Only what is still unknown, and only as it is asked for.
    batch.sends(&["--report-url", URL, "--resend", "all-unknown"], 5, "finished");
    let mut sent = batch.gateway.numbers().split_off(before);
    sent.sort_unstable();
    assert_eq!(sent, [silent, other]);
}

/// Reading the same reports again changes nothing, and the funnel tells what they say.
fn asked_again(batch: &Batch, first: &Value) {
    assert_eq!(reconcile(batch)["settled"], 0);
    assert_eq!(results(batch, 5)["rows"], first["rows"]);
    let status = batch.journal("status users.csv");
    let funnel = &status.json()["funnel"];
    assert_eq!(
        (
            &funnel["rows"],
            &funnel["sent"],
            &funnel["accepted"],
            &funnel["delivered"],
            &funnel["not_delivered"]
        ),
        (&json!(5), &json!(5), &json!(3), &json!(2), &json!(1)),
        "{status}"
    );
}

#[test]
fn a_report_about_what_delivery_reports_changed_says_how_the_batch_stands() {
    let [lost, silent] = [FIRST + 1, FIRST + 2];
    let batch = Batch::of(3, move |number, _| match number {
        number if number == lost || number == silent => Reply::Lost,
        _ => Reply::Ok,
    });
    batch.sends(&["--report-url", URL], 5, "finished");
    let ids = ids(&batch);
    store(&batch, 1, Some(&ids[&lost.to_string()]), lost, "DELIVRD");
    std::fs::write(batch.file("summary.md"), "").unwrap();
    reconcile(&batch);
    let forms = ["--report", "r.json", "--report", "r.md", "--report", "r.prom"];
    let args = [&["--json", "journal", "status", "users.csv"], &forms[..]].concat();
    batch
        .in_home(&args)
        .env("GITHUB_STEP_SUMMARY", batch.file("summary.md"))
        .exits(5);
    let document = |name: &str| -> Value { serde_json::from_str(&batch.read(name)).unwrap() };
    let after = document("r.json");
    assert_eq!(
        after["summary"]["rows"],
        counts(&[("accepted", 2), ("unknown", 1)])
    );
    assert_eq!(after["exit_code"], 5);
    for name in ["r.md", "summary.md"] {
        assert!(
            batch.read(name).starts_with("### users.csv: finished\n"),
            "{}",
            batch.read(name)
        );
    }
    let metrics = batch.read("r.prom");
    for line in ["outcome=\"accepted\"} 2\n", "outcome=\"unknown\"} 1\n"] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[test]
fn what_can_not_be_reconciled_is_said_and_nothing_is_changed() {
    let batch = Batch::of(2, |_, _| Reply::Ok);
    batch.sends("", 0, "finished");
    for (file, says) in [
        ("missing.jsonl", "cannot read the reports in missing.jsonl"),
        (
            "users.csv",
            "no line of users.csv is as `smspin listen` writes it",
        ),
    ] {
        let ended = batch.journal(&["reconcile", file]).exits(2);
        assert!(ended.stdout.contains(says), "{ended}");
    }
}
