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
        [PostedItem::Report(report)] => report.clone(),
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
        assert_eq!(read[0], PostedItem::Foreign(foreign));
        assert!(matches!(&read[1], PostedItem::Report(_)));
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

proptest! {
    #[test]
    fn any_instant_to_the_second_is_written_and_read_alike(seconds in 0_i64..4_102_444_800) {
        let clock = ReportClock::new();
        let at = Timestamp::from_second(seconds).unwrap();
        let read = clock.read(&clock.write(at)).unwrap();
        // The second of two equal hours is read as the first.
        prop_assert!([0, 3600].contains(&(seconds - read.as_second())));
    }

    #[test]
    fn any_bytes_are_reports_or_a_refusal(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = parse(&bytes);
    }
}
