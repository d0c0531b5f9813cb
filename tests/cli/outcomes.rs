//! The outcome table, line by line, against a socket that misbehaves.

use crate::run::{Ended, Home};
use crate::server::{Act, Server, answer_with, http, read_request};
use std::io::Write;
use std::net::TcpListener;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const NUMBER: &str = "34600000000";

/// One request, tried once, to wherever `base_url` points.
fn request(base_url: &str, more: &[&str]) -> Ended {
    let home = Home::new();
    let mut args = vec![
        "request",
        NUMBER,
        "--json",
        "--base-url",
        base_url,
        "--retries",
        "0",
    ];
    args.extend(more);
    home.smspin(args).env("SMSPIN_API_KEY", KEY).end()
}

#[track_caller]
fn outcome(ended: &Ended, status: i32, outcome: &str) {
    assert_eq!(ended.status, Some(status), "{ended}");
    assert_eq!(ended.json()["outcome"], outcome, "{ended}");
}

#[test]
fn answers_are_judged_by_the_table() {
    let big = "x".repeat(100_000_000);
    let ok = r#"{"status":"ok"}"#;
    let refusal = r#"{"status":"error","error_id":"INVALID_SENDER","error_msg":"no"}"#;
    let unauthorized = r#"{"status":"error","error_id":"UNAUTHORIZED"}"#;
    let poor = r#"{"status":"error","error_id":"NOT_ENOUGH_BALANCE"}"#;
    let unlisted = r#"{"status":"error","error_id":"SOMETHING_NEW"}"#;
    let html = "<html><body>ok</body></html>";
    for (code, body, status, word) in [
        (200, ok, 0, "accepted"),
        (200, r#"{"status":"ok","result":{"id":1}}"#, 0, "accepted"),
        (200, html, 5, "unknown"),
        (200, "", 5, "unknown"),
        (200, r#"{"status":"error"}"#, 5, "unknown"),
        (200, refusal, 3, "refused"),
        (200, unlisted, 3, "refused"),
        (301, ok, 5, "unknown"),
        (400, refusal, 3, "refused"),
        (400, html, 5, "unknown"),
        (400, poor, 6, "refused"),
        (401, unauthorized, 6, "refused"),
        (401, "", 5, "unknown"),
        (429, html, 4, "unsent"),
        (429, ok, 4, "unsent"),
        (500, refusal, 5, "unknown"),
        (500, "", 5, "unknown"),
        (502, html, 5, "unknown"),
        (503, ok, 5, "unknown"),
        (504, html, 5, "unknown"),
        (200, &big, 5, "unknown"),
    ] {
        let server = Server::answering(http(code, body));
        let ended = request(&server.base_url, &[]);
        outcome(&ended, status, word);
        assert_eq!(ended.json()["http"], code, "{ended}");
        assert_eq!(ended.stderr, "", "{ended}");
        assert_eq!(server.requests().len(), 1, "HTTP {code}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let location = elsewhere.local_addr().unwrap();
    for code in [301, 307, 308] {
        let answer = format!(
            "HTTP/1.1 {code} X\r\nLocation: http://{location}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let server = Server::answering(answer);
        outcome(&request(&server.base_url, &[]), 5, "unknown");
    }
    assert!(
        elsewhere.accept().is_err(),
        "somebody followed the redirect with the key in hand"
    );
}

#[test]
fn refused_is_unsent_and_says_where() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let ended = request(&base_url, &[]);
    outcome(&ended, 4, "unsent");
    assert_eq!(ended.json()["detail"], "127.0.0.1 refused the connection");
}

#[test]
fn a_name_that_does_not_resolve_is_unsent() {
    let ended = request("https://no-such-host.invalid", &[]);
    outcome(&ended, 4, "unsent");
    assert!(
        ended.json()["detail"]
            .as_str()
            .unwrap()
            .contains("no-such-host.invalid"),
        "{ended}"
    );
}

#[test]
fn a_failed_tls_handshake_is_unsent() {
    let act: Act = Box::new(|mut stream, _| {
        // A client hello comes; something that is no TLS goes back.
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let server = Server::acting(vec![act]);
    let base_url = server.base_url.replace("http://", "https://");
    let ended = request(&base_url, &[]);
    outcome(&ended, 4, "unsent");
}

#[test]
fn a_connect_that_hangs_is_unsent() {
    // A full backlog makes the kernel leave further connects unanswered.
    let listener = socket_with_full_backlog();
    let base_url = format!("http://{}", listener.address);
    let ended = request(&base_url, &["--connect-timeout", "300ms"]);
    outcome(&ended, 4, "unsent");
}

struct FullBacklog {
    address: std::net::SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<std::net::TcpStream>,
}

fn socket_with_full_backlog() -> FullBacklog {
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&socket, &std::net::SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listen(&socket, 0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let limit = std::time::Duration::from_millis(200);
    let waiting = std::iter::from_fn(|| std::net::TcpStream::connect_timeout(&address, limit).ok())
        .take(64)
        .collect();
    FullBacklog {
        address,
        _listener: listener,
        _waiting: waiting,
    }
}

#[test]
fn a_reset_before_reading_is_unknown() {
    let act: Act = Box::new(|stream, _| {
        // Something has arrived, and stays unread: before that the connect itself could fail, and nothing be sent.
        stream.peek(&mut [0]).unwrap();
        reset(&stream);
    });
    let server = Server::acting(vec![act]);
    outcome(&request(&server.base_url, &[]), 5, "unknown");
}

#[test]
fn a_reset_after_the_whole_request_is_unknown() {
    let act: Act = Box::new(|mut stream, requests| {
        requests.push(read_request(&mut stream));
        reset(&stream);
    });
    let server = Server::acting(vec![act]);
    let ended = request(&server.base_url, &[]);
    outcome(&ended, 5, "unknown");
    assert!(
        ended.json()["hint"].as_str().unwrap().contains("do not repeat"),
        "{ended}"
    );
}

/// The connection ends with a reset in place of a goodbye.
fn reset(stream: &std::net::TcpStream) {
    rustix::net::sockopt::set_socket_linger(stream, Some(std::time::Duration::ZERO)).unwrap();
}

#[test]
fn no_answer_until_the_timeout_is_unknown() {
    let act: Act = Box::new(|mut stream, requests| {
        requests.push(read_request(&mut stream));
        // Until the client hangs up.
        let _ = std::io::Read::read(&mut stream, &mut [0]);
    });
    let server = Server::acting(vec![act]);
    let ended = request(&server.base_url, &["--timeout", "400ms"]);
    outcome(&ended, 5, "unknown");
    assert_eq!(ended.json()["detail"], "no answer within 0.4 s");
}

#[test]
fn half_an_answer_is_unknown() {
    let whole = http(200, r#"{"status":"ok"}"#);
    for length in [whole.len() - 1, whole.len() - 15, 20, 5] {
        let server = Server::answering(&whole[..length]);
        outcome(&request(&server.base_url, &[]), 5, "unknown");
    }
    let half_of_429 = http(429, r#"{"status":"error"}"#);
    let server = Server::answering(&half_of_429[..half_of_429.len() - 3]);
    outcome(&request(&server.base_url, &[]), 4, "unsent");
}

#[test]
fn what_never_left_is_tried_again_and_then_accepted() {
    let busy = || {
        answer_with(
            b"HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
        )
    };
    let server = Server::acting(vec![busy(), answer_with(http(200, r#"{"status":"ok"}"#))]);
    let ended = Home::new()
        .smspin(["request", NUMBER, "--json", "--base-url", &server.base_url])
        .env("SMSPIN_API_KEY", KEY)
        .end();
    outcome(&ended, 0, "accepted");
    assert_eq!(ended.json()["attempts"], 2);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
}

/// Answers 429 and keeps the connection, as a server does that is only busy.
const BUSY: &[u8] = b"HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_connection_closed_while_idle_costs_nothing() {
    let closing: Act = Box::new(|mut stream, requests| {
        requests.push(read_request(&mut stream));
        stream.write_all(BUSY).unwrap();
    });
    let server = Server::acting(vec![closing, answer_with(http(200, r#"{"status":"ok"}"#))]);
    let ended = Home::new()
        .smspin(["request", NUMBER, "--json", "--base-url", &server.base_url])
        .env("SMSPIN_API_KEY", KEY)
        .end();
    outcome(&ended, 0, "accepted");
    assert_eq!(ended.json()["attempts"], 2);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_batch_survives_a_server_that_closes_idle_connections() {
    let balance = http(
        200,
        r#"{"status":"ok","result":{"balance":"1.0000","currency":"EUR"}}"#,
    );
    let kept = b"HTTP/1.1 200 X\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
    // Each answer promises that the connection goes on, and the server ends it all the same.
    let server = Server::acting(vec![
        answer_with(balance),
        answer_with(kept.to_vec()),
        answer_with(kept.to_vec()),
    ]);
    let home = Home::new();
    std::fs::write(home.path().join("two.csv"), "msisdn\n34600000000\n34600000001\n").unwrap();
    let ended = home
        .smspin([
            "batch",
            "two.csv",
            "--yes",
            "--json",
            "--rate",
            "4/s",
            "--base-url",
            &server.base_url,
        ])
        .env("SMSPIN_API_KEY", KEY)
        .end();
    outcome(&ended, 0, "finished");
    assert_eq!(ended.json()["rows"]["accepted"], 2, "{ended}");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_kept_connection_closed_under_a_request_is_unknown() {
    for with_reset in [false, true] {
        let closing: Act = Box::new(move |mut stream, requests| {
            requests.push(read_request(&mut stream));
            stream.write_all(BUSY).unwrap();
            // The second request is on its way; whether it counts is what nobody can know.
            requests.push(read_request(&mut stream));
            if with_reset {
                reset(&stream);
            }
        });
        let server = Server::acting(vec![closing]);
        let ended = Home::new()
            .smspin(["request", NUMBER, "--json", "--base-url", &server.base_url])
            .env("SMSPIN_API_KEY", KEY)
            .end();
        outcome(&ended, 5, "unknown");
        assert_eq!(ended.json()["attempts"], 2);
        assert_eq!(server.requests().len(), 2);
    }
}

#[test]
fn unknown_is_never_tried_again() {
    let cut: Act = Box::new(|mut stream, requests| requests.push(read_request(&mut stream)));
    let server = Server::acting(vec![cut]);
    let ended = Home::new()
        .smspin([
            "request",
            NUMBER,
            "--base-url",
            &server.base_url,
            "--retries",
            "10",
        ])
        .env("SMSPIN_API_KEY", KEY)
        .end();
    ended.says(5, &[], &["unknown: ", "hint: the SMS may have been sent"]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_retry_after_beyond_five_minutes_ends_it() {
    let answer = b"HTTP/1.1 429 X\r\nRetry-After: 301\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Server::answering(&answer[..]);
    let ended = Home::new()
        .smspin(["request", NUMBER, "--base-url", &server.base_url])
        .env("SMSPIN_API_KEY", KEY)
        .end();
    ended.says(4, &[], &["not sent: HTTP 429", "hint: the gateway is busy"]);
}

#[test]
fn an_interrupted_request_says_that_it_may_have_gone() {
    use rustix::process::Signal;
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let (arrived, wait) = std::sync::mpsc::channel();
        let act: Act = Box::new(move |mut stream, requests| {
            requests.push(read_request(&mut stream));
            arrived.send(()).unwrap();
            // Until the client hangs up.
            let _ = std::io::Read::read(&mut stream, &mut [0]);
        });
        let server = Server::acting(vec![act]);
        let home = Home::new();
        let mut command = home
            .smspin(["request", NUMBER, "--json", "--base-url", &server.base_url])
            .env("SMSPIN_API_KEY", KEY)
            .into_command();
        let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        wait.recv().unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["outcome"], "unknown");
    }
}
