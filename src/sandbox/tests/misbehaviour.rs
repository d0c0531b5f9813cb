//! What the test numbers make happen, and what many clients at once can't.

use super::{Sandbox, post, read_answer};
use crate::sandbox::DEFAULT_KEY;
use crate::sandbox::fault::InjectedFault;
use crate::sandbox::test_numbers::TABLE;
use crate::wire::ErrorId;
use serde_json::json;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What comes back from a request for this number: an answer or how the connection ended.
fn try_request(sandbox: &Sandbox, msisdn: &str) -> Result<super::Answer, String> {
    let body = json!({"api_key": DEFAULT_KEY, "msisdn": msisdn}).to_string();
    let mut stream = sandbox.connect();
    stream
        .write_all(&post("2fa/request", "application/json", body.as_bytes()))
        .unwrap();
    read_answer(&mut stream)
}

#[test]
fn refusing_test_numbers_refuse_with_their_error_and_send_nothing() {
    let sandbox = Sandbox::start();
    for entry in &*TABLE {
        let fault = entry.effects.fault.as_ref().map(|fault| &fault.fault);
        let (Some(InjectedFault::Refused(id)), None) = (fault, entry.call) else {
            continue;
        };
        let refused = (id.http(), id.to_string());
        let answer = sandbox.call("2fa/request", json!({"msisdn": entry.msisdn.to_string()}));
        assert_eq!((answer.code, answer.id()), refused);
        // What only a request has can't be wrong with a lookup.
        let expected = match id {
            ErrorId::InvalidHlrLookupParam
            | ErrorId::InvalidPinParams
            | ErrorId::InvalidSmsText
            | ErrorId::InvalidSender => (200, "ok".to_owned()),
            _ => refused,
        };
        let answer = sandbox.call("hlr/request", json!({"msisdn": entry.msisdn.to_string()}));
        assert_eq!((answer.code, answer.id()), expected);
    }
    assert!(sandbox.embedded.take_messages().is_empty());
    // Where no lookup is asked for, none fails.
    let unchecked = json!({"msisdn": "12025550119", "hlr_lookup": 0});
    assert_eq!(sandbox.request(unchecked).id(), "ok");
}

#[test]
fn numbers_that_count_refuse_so_many_times_and_then_work() {
    let sandbox = Sandbox::start();
    for (msisdn, codes) in [
        ("12025550130", &[429, 200, 200][..]),
        ("12025550131", &[429, 429, 429, 200]),
        ("12025550132", &[429, 429, 429, 429]),
        ("12025550133", &[503, 200]),
        ("12025550134", &[503, 503]),
    ] {
        for code in codes {
            let answer = try_request(&sandbox, msisdn).unwrap();
            assert_eq!(answer.code, *code, "{msisdn}");
            assert_eq!(answer.head.contains("retry-after: 1"), *code == 429, "{msisdn}");
        }
    }
}

#[test]
fn a_lost_reply_leaves_a_pin_and_a_cut_leaves_none() {
    let sandbox = Sandbox::start();
    for (msisdn, sent) in [
        ("12025550140", true),
        ("12025550141", false),
        ("12025550143", true),
    ] {
        sandbox.embedded.take_messages();
        let end = try_request(&sandbox, msisdn).unwrap_err();
        assert!(end.starts_with("closed after "), "{end}");
        assert_eq!(end.contains("200 OK"), msisdn == "12025550143", "{end}");
        assert_eq!(
            sandbox.embedded.take_messages().len(),
            usize::from(sent),
            "{msisdn}"
        );
    }
    assert_eq!(
        try_request(&sandbox, "12025550122").unwrap().id(),
        ErrorId::UnknownError.as_str()
    );
    assert_eq!(sandbox.embedded.take_messages().len(), 1);
}

#[test]
fn half_an_answer_promises_a_whole_one() {
    let sandbox = Sandbox::start();
    let end = try_request(&sandbox, "12025550143").unwrap_err();
    assert!(end.contains("Content-Length: 15"), "{end}");
    assert!(end.ends_with("\r\n\r\n{\"statu"), "{end}");
}

#[test]
fn an_answer_that_is_no_json_comes_with_200() {
    let sandbox = Sandbox::start();
    let answer = try_request(&sandbox, "12025550144").unwrap();
    assert_eq!((answer.code, answer.body.starts_with('<')), (200, true));
    assert_eq!(sandbox.embedded.take_messages().len(), 1);
}

#[test]
fn a_hanging_call_ends_when_the_sandbox_does() {
    let sandbox = Sandbox::start();
    let mut stream = sandbox.connect();
    let body = json!({"api_key": DEFAULT_KEY, "msisdn": "12025550142"}).to_string();
    stream
        .write_all(&post("2fa/request", "application/json", body.as_bytes()))
        .unwrap();
    // Another call's answer proves that the first was read, or will be before the stop.
    assert_eq!(sandbox.request(json!({"msisdn": "12025550100"})).id(), "ok");
    drop(sandbox);
    assert!(read_answer(&mut stream).is_err());
}

#[test]
fn verify_faults_spare_the_request() {
    let sandbox = Sandbox::start();
    let pin = sandbox.pin(json!({"msisdn": "12025550180"}));
    let body = json!({"msisdn": "12025550180", "pin": pin});
    let answer = sandbox.call("2fa/verify", body);
    assert_eq!((answer.code, answer.id().as_str()), (500, "UNKNOWN_ERROR"));
}

#[test]
fn sixty_four_guessers_at_once_get_exactly_the_tries_there_are() {
    let sandbox = Sandbox::start();
    let pin = sandbox.pin(json!({"msisdn": "34666666111", "pin_params": {"max_tries": 5, "type": "alpha"}}));
    let counted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let message = sandbox.verify("34666666111", "000000")["message"].clone();
                counted.fetch_add(usize::from(message == "The PIN is not right."), Ordering::Relaxed);
            });
        }
    });
    assert_eq!(counted.into_inner(), 5);
    assert_eq!(sandbox.verify("34666666111", &pin)["verified"], false);
}
