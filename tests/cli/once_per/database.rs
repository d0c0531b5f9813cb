//! `--once-per` with a journal in a database: the same for processes on several machines.

use super::{ONCE, is_refused, request};
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
        self.request(&Home::new(), more).exits(status);
    }

    #[track_caller]
    fn refuses(&self, was: &str) {
        is_refused(&self.request(&Home::new(), ONCE).end(), was);
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
    shared.request(&home, ONCE).exits(7);
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
    assert_eq!(shared.sql("SELECT count(*) FROM smspin.runs"), "0");
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
fn a_look_changes_nothing() {
    let shared = Shared::new(|_, _| Reply::Ok);
    let dry = [ONCE, &["--dry-run"]].concat();
    shared.request(&Home::new(), &dry).exits(0);
    assert_eq!(shared.sql("SELECT to_regnamespace('smspin')"), "");
    shared.sends(ONCE, 0);
    is_refused(&shared.request(&Home::new(), &dry).end(), "was sent a PIN");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn an_sms_from_the_future_neither_ends_the_time_nor_makes_it_longer() {
    let shared = Shared::new(|_, _| Reply::Ok);
    shared.sends(ONCE, 0);
    // As if the server's clock had shown an hour more.
    shared.sql("UPDATE smspin.attempts SET at = at + 3600000, answered_at = answered_at + 3600000");
    shared.refuses("was sent a PIN 0s ago");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn after_a_failover_nothing_is_sent_until_the_server_is_taken_as_it_is() {
    let shared = Shared::new(|_, _| Reply::Ok);
    shared.sends(ONCE, 0);
    // As after a restore from a copy that lacks the request.
    shared.sql("DELETE FROM smspin.attempts; UPDATE smspin.meta SET server = 'another'");
    for _ in 0..2 {
        let ended = shared.request(&Home::new(), ONCE).end();
        let document = ended.json();
        assert_eq!(
            (ended.status, &document["kind"]),
            (Some(2), &"journal".into()),
            "{ended}"
        );
        ended.out("--nothing-lost");
    }
    let home = Home::new();
    let adopt = [
        "journal",
        "adopt",
        "--nothing-lost",
        "--yes",
        "--journal",
        &shared.cluster.url("me"),
    ];
    home.smspin(adopt).says(0, &["adopted"], &[]);
    shared.sends(ONCE, 0);
    assert_eq!(shared.gateway.numbers().len(), 2);
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
    let ended = run(&with(&url)).exits(7);
    ended.out("can't connect to postgres://127.0.0.1");
    let ended = run(&with("postgres://me:hunter2@db.example.com/sms")).exits(2);
    ended.holds_nowhere("hunter2");
    assert!(gateway.numbers().is_empty());
}
