//! Delivery reports of the sandbox: each receiver on its own, and those of a single command.

use crate::served::{KEY, Served};
use crate::support::home::Home;
use crate::support::http::Request;
use serde_json::json;
use std::io::Write;
use std::net::TcpListener;

fn receiver() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/dlr", listener.local_addr().unwrap());
    (listener, url)
}

/// Takes posts until one says `last`, and gives back the statuses.
fn statuses(receiver: &TcpListener, last: &str) -> Vec<String> {
    let mut statuses = Vec::<String>::new();
    while statuses.last().is_none_or(|status| status != last) {
        let (mut stream, _) = receiver.accept().unwrap();
        let request = Request::read(&mut stream, 0).unwrap().unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            .unwrap();
        let body = request.body();
        let reports = body.as_array().unwrap().iter();
        statuses.extend(reports.map(|report| report["status"].as_str().unwrap().to_owned()));
    }
    statuses
}

#[test]
fn a_receiver_that_hangs_delays_nobody_elses_reports() {
    let home = Home::new();
    let (hanging, hanging_url) = receiver();
    let (good, good_url) = receiver();
    let served = Served::start(&home, &["--db", ":memory:", "--dlr-delay", "1ms"]);
    let request = |url: &str| {
        let body = json!({"api_key": KEY, "msisdn": "34666666111", "report_url": url});
        assert_eq!(served.call("2fa/request", &body).unwrap().code, 200);
    };
    request(&hanging_url);
    // It has its post, and never answers it.
    let (mut held, _) = hanging.accept().unwrap();
    Request::read(&mut held, 0).unwrap().unwrap();
    request(&good_url);
    assert_eq!(statuses(&good, "DELIVRD").last().unwrap(), "DELIVRD");
    // The hanging one is still in its first post, which nobody has given up yet.
    held.set_nonblocking(true).unwrap();
    let still = std::io::Read::read(&mut held, &mut [0]).unwrap_err();
    assert_eq!(still.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn a_command_posts_the_reports_of_its_sms_before_it_ends() {
    let home = Home::new();
    let (receiver, url) = receiver();
    std::thread::scope(|scope| {
        let received = scope.spawn(|| statuses(&receiver, "DELIVRD"));
        let ended = home
            .smspin(["--sandbox", "request", "12025550100", "--report-url", &url])
            .end();
        ended.says(0, &["accepted"], &["delivery report"]);
        assert_eq!(received.join().unwrap(), ["ACCEPTD", "DELIVRD"]);
    });
    // One that nobody takes ends the command too, and is told.
    let ended = home
        .smspin([
            "--sandbox",
            "request",
            "12025550100",
            "--report-url",
            "http://127.0.0.1:1/dlr",
        ])
        .end();
    ended.says(0, &["accepted"], &["127.0.0.1:1", "sandbox serve"]);
}
