//! What a batch leaves behind when it is killed or stopped in the middle: no more in doubt than was under way.

use super::{Batch, FIRST, counts};
use crate::support::gateway::Reply;
use rustix::process::Signal;
use std::time::Duration;

/// How many numbers are unknown, by `smspin journal status`.
fn unknown(batch: &Batch) -> u64 {
    let status = batch.journal("status users.csv");
    status.json()["rows"]["unknown"].as_u64().unwrap_or_default()
}

fn holding_all_but_the_first(number: u64, _: usize) -> Reply {
    if number == FIRST { Reply::Ok } else { Reply::Held }
}

#[test]
pub(super) fn with_a_rate_a_kill_leaves_unknown_what_was_in_flight_and_one() {
    let batch = Batch::of(60, holding_all_but_the_first);
    // Slower than what a late launch may make up for, so that no two are due at once.
    let running = batch.command("--yes --rate 2/s").start();
    batch.gateway.wait_until(|numbers| numbers.len() == 4);
    running.signal(Signal::KILL);
    running.end();
    let unknown = unknown(&batch);
    assert!((3..=4).contains(&unknown), "three in flight, {unknown} unknown");
}

#[test]
pub(super) fn in_a_pause_no_claim_waits_on_disk() {
    const BUSY: &str = "HTTP/1.1 429 X\r\nRetry-After: 250\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let batch = Batch::of(200, |number, _| match number - FIRST {
        0 => Reply::Ok,
        _ => Reply::Bytes(BUSY.as_bytes().to_vec()),
    });
    let running = batch.command("--yes").start();
    batch.gateway.wait_until(|numbers| numbers.len() >= 2);
    // Until it has heard the 429, more may leave, and each of them is in flight.
    let under_way = |batch: &Batch| batch.journal("status users.csv").json()["rows"]["under_way"].as_u64();
    let most_looks = 200;
    assert!(
        (0..most_looks).any(|_| under_way(&batch) == Some(0)),
        "{:?} claims lie on disk while nothing may be sent",
        under_way(&batch)
    );
    running.signal(Signal::KILL);
    running.end();
    assert_eq!(unknown(&batch), 0);
}

#[test]
fn an_answer_that_came_while_the_process_was_stopped_is_no_timeout() {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let batch = Batch::of(20, holding_all_but_the_first);
    let running = batch.command("--yes --timeout 2s").start();
    batch.gateway.wait_until(|numbers| numbers.len() == 20);
    running.signal(Signal::STOP);
    batch.gateway.release();
    batch.gateway.settle();
    // All answers have been written, and every request's time is over when the process goes on.
    std::thread::sleep(TIMEOUT);
    running.signal(Signal::CONT);
    let ended = running.exits(0);
    assert_eq!(ended.json()["rows"], counts(&[("accepted", 20)]), "{ended}");
}
