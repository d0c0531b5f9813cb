//! Delivery reports of the sandbox: each receiver on its own, and those of a single command.

use crate::served::{KEY, Served};
use crate::support::home::Home;
use crate::support::http::Request;
use crate::support::tls::{TlsGateway, certificate};
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
fn a_receiver_that_hangs_delays_no_other_reports() {
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
    // The hanging one is still in its first post, which has not been given up yet.
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
            .typed(format!("--sandbox request 12025550100 --report-url {url}"))
            .end();
        ended.says(0, &["accepted"], &["delivery report"]);
        assert_eq!(received.join().unwrap(), ["ACCEPTD", "DELIVRD"]);
    });
    // To this number nothing is delivered.
    std::thread::scope(|scope| {
        let received = scope.spawn(|| statuses(&receiver, "UNDELIV"));
        home.typed(format!("--sandbox request 12025550154 --report-url {url}"))
            .exits(0);
        assert_eq!(received.join().unwrap(), ["ACCEPTD", "UNDELIV"]);
    });
    // One that no receiver takes ends the command too, and is told.
    let ended = home
        .typed("--sandbox request 12025550100 --report-url http://127.0.0.1:1/dlr")
        .end();
    ended.says(0, &["accepted"], &["127.0.0.1:1", "sandbox serve"]);
}

#[test]
fn reports_go_to_an_https_receiver_whose_authority_was_named() {
    let home = Home::new();
    let receiver = TlsGateway::start(|_| "valid");
    let url = receiver.base_url.replace("/api/3.0", "/dlr");
    let authority = certificate("authority");
    let served = Served::start(
        &home,
        &[
            "--db",
            ":memory:",
            "--dlr-delay",
            "1ms",
            "--ca-file",
            authority.to_str().unwrap(),
        ],
    );
    let body = json!({"api_key": KEY, "msisdn": "34666666111", "report_url": url});
    assert_eq!(served.call("2fa/request", &body).unwrap().code, 200);
    let post = receiver.next_request();
    assert!(post.head().starts_with("POST /dlr "), "{}", post.head());
    let reports = post.body();
    assert_eq!(reports[0]["status"], "ACCEPTD", "{reports}");
}

#[test]
fn as_many_reports_wait_for_a_receiver_as_the_messages_that_are_kept_have() {
    let home = Home::new();
    let served = Served::start(&home, &["--db", ":memory:", "--dlr-delay", "1ms", "--keep", "5"]);
    // No process listens there.
    let (receiver, url) = receiver();
    drop(receiver);
    for number in 0..40 {
        let msisdn = format!("346666661{number:02}");
        let body = json!({"api_key": KEY, "msisdn": msisdn, "report_url": url});
        assert_eq!(served.call("2fa/request", &body).unwrap().code, 200);
    }
    let reports = served.desk("GET /sandbox/reports", "");
    let reports: serde_json::Value = serde_json::from_str(&reports.body).unwrap();
    let kept = reports["reports"].as_array().unwrap().len();
    // Two for each message; those of a message that is no longer kept go with it.
    assert!((10..=12).contains(&kept), "{kept}: {reports}");
}
