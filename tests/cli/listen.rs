//! `smspin listen`: what is answered, what is on disk by then, and how it ends.

use crate::support::home::Home;
use crate::support::listener::{Listening, report};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

const TOKEN: &str = "0123456789abcdefghij";
const NUMBER: u64 = 34_600_000_001;

fn stored(home: &Home) -> Vec<Value> {
    let text = std::fs::read_to_string(home.file("reports.jsonl")).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn body(reports: &[Value]) -> Vec<u8> {
    serde_json::to_vec(reports).unwrap()
}

#[test]
fn what_is_answered_with_200_is_in_the_file_as_it_was_posted() {
    let home = Home::new();
    let listening = Listening::start(&home, &[]);
    assert_eq!(
        listening.ready["report_url"],
        format!("http://{}/", listening.address)
    );
    let mut sender = listening.sender();
    let foreign = json!({"msisdn": "34666666111", "event": "click", "extra": [1, {"a": null}]});
    let unknown = json!({"to": NUMBER, "status": "BUFFERED"});
    let many: Vec<_> = (0..1000).map(|nth| report(nth, NUMBER, "DELIVRD")).collect();
    let posts = [
        ("/", body(&many)),
        ("/?r=abc", report(7, NUMBER, "ACCEPTD").to_string().into_bytes()),
        ("/?x=1&r=abc", body(&[foreign.clone(), unknown.clone()])),
        ("/", b"[]".to_vec()),
        ("/", body(&many)),
    ];
    for (path, body) in &posts {
        assert_eq!(sender.post(path, body).unwrap(), 200);
    }
    let stored = stored(&home);
    assert_eq!(stored.len(), 1003, "repeats are dropped");
    assert_eq!(stored[999]["report"], many[999]);
    assert_eq!(stored[999]["attempt_id"], Value::Null);
    assert_eq!(stored[1000]["attempt_id"], "abc");
    assert_eq!(stored[1001]["report"], foreign);
    assert_eq!(stored[1002]["report"], unknown);
    let mode = std::fs::metadata(home.file("reports.jsonl"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);

    let heard = listening.terminate();
    assert_eq!((heard.status, heard.stderr.as_str()), (Some(0), ""));
    assert_eq!(heard.lines.len(), 1004);
    let shown = &heard.lines[0];
    assert_eq!(
        (&shown["status"], &shown["msisdn"], &shown["seconds"]),
        (&json!("DELIVRD"), &json!("34600000001"), &json!(7))
    );
    let summary = heard.summary();
    assert_eq!(
        (
            &summary["reports"],
            &summary["repeated"],
            &summary["foreign"],
            &summary["stopped_by"]
        ),
        (&json!(1002), &json!(1000), &json!(1), &json!("signal"))
    );
    assert_eq!(
        summary["by_status"],
        json!({"ACCEPTD": 1, "BUFFERED": 1, "DELIVRD": 1000})
    );
    assert_eq!(
        summary["by_country"],
        json!({"ES": {"delivered": 1000, "not_delivered": 0}})
    );
    assert_eq!(summary["delivery_seconds"]["p50"], 7);
    assert_eq!(summary["answers"], json!({"200": 5}));
}

#[test]
fn what_is_no_post_of_reports_is_refused_with_a_reason_and_nothing_is_stored() {
    let home = Home::new();
    let listening = Listening::start(&home, &[]);
    let json_type = "Content-Type: application/json\r\n";
    let page = "Origin: http://evil.example\r\nContent-Type: text/plain\r\n";
    let report = report(1, NUMBER, "DELIVRD").to_string();
    let large = vec![b' '; 3 * 1024 * 1024];
    let cases: [(&str, &str, &[u8], u16, &str); 9] = [
        ("GET /", "", b"", 405, "POST"),
        ("PUT /", json_type, report.as_bytes(), 405, "POST"),
        ("POST /other", json_type, report.as_bytes(), 404, "another path"),
        ("POST /", json_type, b"", 400, "not JSON"),
        ("POST /", json_type, b"[{\"to\":", 400, "not JSON"),
        (
            "POST /",
            "Content-Type: application/x-www-form-urlencoded\r\n",
            b"to=1&status=2",
            400,
            "not JSON",
        ),
        ("POST /", json_type, b"\"DELIVRD\"", 400, "neither"),
        ("POST /", page, report.as_bytes(), 403, "web pages"),
        ("POST /", json_type, &large, 413, "2 MiB"),
    ];
    for (line, headers, body, status, reason) in cases {
        let answer = listening.sender().request(line, headers, body).unwrap();
        assert!(
            answer.0 == status && answer.1.contains(reason),
            "{line}: {answer:?}"
        );
    }
    assert!(stored(&home).is_empty());
    // The content type is the sender's own business, if the body is what it has to be.
    let answer = listening
        .sender()
        .request("POST /", "Content-Type: text/plain\r\n", report.as_bytes());
    assert_eq!(answer.unwrap(), (200, String::new()));
    assert_eq!(stored(&home).len(), 1);
    assert_eq!(listening.terminate().summary()["answers"]["405"], 2);
}

#[test]
fn with_a_token_only_the_printed_url_may_post_and_nothing_else_shows_the_token() {
    let home = Home::new();
    std::fs::write(home.file("token"), format!("{TOKEN}\n")).unwrap();
    std::fs::set_permissions(home.file("token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let flags = [
        "--token-file",
        "token",
        "--public-url",
        "https://example.com/dlr/",
    ];
    let listening = Listening::start(&home, &flags);
    assert_eq!(
        listening.ready["report_url"],
        format!("https://example.com/dlr/{TOKEN}")
    );
    let body = report(1, NUMBER, "DELIVRD").to_string();
    let mut sender = listening.sender();
    for (path, status) in [
        ("/", 401),
        ("/dlr/", 401),
        ("/dlr/0123456789abcdefghix", 401),
        (&format!("/?token={TOKEN}"), 401),
        (&format!("/dlr/{TOKEN}?r=1"), 200),
        (&format!("/{TOKEN}?r=2"), 200),
    ] {
        assert_eq!(sender.post(path, body.as_bytes()).unwrap(), status, "{path}");
    }
    assert_eq!(stored(&home).len(), 2);
    let heard = listening.terminate();
    assert!(
        !heard.stderr.contains(TOKEN) && heard.lines.iter().all(|line| !line.to_string().contains(TOKEN))
    );
    assert!(
        !std::fs::read_to_string(home.file("reports.jsonl"))
            .unwrap()
            .contains(TOKEN)
    );

    std::fs::set_permissions(home.file("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = Listening::start(&home, &flags).terminate();
    assert!(
        exposed.stderr.contains("other users of this machine"),
        "{}",
        exposed.stderr
    );
    std::fs::write(home.file("token"), "short-secret").unwrap();
    let ended = home.typed("listen --token-file token").end();
    ended
        .fails(2, "12 of at least 16 characters")
        .holds_nowhere("short-secret");
}

#[test]
fn what_can_not_be_listened_to_or_written_is_refused_before_anything_is_touched() {
    let home = Home::new();
    std::fs::write(home.file("users.csv"), "Tel\n34600000001").unwrap();
    home.typed("listen --bind 0.0.0.0:0")
        .fails(2, "0.0.0.0:0 can be reached from other machines … --token-file");
    home.typed("listen --bind 127.0.0.1:0 --out users.csv")
        .fails(2, "users.csv is not a file of delivery reports … --out FILE");
    assert_eq!(
        std::fs::read_to_string(home.file("users.csv")).unwrap(),
        "Tel\n34600000001"
    );
    home.typed("listen --bind 127.0.0.1:0 --out no/reports.jsonl")
        .fails(7, "no/reports.jsonl: the directory does not exist");
    home.typed("listen --profile x").fails(2, "without --forward");
    let listening = Listening::start(&home, &[]);
    home.typed("listen --bind 127.0.0.1:0")
        .fails(2, "another process appends to reports.jsonl");
    home.typed(format!("listen --bind {} --out other.jsonl", listening.address))
        .fails(2, "can't listen on … --bind 127.0.0.1:0");
    listening.terminate();
}

#[test]
fn an_unfinished_line_is_cut_off_and_said_and_reports_from_before_are_known() {
    let home = Home::new();
    let listening = Listening::start(&home, &[]);
    let post = body(&[report(1, NUMBER, "DELIVRD"), report(2, NUMBER, "DELIVRD")]);
    assert_eq!(listening.sender().post("/", &post).unwrap(), 200);
    listening.signal(Signal::KILL);
    listening.end();
    let path = home.file("reports.jsonl");
    let whole = std::fs::read(&path).unwrap();
    let mut torn = whole.clone();
    torn.extend_from_slice(b"{\"received_at\":\"2026-03-01T09:0");
    std::fs::write(&path, torn).unwrap();

    let listening = Listening::start(&home, &[]);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    assert_eq!(listening.sender().post("/", &post).unwrap(), 200);
    let heard = listening.terminate();
    assert!(heard.stderr.contains("31 bytes of it"), "{}", heard.stderr);
    assert_eq!(
        (&heard.summary()["repeated"], &heard.summary()["reports"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[test]
fn it_ends_with_the_final_report_the_time_or_a_signal_and_the_status_says_which() {
    let number = NUMBER.to_string();
    let until = ["--until-final", &number, "--timeout", "1h"];
    for (status, exit) in [("DELIVRD", 0), ("UNDELIV", 1)] {
        let home = Home::new();
        let listening = Listening::start(&home, &until);
        let mut sender = listening.sender();
        let others = [report(1, NUMBER, "ACCEPTD"), report(2, NUMBER + 1, status)];
        assert_eq!(sender.post("/", &body(&others)).unwrap(), 200);
        assert_eq!(
            sender.post("/", &body(&[report(3, NUMBER, status)])).unwrap(),
            200
        );
        let heard = listening.end();
        assert_eq!(heard.status, Some(exit), "{status}");
        assert_eq!(
            (&heard.summary()["outcome"], &heard.summary()["stopped_by"]),
            (&json!("done"), &json!("final"))
        );
    }
    let home = Home::new();
    let late = Listening::start(&home, &["--until-final", &number, "--timeout", "1ms"]).end();
    assert_eq!(
        (late.status, &late.summary()["outcome"]),
        (Some(1), &json!("timed_out"))
    );
    assert_eq!(
        late.summary()["awaited"],
        json!({"delivered": 0, "not_delivered": 0, "missing": 1})
    );
    let done = Listening::start(&home, &["--timeout", "1ms"]).end();
    assert_eq!(
        (done.status, &done.summary()["outcome"]),
        (Some(0), &json!("done"))
    );
    assert_eq!(Listening::start(&home, &until).terminate().status, Some(143));
    let interrupted = Listening::start(&home, &[]);
    interrupted.signal(Signal::INT);
    assert_eq!(interrupted.end().status, Some(0));
}

/// Takes connections one by one, answers each with a status, and gives back what came.
fn receiver(status: u16, posts: usize) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let thread = std::thread::spawn(move || {
        let mut received = Vec::new();
        for _ in 0..posts {
            let (mut stream, _) = socket.accept().unwrap();
            let request = crate::support::http::Request::read(&mut stream, 0)
                .unwrap()
                .unwrap();
            let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            // Until the other side has read it.
            let _ = stream.read(&mut [0]);
            received.push(String::from_utf8(request.bytes).unwrap());
        }
        received
    });
    (address, thread)
}

#[test]
fn posts_are_forwarded_once_they_are_stored_and_a_failure_changes_no_answer() {
    let home = Home::new();
    let post = body(&[report(1, NUMBER, "DELIVRD")]);
    let (address, received) = receiver(204, 2);
    let listening = Listening::start(&home, &["--forward", &format!("http://{address}/app?k=v")]);
    let mut sender = listening.sender();
    assert_eq!(sender.post("/?r=abc", &post).unwrap(), 200);
    assert_eq!(sender.post("/", &post).unwrap(), 200);
    let received = received.join().unwrap();
    let heard = listening.terminate();
    assert_eq!(
        heard.summary()["forwarded"],
        json!({"posts": 2, "failed": 0, "dropped": 0})
    );
    let lines: Vec<_> = received
        .iter()
        .map(|request| request.lines().next().unwrap())
        .collect();
    assert!(
        lines.contains(&"POST /app?k=v&r=abc HTTP/1.1") && lines.contains(&"POST /app?k=v HTTP/1.1"),
        "{lines:?}"
    );
    assert!(
        received
            .iter()
            .all(|request| request.ends_with(str::from_utf8(&post).unwrap()))
    );

    let (address, received) = receiver(500, 2);
    let listening = Listening::start(&home, &["--forward", &format!("http://{address}/")]);
    let mut sender = listening.sender();
    for nth in 2..4 {
        let post = body(&[report(nth, NUMBER, "DELIVRD")]);
        assert_eq!(sender.post("/", &post).unwrap(), 200);
    }
    received.join().unwrap();
    let heard = listening.terminate();
    assert_eq!(
        heard.summary()["forwarded"],
        json!({"posts": 2, "failed": 2, "dropped": 0})
    );
    assert_eq!(
        heard.stderr.matches("answered with HTTP 500").count(),
        1,
        "{}",
        heard.stderr
    );
    assert_eq!(heard.status, Some(0));
    assert_eq!(stored(&home).len(), 4);
}

#[test]
fn posts_that_still_wait_at_the_stop_are_counted_and_said() {
    let home = Home::new();
    // Connections are made by the system, and never answered.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let listening = Listening::start(&home, &["--forward", &url]);
    let mut sender = listening.sender();
    for nth in 0..60 {
        let post = body(&[report(nth, NUMBER, "DELIVRD")]);
        assert_eq!(sender.post("/", &post).unwrap(), 200);
    }
    let heard = listening.terminate();
    assert_eq!(
        heard.summary()["forwarded"],
        json!({"posts": 0, "failed": 0, "dropped": 60})
    );
    assert!(
        heard.stderr.contains("60 posts were not passed on"),
        "{}",
        heard.stderr
    );
    assert_eq!(stored(&home).len(), 60);
}

#[test]
fn a_file_that_is_shortened_or_moved_under_the_listener_loses_no_acknowledged_report() {
    let home = Home::new();
    let listening = Listening::start(&home, &[]);
    let mut sender = listening.sender();
    let mut post = |nth| {
        let post = body(&[report(nth, NUMBER, "DELIVRD")]);
        assert_eq!(sender.post("/", &post).unwrap(), 200);
    };
    let ids = |home: &Home| -> Vec<Value> {
        let lines = stored(home).into_iter();
        lines.map(|line| line["report"]["sms_id"].clone()).collect()
    };
    let id = |nth: u64| report(nth, NUMBER, "DELIVRD")["sms_id"].clone();
    let path = home.file("reports.jsonl");
    post(1);
    // As `: > reports.jsonl` does it.
    std::fs::File::create(&path).unwrap();
    post(2);
    assert_eq!(ids(&home), [id(2)]);
    // As a program does that rotates logs, with the signal and without.
    for (nth, signals) in [(3, true), (4, false)] {
        let before = std::fs::read(&path).unwrap();
        let moved = home.file(&format!("reports.{nth}"));
        std::fs::rename(&path, &moved).unwrap();
        if signals {
            listening.signal(Signal::HUP);
        }
        post(nth);
        assert_eq!(ids(&home), [id(nth)]);
        assert_eq!(std::fs::read(&moved).unwrap(), before);
    }
    std::fs::remove_file(&path).unwrap();
    post(5);
    assert_eq!(ids(&home), [id(5)]);
    // What another program has put there is not written to, and the post is to come again.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "msisdn\n34600000001\n").unwrap();
    let refused = body(&[report(6, NUMBER, "DELIVRD")]);
    assert_eq!(listening.sender().post("/", &refused).unwrap(), 503);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "msisdn\n34600000001\n");
    let heard = listening.terminate();
    assert_eq!(heard.status, Some(7), "{}", heard.stderr);
    assert_eq!(
        heard.stderr.matches("was moved or deleted").count(),
        3,
        "{}",
        heard.stderr
    );
}

#[test]
fn a_signal_has_the_file_opened_again_before_the_next_post() {
    let home = Home::new();
    let mut listening = Listening::start(&home, &[]);
    let path = home.file("reports.jsonl");
    std::fs::rename(&path, home.file("reports.1")).unwrap();
    listening.signal(Signal::HUP);
    let mut line = String::new();
    let mut errors = BufReader::new(listening.child.stderr.take().unwrap());
    errors.read_line(&mut line).unwrap();
    assert!(line.contains("was moved or deleted") && path.exists(), "{line}");
}

#[test]
fn a_refused_post_is_said_at_once_and_once_for_each_answer() {
    let home = Home::new();
    let mut listening = Listening::start(&home, &[]);
    let mut sender = listening.sender();
    for (path, body, status) in [("/", "no JSON", 400), ("/x", "{}", 404), ("/", "no JSON", 400)] {
        assert_eq!(sender.post(path, body.as_bytes()).unwrap(), status);
    }
    let mut errors = BufReader::new(listening.child.stderr.take().unwrap());
    for says in [
        "HTTP 400: the body is not JSON",
        "HTTP 404: delivery reports are taken at another path",
    ] {
        let mut line = String::new();
        errors.read_line(&mut line).unwrap();
        assert!(line.contains(says), "{line}");
    }
    listening.signal(Signal::TERM);
    let mut rest = String::new();
    errors.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}
