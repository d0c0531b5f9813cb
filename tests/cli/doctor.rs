//! `smspin doctor`: where the way to a PIN ends, and with which exit status.

use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, KEY, Run};
use crate::support::http::Request;
use crate::support::postgres::free_port;
use serde_json::Value;

const BALANCE: &str = r#"{"status":"ok","result":{"balance":"12.3400","currency":"EUR"}}"#;

fn answers(code: u16, body: &str) -> Reply {
    Reply::http(code, body)
}

/// A gateway whose key step gets `answer`, followed by so many good ones.
fn gateway(answer: Reply, good: usize) -> Gateway {
    let good = (0..good).map(|_| answers(200, BALANCE));
    Gateway::in_turn([answer].into_iter().chain(good))
}

fn doctor(home: &Home, base_url: &str, args: &[&str]) -> Run {
    let args = ["doctor", "--base-url", base_url]
        .into_iter()
        .chain(args.iter().copied());
    home.smspin(args).env("SMSPIN_API_KEY", KEY)
}

/// The words for each step: `p`assed, `f`ailed, `s`kipped.
fn steps(ended: &Ended) -> String {
    let document = ended.json();
    let steps = document["steps"].as_array().unwrap().iter();
    steps.map(|step| &step["result"].as_str().unwrap()[..1]).collect()
}

#[test]
fn the_sandbox_is_healthy_and_verifies_what_it_sends() {
    let home = Home::new();
    let ended = home.typed("--sandbox doctor --json").end();
    assert_eq!(
        (ended.status, steps(&ended).as_str()),
        (Some(0), "pppspppp"),
        "{ended}"
    );
    let ended = home
        .typed("--sandbox doctor --send-to '+1 202 555 0100' --json")
        .end();
    assert_eq!(
        (ended.status, steps(&ended).as_str()),
        (Some(0), "pppspppppp"),
        "{ended}"
    );
    assert_eq!(ended.json()["sandbox"], true);
}

#[test]
fn a_failed_step_decides_the_exit_status_and_ends_the_walk() {
    let unauthorized = r#"{"status":"error","error_id":"UNAUTHORIZED","error_msg":"No."}"#;
    for (answer, good, args, status, expected) in [
        (answers(200, BALANCE), 3, vec![], 0, "pppspppp"),
        (
            answers(200, BALANCE),
            3,
            vec!["--min-balance", "12.34"],
            0,
            "pppspppp",
        ),
        (
            answers(200, BALANCE),
            3,
            vec!["--min-balance", "12.3401"],
            6,
            "pppsppfp",
        ),
        (
            answers(200, BALANCE),
            3,
            vec!["--max-latency", "0ms"],
            1,
            "pppspppf",
        ),
        (answers(401, unauthorized), 0, vec![], 6, "pppsfsss"),
        (answers(429, ""), 0, vec![], 4, "pppsfsss"),
        (answers(200, "<html>"), 0, vec![], 5, "pppsfsss"),
        (answers(502, "<html>"), 0, vec![], 5, "pppsfsss"),
    ] {
        let home = Home::new();
        let server = gateway(answer, good);
        let mut args = args;
        args.push("--json");
        let ended = doctor(&home, &server.base_url, &args).end();
        assert_eq!(
            (ended.status, steps(&ended).as_str()),
            (Some(status), expected),
            "{args:?} {ended}"
        );
        ended.holds_nowhere(KEY);
        for request in server.requests() {
            let text = request.head();
            assert!(request.is_probe() || request.is_balance(), "{text}");
            let fields = request.body();
            assert_eq!(
                fields.as_object().unwrap().len(),
                1,
                "only the key, so that nothing can be sent"
            );
        }
    }
}

#[test]
fn each_part_of_the_way_can_end_it() {
    let home = Home::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let ended = doctor(&home, &format!("http://{closed}/api/3.0"), &["--json"]).end();
    assert_eq!(
        (ended.status, steps(&ended).as_str()),
        (Some(4), "ppfsssss"),
        "{ended}"
    );
    let ended = doctor(&home, "https://no-such-host.invalid/api/3.0", &["--json"]).end();
    assert_eq!(
        (ended.status, steps(&ended).as_str()),
        (Some(4), "pfssssss"),
        "{ended}"
    );
    let no_tls = Reply::BytesUnread(b"this is not TLS at all\r\n".to_vec());
    let server = Gateway::in_turn([no_tls]);
    let ended = doctor(&home, &server.base_url.replace("http:", "https:"), &["--json"]).end();
    assert_eq!(
        (ended.status, steps(&ended).as_str()),
        (Some(4), "pppfssss"),
        "{ended}"
    );
    let ended = home.typed("doctor --json").end();
    assert_eq!(
        (ended.status, steps(&ended).as_str()),
        (Some(2), "fsssssss"),
        "{ended}"
    );
}

#[test]
fn a_journal_that_a_batch_could_not_use_is_not_healthy() {
    let home = Home::new();
    std::fs::write(home.file("damaged.db"), "not a journal").unwrap();
    let gone = format!("postgres://me@127.0.0.1:{}/sms", free_port());
    let good = home.file("new.db").display().to_string();
    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    for (journal, status, says) in [
        (gone.as_str(), 7, "can't connect to postgres://127.0.0.1"),
        ("damaged.db", 2, "damaged.db"),
        (good.as_str(), 0, "healthy"),
    ] {
        let run = doctor(&home, &gateway.base_url, &[]).env("SMSPIN_JOURNAL", journal);
        let ended = run.end();
        assert_eq!(ended.status, Some(status), "{journal}: {ended}");
        assert!(ended.stdout.contains(says), "{journal}: {ended}");
    }
    assert!(!home.file("new.db").exists(), "a look makes no journal");
}

#[test]
fn it_sends_only_when_told_and_shows_no_number() {
    let home = Home::new();
    let server = gateway(answers(200, BALANCE), 4);
    let ended = doctor(
        &home,
        &server.base_url,
        &["--send-to", "+34 666 66 61 11", "--junit", "r.xml"],
    )
    .end();
    ended.says(0, &["34*******11", "an SMS is on its way", "smspin verify"], &[]);
    let report = std::fs::read_to_string(home.path().join("r.xml")).unwrap();
    for text in [&ended.stdout, &report] {
        for secret in ["666666111", "666 66 61 11", KEY] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(
        report.contains("tests=\"10\" failures=\"0\" errors=\"0\" skipped=\"2\""),
        "{report}"
    );
    let sent: Vec<Value> = server.requests().iter().map(Request::body).collect();
    assert_eq!(sent.last().unwrap()["msisdn"], "34666666111");
    let wrong = home
        .typed("doctor --send-to '+34 666 66 61' --json")
        .env("SMSPIN_API_KEY", KEY)
        .exits(2);
    assert!(
        !wrong.stdout.contains("34666666") && !wrong.stdout.contains("666 66 61"),
        "{wrong}"
    );
}

#[test]
fn a_report_is_for_every_reader_and_one_that_cannot_be_written_stops_it_first() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.typed("--sandbox doctor --junit r.xml")
        .says(0, &["ok "], &[]);
    std::fs::write(home.path().join("plain"), "").unwrap();
    let mode = |name: &str| home.path().join(name).metadata().unwrap().permissions().mode();
    assert_eq!(mode("r.xml"), mode("plain"), "as the umask says");
    let ended = home
        .typed("--sandbox doctor --junit r.xml/place.xml --json")
        .end();
    assert_eq!(
        (ended.status, &ended.json()["kind"]),
        (Some(7), &Value::from("disk")),
        "{ended}"
    );
}

#[test]
fn a_report_never_takes_the_place_of_a_key_or_a_configuration() {
    let home = Home::new();
    for (name, content) in [
        ("key", "abcdef0123456789\n"),
        ("settings.toml", "country = \"ES\"\n"),
    ] {
        std::fs::write(home.path().join(name), content).unwrap();
        home.typed(format!("--sandbox doctor --junit {name}")).says(
            7,
            &[],
            &[name, "is not a smspin report", "nothing was checked"],
        );
        let kept = std::fs::read_to_string(home.path().join(name)).unwrap();
        assert_eq!(kept, content);
    }
    for _ in 0..2 {
        home.typed("--sandbox doctor --junit r.xml")
            .says(0, &["healthy"], &[]);
    }
}

#[test]
fn faults_of_the_call_are_told_before_anything_is_examined() {
    let home = Home::new();
    home.typed("doctor --min-balance much --max-latency soon")
        .fails(2, "--min-balance:  … --max-latency: ");
    home.typed("--sandbox doctor --base-url http://127.0.0.1:1")
        .fails(2, "--base-url");
}
