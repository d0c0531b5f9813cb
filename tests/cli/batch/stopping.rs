//! What stops a batch, what it says then, and what its exit code is.

use super::{Batch, FIRST, accepting, counts};
use crate::support::gateway::{Gateway, Reply, only};
use crate::support::home::Running;
use rustix::process::Signal;

#[test]
pub(super) fn an_account_that_is_refused_stops_the_batch_and_goes_again() {
    for id in ["UNAUTHORIZED", "NOT_ENOUGH_BALANCE"] {
        let batch = Batch::of(12, move |number, times| {
            if number >= FIRST + 2 && times == 1 {
                Reply::Error(id)
            } else {
                Reply::Ok
            }
        });
        let first = batch.sends("--concurrency 2", 6, "stopped");
        assert!(
            first.json()["stopped_by"].as_str().unwrap().contains(id),
            "{first}"
        );
        let sent = batch.gateway.numbers().len();
        assert!(sent <= 6, "launched {sent}: {first}");
        for _ in 0..12 {
            let ended = batch.run("--yes --concurrency 2");
            if ended.json()["outcome"] == "finished" {
                assert_eq!(ended.status, Some(0), "{ended}");
                break;
            }
            assert_eq!(ended.status, Some(6), "{ended}");
        }
        assert!(batch.outcomes().iter().all(|word| word == "accepted"));
    }
}

#[test]
pub(super) fn failures_in_a_row_stop_the_batch() {
    let batch = Batch::of(
        60,
        |number, _| {
            if number == FIRST { Reply::Ok } else { Reply::Lost }
        },
    );
    let ended = batch.sends("--max-failures 5 --concurrency 4", 5, "stopped");
    let unknown = ended.json()["rows"]["unknown"].as_u64().unwrap();
    // Those that had the right to be sent when the fifth had failed.
    assert!((5..=5 + 2 * 4).contains(&unknown), "{ended}");
    assert!(
        ended.json()["stopped_by"]
            .as_str()
            .unwrap()
            .contains("5 failures"),
        "{ended}"
    );
    assert_eq!(batch.gateway.numbers().len() as u64, 1 + unknown);
    // A number that isn't one is not a failure of the batch.
    let batch = Batch::of(60, |_, _| Reply::Error("INVALID_NUMBER"));
    batch.sends("--max-failures 5", 1, "finished");
}

#[test]
pub(super) fn the_first_row_goes_alone_until_the_gateway_has_shown_that_it_is_one() {
    let batch = Batch::of(60, |_, _| Reply::Http(200, "<html>welcome</html>"));
    let ended = batch.sends("--max-failures 3", 5, "stopped");
    assert_eq!(ended.json()["rows"]["unknown"], 3, "{ended}");
    assert_eq!(batch.gateway.numbers(), [FIRST, FIRST + 1, FIRST + 2]);
}

#[test]
pub(super) fn a_gateway_that_does_not_answer_the_free_call_stops_everything() {
    for (balance, status, says) in [
        (Reply::Error("UNAUTHORIZED"), 6, "UNAUTHORIZED"),
        (Reply::Error("BAD_PARAMS"), 3, "BAD_PARAMS"),
        (Reply::Http(200, "<html>"), 4, "didn't answer the balance call"),
        (Reply::Http(503, "<html>"), 4, "didn't answer the balance call"),
        (Reply::Busy, 4, "didn't answer the balance call"),
        (Reply::Lost, 4, "didn't answer the balance call"),
    ] {
        let batch = Batch::at(Gateway::with_balance(balance, accepting));
        batch.write(&super::numbers(FIRST..FIRST + 3));
        // Without a price nothing needs the balance.
        batch.home.write_config("price_sms = 0.01\n");
        batch.refuses("--yes", status, &["nothing was sent", says]);
        assert!(!batch.file("journal.db").exists());
    }
}

#[test]
fn a_path_that_is_not_the_gateways_stops_everything() {
    for (probe, status, says) in [
        (
            Reply::Http(404, "<html>not found</html>"),
            4,
            "there is no gateway at http://127.0.0.1",
        ),
        (
            Reply::Http(404, r#"{"error":"no route"}"#),
            4,
            "/api/3.0/2fa/request and http",
        ),
        (Reply::Ok, 4, "accepted a request without a number"),
        (
            Reply::Error("NO_SUCH_METHOD"),
            4,
            "with NO_SUCH_METHOD, which the gateway does not",
        ),
        (Reply::Error("UNAUTHORIZED"), 6, "UNAUTHORIZED"),
        (Reply::Lost, 4, "/2fa/request did not answer as the gateway does"),
    ] {
        let balance = Reply::Http(200, crate::support::http::BALANCE);
        let batch = Batch::at(Gateway::with_balance_and_probe(balance, probe, accepting));
        batch.write(&super::numbers(FIRST..FIRST + 3));
        batch.refuses("--yes", status, &["nothing was sent", says]);
        assert!(batch.gateway.numbers().is_empty());
        assert!(!batch.file("journal.db").exists());
    }
}

#[test]
fn money_that_does_not_suffice_stops_a_batch_before_its_first_row() {
    // The balance is 10 EUR, and three rows are three segments.
    for (more, status, says) in [
        (
            &["--yes"][..],
            6,
            "the estimate is 12.0000 EUR, and the balance is 10.0000 EUR",
        ),
        (
            &["--yes", "--max-cost", "11.99"],
            2,
            "the estimate is 12.0000, and max_cost is 11.9900",
        ),
        (&["--yes", "--limit", "2"], 4, ""),
        (&["--yes", "--partial"], 0, ""),
    ] {
        let batch = Batch::of(3, accepting);
        batch.home.write_config("price_sms = 4\n");
        if says.is_empty() {
            let outcome = if status == 4 { "pending" } else { "finished" };
            batch.sends(&more[1..], status, outcome);
        } else {
            batch.refuses(more, status, &["nothing was sent", says]);
            assert!(batch.gateway.numbers().is_empty());
        }
    }
}

#[test]
fn a_limit_on_the_cost_needs_a_price() {
    let batch = Batch::of(3, accepting);
    batch.refuses("--yes --max-cost 5", 2, "nothing was sent … no price is set");
}

#[test]
fn the_summary_says_what_kept_the_run_from_being_faster() {
    for (more, status, outcome, says) in [
        (&["--rate", "2/s"][..], 0, "finished", "--rate 2/s"),
        (&["--rate", "5000/s"], 0, "finished", "the small number of rows"),
        (&[], 0, "finished", "the small number of rows"),
        (&["--limit", "2"], 4, "pending", "--limit"),
        (&["--limit", "3"], 0, "finished", "the small number of rows"),
    ] {
        let batch = Batch::of(3, accepting);
        let ended = batch.sends(more, status, outcome);
        assert_eq!(ended.json()["run"]["limited_by"], says, "{ended}");
    }
}

#[test]
pub(super) fn exit_codes_are_those_of_the_worst_row() {
    for (bad, retries, status) in [
        (Reply::Ok, 0, 0),
        (Reply::Error("INVALID_NUMBER"), 0, 1),
        (Reply::Error("BRAND_NEW"), 0, 1),
        (Reply::Busy, 0, 4),
        (Reply::Lost, 0, 5),
        (Reply::Http(500, "{}"), 3, 5),
        (Reply::Http(302, "{}"), 0, 5),
        (Reply::Error("UNKNOWN_ERROR"), 0, 5),
        (Reply::Error("UNAUTHORIZED"), 0, 6),
    ] {
        let sent = bad.clone();
        let batch = Batch::of(3, move |number, _| {
            if number == FIRST + 2 {
                sent.clone()
            } else {
                Reply::Ok
            }
        });
        batch.home.write_config(&format!("retries = {retries}\n"));
        let ended = batch.run("--yes");
        assert_eq!(ended.status, Some(status), "{bad:?}: {ended}");
        assert_eq!(batch.gateway.numbers().len(), 3, "{bad:?}");
    }
}

/// A run whose second row is under way.
fn held(batch: &Batch) -> Running {
    let running = batch.command("--yes --concurrency 1").start();
    batch.gateway.wait_until(|numbers| numbers.len() == 2);
    running
}

const STOPPING: &str = "stopping: waiting for 1 answer";

#[test]
pub(super) fn a_signal_ends_the_launching_and_what_is_under_way_is_awaited() {
    for (sent, status) in [
        (Signal::INT, 130),
        (Signal::QUIT, 130),
        (Signal::TERM, 143),
        (Signal::USR2, 143),
        (Signal::XCPU, 143),
        (Signal::HUP, 129),
    ] {
        let batch = Batch::of(9, only(FIRST + 1, Reply::Held));
        let mut running = held(&batch);
        running.signal(sent);
        running.hears(STOPPING);
        batch.gateway.release();
        let ended = running.exits(status);
        let document = ended.json();
        assert_eq!(document["outcome"], "stopped");
        assert_eq!(document["rows"], counts(&[("accepted", 2), ("pending", 7)]));
        assert_eq!(
            batch.gateway.numbers().len(),
            2,
            "nothing was launched after the signal"
        );
        batch.sends("", 0, "finished");
        assert_eq!(batch.gateway.numbers().len(), 9);
    }
}

#[test]
pub(super) fn a_second_signal_leaves_at_once_and_the_journal_tells_the_truth() {
    let batch = Batch::of(4, only(FIRST + 1, Reply::Held));
    let mut running = held(&batch);
    running.signal(Signal::INT);
    running.hears(STOPPING);
    running.signal(Signal::INT);
    running.exits(130);
    batch.gateway.release();
    let status = batch.journal("status users.csv");
    assert_eq!(
        status.json()["rows"]["unknown"],
        1,
        "what never began was taken back: {status}"
    );
    let next = status.json()["next"].as_str().unwrap().to_owned();
    assert!(next.starts_with("smspin --json batch users.csv"), "{status}");
    batch.sends("", 5, "finished");
    assert_eq!(batch.outcomes(), ["accepted", "unknown", "accepted", "accepted"]);
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + 4).collect::<Vec<_>>());
}

#[test]
pub(super) fn a_run_that_has_had_its_time_stops_in_order_and_the_next_one_goes_on() {
    let batch = Batch::of(4, accepting);
    let ended = batch.sends("--max-duration 100ms --rate 2/s", 4, "pending");
    assert!(
        ended.json()["stopped_by"]
            .as_str()
            .unwrap()
            .contains("--max-duration"),
        "{ended}"
    );
    assert_eq!(batch.gateway.numbers(), [FIRST]);
    batch.sends("", 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 4);
}
