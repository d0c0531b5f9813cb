//! One case by hand: a 429, then a lost reply, then a kill. Whether the SMS left can't be known, so it is not sent again.

use crate::batch::smspin;
use crate::support::gateway::{Gateway, Reply};
use crate::support::home::{Home, Run};
use rustix::process::Signal;

const LOST: u64 = 34_600_000_002;
const HELD: u64 = 34_600_000_003;

fn batch(home: &Home, gateway: &Gateway, more: &[&str]) -> Run {
    smspin(
        home,
        &gateway.base_url,
        &[&["batch", "users.csv", "--yes"], more].concat(),
    )
}

fn outcomes(home: &Home) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_path(home.path().join("users.results.csv")).unwrap();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        (row[0].to_owned(), row[1].to_owned())
    });
    rows.collect()
}

fn asked(gateway: &Gateway, number: u64) -> usize {
    let numbers = gateway.numbers();
    numbers.iter().filter(|asked| **asked == number).count()
}

#[test]
fn busy_then_lost_then_killed_is_unknown_and_never_sent_again() {
    let home = Home::new();
    let rows = format!("Tel\n34600000001\n{LOST}\n{HELD}\n34600000004\n");
    std::fs::write(home.path().join("users.csv"), rows).unwrap();
    let gateway = Gateway::by_number(|number, times| match (number, times) {
        (LOST, 1) => Reply::Busy,
        (LOST, _) => Reply::Lost,
        (HELD, 1) => Reply::Held,
        _ => Reply::Ok,
    });
    let two_at_once = ["--concurrency", "2"];
    let running = batch(&home, &gateway, &two_at_once).start();
    // One accepted, one turned away and then lost, and one that the gateway keeps.
    gateway.wait_until(|numbers| {
        let times = |number| numbers.iter().filter(|asked| **asked == number).count();
        times(LOST) == 2 && times(HELD) == 1
    });
    running.signal(Signal::KILL);
    running.end();
    gateway.release();

    let status = smspin(&home, &gateway.base_url, &["journal", "status", "users.csv"]).end();
    assert!(
        status.json()["rows"]["unknown"].as_u64() >= Some(2),
        "lost and killed: {status}"
    );
    for _ in 0..2 {
        let again = batch(&home, &gateway, &two_at_once).end();
        assert_eq!(again.json()["outcome"], "finished", "{again}");
        assert_eq!(again.status, Some(5), "{again}");
    }
    assert_eq!(asked(&gateway, LOST), 2, "a 429, and one that was taken");
    assert_eq!(asked(&gateway, HELD), 1);
    let found = outcomes(&home);
    let of = |number: u64| {
        let number = number.to_string();
        found.iter().find(|(found, _)| *found == number).unwrap().clone()
    };
    assert_eq!(of(34_600_000_001).1, "accepted");
    assert_eq!(of(LOST).1, "unknown");
    assert_eq!(of(HELD).1, "unknown");
    assert!(["accepted", "unknown"].contains(&of(34_600_000_004).1.as_str()));

    // What the user asks for outright is another matter: all of the unknown, and no other number.
    let before = gateway.numbers().len() as u64;
    let unknown = found.iter().filter(|(_, word)| word == "unknown").count() as u64;
    let retried = batch(&home, &gateway, &["--resend", "all-unknown"]).end();
    assert_eq!(gateway.numbers().len() as u64, before + unknown, "{retried}");
    assert_eq!(retried.json()["rows"]["unknown"], 1, "lost once more: {retried}");
}
