//! The rules of the gateway's contract: errors with their codes, PINs, balance, lookups.

use super::{Answer, Sandbox, post};
use serde_json::{Value, json};

const NUMBER: &str = "12025550100";

/// The code and the error of each value, by the parameter that has it.
const FAULTS: &str = r#"
400 MISSING_PARAMS api_key [null]
400 MISSING_PARAMS msisdn [null]
401 UNAUTHORIZED api_key ["ffffffffffffffffffffffffffffffff", 7]
400 BAD_PARAMS msisdn [["12025550100"], true, -34666666111]
200 INVALID_NUMBER msisdn ["", "+34666666111", "0034666666111", "1234567890123456", "٣٤٦٦٦٦٦٦١١١"]
400 INVALID_SENDER sender ["TWELVE CHARS", "1234567890123456"]
400 BAD_PARAMS sender [600]
400 INVALID_HLR_LOOKUP_PARAM hlr_lookup [2, true, "yes"]
400 INVALID_SMS_TEXT sms_text ["no place", "{PIN} {PIN}"]
400 BAD_PARAMS sms_text [["{PIN}"]]
400 BAD_PARAMS report_url ["not a url", "file:///etc/passwd"]
400 INVALID_PIN_PARAMS pin_params [6, [], [{}, {}], {"type": "hex"}, {"length": 3}, {"length": 17}, {"length": 6.5}]
400 INVALID_PIN_PARAMS pin_params [{"expires_in": -1}, {"max_tries": "many"}]
"#;

#[test]
fn every_fault_of_a_request_has_its_error_and_its_code() {
    let sandbox = Sandbox::start();
    let too_long = json!({"msisdn": NUMBER, "sms_text": format!("{{PIN}}{}", "x".repeat(155))});
    let mut cases = vec![
        (json!({}), 400, "MISSING_PARAMS"),
        // The key comes before everything that it would let in.
        (json!({"api_key": "no"}), 401, "UNAUTHORIZED"),
        (too_long, 400, "INVALID_SMS_TEXT"),
    ];
    for line in FAULTS.lines().skip(1) {
        let [code, id, name, values] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        for value in serde_json::from_str::<Vec<Value>>(values).unwrap() {
            let mut body = json!({"msisdn": NUMBER});
            body[name] = value;
            cases.push((body, code.parse().unwrap(), id));
        }
    }
    for (body, code, id) in cases {
        let answer = sandbox.request(body.clone());
        assert_eq!((answer.code, answer.id().as_str()), (code, id), "{body}");
        let json = answer.json();
        assert_eq!(json["status"], "error");
        assert!(!json["error_msg"].as_str().unwrap().is_empty(), "{body}");
    }
    assert!(
        sandbox.embedded.take_messages().is_empty(),
        "nothing of this may have been sent"
    );
}

#[test]
fn documented_messages_are_given_word_for_word() {
    let sandbox = Sandbox::start();
    let message = |answer: Answer| answer.json()["error_msg"].clone();
    assert_eq!(
        message(sandbox.post("2fa/request", b"{")),
        "Your JSON was formatted incorrectly."
    );
    let stranger = json!({"api_key": "x", "msisdn": NUMBER});
    assert_eq!(
        message(sandbox.request(stranger)),
        "Your API key may be invalid or your IP is blocked."
    );
    assert_eq!(
        message(sandbox.request(json!({"msisdn": "0"}))),
        "HLR query returned error."
    );
}

#[test]
fn the_longest_text_by_the_wide_reading_is_taken() {
    let sandbox = Sandbox::start();
    let text = format!("{{PIN}}{}", "x".repeat(154));
    assert_eq!(
        sandbox.request(json!({"msisdn": NUMBER, "sms_text": text})).id(),
        "ok"
    );
    let sms = sandbox.embedded.take_messages().pop().unwrap();
    assert_eq!((sms.text.chars().count(), sms.segments), (160, 1));
}

type MadeOf = fn(&str) -> bool;

#[test]
fn pins_are_made_as_they_were_asked_for() {
    let sandbox = Sandbox::start();
    let upper = |pin: &str| pin.bytes().all(|b| b.is_ascii_uppercase());
    let either = |pin: &str| pin.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let digits = |pin: &str| pin.bytes().all(|b| b.is_ascii_digit());
    let cases: [(Value, usize, MadeOf); 4] = [
        (json!({}), 6, digits),
        (json!({"type": "numeric", "length": 4}), 4, digits),
        (json!({"type": "alpha", "length": 16}), 16, upper),
        (json!([{"type": "alphanumeric", "length": 8}]), 8, either),
    ];
    for (params, length, made_of) in cases {
        let pin = sandbox.pin(json!({"msisdn": NUMBER, "pin_params": params}));
        assert!(pin.len() == length && made_of(&pin), "{params}: {pin}");
        assert_eq!(
            sandbox.verify(NUMBER, &pin.to_lowercase())["verified"],
            true,
            "{params}"
        );
    }
}

#[test]
fn a_pin_verifies_once_and_then_again_as_verified_before() {
    let sandbox = Sandbox::start();
    let pin = sandbox.pin(json!({"msisdn": NUMBER}));
    let first = sandbox.verify(NUMBER, &pin);
    assert_eq!(
        first,
        json!({"verified": true, "previously_verified": false, "tries_remaining": 3,
               "message": "The PIN is right."})
    );
    let again = sandbox.verify(NUMBER, &pin);
    assert_eq!(
        (&again["verified"], &again["previously_verified"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn tries_run_out_for_good() {
    let sandbox = Sandbox::start();
    let pin = sandbox.pin(json!({"msisdn": NUMBER, "pin_params": {"max_tries": 2, "type": "alpha"}}));
    for left in [1, 0, 0] {
        let result = sandbox.verify(NUMBER, "000000");
        assert_eq!(
            (&result["verified"], &result["tries_remaining"]),
            (&json!(false), &json!(left))
        );
    }
    assert_eq!(sandbox.verify(NUMBER, &pin)["verified"], false);
    let unlimited = sandbox.pin(json!({"msisdn": NUMBER, "pin_params": {"max_tries": 0}}));
    for _ in 0..20 {
        assert_eq!(sandbox.verify(NUMBER, "x")["tries_remaining"], Value::Null);
    }
    assert_eq!(sandbox.verify(NUMBER, &unlimited)["verified"], true);
}

#[test]
fn only_the_last_pin_of_a_number_counts() {
    let sandbox = Sandbox::start();
    let params = json!({"type": "alpha", "length": 16});
    let first = sandbox.pin(json!({"msisdn": NUMBER, "pin_params": params}));
    let other = sandbox.pin(json!({"msisdn": "34666666111", "pin_params": params}));
    let second = sandbox.pin(json!({"msisdn": NUMBER, "pin_params": params}));
    assert_eq!(sandbox.verify(NUMBER, &first)["verified"], false);
    assert_eq!(sandbox.verify(NUMBER, &second)["verified"], true);
    assert_eq!(sandbox.verify("34666666111", &other)["verified"], true);
}

#[test]
fn a_number_that_never_asked_has_no_pin() {
    let result = Sandbox::start().verify("34600000000", "123456");
    assert_eq!(
        (&result["verified"], &result["tries_remaining"]),
        (&json!(false), &json!(0))
    );
}

#[test]
fn verify_has_its_own_missing_and_bad_parameters() {
    let sandbox = Sandbox::start();
    for (body, id) in [
        (json!({"msisdn": NUMBER}), "MISSING_PARAMS"),
        (json!({"pin": "1234"}), "MISSING_PARAMS"),
        (json!({"msisdn": NUMBER, "pin": ""}), "BAD_PARAMS"),
        (json!({"msisdn": NUMBER, "pin": {"$ne": 1}}), "BAD_PARAMS"),
        (json!({"msisdn": "x", "pin": "1234"}), "INVALID_NUMBER"),
    ] {
        assert_eq!(sandbox.call("2fa/verify", body.clone()).id(), id, "{body}");
    }
}

#[test]
fn the_balance_falls_in_exact_decimals() {
    let sandbox = Sandbox::start();
    let balance = || sandbox.call("account/get-balance", json!({})).json()["result"].clone();
    assert_eq!(balance(), json!({"balance": "100.0000", "currency": "EUR"}));
    sandbox.request(json!({"msisdn": NUMBER}));
    assert_eq!(balance()["balance"], "99.9400");
    sandbox.request(json!({"msisdn": NUMBER, "hlr_lookup": 0}));
    assert_eq!(balance()["balance"], "99.8900");
    sandbox.request(
        json!({"msisdn": NUMBER, "hlr_lookup": 0, "sms_text": format!("ó{}{{PIN}}", "x".repeat(80))}),
    );
    assert_eq!(balance()["balance"], "99.7900", "two segments");
    sandbox.call("hlr/request", json!({"msisdn": NUMBER}));
    assert_eq!(balance()["balance"], "99.7800");
    sandbox.request(json!({"msisdn": "12025550119"}));
    assert_eq!(balance()["balance"], "99.7800", "what is refused costs nothing");
}

#[test]
fn a_lookup_names_the_network() {
    let answer = Sandbox::start().call("hlr/request", json!({"msisdn": 34_666_666_111_u64}));
    assert_eq!(
        answer.json(),
        json!({"status": "ok", "result": {"success": true, "msisdn": "34666666111", "mccmnc": "21407",
               "original_network": "Sandbox Mobile ES"}})
    );
}

#[test]
fn success_holds_no_word_that_clients_take_for_failure() {
    let sandbox = Sandbox::start();
    for (path, body) in [
        ("2fa/request", json!({"msisdn": NUMBER})),
        ("hlr/request", json!({"msisdn": NUMBER})),
        ("account/get-balance", json!({})),
    ] {
        let answer = sandbox.call(path, body);
        assert_eq!(answer.code, 200);
        assert!(
            !answer.body.contains("error") && !answer.body.contains("false"),
            "{answer:?}"
        );
    }
}

#[test]
fn other_content_types_are_refused_before_the_body_is_looked_at() {
    let sandbox = Sandbox::start();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let answer = sandbox.raw(&post("2fa/request", content_type, b"{"));
        assert_eq!(
            (answer.code, answer.id().as_str()),
            (400, "INVALID_CONTENT_TYPE"),
            "{content_type}"
        );
    }
}

#[test]
fn what_the_gateway_does_not_have_is_not_there() {
    let sandbox = Sandbox::start();
    let line = |line: &str| format!("{line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(sandbox.raw(line("POST /api/3.0/2fa/resend").as_bytes()).code, 404);
    let answer = sandbox.raw(line("DELETE /api/3.0/2fa/request").as_bytes());
    assert_eq!((answer.code, answer.head.contains("allow: post")), (405, true));
}
