//! Delivery reports as they are written, and as a receiver must be able to read them.

use super::*;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

fn posted() -> Value {
    json!({
        "sms_id": "abababababababababababababababab", "from": "GOOD PIZZA", "to": "34666666111", "custom": "",
        "sms_date": "2023-11-14 23:13:20", "status": "DELIVRD", "dlr_date": "2023-11-14 23:13:22"
    })
}

fn items(body: &Value) -> Vec<PostedItem> {
    parse(body.to_string().as_bytes()).unwrap()
}

fn only_report(body: &Value) -> DeliveryReport {
    match items(body).as_slice() {
        [
            PostedItem {
                report: Some(report), ..
            },
        ] => report.clone(),
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn statuses_say_whether_another_can_follow() {
    let cases = [
        ("DELIVRD", true),
        ("ACCEPTD", false),
        ("EXPIRED", true),
        ("DELETED", true),
        ("UNDELIV", true),
        ("UNKNOWN", false),
        ("REJECTD", true),
    ];
    assert_eq!(cases.len(), DeliveryStatus::ALL.len());
    for (word, is_final) in cases {
        let status = DeliveryStatus::of(word).unwrap();
        assert_eq!((status.to_string().as_str(), status.is_final()), (word, is_final));
        assert_eq!(
            DeliveryStatus::of(&format!(" {} ", word.to_lowercase())),
            Some(status)
        );
    }
    assert_eq!(DeliveryStatus::of("BUFFERED"), None);
    assert_eq!(DeliveryStatus::of(""), None);
}

#[test]
fn dates_are_on_the_clock_of_madrid() {
    let clock = ReportClock::new();
    let cases = [
        ("2023-11-14T22:13:20Z", "2023-11-14 23:13:20"),
        ("2023-07-14T22:13:20Z", "2023-07-15 00:13:20"),
        ("2026-03-29T00:59:59Z", "2026-03-29 01:59:59"),
        ("2026-03-29T01:00:00Z", "2026-03-29 03:00:00"),
    ];
    for (instant, date) in cases {
        let instant: Timestamp = instant.parse().unwrap();
        assert_eq!(clock.write(instant), date);
        assert_eq!(clock.read(date), Some(instant), "{date}");
    }
    let instant = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    // Shown twice, and skipped.
    assert_eq!(clock.read("2026-10-25 02:30:00"), instant("2026-10-25T00:30:00Z"));
    assert_eq!(clock.read("2026-03-29 02:30:00"), instant("2026-03-29T01:30:00Z"));
    for bad in [
        "",
        "2026-02-30 00:00:00",
        "2026-02-03",
        "yesterday",
        "2026-02-03T00:00:00Z",
    ] {
        assert_eq!(clock.read(bad), None, "{bad}");
    }
}

#[test]
fn an_array_or_one_object_in_its_place_is_read() {
    let report = only_report(&posted());
    assert_eq!(report.to, Msisdn::from_digits("34666666111").unwrap());
    assert_eq!(report.known_status(), Some(DeliveryStatus::Delivered));
    assert_eq!(report.sms_date.as_deref(), Some("2023-11-14 23:13:20"));
    assert_eq!(serde_json::to_value(&report).unwrap(), posted());
    assert_eq!(only_report(&json!([posted()])), report);
    let many = vec![posted(); MOST_PER_POST as usize + 1];
    assert_eq!(items(&json!(many)).len(), many.len());
    assert_eq!(items(&json!([])), []);
}

#[test]
fn numbers_as_strings_missing_fields_and_unknown_statuses_are_read() {
    let bare = only_report(&json!({"to": 34_666_666_111_u64, "status": "BUFFERED"}));
    assert_eq!(bare.to, Msisdn::from_digits("34666666111").unwrap());
    assert_eq!(
        (bare.status.as_str(), bare.known_status(), bare.sms_id),
        ("BUFFERED", None, None)
    );
    let odd = only_report(
        &json!({"to": "+34666666111", "status": "delivrd", "from": 666, "sms_date": null, "custom": {}, "cost": "0.1"}),
    );
    assert_eq!(odd.known_status(), Some(DeliveryStatus::Delivered));
    assert_eq!(
        (odd.from.as_deref(), odd.sms_date, odd.custom),
        (Some("666"), None, None)
    );
}

#[test]
fn foreign_elements_are_kept_beside_the_reports() {
    for foreign in [
        json!({"msisdn": "34666666111", "event": "click"}),
        json!({"to": "someone@example.com", "status": "DELIVRD"}),
        json!({"to": "34666666111"}),
        json!({"to": "34666666111", "status": " "}),
        json!("DELIVRD"),
        json!(null),
    ] {
        let read = items(&json!([foreign, posted()]));
        assert_eq!((&read[0].json, &read[0].report), (&foreign.to_string(), &None));
        assert!(read[1].report.is_some());
    }
}

#[test]
fn other_bodies_are_refused_in_words() {
    for (body, words) in [
        (&b"true"[..], "neither a JSON array nor a JSON object"),
        (b"", "not JSON"),
        (b"[{\"to\"", "not JSON"),
        (b"[\"\xe9\"]", "not JSON"),
    ] {
        let error = parse(body).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn what_was_posted_is_kept_whole_on_one_line() {
    let body = "\u{feff}[\n {\"to\" : 34666666111,\t\"status\":\"a b\\n\\\" , [\\\\\",\r\n\"id\":12345678901234567890123456789012}\n]";
    let read = parse(body.as_bytes()).unwrap();
    let line = r#"{"to":34666666111,"status":"a b\n\" , [\\","id":12345678901234567890123456789012}"#;
    assert_eq!(read[0].json, line);
    let again = parse(line.as_bytes()).unwrap();
    assert_eq!(again, read);
    assert_eq!(read[0].report.as_ref().unwrap().status, "a b\n\" , [\\");
}

#[test]
fn a_stored_line_is_read_back() {
    let at: Timestamp = "2026-03-01T09:00:00.25Z".parse().unwrap();
    let item = &items(&json!([posted()]))[0];
    let mut out = Vec::new();
    write_line(&mut out, at, Some("a\"b"), &item.json);
    let text = String::from_utf8(out.clone()).unwrap();
    assert!(
        text.starts_with(r#"{"received_at":"2026-03-01T09:00:00.250Z","attempt_id":"a\"b","report":{"#),
        "{text}"
    );
    assert!(text.ends_with("}}\n"));
    let read = StoredReport::read(&out).unwrap();
    assert_eq!((read.received_at, read.attempt_id.as_deref()), (at, Some("a\"b")));
    assert_eq!(read.report, item.report);
    let mut later = Vec::new();
    write_line(
        &mut later,
        at + jiff::Span::new().hours(1),
        Some("a\"b"),
        &item.json,
    );
    assert_ne!(out, later);
    assert_eq!(digest(&out), digest(&later));
    let mut bare = Vec::new();
    write_line(&mut bare, at, None, "[1]");
    let read = StoredReport::read(&bare).unwrap();
    assert_eq!((read.attempt_id, read.report), (None, None));
    for torn in [
        &out[..out.len() - 3],
        b"",
        b"\0\0\0",
        b"{}",
        b"{\"received_at\":\"x\",\"report\":{}}",
    ] {
        assert_eq!(StoredReport::read(torn), None);
    }
}

proptest! {
    #[test]
    fn any_instant_to_the_second_is_written_and_read_alike(seconds in 0_i64..4_102_444_800) {
        let clock = ReportClock::new();
        let at = Timestamp::from_second(seconds).unwrap();
        let read = clock.read(&clock.write(at)).unwrap();
        // The second of two equal hours is read as the first.
        prop_assert!([0, 3600].contains(&(seconds - read.as_second())));
    }
}

/// A body that is posted: reports with any field left out or of another type, or nothing of the kind, whole or cut.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let value = prop::sample::select(vec![
        json!("34666666111"),
        json!("+34 666 666 111"),
        json!(34_666_666_111_u64),
        json!("DELIVRD"),
        json!("\u{1b}"),
        json!(""),
        json!(null),
        json!([]),
        json!(-1.5),
    ]);
    let field = prop::sample::select(vec![
        "to", "status", "from", "sms_id", "dlr_date", "custom", "to ",
    ]);
    let report = prop::collection::vec((field, value), 0..3).prop_map(|changes| {
        let mut report = posted();
        for (field, value) in changes {
            report[field] = value;
        }
        report
    });
    let whole = prop_oneof![
        3 => prop::collection::vec(report.clone(), 0..3).prop_map(Value::from),
        2 => report,
        1 => any::<i64>().prop_map(Value::from),
    ];
    let place = (any::<prop::sample::Index>(), prop::bool::weighted(0.8));
    let text = (whole, place).prop_map(|(whole, (at, is_whole))| {
        let mut text = whole.to_string().into_bytes();
        text.truncate(if is_whole {
            text.len()
        } else {
            at.index(text.len())
        });
        text
    });
    prop_oneof![9 => text, 1 => prop::collection::vec(any::<u8>(), 0..64)]
}

/// What is posted is read or refused, and what is kept of it is a line that is read back.
#[test]
fn any_bytes_are_reports_or_a_refusal() {
    let reaches = &[("a report", 2), ("not a report", 2), ("refused", 2)];
    crate::domain::hostile::check(&body(), reaches, |bytes, reached| {
        let Ok(items) = parse(&bytes) else {
            reached.count("refused");
            return Ok(());
        };
        for item in items {
            reached.count(if item.report.is_some() {
                "a report"
            } else {
                "not a report"
            });
            prop_assert!(!item.json.contains('\n'));
            prop_assert_eq!(item.report, parse::report(&item.json));
        }
        Ok(())
    });
}
