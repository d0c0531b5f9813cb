//! What the sandbox does with requests at the edge of HTTP: half-closed, refused early, pipelined, badly framed.

use crate::served::{KEY, Served};
use crate::support::home::Home;
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

fn served(home: &Home) -> Served {
    Served::start(home, &["--db", ":memory:", "--balance", "1000000"])
}

fn body(msisdn: &str) -> String {
    json!({"api_key": KEY, "msisdn": msisdn}).to_string()
}

/// A request for a PIN on a connection that is kept.
fn request(msisdn: &str) -> String {
    let body = body(msisdn);
    format!(
        "POST /api/3.0/2fa/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The next answer of a kept connection: its code, its head and its body.
fn next_answer(reader: &mut BufReader<&TcpStream>) -> (u16, String, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "closed after {head:?}");
    }
    let code = head.split(' ').nth(1).unwrap().parse().unwrap();
    let lower = head.to_ascii_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (code, lower, String::from_utf8(body).unwrap())
}

#[test]
fn a_client_that_closes_its_half_gets_every_answer_that_it_asked_for() {
    let home = Home::new();
    let served = served(&home);
    for round in 0..50 {
        let mut stream = served.connect();
        let asked = 1 + round % 3;
        stream
            .write_all(request("34666666111").repeat(asked).as_bytes())
            .unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        let answered = answers.matches("{\"status\":\"ok\"}").count();
        assert_eq!(answered, asked, "round {round}: {answers:?}");
    }
}

#[test]
fn a_kept_connection_survives_a_refusal_that_needs_no_body_and_says_so_where_it_does_not() {
    let home = Home::new();
    let served = served(&home);
    for line in [
        "POST /api/3.0/2fa/request HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain",
        "DELETE /api/3.0/2fa/request HTTP/1.1\r\nHost: x",
        "POST /api/3.0/2fa/request HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example",
        "POST /nowhere HTTP/1.1\r\nHost: x",
        "POST /sandbox/messages HTTP/1.1\r\nHost: x",
        "POST / HTTP/1.1\r\nHost: 127.0.0.1",
    ] {
        let stream = served.connect();
        let mut reader = BufReader::new(&stream);
        // The head alone first, as programs send it that write a body piece by piece.
        write!(&stream, "{line}\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        write!(&stream, "3\r\nabc\r\n").unwrap();
        write!(&stream, "3\r\ndef\r\n0\r\n\r\n").unwrap();
        let (code, head, _) = next_answer(&mut reader);
        assert!((400..500).contains(&code), "{line}: {head}");
        assert!(!head.contains("connection: close"), "{line}: {head}");
        (&stream).write_all(request("34666666111").as_bytes()).unwrap();
        assert_eq!(next_answer(&mut reader).0, 200, "{line}");
    }
}

#[test]
fn a_body_that_breaks_off_or_is_badly_chunked_is_answered() {
    let home = Home::new();
    let served = served(&home);
    let head = "POST /api/3.0/2fa/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    for (rest, code) in [
        ("Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", 400),
        ("Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n", 400),
        ("Content-Length: 50\r\n\r\n{", 400),
    ] {
        let mut stream = served.connect();
        write!(stream, "{head}{rest}").unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {code} ")),
            "{rest:?}: {answer:?}"
        );
        assert!(
            answer.to_ascii_lowercase().contains("connection: close"),
            "{answer}"
        );
    }
}

#[test]
fn a_request_whose_end_or_whose_host_is_ambiguous_is_refused() {
    let home = Home::new();
    let served = served(&home);
    let body = body("34666666111");
    let length = body.len();
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let line = "POST /api/3.0/2fa/request HTTP/1.1\r\nContent-Type: application/json\r\n";
    for (headers, body) in [
        (
            format!("Host: x\r\nContent-Length: {length}\r\nTransfer-Encoding: chunked\r\n"),
            &chunked,
        ),
        (
            format!("Host: x\r\nTransfer-Encoding: chunked\r\nContent-Length: {length}\r\n"),
            &chunked,
        ),
        (
            "Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n".to_owned(),
            &chunked,
        ),
        (
            "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n".to_owned(),
            &chunked,
        ),
        ("Host: x\r\nTransfer-Encoding: identity\r\n".to_owned(), &chunked),
        (format!("Content-Length: {length}\r\n"), &body),
        (
            format!("Host: x\r\nHost: y\r\nContent-Length: {length}\r\n"),
            &body,
        ),
    ] {
        let answer = served
            .raw(format!("{line}{headers}Connection: close\r\n\r\n{body}").as_bytes())
            .unwrap();
        assert_eq!(answer.code, 400, "{headers}: {answer:?}");
    }
    let inbox = served.desk("GET /sandbox/messages", "").body;
    assert!(!inbox.contains("34666666111"), "{inbox}");
}

#[test]
fn headers_are_written_as_the_gateway_writes_them() {
    let home = Home::new();
    let served = served(&home);
    let mut stream = served.connect();
    stream.write_all(request("34666666111").as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    for name in [
        "\r\nContent-Type: application/json\r\n",
        "\r\nContent-Length: ",
        "\r\nDate: ",
    ] {
        assert!(answer.contains(name), "{name:?}: {answer}");
    }
}
