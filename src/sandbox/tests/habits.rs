//! Every habit of real clients (the gateway's contract §7), byte for byte.

use super::{Sandbox, read_answer};
use crate::sandbox::DEFAULT_KEY;
use std::io::Write as _;

fn body() -> String {
    format!(r#"{{"api_key":"{DEFAULT_KEY}","msisdn":"12025550100"}}"#)
}

fn message(line: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "{line} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn both_prefixes_and_both_methods_work() {
    let sandbox = Sandbox::start();
    for line in [
        "POST /api/3.0/2fa/request",
        "POST /api/2fa/request",
        "GET /api/3.0/2fa/request",
        "GET /api/2fa/request",
        "GET /api/hlr/request",
        "POST /api/3.0/account/get-balance",
        "POST /api/3.0/account/get-balance?source=app",
    ] {
        assert_eq!(sandbox.raw(&message(line, JSON, &body())).id(), "ok", "{line}");
    }
}

#[test]
fn headers_come_in_any_shape() {
    let sandbox = Sandbox::start();
    for headers in [
        "content-type: Application/JSON;charset=utf-8\r\n",
        "Content-Type:application/json ; charset=\"UTF-8\"\r\n",
        "Content-Type: application/json\r\nCookie: a=b; c=d\r\nX-Unknown: \r\nAccept: */*\r\n",
        "Content-Type: application/json\r\nExpect: 100-continue\r\n",
        "Content-Type: application/json\r\nAuthorization: Bearer x\r\nUser-Agent: PHP\r\n",
    ] {
        let bytes = message("POST /api/3.0/2fa/request", headers, &body());
        assert_eq!(sandbox.raw(&bytes).id(), "ok", "{headers}");
    }
}

#[test]
fn a_client_that_waits_for_100_continue_gets_it() {
    let sandbox = Sandbox::start();
    let mut stream = sandbox.connect();
    let body = body();
    write!(
        stream,
        "POST /api/2fa/request HTTP/1.1\r\nHost: x\r\n{JSON}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    let mut interim = [0; 25];
    std::io::Read::read_exact(&mut stream, &mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().id(), "ok");
}

#[test]
fn chunked_bodies_and_kept_connections_work() {
    let sandbox = Sandbox::start();
    let mut stream = sandbox.connect();
    let body = body();
    let (first, rest) = body.split_at(10);
    for _ in 0..3 {
        write!(
            stream,
            "POST /api/2fa/request HTTP/1.1\r\nHost: x\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n"
        )
        .unwrap();
        write!(
            stream,
            "{:x}\r\n{first}\r\n{:x};ext=1\r\n{rest}\r\n0\r\n\r\n",
            first.len(),
            rest.len()
        )
        .unwrap();
        assert_eq!(read_answer(&mut stream).unwrap().id(), "ok");
    }
    stream
        .write_all(&message("POST /api/2fa/request", JSON, &body))
        .unwrap();
    assert_eq!(read_answer(&mut stream).unwrap().id(), "ok");
}

#[test]
fn http_1_0_without_a_host_works() {
    let body = body();
    let bytes = format!(
        "POST /api/2fa/request HTTP/1.0\r\n{JSON}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(Sandbox::start().raw(bytes.as_bytes()).id(), "ok");
}

#[test]
fn json_comes_in_any_shape() {
    let sandbox = Sandbox::start();
    for body in [
        format!("{{\n  \"msisdn\" : \"12025550100\",\r\n\t\"api_key\": \"{DEFAULT_KEY}\"\n}}\n"),
        format!(r#"{{"unknown":{{"deep":[1,null]}},"msisdn":12025550100,"api_key":"{DEFAULT_KEY}"}}"#),
        format!(
            r#"{{"api_key":"{DEFAULT_KEY}","msisdn":"12025550100","pin_params":[{{"length":8,"other":1}}]}}"#
        ),
        format!(
            r#"{{"api_key":"{DEFAULT_KEY}","msisdn":"12025550100","sms_text":"Código {{PIN}}","sender":"GOOD PIZZA"}}"#
        ),
        format!(
            r#"{{"api_key":"{DEFAULT_KEY}","msisdn":"120255\u00350100","hlr_lookup":0,"sender":"My_App"}}"#
        ),
        format!(r#"{{"msisdn":"1","api_key":"{DEFAULT_KEY}","msisdn":"12025550100"}}"#),
    ] {
        assert_eq!(sandbox.post("2fa/request", body.as_bytes()).id(), "ok", "{body}");
    }
}

#[test]
fn a_pin_may_come_as_a_number() {
    let sandbox = Sandbox::start();
    // A seed isn't needed: a PIN with a leading zero can't be written as a number, so another is asked for.
    let pin = std::iter::repeat_with(|| sandbox.pin(serde_json::json!({"msisdn": "34666666111"})))
        .find(|pin| !pin.starts_with('0'))
        .unwrap();
    let body = format!(r#"{{"api_key":"{DEFAULT_KEY}","msisdn":34666666111,"pin":{pin}}}"#);
    assert_eq!(
        sandbox.post("2fa/verify", body.as_bytes()).json()["result"]["verified"],
        true
    );
}

#[test]
fn latin_1_bytes_are_a_json_parse_error() {
    let mut body = body().into_bytes();
    body.insert(body.len() - 2, 0xf3);
    let answer = Sandbox::start().post("2fa/request", &body);
    assert_eq!((answer.code, answer.id().as_str()), (400, "JSON_PARSE_ERROR"));
}
