//! `--forget`: the numbers leave the journal, and the batch is not sent a second time unasked.

use super::{Batch, FIRST, KEY, accepting, numbers};
use crate::support::gateway::Reply;
use crate::support::terminal::Terminal;
use rusqlite::Connection;
use std::path::Path;

/// Every file beside the input that begins with its journal's name and holds one of these numbers, in text or as SQLite has
/// them.
fn holders(batch: &Batch, range: std::ops::Range<u64>) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(batch.home.path()).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.starts_with("users.csv.smspin") && holds(&entry.path(), range.clone()) {
            found.push(name);
        }
    }
    found.sort();
    found
}

fn holds(file: &Path, mut range: std::ops::Range<u64>) -> bool {
    let bytes = std::fs::read(file).unwrap();
    range.any(|number| {
        let (text, binary) = (number.to_string(), number.to_be_bytes());
        let has = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
        has(text.as_bytes()) || has(&binary[2..])
    })
}

#[test]
fn the_numbers_are_in_no_file_of_the_journal_any_more_and_the_results_stay() {
    let batch = Batch::of(300, |number, _| match number % 3 {
        0 => Reply::Error("INVALID_NUMBER"),
        _ => Reply::Ok,
    });
    batch.sends(&[], 1, "finished");
    let results = batch.read("users.results.csv");
    assert_eq!(holders(&batch, FIRST..FIRST + 300), ["users.csv.smspin"]);
    let ended = batch.sends(&["--forget"], 0, "forgotten");
    assert_eq!(ended.json()["rows"]["forgotten"], 300, "{ended}");
    assert_eq!(holders(&batch, FIRST..FIRST + 300), [""; 0]);
    assert_eq!(batch.read("users.results.csv"), results);
    let status = batch.run(&["--status"]);
    let document = status.json();
    assert_eq!(
        (&document["outcome"], &document["rows"]["forgotten"]),
        (&"forgotten".into(), &300.into()),
        "{status}"
    );
    assert!(document["forgotten_at"].is_string(), "{status}");
}

#[test]
fn what_was_forgotten_is_sent_again_only_to_those_who_ask_for_it() {
    let batch = Batch::of(3, accepting);
    batch.sends(&[], 0, "finished");
    batch.sends(&["--forget"], 0, "forgotten");
    let says = &["deleted with --forget", "3 numbers", "--again"];
    batch.refuses(&["--yes"], 2, says);
    batch.refuses(&["--yes", "--skip-sent"], 2, says);
    batch.refuses(&["--yes", "--retry-unknown=all"], 2, says);
    batch.refuses(&["--dry-run"], 2, says);
    // Nor to those of a file that has changed, of whom nobody knows whether they were in it before.
    batch.write(&numbers(FIRST + 2..FIRST + 5));
    batch.refuses(&["--yes"], 2, says);
    batch.write(&numbers(FIRST..FIRST + 3));
    batch.refuses(&["--reconcile", "users.csv"], 1, &["deleted with --forget"]);
    let ended = batch.sends(&["--again"], 0, "finished");
    assert_eq!(ended.json()["rows"]["accepted"], 3, "{ended}");
    assert_eq!(batch.gateway.numbers().len(), 6);
    batch.sends(&[], 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 6);
    // And a second time.
    batch.sends(&["--forget"], 0, "forgotten");
    assert_eq!(holders(&batch, FIRST..FIRST + 3), [""; 0]);
}

#[test]
fn a_batch_that_is_not_finished_is_forgotten_only_as_it_is() {
    let unknown = |number, _| {
        if number == FIRST + 1 {
            Reply::Lost
        } else {
            Reply::Ok
        }
    };
    let batch = Batch::of(4, unknown);
    batch.sends(&["--limit", "2"], 5, "pending");
    let says = &[
        "2 rows are still to send and 1 row is unknown",
        "--forget=all",
        "--reconcile",
    ];
    batch.refuses(&["--forget", "--yes"], 2, says);
    batch.sends(&[], 5, "finished");
    batch.refuses(&["--forget", "--yes"], 2, &["1 row is unknown"]);
    assert_eq!(batch.outcomes(), ["accepted", "unknown", "accepted", "accepted"]);
    batch.sends(&["--forget=all"], 0, "forgotten");
    assert_eq!(holders(&batch, FIRST..FIRST + 4), [""; 0]);
    batch.refuses(&["--yes"], 2, &["deleted with --forget"]);
}

#[test]
fn somebody_has_to_agree() {
    let batch = Batch::of(2, accepting);
    batch.refuses(&["--forget"], 1, &["has not been started"]);
    assert!(!batch.file("users.csv.smspin.lock").exists());
    batch.sends(&[], 0, "finished");
    batch.refuses(&["--forget"], 2, &["no terminal", "--yes forgets without asking"]);
    for (answer, status) in [("\n", 2), ("y\n", 0)] {
        assert_eq!(holders(&batch, FIRST..FIRST + 2).len(), 1);
        let mut terminal = Terminal::new();
        let running = terminal.start(batch.command(&["--forget"]));
        terminal.wait_for("Delete 2 numbers from");
        terminal.wait_for("[y/N]");
        terminal.types(answer);
        let ended = running.end();
        assert_eq!(ended.status, Some(status), "{ended}");
    }
    assert_eq!(holders(&batch, FIRST..FIRST + 2), [""; 0]);
}

#[test]
fn a_run_in_progress_and_a_reader_keep_it_from_being_forgotten() {
    let batch = Batch::of(2, |_, _| Reply::Held);
    let running = batch.command(&["--yes"]).start();
    batch.gateway.wait_until(|numbers| numbers.len() == 1);
    batch.refuses(
        &["--forget=all", "--yes"],
        2,
        &["another run", "--status shows its progress"],
    );
    batch.gateway.release();
    assert_eq!(running.end().status, Some(0));
    // A run that was killed in the middle has left a -wal, which another program reads.
    let reader = Connection::open(batch.file("users.csv.smspin")).unwrap();
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM attempt;")
        .unwrap();
    batch.refuses(
        &["--forget", "--yes"],
        2,
        &["another program", "run the same command again"],
    );
    drop(reader);
    batch.sends(&["--forget"], 0, "forgotten");
    assert_eq!(holders(&batch, FIRST..FIRST + 2), [""; 0]);
}

#[test]
fn the_copy_of_rows_from_a_pipe_goes_too_and_journals_that_were_set_aside_are_named() {
    let batch = Batch::of(2, accepting);
    let piped = |more: &[&str]| {
        let mut args = vec!["--json", "batch", "-", "--journal", "piped.smspin", "--yes"];
        args.extend(["--base-url", &batch.gateway.base_url]);
        args.extend(more);
        let run = batch.home.smspin(args).env("SMSPIN_API_KEY", KEY);
        run.stdin(numbers(FIRST..FIRST + 2)).end()
    };
    assert_eq!(piped(&[]).status, Some(0));
    assert!(batch.file("piped.smspin.input").exists());
    let forgotten = piped(&["--forget"]);
    assert_eq!(forgotten.status, Some(0), "{forgotten}");
    assert!(!batch.file("piped.smspin.input").exists());
    // Two batches under one name.
    batch.sends(&["--again"], 0, "finished");
    std::fs::remove_file(batch.file("users.results.csv")).unwrap();
    batch.write(&numbers(FIRST + 10..FIRST + 12));
    batch.sends(&[], 0, "finished");
    let ended = batch.sends(&["--forget"], 0, "forgotten");
    assert!(ended.stderr.contains("users.csv.smspin.2"), "{ended}");
    assert_eq!(holders(&batch, FIRST + 10..FIRST + 12), [""; 0]);
}

#[test]
fn wherever_it_is_cut_short_nobody_is_sent_to_and_it_can_be_done_again() {
    let batch = Batch::of(50, accepting);
    batch.sends(&[], 0, "finished");
    let before: Vec<_> = ["users.csv.smspin", "users.csv.smspin.lock"]
        .map(|name| (name, std::fs::read(batch.file(name)).unwrap()))
        .into();
    let mut cut_short = 0;
    for blocks in (0..160).step_by(5) {
        for side in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(batch.file(&format!("users.csv.smspin{side}")));
        }
        for (name, content) in &before {
            std::fs::write(batch.file(name), content).unwrap();
        }
        // No file may grow beyond this, which ends it somewhere in the middle.
        let limit = format!("ulimit -f {blocks}");
        let cut = batch.command(&["--forget", "--yes"]).after(&limit).end();
        assert!(matches!(cut.status, Some(0 | 2 | 7)), "{cut}");
        cut_short += u32::from(cut.status != Some(0));
        let next = batch.run(&["--yes"]);
        assert!(matches!(next.status, Some(0 | 2)), "{next}");
        assert_eq!(batch.gateway.numbers().len(), 50, "{next}");
        batch.sends(&["--forget"], 0, "forgotten");
        assert_eq!(holders(&batch, FIRST..FIRST + 50), [""; 0]);
    }
    assert!((5..31).contains(&cut_short), "{cut_short}");
}
