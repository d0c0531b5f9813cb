//! `smspin request --once-per`: whatever happens to a process, and however many there are, a number gets one PIN in a time.

mod database;

use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply, only};
use crate::support::home::{Home, KEY, Run, Running};
use rustix::process::Signal;

const NUMBER: &str = "34600000001";
const JOURNAL: &str = "journal.db";

/// A request to a gateway, to be ended by the test that asks for it.
fn request(home: &Home, base_url: &str, more: &[&str]) -> Run {
    request_to(NUMBER, home, base_url, more)
}

fn request_to(number: &str, home: &Home, base_url: &str, more: &[&str]) -> Run {
    let args = [
        &[
            "--json",
            "request",
            number,
            "--base-url",
            base_url,
            "--retries",
            "0",
        ],
        more,
    ];
    home.smspin(args.concat())
        .env("SMSPIN_API_KEY", KEY)
        // A file that is named may be on any file system, such as that of a container.
        .env("SMSPIN_JOURNAL", home.file(JOURNAL))
}

const ONCE: &[&str] = &["--once-per", "10m"];

/// Refused because of an earlier request, with at most ten minutes to wait.
#[track_caller]
fn is_refused(ended: &Ended, was: &str) {
    let document = ended.json();
    assert_eq!(
        (ended.status, &document["kind"]),
        (Some(2), &"sent_recently".into()),
        "{ended}"
    );
    let error = document["error"].as_str().unwrap();
    assert!(error.contains(&format!("{NUMBER} {was}")), "{ended}");
    let wait = document["wait_seconds"].as_u64().unwrap();
    assert!((500..=600).contains(&wait), "{ended}");
}

#[test]
fn of_many_processes_at_once_one_sends() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
    let running: Vec<_> = (0..12)
        .map(|_| request(&home, &gateway.base_url, ONCE).start())
        .collect();
    let mut sent = 0;
    for ended in running.into_iter().map(Running::end) {
        match ended.status {
            Some(0) => sent += 1,
            _ => is_refused(&ended, ""),
        }
    }
    assert_eq!((sent, gateway.numbers().len()), (1, 1));
}

#[test]
fn a_process_that_is_killed_while_it_waits_for_the_answer_has_used_the_number() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Silent));
    let running = request(&home, &gateway.base_url, ONCE).start();
    gateway.wait_until(|numbers| numbers.len() == 1);
    is_refused(
        &request(&home, &gateway.base_url, ONCE).end(),
        "may have been sent a PIN",
    );
    running.signal(Signal::KILL);
    assert_eq!(running.end().signal, Some(9));
    is_refused(
        &request(&home, &gateway.base_url, ONCE).end(),
        "may have been sent a PIN",
    );
    assert_eq!(gateway.numbers().len(), 1);
}

#[test]
fn what_was_certainly_not_taken_gives_the_number_back_and_what_may_have_been_does_not() {
    for (first, status, free) in [
        (Reply::Ok, 0, false),
        (Reply::Lost, 5, false),
        (Reply::Http(500, "{}"), 5, false),
        (Reply::Error("UNKNOWN_ERROR"), 5, false),
        (Reply::Error("INVALID_SENDER"), 3, true),
        (Reply::Error("NOT_ENOUGH_BALANCE"), 6, true),
        (Reply::Http(429, ""), 4, true),
    ] {
        let home = Home::new();
        let replies = std::iter::once(first.clone()).chain(free.then_some(Reply::Ok));
        let gateway = Gateway::in_turn(replies);
        request(&home, &gateway.base_url, ONCE).exits(status);
        let again = request(&home, &gateway.base_url, ONCE).end();
        if free {
            assert_eq!(again.status, Some(0), "{first:?}: {again}");
        } else {
            is_refused(
                &again,
                if status == 0 {
                    "was sent a PIN"
                } else {
                    "may have been"
                },
            );
        }
    }
}

#[test]
fn a_gateway_that_is_not_there_and_a_key_that_is_not_there_use_no_number() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
    request(&home, "http://127.0.0.1:1/api/3.0", ONCE).exits(4);
    let keyless = request(&home, &gateway.base_url, ONCE).env("SMSPIN_API_KEY", "");
    assert_eq!(keyless.end().json()["kind"], "config");
    request(&home, &gateway.base_url, ONCE).exits(0);
}

#[test]
fn a_signal_while_it_waits_for_the_answer_leaves_the_number_used() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Silent));
    let running = request(&home, &gateway.base_url, ONCE).start();
    gateway.wait_until(|numbers| numbers.len() == 1);
    running.signal(Signal::INT);
    running.exits(130);
    is_refused(&request(&home, &gateway.base_url, ONCE).end(), "may have been");
}

#[test]
fn other_times_ask_the_same_record_and_zero_sends_at_once() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
    home.write_config("once_per = \"1ms\"\n");
    for (more, status) in [
        (&[][..], 0),
        (ONCE, 2),
        (&["--once-per", "0"], 0),
        (&["--once-per", "400d"], 2),
        (&[], 0),
    ] {
        request(&home, &gateway.base_url, more).exits(status);
    }
    let by_variable = request(&home, &gateway.base_url, &[]).env("SMSPIN_ONCE_PER", "1h");
    by_variable.exits(2);
    assert_eq!(gateway.numbers().len(), 3);
}

#[test]
fn without_it_nothing_is_recorded_and_with_it_neither_key_nor_pin() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
    request(&home, &gateway.base_url, &[]).exits(0);
    assert!(!home.file(JOURNAL).exists());
    let sandbox = ["--sandbox", "request", "12025550100", "--once-per", "10m"];
    let sent = home.smspin(sandbox).end();
    let pin: String = sent
        .stderr
        .lines()
        .filter(|line| line.contains("text"))
        .flat_map(|line| line.chars().filter(char::is_ascii_digit))
        .collect();
    assert!(pin.len() >= 4, "{sent}");
    home.smspin(sandbox).exits(2);
    request(&home, &gateway.base_url, ONCE).exits(0);
    for name in [JOURNAL, ".local/state/smspin/sandbox.journal.db"] {
        let bytes = std::fs::read(home.file(name)).unwrap();
        for secret in [KEY, &pin] {
            let held = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!held, "{secret} is in {name}");
        }
    }
}

#[test]
fn a_dry_run_says_what_would_be_refused_and_records_nothing() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
    let dry = &["--once-per", "10m", "--dry-run"];
    request(&home, &gateway.base_url, dry).exits(0);
    assert!(!home.file(JOURNAL).exists());
    request(&home, &gateway.base_url, ONCE).exits(0);
    is_refused(&request(&home, &gateway.base_url, dry).end(), "was sent a PIN");
}

#[test]
fn a_journal_that_cannot_be_used_sends_nothing() {
    for (script, kind, status, hint) in [
        ("printf damaged > JOURNAL", "journal", 2, "--journal"),
        ("mkdir JOURNAL", "journal", 2, "--journal"),
        ("ulimit -f 0", "disk", 7, "free some space"),
    ] {
        let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
        let script = script.replace("JOURNAL", home.file(JOURNAL).to_str().unwrap());
        let ended = request(&home, &gateway.base_url, ONCE).after(&script).end();
        let document = ended.json();
        assert_eq!(
            (ended.status, &document["kind"]),
            (Some(status), &kind.into()),
            "{ended}"
        );
        assert!(
            document["hint"].as_str().unwrap_or_default().contains(hint),
            "{ended}"
        );
        assert!(gateway.numbers().is_empty());
    }
}

#[test]
fn a_journal_that_can_no_longer_be_written_keeps_the_number_and_says_so() {
    let (home, gateway) = (
        Home::new(),
        Gateway::by_number(|_, times| match times {
            1 => Reply::Held,
            _ => Reply::Ok,
        }),
    );
    let running = request(&home, &gateway.base_url, ONCE).start();
    gateway.wait_until(|numbers| numbers.len() == 1);
    let (journal, away) = (home.file(JOURNAL), home.file("away.db"));
    for side in ["", "-wal", "-shm"] {
        let name = |path: &std::path::Path| format!("{}{side}", path.display());
        std::fs::rename(name(&journal), name(&away)).unwrap();
        std::fs::write(name(&journal), "").unwrap();
    }
    gateway.release();
    let moved = "was deleted, renamed or replaced";
    running.end().says(0, &["accepted"], &[moved]);
    for side in ["", "-wal", "-shm"] {
        let name = |path: &std::path::Path| format!("{}{side}", path.display());
        let _ = std::fs::rename(name(&away), name(&journal));
    }
    is_refused(&request(&home, &gateway.base_url, ONCE).end(), "");
}

#[test]
fn flags_that_can_have_no_effect_are_refused() {
    let home = Home::new();
    for (more, says) in [
        (
            &["--journal", "x"][..],
            "--journal has no effect without --once-per",
        ),
        (&["--once-per", "10m", "--curl"], "cannot be used with"),
    ] {
        let ended = request(&home, "http://127.0.0.1:1/api/3.0", more).exits(2);
        assert!(ended.stdout.contains(says), "{ended}");
    }
}

/// The lock file of a killed request counts what an older copy of the journal lacks.
#[test]
fn a_copy_from_before_a_request_that_was_killed_sends_nothing() {
    let (home, gateway) = (Home::new(), Gateway::by_number(only(34_600_000_001, Reply::Held)));
    let other = |number: &str| request_to(number, &home, &gateway.base_url, ONCE).end();
    other("34600000009").exits(0);
    let sides = ["", "-wal"].map(|side| (format!("{JOURNAL}{side}"), format!("copy{side}")));
    let there = |(from, _): &&(String, String)| home.file(from).exists();
    for (journal, copy) in sides.iter().filter(there) {
        std::fs::copy(home.file(journal), home.file(copy)).unwrap();
    }
    let running = request(&home, &gateway.base_url, ONCE).start();
    gateway.wait_until(|numbers| numbers.contains(&34_600_000_001));
    running.signal(Signal::KILL);
    running.end();
    for side in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(home.file(&format!("{JOURNAL}{side}")));
    }
    for (journal, copy) in sides.iter().filter(|(_, copy)| home.file(copy).exists()) {
        std::fs::rename(home.file(copy), home.file(journal)).unwrap();
    }
    let sent = gateway.numbers().len();
    for number in ["34600000001", "34600000008"] {
        let refused = other(number).exits(2);
        refused.out("has lost records");
    }
    assert_eq!(gateway.numbers().len(), sent);
}

/// A request that ends while others begin is none whose record is lost.
#[test]
fn requests_to_many_numbers_at_once_are_all_sent() {
    let (home, gateway) = (Home::new(), Gateway::by_number(|_, _| Reply::Ok));
    for round in 0..6 {
        let numbers = (0..12).map(|at| (34_600_000_000_u64 + round * 100 + at).to_string());
        let running: Vec<_> = numbers
            .map(|number| request_to(&number, &home, &gateway.base_url, ONCE).start())
            .collect();
        for request in running {
            request.exits(0);
        }
    }
}
