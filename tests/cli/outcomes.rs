//! The outcome table, line by line, against a socket that misbehaves.

use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, KEY, Run};
use crate::support::http;
use std::net::TcpListener;

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

/// Each word with each of its exit codes, through a socket; what else there is in the table, the tests of the judgement have.
#[test]
fn an_answer_has_its_word_and_its_exit_code() {
    let big = "x".repeat(100_000_000);
    let ok = r#"{"status":"ok"}"#;
    let refusal = r#"{"status":"error","error_id":"INVALID_SENDER","error_msg":"no"}"#;
    let unlisted = r#"{"status":"error","error_id":"SOMETHING_NEW"}"#;
    let unauthorized = r#"{"status":"error","error_id":"UNAUTHORIZED"}"#;
    let poor = r#"{"status":"error","error_id":"NOT_ENOUGH_BALANCE"}"#;
    for (code, body, status, word) in [
        (200, ok, 0, "accepted"),
        (200, refusal, 3, "refused"),
        (200, unlisted, 3, "refused"),
        (400, refusal, 3, "refused"),
        (400, poor, 6, "refused"),
        (401, unauthorized, 6, "refused"),
        (429, ok, 4, "unsent"),
        (503, ok, 5, "unknown"),
        (200, &big, 5, "unknown"),
    ] {
        let server = Gateway::answering(code, body);
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
        let server = Gateway::in_turn([Reply::Bytes(answer.into_bytes())]);
        outcome(&request(&server.base_url, &[]), 5, "unknown");
    }
    assert!(
        elsewhere.accept().is_err(),
        "the redirect was followed with the key in hand"
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
fn a_request_whose_answer_is_not_whole_is_unknown_unless_it_was_turned_away() {
    let cut = |answer: &[u8], length: usize| Reply::Bytes(answer[..length].to_vec());
    let whole = http::answer(200, r#"{"status":"ok"}"#);
    let busy = http::answer(429, r#"{"status":"error"}"#);
    let hint = "do not repeat";
    for (reply, status, word, field, says) in [
        // Something has arrived, and stays unread: before that the connect itself could fail, and nothing be sent.
        (Reply::ResetUnread, 5, "unknown", "hint", hint),
        (Reply::Reset, 5, "unknown", "hint", hint),
        (Reply::Silent, 5, "unknown", "detail", "no answer within 0.4 s"),
        (cut(&whole, whole.len() - 1), 5, "unknown", "hint", hint),
        (cut(&whole, whole.len() - 15), 5, "unknown", "hint", hint),
        (cut(&whole, 20), 5, "unknown", "hint", hint),
        (cut(&whole, 5), 5, "unknown", "hint", hint),
        (cut(&busy, busy.len() - 3), 4, "unsent", "hint", ""),
    ] {
        let server = Gateway::in_turn([reply.clone()]);
        let timeout: &[&str] = if says.starts_with("no answer") {
            &["--timeout", "400ms"]
        } else {
            &[]
        };
        let ended = request(&server.base_url, timeout);
        outcome(&ended, status, word);
        let said = ended.json()[field].as_str().unwrap_or_default().to_owned();
        assert!(said.contains(says), "{reply:?}: {ended}");
    }
}

/// Answers 429 and keeps the connection, as a server does that is only busy.
const BUSY: &[u8] = b"HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n";

/// A request that is tried again as often as by default.
fn tried_again(home: &Home, server: &Gateway) -> Run {
    home.typed(format!("request {NUMBER} --json"))
        .at(&server.base_url)
}

#[test]
fn what_never_left_is_tried_again_and_then_accepted() {
    let closing = b"HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    // One says that it closes the connection, and one closes it while it is idle.
    for busy in [closing.as_slice(), BUSY] {
        let server = Gateway::in_turn([Reply::Bytes(busy.to_vec()), Reply::Ok]);
        let ended = tried_again(&Home::new(), &server).end();
        outcome(&ended, 0, "accepted");
        assert_eq!(ended.json()["attempts"], 2);
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].bytes, requests[1].bytes);
    }
}

#[test]
fn a_batch_survives_a_server_that_closes_idle_connections() {
    let balance = Reply::http(
        200,
        r#"{"status":"ok","result":{"balance":"1.0000","currency":"EUR"}}"#,
    );
    let kept = b"HTTP/1.1 200 X\r\nContent-Length: 15\r\n\r\n{\"status\":\"ok\"}";
    // Each answer promises that the connection goes on, and the server ends it all the same.
    let kept = Reply::Bytes(kept.to_vec());
    let server = Gateway::in_turn([balance, kept.clone(), kept]);
    let home = Home::new();
    std::fs::write(home.path().join("two.csv"), "msisdn\n34600000000\n34600000001\n").unwrap();
    let ended = home
        .typed("batch two.csv --yes --json --rate 4/s")
        .at(&server.base_url)
        .end();
    outcome(&ended, 0, "finished");
    assert_eq!(ended.json()["rows"]["accepted"], 2, "{ended}");
    // The balance, the probe, and the rows.
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn a_kept_connection_closed_under_a_request_is_unknown() {
    for with_reset in [false, true] {
        // The second request is read; whether it counts can't be known.
        let end = if with_reset { Reply::Reset } else { Reply::Lost };
        let server = Gateway::in_turn([Reply::BytesThenStay(BUSY.to_vec()), end]);
        let ended = tried_again(&Home::new(), &server).end();
        outcome(&ended, 5, "unknown");
        assert_eq!(ended.json()["attempts"], 2);
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].connection, requests[1].connection);
    }
}

#[test]
fn unknown_is_never_tried_again() {
    let server = Gateway::in_turn([Reply::Lost]);
    let ended = Home::new()
        .typed(format!("request {NUMBER} --retries 10"))
        .at(&server.base_url)
        .end();
    ended.fails(5, "unknown:  … hint: the SMS may have been sent");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_retry_after_beyond_five_minutes_ends_it() {
    let answer = b"HTTP/1.1 429 X\r\nRetry-After: 301\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Gateway::in_turn([Reply::Bytes(answer.to_vec())]);
    let ended = Home::new()
        .typed(format!("request {NUMBER}"))
        .at(&server.base_url)
        .end();
    ended.fails(4, "not sent: HTTP 429 … hint: the gateway is busy");
}

#[test]
fn an_interrupted_request_says_that_it_may_have_gone() {
    use rustix::process::Signal;
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let server = Gateway::in_turn([Reply::Silent]);
        let home = Home::new();
        let running = tried_again(&home, &server).start();
        server.wait_until(|numbers| numbers.len() == 1);
        running.signal(signal);
        outcome(&running.end(), status, "unknown");
    }
}
