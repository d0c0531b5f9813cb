//! Malicious bodies and heads. After each the gateway goes on.

use super::{Sandbox, post, read_answer};
use crate::sandbox::DEFAULT_KEY;
use std::io::Write as _;

#[test]
fn malformed_json_is_a_json_parse_error() {
    let sandbox = Sandbox::start();
    let key = format!(r#""api_key":"{DEFAULT_KEY}""#);
    let nested = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let in_object = format!(
        r#"{{{key},"msisdn":{}1{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let cases: [&[u8]; 14] = [
        b"",
        b"null",
        b"[]",
        b"\"text\"",
        b"{",
        b"{\"a\":1}{\"b\":2}",
        b"{\"a\":1,}",
        b"{'a':1}",
        b"{\"a\":\"\xff\xfe\"}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":1e999}",
        b"\xef\xbb\xbf{\"a\":1}",
        &nested,
        in_object.as_bytes(),
    ];
    for body in cases {
        let answer = sandbox.post("2fa/request", body);
        let start = String::from_utf8_lossy(&body[..body.len().min(20)]);
        assert_eq!(
            (answer.code, answer.id().as_str()),
            (400, "JSON_PARSE_ERROR"),
            "{start}"
        );
    }
}

#[test]
fn huge_values_get_a_documented_error() {
    let sandbox = Sandbox::start();
    let key = format!(r#""api_key":"{DEFAULT_KEY}""#);
    let digits = "9".repeat(100_000);
    for (body, id) in [
        (format!(r#"{{{key},"msisdn":{digits}}}"#), "JSON_PARSE_ERROR"),
        (
            format!(r#"{{{key},"msisdn":123456789012345678901234567890}}"#),
            "BAD_PARAMS",
        ),
        (format!(r#"{{{key},"msisdn":"{digits}"}}"#), "INVALID_NUMBER"),
        (
            format!(r#"{{{key},"msisdn":"12025550100","sms_text":"{{PIN}}{digits}"}}"#),
            "INVALID_SMS_TEXT",
        ),
        (
            format!(r#"{{{key},"msisdn":"12025550100","sender":"{digits}"}}"#),
            "INVALID_SENDER",
        ),
        (
            format!(r#"{{{key},"msisdn":"12025550100","pin_params":{{"expires_in":18446744073709551615}}}}"#),
            "INVALID_PIN_PARAMS",
        ),
    ] {
        assert_eq!(
            sandbox.post("2fa/request", body.as_bytes()).id(),
            id,
            "{}",
            &body[..80]
        );
    }
}

#[test]
fn a_body_beyond_the_limit_is_refused_while_it_is_still_being_sent() {
    let sandbox = Sandbox::start();
    let body = format!(
        r#"{{"api_key":"{DEFAULT_KEY}","msisdn":"{}"}}"#,
        "1".repeat(1_000_000)
    );
    let answer = sandbox.post("2fa/request", body.as_bytes());
    assert_eq!((answer.code, answer.id().as_str()), (413, "JSON_PARSE_ERROR"));
}

#[test]
fn a_body_beyond_the_limit_that_asks_first_is_told_not_to_come() {
    let sandbox = Sandbox::start();
    let mut stream = sandbox.connect();
    write!(
        stream,
        "POST /api/2fa/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"
    )
    .unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().code, 413);
}

#[test]
fn heads_beyond_the_limit_are_refused() {
    let sandbox = Sandbox::start();
    let long = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n",
        "x".repeat(40_000)
    );
    let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X-Many: x\r\n".repeat(200));
    for head in [long, many] {
        let mut stream = sandbox.connect();
        // The server may stop reading before everything is written.
        let _ = stream.write_all(head.as_bytes());
        match read_answer(&mut stream) {
            Ok(answer) => assert_eq!(answer.code, 431),
            Err(reset) => assert!(reset.contains("reset"), "{reset}"),
        }
    }
    assert_eq!(
        sandbox.request(serde_json::json!({"msisdn": "12025550100"})).id(),
        "ok"
    );
}

#[test]
fn clients_that_leave_in_the_middle_cost_nothing() {
    let sandbox = Sandbox::start();
    let whole = post("2fa/request", "application/json", br#"{"msisdn":1}"#);
    for length in 0..whole.len() {
        sandbox.connect().write_all(&whole[..length]).unwrap();
    }
    assert_eq!(
        sandbox.request(serde_json::json!({"msisdn": "12025550100"})).id(),
        "ok"
    );
}
