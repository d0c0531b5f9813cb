//! A journal that is lost, old, or another one: nothing is sent, and the way on is said.

use crate::batch::{Batch, FIRST, accepting, numbers};
use crate::support::gateway::{Reply, only};
use crate::support::home::KEY;
use rustix::process::Signal;

/// The way on.
const ADOPT: &str = "smspin journal adopt ";

/// Refused because of the marker beside the list, and sent to after it was adopted: each person got one SMS.
#[track_caller]
fn is_refused_until_adopted(batch: &Batch, rows: u64) {
    batch.refuses("--yes", 2, &["nothing was sent", ADOPT]);
    batch.refuses("--dry-run", 2, &[ADOPT]);
    batch.journal("adopt users.csv --yes").exits(0);
    batch.run("--yes").exits(5);
    batch.each_got(rows, 1);
}

fn keep(batch: &Batch, name: &str) {
    for side in ["", "-wal"] {
        let from = batch.file(&format!("journal.db{side}"));
        if from.exists() {
            std::fs::copy(from, batch.file(&format!("{name}{side}"))).unwrap();
        }
    }
}

fn remove(batch: &Batch) {
    for side in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(batch.file(&format!("journal.db{side}")));
    }
}

#[test]
fn a_journal_that_is_gone_is_noticed() {
    let batch = Batch::of(3, accepting);
    batch.sends("", 0, "finished");
    remove(&batch);
    is_refused_until_adopted(&batch, 3);
}

/// Where the gateway, the journal and the campaign were said by flags, another command knows of none of them.
#[test]
fn the_command_that_is_said_leads_to_the_same_journal() {
    let batch = Batch::of(3, accepting);
    let own = ["--journal", "own.db", "--campaign", "spring", "--yes"];
    let start = || {
        let args = [
            "--json",
            "batch",
            "users.csv",
            "--base-url",
            &batch.gateway.base_url,
        ];
        let run = batch.home.smspin([&args[..], &own].concat());
        run.env("SMSPIN_API_KEY", KEY).end()
    };
    start().exits(0);
    for side in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(batch.file(&format!("own.db{side}")));
    }
    let refused = start().exits(2);
    let json = refused.json();
    let (_, command) = json["hint"].as_str().unwrap().split_once("`smspin ").unwrap();
    let (command, _) = command.split_once('`').unwrap();
    let pasted = ["--json"].into_iter().chain(command.split(' ')).chain(["--yes"]);
    let adopted = batch.home.smspin(pasted).end();
    assert_eq!(adopted.json()["numbers"], 3, "{command}: {adopted}");
    start().exits(5);
    batch.each_got(3, 1);
}

#[test]
fn a_journal_of_another_machine_is_noticed() {
    let batch = Batch::of(3, accepting);
    batch.sends("--limit 2", 4, "pending");
    let other = ["--journal", "elsewhere.db"];
    let refused = batch.refuses(&[&other[..], &["--yes"]].concat(), 2, &[ADOPT]);
    assert!(
        refused.stdout.contains("journal.db"),
        "it names the journal that knows: {refused}"
    );
    // With the right one it goes on.
    batch.sends("", 0, "finished");
    batch.each_got(3, 1);
}

/// What the new journal tried in vain doesn't say that the lost one had not sent.
#[test]
fn a_number_that_was_tried_in_vain_since_the_loss_is_adopted() {
    let batch = Batch::of(2, |_, nth| if nth == 2 { Reply::Busy } else { Reply::Ok });
    std::fs::write(batch.file("second.csv"), numbers(FIRST..FIRST + 1)).unwrap();
    batch.sends("", 0, "finished");
    remove(&batch);
    let in_vain = batch.run_file("second.csv", "--yes --retries 0");
    assert_ne!(in_vain.status, Some(0), "{in_vain}");
    assert_eq!(batch.gateway.numbers().len(), 3, "{in_vain}");
    let adopted = batch.journal("adopt users.csv --yes");
    assert_eq!(adopted.json()["numbers"], 2, "{adopted}");
    let again = batch.run_file("second.csv", "--yes").exits(5);
    assert_eq!(batch.gateway.numbers().len(), 3, "{again}");
}

/// A backup that is made between two runs may be of the file that is called the journal, without those beside it.
#[test]
fn after_a_run_the_database_file_alone_knows_everyone() {
    let batch = Batch::of(3, accepting);
    batch.sends("", 0, "finished");
    std::fs::copy(batch.file("journal.db"), batch.file("backup.db")).unwrap();
    std::fs::write(batch.file("copy.csv"), numbers(FIRST..FIRST + 3)).unwrap();
    remove(&batch);
    std::fs::rename(batch.file("backup.db"), batch.file("journal.db")).unwrap();
    for list in ["users.csv", "copy.csv"] {
        batch.run_file(list, "--yes").exits(0);
    }
    batch.each_got(3, 1);
}

/// The marker names the campaign that is meant, and what goes on after an adoption is the batch.
#[test]
fn the_loss_of_one_campaign_is_not_adopted_in_another() {
    let batch = Batch::of(3, accepting);
    let spring = ["--campaign", "spring"];
    batch.sends(&spring, 0, "finished");
    remove(&batch);
    let other = batch.journal("adopt users.csv --yes").exits(2);
    other.out("--campaign spring");
    batch.refuses(&[&["--yes"], &spring[..]].concat(), 2, &[ADOPT]);
    let adopted = batch.journal(&[&["adopt", "users.csv", "--yes"], &spring[..]].concat());
    assert_eq!(adopted.json()["numbers"], 3, "{adopted}");
    let status = batch.journal(&[&["status", "users.csv"], &spring[..]].concat());
    let hint = status.json()["hint"].to_string();
    assert!(
        hint.contains("smspin batch users.csv --campaign spring"),
        "{status}"
    );
    batch.sends(&spring, 5, "finished");
    batch.each_got(3, 1);
}

/// A list is read with flags: the command that is said has them, or other people would be adopted.
#[test]
fn a_list_is_adopted_as_it_was_read() {
    let batch = Batch::with(
        "phone,partner\n+34600000001,+34600000011\n+34600000002,+34600000012\n",
        accepting,
    );
    let column = ["--column", "msisdn=partner"];
    batch.sends(&column, 0, "finished");
    remove(&batch);
    let refused = batch.refuses(&[&["--yes"], &column[..]].concat(), 2, &[ADOPT]);
    let hint = refused.json()["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("--column msisdn=partner"), "{hint}");
    let adopted = batch.journal(&[&["adopt", "users.csv", "--yes"], &column[..]].concat());
    assert_eq!(adopted.json()["numbers"], 2, "{adopted}");
    batch.sends(&column, 5, "finished");
    assert_eq!(batch.gateway.numbers().len(), 2);
}

/// Each list that a run has lost records of is adopted on its own.
#[test]
fn the_losses_of_one_list_are_not_adopted_with_another() {
    let batch = Batch::of(1, |number, _| match number - FIRST {
        12 | 22 => Reply::Held,
        _ => Reply::Ok,
    });
    batch.sends("", 0, "finished");
    keep(&batch, "copy.db");
    for list in ["a.csv", "b.csv"] {
        let first = FIRST + if list == "a.csv" { 10 } else { 20 };
        std::fs::write(batch.file(list), numbers(first..first + 9)).unwrap();
        let running = batch.command_for(list, "--yes --concurrency 1").start();
        batch.gateway.wait_until(|numbers| numbers.contains(&(first + 2)));
        running.signal(Signal::KILL);
        running.end();
        // Without their markers, the lock files alone tell.
        std::fs::remove_file(batch.file(&format!("{list}.smspin"))).unwrap();
    }
    remove(&batch);
    for side in ["", "-wal"] {
        let from = batch.file(&format!("copy.db{side}"));
        if from.exists() {
            std::fs::copy(from, batch.file(&format!("journal.db{side}"))).unwrap();
        }
    }
    batch.refuses("--yes", 2, &["has lost records", ADOPT]);
    for (list, left) in [("a.csv", true), ("b.csv", false)] {
        batch.journal(&["adopt", list, "--yes"]).exits(0);
        let next = batch.run("--yes");
        assert_eq!(next.status == Some(2), left, "{list}: {next}");
    }
}

#[test]
fn a_sandbox_that_is_reset_knows_no_numbers_and_excludes_none() {
    let batch = Batch::of(3, accepting);
    std::fs::write(batch.file("stop.txt"), format!("{FIRST}\n")).unwrap();
    let rehearse = |more: &[&str]| {
        let args = ["--sandbox", "--json", "batch", "users.csv", "--yes"];
        let ended = batch.home.smspin([&args[..], more].concat()).end();
        ended.json()["run"]["sent"].as_u64()
    };
    assert_eq!(rehearse(&["--exclude", "stop.txt"]), Some(2));
    assert_eq!(rehearse(&[]), None);
    for (flags, sent) in [
        (&["--account", "abcd"][..], None),
        (&["--db", "other.db"], None),
        (&[], Some(3)),
    ] {
        batch
            .home
            .smspin([&["sandbox", "reset"], flags].concat())
            .exits(0);
        assert_eq!(rehearse(&[]), sent, "{flags:?}");
    }
    let adopt = ["--sandbox", "journal", "adopt", "users.csv", "--yes"];
    batch.home.smspin(adopt).exits(0);
    // What only has the name of that journal stays.
    let journal = batch.home.file(".local/state/smspin/sandbox.journal.db");
    // No real batch may write there.
    let own = batch
        .command(&["--yes", "--journal", journal.to_str().unwrap()])
        .exits(2);
    own.out("is the journal of the sandbox");
    // What is left of a journal that is gone goes with it.
    std::fs::remove_file(&journal).unwrap();
    batch.home.typed("sandbox reset").exits(0);
    assert_eq!(rehearse(&[]), Some(3));
    for side in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{side}", journal.display()));
    }
    let is_refused = || {
        batch.home.typed("sandbox reset").exits(2);
    };
    std::fs::write(&journal, "a letter\n").unwrap();
    is_refused();
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), "a letter\n");
    std::fs::remove_file(&journal).unwrap();
    std::os::unix::fs::symlink(batch.file("users.csv"), &journal).unwrap();
    is_refused();
    assert!(batch.file("users.csv").exists() && journal.is_symlink());
}

#[test]
fn a_rehearsal_is_no_reason_to_refuse_and_leaves_no_marker() {
    let batch = Batch::of(2, accepting);
    let rehearsal = batch.home.typed("--sandbox batch users.csv --yes").exits(0);
    assert!(!batch.file("users.csv.smspin").exists(), "{rehearsal}");
    batch.sends("", 0, "finished");
    let marker = batch.read("users.csv.smspin");
    assert!(!marker.contains("346000000"), "{marker}");
    batch.each_got(2, 1);
}

#[test]
fn what_is_not_a_marker_is_left_alone_and_nothing_is_sent() {
    let batch = Batch::of(2, accepting);
    for text in ["a letter\n", "", "SQLite format 3\0"] {
        std::fs::write(batch.file("users.csv.smspin"), text).unwrap();
        if text.is_empty() {
            continue;
        }
        batch.refuses("--yes", 2, "users.csv.smspin");
        assert_eq!(batch.read("users.csv.smspin"), text);
    }
}

#[test]
fn a_journal_that_is_renamed_deleted_or_replaced_under_a_run_ends_it() {
    type Mishap = fn(&Batch);
    let mishaps: [Mishap; 3] = [
        |batch| std::fs::rename(batch.file("journal.db"), batch.file("away.db")).unwrap(),
        |batch| std::fs::remove_file(batch.file("journal.db")).unwrap(),
        |batch| {
            std::fs::copy(batch.file("journal.db"), batch.file("copy.db")).unwrap();
            std::fs::rename(batch.file("copy.db"), batch.file("journal.db")).unwrap();
        },
    ];
    for mishap in mishaps {
        let batch = Batch::of(9, only(FIRST + 2, Reply::Held));
        let running = batch.command("--yes --concurrency 1").start();
        batch.gateway.wait_until(|numbers| numbers.len() == 3);
        mishap(&batch);
        batch.gateway.release();
        let ended = running.exits(7);
        assert!(batch.gateway.numbers().len() <= 4, "{ended}");
        // The next run finds by the marker that this journal doesn't know all of it, or that there is none.
        batch.run("--yes");
        batch.gateway.asked_each_once();
    }
}

#[test]
fn files_that_sqlite_would_take_for_its_own_are_left_alone() {
    for side in ["-wal", "-shm", "-journal"] {
        let batch = Batch::of(2, accepting);
        let path = batch.file(&format!("journal.db{side}"));
        std::fs::write(&path, "a letter to a friend\n").unwrap();
        batch.refuses("--yes", 2, &[&format!("journal.db{side}")]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a letter to a friend\n");
    }
}

/// A run whose records went to a file that is gone leaves its lock file, which tells of them.
#[test]
fn a_run_that_lost_its_log_leaves_word_of_it() {
    let batch = Batch::of(9, only(FIRST + 3, Reply::Held));
    let rows = numbers(FIRST..FIRST + 9);
    let piped = || {
        let run = batch.command_for("-", "--yes -o out.csv --concurrency 1");
        run.stdin(rows.clone())
    };
    let running = piped().start();
    batch.gateway.wait_until(|numbers| numbers.len() == 4);
    std::fs::remove_file(batch.file("journal.db-wal")).unwrap();
    batch.gateway.release();
    running.exits(7);
    let sent = batch.gateway.numbers().len();
    let again = piped().exits(2);
    again.out("journal adopt -");
    assert_eq!(batch.gateway.numbers().len(), sent);
}
