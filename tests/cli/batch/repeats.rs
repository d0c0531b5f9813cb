//! Who is sent to when a batch runs again: resuming, other settings, and what the user asks for outright.

use super::{Batch, FIRST, accepting};
use crate::support::gateway::{Reply, only};

#[test]
pub(super) fn a_finished_batch_says_so_and_sends_nothing() {
    let batch = Batch::of(5, accepting);
    batch.sends("", 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 5);
    let results = batch.read("users.results.csv");
    std::fs::remove_file(batch.file("users.results.csv")).unwrap();
    let again = batch.sends("", 0, "finished");
    assert_eq!(again.json()["rows"]["accepted"], 5, "{again}");
    again.err("nothing is left to send");
    assert_eq!(batch.gateway.numbers().len(), 5);
    assert_eq!(batch.gateway.balances(), 1, "nor is anything asked");
    assert_eq!(batch.read("users.results.csv"), results, "written once more");
    // Without --yes as well: there is nothing to agree to.
    batch.run("").exits(0);
}

#[test]
pub(super) fn a_limit_leaves_the_rest_for_the_next_run() {
    let batch = Batch::of(7, accepting);
    let first = batch.sends("--limit 3", 4, "pending");
    assert_eq!(first.json()["rows"]["pending"], 4, "{first}");
    assert_eq!(batch.gateway.numbers().len(), 3);
    assert_eq!(
        batch.outcomes().iter().filter(|word| *word == "pending").count(),
        4
    );
    assert!(first.json()["next"].is_string(), "{first}");
    batch.sends("--limit 3", 4, "pending");
    batch.sends("", 0, "finished");
    batch.each_got(7, 1);
    assert!(batch.outcomes().iter().all(|word| word == "accepted"));
}

#[test]
pub(super) fn only_what_is_open_goes_again() {
    let batch = Batch::of(6, |number, times| match (number - FIRST, times) {
        (1, 1) => Reply::Lost,
        (2, _) => Reply::Error("INVALID_NUMBER"),
        (3, 1) => Reply::Http(503, "<html>"),
        (4, 1) => Reply::Busy,
        _ => Reply::Ok,
    });
    batch.home.write_config("retries = 0\n");
    let first = batch.sends("--concurrency 1", 5, "pending");
    assert_eq!(first.json()["rows"]["unsent"], 1, "{first}");
    assert_eq!(first.json()["rows"]["unknown"], 2, "{first}");
    assert_eq!(first.json()["error_ids"]["INVALID_NUMBER"], 1, "{first}");
    batch.sends("", 5, "finished");
    assert_eq!(batch.gateway.numbers().len(), 7, "the 429 alone went again");
    assert_eq!(
        batch.outcomes(),
        [
            "accepted", "unknown", "refused", "unknown", "accepted", "accepted"
        ]
    );
    // Their PINs may be valid.
    let live = batch.sends("--resend unknown", 5, "finished");
    assert_eq!(batch.gateway.numbers().len(), 7, "{live}");
    let all = batch.sends("--resend all-unknown", 1, "finished");
    assert_eq!(batch.gateway.numbers().len(), 9, "{all}");
    assert_eq!(all.json()["rows"]["accepted"], 5, "{all}");
    // What the gateway refused for the number itself, only where that is asked for.
    batch.sends("--resend refused", 1, "finished");
    assert_eq!(batch.gateway.numbers().len(), 10);
}

#[test]
pub(super) fn asking_for_what_may_be_a_second_sms_needs_a_yes() {
    let batch = Batch::of(2, |_, times| if times == 1 { Reply::Lost } else { Reply::Ok });
    batch.sends("", 5, "finished");
    let asked = batch.refuses("--resend all-unknown", 2, "no terminal to ask");
    asked.err("2 of them may get a second SMS");
    batch.sends("--resend all-unknown", 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 4);
}

#[test]
fn a_window_of_an_hour_keeps_those_who_were_reached_and_a_shorter_one_is_refused() {
    let batch = Batch::of(3, accepting);
    batch.sends("--once-per 1h", 0, "finished");
    batch.sends("--once-per 1h", 0, "finished");
    batch.each_got(3, 1);
    batch.refuses("--once-per 10m --yes", 2, "--once-per … 1h");
}

#[test]
pub(super) fn the_rest_of_an_unfinished_list_gets_what_the_first_rows_got() {
    let batch = Batch::of(3, accepting);
    let text = ["--sms-text", "Hi: {PIN}", "--sender", "ACME"];
    batch.sends(&[&text[..], &["--limit", "1"]].concat(), 4, "pending");
    for (more, changed) in [
        (&[][..], "sms_text"),
        (&["--sms-text", "Hi: {PIN}", "--sender", "OTHER"][..], "sender"),
        (&["--sms-text", "Code {PIN}", "--sender", "ACME"][..], "sms_text"),
        (&[&text[..], &["--pin-length", "8"]].concat()[..], "pin_length"),
        (&[&text[..], &["--no-hlr-lookup"]].concat()[..], "hlr_lookup"),
    ] {
        let refused = batch.refuses(&[&["--yes"], more].concat(), 2, &[changed, "--change-settings"]);
        let hint = refused.json()["hint"].to_string();
        assert!(hint.contains("--sms-text 'Hi: {PIN}' --sender ACME"), "{refused}");
    }
    // The pace and the key change nothing, and neither does another name for the same column.
    batch.sends(
        &[&text[..], &["--rate", "50/s", "--limit", "1"]].concat(),
        4,
        "pending",
    );
    batch.sends("--sender OTHER --change-settings", 0, "finished");
    batch.each_got(3, 1);
    // A finished list has no rest.
    batch.sends("--sender THIRD", 0, "finished");
    batch.each_got(3, 1);
}

#[test]
pub(super) fn results_that_could_not_be_written_are_written_by_the_same_command_later() {
    let batch = Batch::of(3, only(FIRST + 2, Reply::Held));
    batch.sends("--limit 1", 4, "pending");
    let stale = batch.read("users.results.csv");
    let running = batch.command("--yes").start();
    batch.gateway.wait_until(|numbers| numbers.len() == 3);
    // While the last row is under way, something that can't be replaced appears in the place of the results.
    let path = batch.file("users.results.csv");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    batch.gateway.release();
    running.exits(7);
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, stale).unwrap();
    batch.sends("", 0, "finished");
    assert!(batch.outcomes().iter().all(|word| word == "accepted"));
    assert_eq!(batch.gateway.numbers().len(), 3);
}

#[test]
pub(super) fn a_refusal_speaks_of_its_own_request_alone() {
    for (refusal, column) in [
        (Reply::Error("BAD_PARAMS"), "BAD_PARAMS"),
        (Reply::Error("INVALID_NUMBER"), "INVALID_NUMBER"),
        (Reply::Error("UNAUTHORIZED"), "UNAUTHORIZED"),
        (Reply::Busy, ""),
    ] {
        let batch = Batch::of(2, move |number, times| match (number - FIRST, times) {
            (0, 1) => Reply::Lost,
            (0, _) => refusal.clone(),
            _ => Reply::Ok,
        });
        batch.home.write_config("retries = 0\n");
        batch.sends("", 5, "finished");
        let repeated = batch.run("--yes --resend all-unknown");
        assert_eq!(repeated.json()["rows"]["unknown"], 1, "{repeated}");
        assert_eq!(batch.gateway.numbers().len(), 3);
        // Whatever it is asked next, the number may have got an SMS.
        batch.sends("", 5, "finished");
        assert_eq!(batch.outcomes(), ["unknown", "accepted"], "{column}");
        let results = batch.read("users.results.csv");
        assert!(results.contains(column), "{results}");
        let status = batch.journal("status users.csv");
        assert_eq!(status.json()["rows"]["unknown"], 1, "{column}: {status}");
        batch.sends("--sms-text 'Hello: {PIN}'", 5, "finished");
        assert_eq!(batch.gateway.numbers().len(), 3, "{column}");
    }
}

#[test]
fn a_repetition_that_is_refused_is_streamed_as_unknown() {
    let batch = Batch::of(1, |_, times| match times {
        1 => Reply::Lost,
        _ => Reply::Error("BAD_PARAMS"),
    });
    batch.sends("", 5, "finished");
    let streamed = batch.streams("--yes --resend all-unknown").exits(5);
    let line: serde_json::Value = serde_json::from_str(&streamed.stdout).unwrap();
    assert_eq!(line["smspin_outcome"], "unknown", "{streamed}");
    assert_eq!(line["smspin_error_id"], "BAD_PARAMS", "{streamed}");
}

#[test]
fn a_limit_of_nothing_leaves_nothing_behind() {
    let batch = Batch::of(2, accepting);
    let dry = batch.sends("--limit 0", 0, "dry_run");
    for name in ["journal.db", "users.csv.smspin", "users.results.csv"] {
        assert!(!batch.file(name).exists(), "{name}: {dry}");
    }
    batch.sends("", 0, "finished");
    batch.sends("--campaign march --limit 0", 0, "dry_run");
    let names = batch.journal("");
    assert_eq!(names.json()["campaigns"].as_array().unwrap().len(), 1, "{names}");
    assert_eq!(batch.gateway.numbers().len(), 2);
}

#[test]
pub(super) fn a_run_that_would_send_more_than_it_may_is_refused() {
    let batch = Batch::of(6, accepting);
    batch.refuses("--yes --max-sends 4", 2, "--limit 4 sends");
    batch.sends("--max-sends 4 --limit 4", 4, "pending");
    batch.sends("--max-sends 4", 0, "finished");
    batch.each_got(6, 1);
}
