//! Who is sent to when a batch runs again: resuming, other inputs and settings, and what somebody asks for outright.

use super::{Batch, FIRST, accepting, numbers};
use crate::support::gateway::Reply;

#[test]
pub(super) fn a_finished_batch_says_so_and_sends_nothing() {
    let batch = Batch::of(5, accepting);
    batch.sends(&[], 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 5);
    let results = batch.read("users.results.csv");
    std::fs::remove_file(batch.file("users.results.csv")).unwrap();
    let again = batch.sends(&[], 0, "finished");
    assert_eq!(again.json()["rows"]["accepted"], 5, "{again}");
    assert!(again.stderr.contains("nothing is left to send"), "{again}");
    assert_eq!(batch.gateway.numbers().len(), 5);
    assert_eq!(batch.gateway.balances(), 1, "nor is anything asked");
    assert_eq!(batch.read("users.results.csv"), results, "written once more");
    // Without --yes as well: there is nothing to agree to.
    assert_eq!(batch.run(&[]).status, Some(0));
}

#[test]
pub(super) fn a_limit_leaves_the_rest_for_the_next_run() {
    let batch = Batch::of(7, accepting);
    let first = batch.sends(&["--limit", "3"], 4, "pending");
    assert_eq!(first.json()["rows"]["pending"], 4, "{first}");
    assert_eq!(batch.gateway.numbers().len(), 3);
    assert_eq!(
        batch.outcomes().iter().filter(|word| *word == "pending").count(),
        4
    );
    assert!(first.json()["next"].is_string(), "{first}");
    batch.sends(&["--limit", "3"], 4, "pending");
    batch.sends(&[], 0, "finished");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + 7).collect::<Vec<_>>());
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
    let retries = |batch: &Batch| batch.home.write_config("retries = 0\n");
    retries(&batch);
    let first = batch.sends(&["--concurrency", "1"], 5, "pending");
    assert_eq!(first.json()["rows"]["unsent"], 1, "{first}");
    assert_eq!(first.json()["rows"]["unknown"], 2, "{first}");
    assert_eq!(first.json()["error_ids"]["INVALID_NUMBER"], 1, "{first}");
    batch.sends(&[], 5, "finished");
    assert_eq!(batch.gateway.numbers().len(), 7, "the 429 alone went again");
    assert_eq!(
        batch.outcomes(),
        [
            "accepted", "unknown", "refused", "unknown", "accepted", "accepted"
        ]
    );
    // Their PINs are alive.
    let live = batch.sends(&["--retry-unknown"], 5, "finished");
    assert_eq!(batch.gateway.numbers().len(), 7, "{live}");
    let all = batch.sends(&["--retry-unknown=all"], 1, "finished");
    assert_eq!(batch.gateway.numbers().len(), 9, "{all}");
    assert_eq!(all.json()["rows"]["accepted"], 5, "{all}");
}

#[test]
pub(super) fn asking_for_what_may_be_a_second_sms_needs_a_yes() {
    let batch = Batch::of(2, |_, times| if times == 1 { Reply::Lost } else { Reply::Ok });
    batch.sends(&[], 5, "finished");
    for repeat in ["--retry-unknown=all", "--again"] {
        let asked = batch.refuses(&[repeat], 2, &["no terminal to ask"]);
        assert!(asked.stderr.contains("2 of them may get a second SMS"), "{asked}");
    }
    batch.sends(&["--retry-unknown=all"], 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 4);
}

#[test]
pub(super) fn again_sends_to_everybody_once_more_and_no_more_than_that() {
    let batch = Batch::of(4, accepting);
    batch.sends(&[], 0, "finished");
    // Cut short, the same command goes on where it was: one repetition was agreed to, not two.
    batch.sends(&["--again", "--limit", "3"], 4, "pending");
    assert_eq!(batch.gateway.numbers().len(), 7);
    batch.sends(&["--again"], 0, "finished");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    let twice: Vec<_> = (FIRST..FIRST + 4).flat_map(|number| [number; 2]).collect();
    assert_eq!(all, twice);
}

#[test]
pub(super) fn again_on_a_batch_that_never_began_is_cut_short_and_goes_on_like_any_other() {
    let batch = Batch::of(4, accepting);
    batch.sends(&["--again", "--limit", "3"], 4, "pending");
    batch.sends(&["--again"], 0, "finished");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + 4).collect::<Vec<_>>());
}

#[test]
fn twelve_rows_mended_in_a_finished_input_are_sent_and_nobody_else() {
    const ROWS: u64 = 30;
    let mended = numbers(FIRST..FIRST + ROWS);
    let mut broken = mended.clone();
    for row in 0..12 {
        broken = broken.replace(&(FIRST + row).to_string(), &format!("12{row}"));
    }
    let batch = Batch::with(&broken, accepting);
    let first = batch.sends(&[], 1, "finished");
    assert_eq!(first.json()["rows"]["invalid"], 12, "{first}");
    batch.write(&mended);
    let refused = batch.refuses(
        &["--yes"],
        2,
        &[
            "18 people in this one would get a second SMS",
            "--skip-sent",
            "--again",
            "input: the content",
        ],
    );
    assert_eq!(refused.json()["faults"][0]["what"], "changed", "{refused}");
    batch.refuses(&["--dry-run"], 2, &["18 people"]);
    let rest = batch.sends(&["--skip-sent"], 0, "finished");
    assert_eq!(rest.json()["rows"]["accepted"], ROWS, "{rest}");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + ROWS).collect::<Vec<_>>());
    assert_eq!(
        batch
            .read("users.results.csv")
            .matches("sent by an earlier run")
            .count(),
        18
    );
    // From here on it is this input's journal.
    batch.sends(&[], 0, "finished");
    assert_eq!(batch.gateway.numbers().len() as u64, ROWS);
}

#[test]
pub(super) fn every_setting_that_changes_who_gets_what_is_noticed() {
    let batch = Batch::of(3, accepting);
    batch.sends(&["--sender", "ACME"], 0, "finished");
    for (more, changed) in [
        (&["--sender", "OTHER"][..], "sender"),
        (&["--sender", "ACME", "--sms-text", "Code {PIN}"][..], "sms_text"),
        (&["--sender", "ACME", "--pin-length", "8"][..], "pin_length"),
        (&["--sender", "ACME", "--expires-in", "60"][..], "expires_in"),
        (&["--sender", "ACME", "--no-hlr-lookup"][..], "hlr_lookup"),
        (
            &["--sender", "ACME", "--report-url", "https://example.com/r"][..],
            "report_url",
        ),
        (&["--sender", "ACME", "--column", "msisdn=Tel"][..], "3 people"),
    ] {
        let args = [&["--yes"], more].concat();
        if changed == "3 people" {
            // The same column by another way of saying so is no change.
            assert_eq!(batch.run(&args).status, Some(0));
        } else {
            batch.refuses(&args, 2, &["3 people", changed]);
        }
    }
    // The pace and the key change nothing.
    batch.sends(
        &["--sender", "ACME", "--concurrency", "2", "--rate", "50/s"],
        0,
        "finished",
    );
    assert_eq!(batch.gateway.numbers().len(), 3);
}

#[test]
fn an_input_with_rows_left_is_not_forgotten_for_another() {
    let batch = Batch::of(4, accepting);
    batch.sends(&["--limit", "1"], 4, "pending");
    batch.write(&numbers(FIRST + 100..FIRST + 102));
    batch.refuses(&["--yes"], 2, &["3 rows of that batch are still to send"]);
    assert_eq!(batch.gateway.numbers().len(), 1);
}

#[test]
fn a_finished_journal_that_knows_nobody_is_set_aside() {
    let batch = Batch::of(2, accepting);
    batch.sends(&[], 0, "finished");
    batch.write(&numbers(FIRST + 100..FIRST + 103));
    let next = batch.sends(&[], 0, "finished");
    assert!(
        next.stderr.contains("the journal of the previous batch is now"),
        "{next}"
    );
    assert_eq!(batch.gateway.numbers().len(), 5);
    let aside = std::fs::read_dir(batch.home.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with("users.csv.smspin.2")
    });
    assert_eq!(aside.count(), 1);
}

#[test]
pub(super) fn results_that_could_not_be_written_are_written_by_the_same_command_later() {
    let batch = Batch::of(3, |number, _| {
        if number == FIRST + 2 {
            Reply::Held
        } else {
            Reply::Ok
        }
    });
    batch.sends(&["--limit", "1"], 4, "pending");
    let stale = batch.read("users.results.csv");
    let running = batch.command(&["--yes"]).start();
    batch.gateway.wait_until(|numbers| numbers.len() == 3);
    // While the last row is under way, something that can't be replaced appears in the place of the results.
    let path = batch.file("users.results.csv");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    batch.gateway.release();
    let ended = running.end();
    assert_eq!(ended.status, Some(7), "{ended}");
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, stale).unwrap();
    batch.sends(&[], 0, "finished");
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
        batch.sends(&[], 5, "finished");
        let repeated = batch.run(&["--yes", "--retry-unknown=all"]);
        assert_eq!(repeated.json()["rows"]["unknown"], 1, "{repeated}");
        assert_eq!(batch.gateway.numbers().len(), 3);
        // Whatever it is asked next, the number may have got an SMS.
        batch.sends(&[], 5, "finished");
        assert_eq!(batch.outcomes(), ["unknown", "accepted"], "{column}");
        let results = batch.read("users.results.csv");
        assert!(results.contains(column), "{results}");
        assert_eq!(batch.run(&["--status"]).json()["rows"]["unknown"], 1, "{column}");
        let other = ["--yes", "--sms-text", "Hello: {PIN}"];
        batch.refuses(&other, 2, &["2 people in this one would get a second SMS"]);
        let skipping = batch.run(&[&other[..], &["--skip-sent"]].concat());
        assert_eq!(batch.gateway.numbers().len(), 3, "{column}: {skipping}");
    }
}

#[test]
fn a_repetition_that_is_refused_is_streamed_as_unknown() {
    let batch = Batch::of(1, |_, times| match times {
        1 => Reply::Lost,
        _ => Reply::Error("BAD_PARAMS"),
    });
    batch.sends(&[], 5, "finished");
    let mut args = vec![
        "batch",
        "users.csv",
        "--base-url",
        &batch.gateway.base_url,
        "--yes",
    ];
    args.extend(["--retry-unknown=all", "-o", "-"]);
    let streamed = batch.home.smspin(args).env("SMSPIN_API_KEY", super::KEY).end();
    assert_eq!(streamed.status, Some(5), "{streamed}");
    let line: serde_json::Value = serde_json::from_str(&streamed.stdout).unwrap();
    assert_eq!(line["smspin_outcome"], "unknown", "{streamed}");
    assert_eq!(line["smspin_error_id"], "BAD_PARAMS", "{streamed}");
}

#[test]
fn a_limit_of_nothing_leaves_nothing_behind() {
    let batch = Batch::of(2, accepting);
    let dry = batch.sends(&["--limit", "0"], 0, "dry_run");
    assert!(!batch.file("users.csv.smspin").exists(), "{dry}");
    assert!(!batch.file("users.results.csv").exists(), "{dry}");
    batch.sends(&[], 0, "finished");
    for more in [&["--again"][..], &["--skip-sent", "--sms-text", "Hello: {PIN}"]] {
        batch.sends(&[more, &["--limit", "0"]].concat(), 0, "dry_run");
        // No other campaign was begun, which this command would go on with.
        batch.sends(&[], 0, "finished");
        assert_eq!(batch.gateway.numbers().len(), 2);
    }
}

#[test]
pub(super) fn the_most_that_a_batch_may_send_holds_over_its_runs() {
    let batch = Batch::of(6, |number, times| match (number - FIRST, times) {
        (1, 1) => Reply::Lost,
        _ => Reply::Ok,
    });
    let most = ["--yes", "--max-sends", "4"];
    batch.sends(&["--max-sends", "4", "--limit", "3"], 5, "pending");
    let says = ["after the 3 that this batch has sent", "--limit 1 sends"];
    batch.refuses(&most, 2, &says);
    batch.refuses(&[&most[..], &["--limit", "2"]].concat(), 2, &says);
    batch.sends(&["--max-sends", "4", "--limit", "1"], 5, "pending");
    // With another text it is still the same batch.
    let other = ["--sms-text", "Hello: {PIN}", "--skip-sent"];
    batch.refuses(&[&most[..], &other].concat(), 2, &["a higher --max-sends"]);
    batch.sends(&["--max-sends", "6"], 5, "finished");
    batch.refuses(
        &["--yes", "--max-sends", "6", "--retry-unknown=all"],
        2,
        &["after the 6 that this batch has sent"],
    );
    batch.sends(&["--max-sends", "7", "--retry-unknown=all"], 0, "finished");
}
