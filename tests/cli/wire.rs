//! The bytes that a gateway receives.

use crate::support::gateway::Gateway;
use crate::support::home::{Home, KEY};
use serde_json::json;

fn sent(args: &[&str]) -> (String, serde_json::Value) {
    let server = Gateway::answering(
        200,
        r#"{"status":"ok","result":{"verified":true,"balance":"1.0000","success":true}}"#,
    );
    let mut all = args.to_vec();
    all.extend(["--base-url", &server.base_url]);
    Home::new().smspin(all).env("SMSPIN_API_KEY", KEY).exits(0);
    let request = server.requests().remove(0);
    (request.head(), request.body())
}

#[test]
fn a_request_says_only_what_was_set() {
    let (head, body) = sent(&["request", "+34 600 000 000"]);
    assert!(
        head.starts_with("POST /api/3.0/2fa/request HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.to_lowercase().contains("content-type: application/json"),
        "{head}"
    );
    assert!(!head.contains(KEY), "{head}");
    // The default of hlr_lookup is spelled out: some copies of the contract call it mandatory.
    let fields = json!({ "api_key": KEY, "msisdn": "34600000000", "hlr_lookup": 1 });
    assert_eq!(body, fields);
}

#[test]
fn a_request_says_all_that_was_set() {
    let (_, body) = sent(&[
        "request",
        "0034600000000",
        "--sender",
        "GOOD PIZZA",
        "--sms-text",
        "Your PIN: {PIN}",
        "--no-hlr-lookup",
        "--report-url",
        "https://example.com/dlr?a=1",
        "--pin-type",
        "alphanumeric",
        "--pin-length",
        "8",
        "--expires-in",
        "10m",
        "--max-tries",
        "5",
    ]);
    let pin_params = json!({ "type": "alphanumeric", "length": 8, "expires_in": 600, "max_tries": 5 });
    let expected = json!({
        "api_key": KEY, "msisdn": "34600000000", "sender": "GOOD PIZZA", "hlr_lookup": 0,
        "sms_text": "Your PIN: {PIN}", "report_url": "https://example.com/dlr?a=1", "pin_params": pin_params,
    });
    assert_eq!(body, expected);
}

#[test]
fn the_other_calls() {
    let (head, body) = sent(&["verify", "34600000000", "123456"]);
    assert!(head.starts_with("POST /api/3.0/2fa/verify "), "{head}");
    assert_eq!(
        body,
        json!({ "api_key": KEY, "msisdn": "34600000000", "pin": "123456" })
    );
    let (head, body) = sent(&["lookup", "34600000000"]);
    assert!(head.starts_with("POST /api/3.0/hlr/request "), "{head}");
    assert_eq!(body, json!({ "api_key": KEY, "msisdn": "34600000000" }));
    let (head, body) = sent(&["balance"]);
    assert!(head.starts_with("POST /api/3.0/account/get-balance "), "{head}");
    assert_eq!(body, json!({ "api_key": KEY }));
}

#[test]
#[ignore = "needs curl"]
fn a_pasted_curl_command_sends_the_same() {
    let text = "It's ó \\ \"x\" $HOME `id` %s {PIN}";
    let (_, by_us) = sent(&["request", "34600000000", "--sms-text", text]);
    let server = Gateway::answering(200, r#"{"status":"ok"}"#);
    let home = Home::new();
    let printed = home
        .smspin(["request", "34600000000", "--sms-text", text, "--curl"])
        .at(&server.base_url)
        .end();
    printed
        .says(
            0,
            &["printf '%s' ", "\"$SMSPIN_API_KEY\"", "--data-binary @-"],
            &["warning:"],
        )
        .holds_nowhere(KEY);
    let shell = std::process::Command::new("sh")
        .args(["-c", &printed.stdout])
        .env("SMSPIN_API_KEY", KEY)
        .output()
        .expect("a shell");
    assert!(
        shell.status.success(),
        "{}",
        String::from_utf8_lossy(&shell.stderr)
    );
    assert_eq!(server.requests()[0].body(), by_us);
}
