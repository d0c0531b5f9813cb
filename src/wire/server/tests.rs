//! Bodies as a server reads them: what is left out, what is odd but right, and anything at all.

use super::request::ReceivedPinRequest;
use super::*;
use crate::domain::pin_params::PinParams;
use proptest::prelude::*;
use serde_json::{Value, json};

fn fields(value: &Value) -> ReceivedFields {
    ReceivedFields::parse(value.to_string().as_bytes()).unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

#[test]
fn what_is_left_out_stays_unset() {
    for body in [
        json!({"msisdn": "12025550100"}),
        json!({"msisdn": 12_025_550_100_u64, "sender": null, "pin_params": null, "sms_text": null}),
        json!({"msisdn": "12025550100", "pin_params": {"length": null}}),
    ] {
        let request = ReceivedPinRequest::parse(&fields(&body)).unwrap();
        assert!(
            request.pin_params == PinParams::default() && request.hlr_lookup && request.sender.is_none(),
            "{body}"
        );
    }
}

#[test]
fn whole_numbers_may_be_written_with_a_fraction_of_zero() {
    let body = json!({"msisdn": "12025550100", "hlr_lookup": 0.0, "pin_params": {"length": 8.0}});
    let request = ReceivedPinRequest::parse(&fields(&body)).unwrap();
    assert!(!request.hlr_lookup);
    assert_eq!(request.pin_params.effective_length().get(), 8);
}

#[test]
fn refusals_name_the_parameter_and_never_its_value() {
    let body = json!({"msisdn": "12025550100", "report_url": "ftp://secret"});
    let refusal = ReceivedPinRequest::parse(&fields(&body)).unwrap_err();
    assert_eq!(
        refusal.message(),
        "A parameter has a wrong format or value: report_url."
    );
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(json!("12025550100")),
        Just(json!("{PIN}")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map("type|length|expires_in|max_tries", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A request with some of its fields left out, of another type, or more of them.
fn changed_request() -> impl Strategy<Value = Value> {
    let field = "msisdn|sender|hlr_lookup|sms_text|report_url|pin_params|other";
    let changes = prop::collection::hash_map(field, prop_oneof![3 => json(), 1 => Just(json!(true))], 0..4);
    (any::<bool>(), changes).prop_map(|(has_number, changes)| {
        let mut body = json!({"sms_text": "Your PIN is {PIN}", "pin_params": {"length": 6}});
        if has_number {
            body["msisdn"] = json!("12025550100");
        }
        for (field, value) in changes {
            body[field] = value;
        }
        body
    })
}

#[test]
fn any_value_in_any_place_is_a_request_or_a_listed_error() {
    crate::domain::hostile::check(
        &changed_request(),
        &[("a request", 2), ("refused", 2)],
        |body, reached| {
            let fields = ReceivedFields::parse(body.to_string().as_bytes());
            match fields.and_then(|fields| ReceivedPinRequest::parse(&fields)) {
                Ok(_) => reached.count("a request"),
                Err(refusal) => {
                    reached.count("refused");
                    prop_assert!(ErrorId::LISTED.contains(refusal.id()));
                }
            }
            Ok(())
        },
    );
}

proptest! {
    #[test]
    fn any_bytes_are_an_object_or_a_parse_error(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Err(refusal) = ReceivedFields::parse(&bytes) {
            prop_assert_eq!(refusal.id(), &ErrorId::JsonParseError);
        }
    }
}
