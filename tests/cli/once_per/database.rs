//! `--once-per` with a journal in a database: the same for processes on several machines.

use super::{JOURNAL, NUMBER, ONCE, is_refused, request};
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, Run, Running};
use crate::support::postgres::{Cluster, free_port};
use rustix::process::Signal;

/// A server, and a gateway.
struct Shared {
    cluster: Cluster,
    gateway: Gateway,
}

impl Shared {
    fn new(script: impl Fn(u64, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            cluster: Cluster::start(),
            gateway: Gateway::by_number(script),
        }
    }

    /// A request from a machine of its own.
    fn request(&self, home: &Home, more: &[&str]) -> Run {
        request(home, &self.gateway.base_url, more).env("SMSPIN_JOURNAL", self.cluster.url("me"))
    }

    #[track_caller]
    fn sends(&self, more: &[&str], status: i32) {
        let ended = self.request(&Home::new(), more).end();
        assert_eq!(ended.status, Some(status), "{ended}");
    }

    #[track_caller]
    fn refuses(&self, was: &str) {
        let home = Home::new();
        is_refused(&self.request(&home, ONCE).end(), was);
        assert!(!home.file(JOURNAL).exists());
    }

    fn sql(&self, statement: &str) -> String {
        self.cluster.sql("sms", statement)
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn of_many_machines_at_once_one_sends() {
    let shared = Shared::new(|_, _| Reply::Ok);
    let homes: Vec<_> = (0..12).map(|_| Home::new()).collect();
    let running: Vec<_> = homes
        .iter()
        .map(|home| shared.request(home, ONCE).start())
        .collect();
    let mut sent = 0;
    for ended in running.into_iter().map(Running::end) {
        match ended.status {
            Some(0) => sent += 1,
            _ => is_refused(&ended, ""),
        }
    }
    assert_eq!((sent, shared.gateway.numbers().len()), (1, 1));
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_process_that_is_killed_has_used_the_number_and_so_has_one_whose_database_is_gone() {
    let shared = Shared::new(|_, times| match times {
        1 => Reply::Silent,
        _ => Reply::Held,
    });
    let home = Home::new();
    let running = shared.request(&home, ONCE).start();
    shared.gateway.wait_until(|numbers| numbers.len() == 1);
    running.signal(Signal::KILL);
    assert_eq!(running.end().signal, Some(9));
    shared.refuses("may have been sent a PIN");
    let running = shared.request(&home, &["--once-per", "0"]).start();
    shared.gateway.wait_until(|numbers| numbers.len() == 2);
    shared.cluster.kill();
    let unreachable = shared.request(&home, ONCE).end();
    assert_eq!(unreachable.status, Some(7), "{unreachable}");
    shared.gateway.release();
    running
        .end()
        .says(0, &["accepted"], &["the outcome can't be recorded"]);
    shared.cluster.start_again();
    shared.refuses("may have been sent a PIN");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn what_was_certainly_not_taken_gives_the_number_back_to_the_request_before_it() {
    let shared = Shared::new(|_, times| match times {
        1 | 3 => Reply::Error("INVALID_SENDER"),
        _ => Reply::Ok,
    });
    shared.sends(ONCE, 3);
    assert_eq!(shared.sql("SELECT count(*) FROM smspin.request"), "0");
    shared.sends(ONCE, 0);
    shared.refuses("was sent a PIN");
    shared.sends(&["--once-per", "0"], 3);
    shared.refuses("was sent a PIN");
    shared.sends(&["--once-per", "1ms"], 0);
    shared.refuses("was sent a PIN");
    assert_eq!(shared.gateway.numbers().len(), 4);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_longer_time_finds_what_a_shorter_one_has_recorded_and_rows_go_after_the_longest() {
    let shared = Shared::new(|_, _| Reply::Ok);
    let older = |days: f64| {
        let millis = days * 86_400_000.0;
        shared.sql(&format!(
            "UPDATE smspin.request SET begun_at = begun_at - {millis}::int8"
        ));
    };
    shared.sends(&["--once-per", "1s"], 0);
    older(6.5);
    shared.sends(&["--once-per", "7d"], 2);
    shared.sends(&["--once-per", "6d"], 0);
    shared.sql("INSERT INTO smspin.request SELECT sandbox, 34600000009, 1, begun_at FROM smspin.request");
    older(7.1);
    shared.sends(&["--once-per", "7d"], 0);
    assert_eq!(shared.sql("SELECT msisdn FROM smspin.request"), NUMBER);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_servers_clock_that_goes_back_makes_the_time_longer() {
    let shared = Shared::new(|_, _| Reply::Ok);
    shared.sends(ONCE, 0);
    // As if it had shown an hour more.
    shared.sql("UPDATE smspin.request SET begun_at = begun_at + 3600000");
    shared.refuses("was sent a PIN 0s ago");
    // As if others had been recorded since, and the clock had gone back after them.
    shared.sql(
        "INSERT INTO smspin.request SELECT sandbox, 34600000009, 1, begun_at + 300000 FROM smspin.request",
    );
    let home = Home::new();
    let later = shared.request(&home, ONCE).end();
    assert_eq!(later.json()["wait_seconds"], 300, "{later}");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn the_sandboxs_requests_are_others_and_a_look_changes_nothing() {
    let shared = Shared::new(|_, _| Reply::Ok);
    let home = Home::new();
    let dry = [ONCE, &["--dry-run"]].concat();
    assert_eq!(shared.request(&home, &dry).end().status, Some(0));
    assert_eq!(shared.sql("SELECT to_regnamespace('smspin')"), "");
    let args = ["--sandbox", "request", "12025550100", "--once-per", "10m"];
    let url = shared.cluster.url("me");
    for status in [0, 2] {
        let ended = home.smspin(args).env("SMSPIN_JOURNAL", &url).end();
        assert_eq!(ended.status, Some(status), "{ended}");
    }
    shared.sends(ONCE, 0);
    is_refused(&shared.request(&home, &dry).end(), "was sent a PIN");
    assert_eq!(
        shared.sql("SELECT sandbox, msisdn, state FROM smspin.request ORDER BY 1"),
        format!("f|{NUMBER}|1\nt|12025550100|1")
    );
}

#[test]
#[ignore = "needs PostgreSQL"]
fn after_a_failover_nothing_is_sent_until_what_may_be_lost_no_longer_matters() {
    let shared = Shared::new(|_, _| Reply::Ok);
    shared.sends(ONCE, 0);
    // As after a restore from a copy that lacks the request.
    shared.sql("DELETE FROM smspin.request; UPDATE smspin.request_server SET timeline = timeline + 1");
    for _ in 0..2 {
        let ended = shared.request(&Home::new(), ONCE).end();
        let document = ended.json();
        assert_eq!(
            (ended.status, &document["kind"]),
            (Some(2), &"journal".into()),
            "{ended}"
        );
        assert!(
            (590..=600).contains(&document["wait_seconds"].as_u64().unwrap()),
            "{ended}"
        );
        assert!(
            document["hint"].as_str().unwrap().contains("--accept-failover"),
            "{ended}"
        );
    }
    shared.sql("UPDATE smspin.request_server SET since = since - 600000");
    shared.sends(ONCE, 0);
    shared.sql("DELETE FROM smspin.request; UPDATE smspin.request_server SET timeline = timeline + 1");
    shared.sends(&[ONCE, &["--accept-failover"]].concat(), 0);
    shared.refuses("was sent a PIN");
    assert_eq!(shared.gateway.numbers().len(), 3);
}

#[test]
fn a_database_that_is_not_there_sends_nothing_and_a_password_in_an_argument_is_refused() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
    let url = format!("postgres://me@127.0.0.1:{}/sms", free_port());
    let with = |url: &str| [ONCE, &["--journal", url]].concat().join(" ");
    let run = |line: &str| {
        let words: Vec<_> = line.split(' ').collect();
        request(&home, &gateway.base_url, &words).end()
    };
    let ended = run(&with(&url));
    assert_eq!(ended.status, Some(7), "{ended}");
    assert!(
        ended.stdout.contains("can't connect to postgres://me@127.0.0.1"),
        "{ended}"
    );
    let ended = run(&with("postgres://me:hunter2@db.example.com/sms"));
    assert_eq!(ended.status, Some(2), "{ended}");
    ended.holds_nowhere("hunter2");
    // The file of a batch's journal is not that of requests.
    let batch = request(&home, &gateway.base_url, ONCE).env("SMSPIN_JOURNAL", "batch.smspin");
    assert_eq!(batch.end().status, Some(0));
    assert!(home.file(JOURNAL).exists() && !home.file("batch.smspin").exists());
    assert_eq!(gateway.numbers().len(), 1);
}
