//! A journal or an input that isn't what it was: each is noticed before anything is sent.

use super::{Batch, FIRST, accepting, numbers};
use crate::support::gateway::Reply;
use rustix::process::Signal;
use std::io::Write;

/// A batch whose process was killed while its second row was under way.
fn killed() -> Batch {
    let batch = Batch::of(9, |number, _| {
        if number == FIRST + 1 {
            Reply::Held
        } else {
            Reply::Ok
        }
    });
    let running = batch.command(&["--yes", "--concurrency", "1"]).start();
    batch.gateway.wait_until(|numbers| numbers.len() == 2);
    running.signal(Signal::KILL);
    running.end();
    batch.gateway.release();
    batch
}

#[test]
fn a_journal_that_lost_its_last_records_is_noticed() {
    let batch = killed();
    let wal = batch.file("users.csv.smspin-wal");
    let kept = std::fs::read(&wal).unwrap();
    std::fs::remove_file(&wal).unwrap();
    for more in [&["--yes"][..], &["--dry-run"], &["--status"]] {
        batch.refuses(more, 2, &["users.csv.smspin-wal", "is missing"]);
    }
    std::fs::write(&wal, kept).unwrap();
    batch.sends(&[], 5, "finished");
    let outcomes = batch.outcomes();
    assert_eq!(outcomes[1], "unknown");
    // The right to send the next row may have been on disk already, and nothing more.
    let accepted = outcomes.iter().filter(|word| *word == "accepted").count();
    assert!((7..=8).contains(&accepted), "{outcomes:?}");
    let mut all = batch.gateway.numbers();
    let sent = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), sent, "nobody got two");
    assert_eq!(sent, accepted + 1);
}

#[test]
fn a_journal_that_lost_its_last_records_still_speaks_for_a_copy_of_its_list() {
    let (batch, damaged) = (killed(), killed());
    std::fs::remove_file(batch.file("users.csv.smspin-wal")).unwrap();
    let wal = damaged.file("users.csv.smspin-wal");
    let mut bytes = std::fs::read(&wal).unwrap();
    bytes[32 + 100] ^= 1;
    std::fs::write(&wal, bytes).unwrap();
    for batch in [batch, damaged] {
        let asked = batch.gateway.numbers().len();
        std::fs::copy(batch.file("users.csv"), batch.file("copy.csv")).unwrap();
        let base_url = &batch.gateway.base_url;
        let args = ["--json", "batch", "copy.csv", "--yes", "--base-url", base_url];
        let copy = batch.home.smspin(args).env("SMSPIN_API_KEY", super::KEY).end();
        assert_eq!(copy.status, Some(2), "{copy}");
        assert!(copy.stdout.contains("users.csv.smspin"), "{copy}");
        assert_eq!(batch.gateway.numbers().len(), asked, "{copy}");
    }
}

#[test]
fn a_journal_that_can_not_be_read_still_speaks_for_a_copy_of_its_list() {
    let batch = Batch::of(9, accepting);
    batch.sends(&[], 0, "finished");
    let journal = batch.file("users.csv.smspin");
    let whole = std::fs::read(&journal).unwrap();
    let run = |list: &str| {
        let base_url = &batch.gateway.base_url;
        let args = ["--json", "batch", list, "--yes", "--base-url", base_url];
        batch.home.smspin(args).env("SMSPIN_API_KEY", super::KEY).end()
    };
    std::fs::copy(batch.file("users.csv"), batch.file("copy.csv")).unwrap();
    std::fs::hard_link(batch.file("users.csv"), batch.file("hard.csv")).unwrap();
    // A page that SQLite misses, and a digit of a number, which it doesn't.
    let page = {
        let mut bytes = whole.clone();
        bytes[4096..8192].fill(0);
        bytes
    };
    let row = {
        let mut bytes = whole.clone();
        let number = (FIRST + 2).to_be_bytes();
        let at = bytes
            .windows(6)
            .rposition(|window| window == &number[2..])
            .unwrap();
        bytes[at + 5] ^= 1;
        bytes
    };
    for damaged in [page, row] {
        std::fs::write(&journal, damaged).unwrap();
        for list in ["copy.csv", "hard.csv"] {
            let ended = run(list);
            assert_eq!(ended.status, Some(2), "{ended}");
            let says = "the same rows have a journal already";
            assert!(ended.stdout.contains(says), "{ended}");
        }
        assert_eq!(batch.gateway.numbers().len(), 9);
    }
    // Another list is none of its business.
    std::fs::write(batch.file("other.csv"), numbers(FIRST + 100..FIRST + 102)).unwrap();
    let ended = run("other.csv");
    assert_eq!(ended.status, Some(0), "{ended}");
}

/// What lies beside the input, but for its results and the lock, which a run leaves.
fn files_of_journal(batch: &Batch) -> Vec<String> {
    let files = batch.home.path().read_dir().unwrap();
    let names = files.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter(|name| name.contains(".smspin") && !name.contains(".lock"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_run_that_sends_nothing_leaves_no_files_beside_a_closed_journal() {
    let batch = Batch::of(3, accepting);
    batch.refuses(&[], 2, &["--yes"]);
    assert_eq!(files_of_journal(&batch), Vec::<String>::new());
    batch.sends(&["--limit", "1"], 4, "pending");
    let closed = ["users.csv.smspin"];
    assert_eq!(files_of_journal(&batch), closed);
    for (more, status) in [
        (&[][..], 2),
        (&["--yes", "--max-sends", "1"], 2),
        (&["--dry-run"], 0),
    ] {
        batch.refuses(more, status, &[]);
        assert_eq!(files_of_journal(&batch), closed, "{more:?}");
    }
    batch.sends(&[], 0, "finished");
    batch.sends(&[], 0, "finished");
    assert_eq!(files_of_journal(&batch), closed);
    batch.write(&numbers(FIRST..FIRST + 4));
    batch.refuses(&["--yes"], 2, &["another batch"]);
    assert_eq!(files_of_journal(&batch), closed);
    // One that nobody has closed is whole only with its -wal.
    let batch = killed();
    let files = files_of_journal(&batch);
    assert!(files.contains(&"users.csv.smspin-wal".to_owned()), "{files:?}");
    batch.refuses(&[], 2, &["--yes"]);
    assert_eq!(files_of_journal(&batch), files);
}

/// The -wal is changed in a way that SQLite takes for its end.
#[test]
fn a_damaged_wal_is_noticed_and_can_be_given_up() {
    let batch = killed();
    let wal = batch.file("users.csv.smspin-wal");
    let mut bytes = std::fs::read(&wal).unwrap();
    bytes[32 + 100] ^= 1;
    std::fs::write(&wal, bytes).unwrap();
    for more in [&["--yes"][..], &["--dry-run"], &["--status"]] {
        batch.refuses(
            more,
            2,
            &["users.csv.smspin-wal", "is damaged", "--accept-lost-records"],
        );
    }
    let before = batch.gateway.numbers();
    let look = batch.command(&["--status", "--accept-lost-records"]).end();
    assert_eq!(look.status, Some(0), "{look}");
    batch.sends(&["--accept-lost-records"], 5, "finished");
    assert_eq!(batch.outcomes(), vec!["unknown"; 9]);
    // It is in the journal now.
    batch.sends(&[], 5, "finished");
    assert_eq!(batch.gateway.numbers(), before, "nobody else was sent to");
}

#[cfg(target_os = "linux")]
#[test]
fn a_look_with_another_program_after_a_kill_does_no_harm() {
    let batch = killed();
    let other = rusqlite::Connection::open(batch.file("users.csv.smspin")).unwrap();
    let attempts: i64 = other
        .query_row("SELECT count(*) FROM attempt", [], |row| row.get(0))
        .unwrap();
    assert!(attempts >= 2);
    other.close().unwrap();
    assert!(!batch.file("users.csv.smspin-wal").exists());
    batch.sends(&[], 5, "finished");
    let mut all = batch.gateway.numbers();
    let sent = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), sent, "nobody got two");
}

#[cfg(target_os = "linux")]
#[test]
fn a_journal_that_is_renamed_under_a_run_stops_it() {
    let batch = Batch::of(400, |number, _| {
        if number == FIRST + 1 {
            Reply::Held
        } else {
            Reply::Ok
        }
    });
    let running = batch.command(&["--yes", "--concurrency", "2"]).start();
    batch.gateway.wait_until(|numbers| numbers.contains(&(FIRST + 1)));
    std::fs::rename(batch.file("users.csv.smspin"), batch.file("mine")).unwrap();
    batch.gateway.release();
    let ended = running.end();
    assert_eq!(ended.status, Some(7), "{ended}");
    let said = format!("{}{}", ended.stdout, ended.stderr);
    assert!(said.contains("was renamed during the run"), "{ended}");
    assert!(said.contains("/mine"), "{ended}");
    let sent = batch.gateway.numbers().len();
    std::fs::rename(batch.file("mine"), batch.file("users.csv.smspin")).unwrap();
    batch.sends(&[], 0, "finished");
    let mut all = batch.gateway.numbers();
    assert!(sent < 400 && all.len() == 400, "{sent} of {}", all.len());
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 400, "nobody got two");
}

#[test]
fn a_main_file_that_is_gone_while_its_wal_is_there_is_noticed() {
    let batch = killed();
    std::fs::remove_file(batch.file("users.csv.smspin")).unwrap();
    batch.refuses(&["--yes"], 2, &["is missing, but", "put "]);
}

#[test]
fn a_damaged_journal_is_noticed() {
    let batch = Batch::of(2000, |_, _| Reply::Ok);
    batch.sends(&["--limit", "600"], 4, "pending");
    let path = batch.file("users.csv.smspin");
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() > 16384, "several pages: {}", whole.len());
    let mut noise = whole.clone();
    noise[4096..].fill(0x5A);
    let mut header = whole.clone();
    header[..100].fill(0);
    for (name, bytes, says) in [
        ("cut to a page", &whole[..4096], "cut short"),
        ("cut by a byte", &whole[..whole.len() - 1], "cut short"),
        ("cut in its header", &whole[..50], "cut short"),
        ("empty", &whole[..0], "is empty"),
        ("noise behind the first page", &noise, "damaged"),
        ("noise in its header", &header, "is not a journal"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let ended = batch.refuses(&["--yes"], 2, &["nothing was sent", says]);
        assert!(
            !ended.json()["hints"].is_null() || ended.stdout.contains("hint"),
            "{name}: {ended}"
        );
    }
    std::fs::write(&path, whole).unwrap();
    batch.sends(&["--limit", "10"], 4, "pending");
}

#[test]
fn a_journal_of_another_file_is_no_journal_of_this_one() {
    let batch = Batch::of(3, accepting);
    batch.sends(&["--journal", "j"], 0, "finished");
    std::fs::write(batch.file("more.csv"), numbers(FIRST..FIRST + 4)).unwrap();
    let args = [
        "--json",
        "batch",
        "more.csv",
        "--yes",
        "--journal",
        "j",
        "--base-url",
        &batch.gateway.base_url,
    ];
    let ended = batch.home.smspin(args).env("SMSPIN_API_KEY", super::KEY).end();
    assert_eq!(ended.status, Some(2), "{ended}");
    assert!(ended.stdout.contains("3 people"), "{ended}");
    assert_eq!(batch.gateway.numbers().len(), 3);
}

#[test]
fn a_place_that_cannot_be_written_to_is_said_before_anything_is_sent() {
    let batch = Batch::of(2, accepting);
    // Not even root writes there.
    for more in [["--journal", "/proc/j.smspin"], ["-o", "/proc/out.csv"]] {
        batch.refuses(&["--yes", more[0], more[1]], 2, &["nothing was sent"]);
    }
    assert_eq!(batch.gateway.balances(), 0);
}

#[test]
fn an_input_that_is_edited_during_the_run_stops_it() {
    const ROWS: u64 = 3000;
    let batch = Batch::of(ROWS, |number, _| {
        if number == FIRST + 1 {
            Reply::Held
        } else {
            Reply::Ok
        }
    });
    let running = batch.command(&["--yes", "--concurrency", "2"]).start();
    batch.gateway.wait_until(|numbers| numbers.contains(&(FIRST + 1)));
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(batch.file("users.csv"))
        .unwrap();
    writeln!(file, "34699999999").unwrap();
    drop(file);
    batch.gateway.release();
    let ended = running.end();
    assert_eq!(ended.status, Some(7), "{ended}");
    let said = "the results are not written: cannot read users.csv once more: the file was changed";
    assert!(ended.stderr.contains(said), "{ended}");
    assert!(!batch.gateway.numbers().contains(&34_699_999_999));
    let again = batch.refuses(&["--yes"], 2, &["people in this one would get a second SMS"]);
    assert!(again.stdout.contains("input: the content"), "{again}");
    let rest = batch.sends(&["--skip-sent"], 0, "finished");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    let before = all.len();
    all.dedup();
    assert_eq!(all.len(), before, "somebody got two: {rest}");
    assert_eq!(all.len() as u64, ROWS + 1, "{rest}");
}
