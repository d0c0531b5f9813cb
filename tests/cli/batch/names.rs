//! Which batch a file is: by whatever name it is called, and after whatever came between.

use super::{Batch, FIRST, KEY, accepting, numbers};
use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply, Script};
use crate::support::home::Home;
use crate::support::http::{self, Request};
use rustix::process::Signal;
use std::os::unix::fs::symlink;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};

impl Batch {
    fn run_file(&self, file: &str, more: &[&str]) -> Ended {
        let args = ["--json", "batch", file, "--base-url", &self.gateway.base_url];
        self.home
            .smspin([&args, more].concat())
            .env("SMSPIN_API_KEY", KEY)
            .end()
    }

    /// Everybody that was asked for got as many requests as this.
    #[track_caller]
    fn everybody_got(&self, rows: u64, times: usize) {
        let mut all = self.gateway.numbers();
        all.sort_unstable();
        let expected: Vec<_> = (FIRST..FIRST + rows)
            .flat_map(|number| vec![number; times])
            .collect();
        assert_eq!(all, expected);
    }
}

#[test]
fn a_link_and_what_it_leads_to_are_one_batch() {
    let batch = Batch::of(4, accepting);
    std::fs::create_dir(batch.file("elsewhere")).unwrap();
    symlink("users.csv", batch.file("link.csv")).unwrap();
    symlink("../link.csv", batch.file("elsewhere/second.csv")).unwrap();
    let first = batch.run_file("elsewhere/second.csv", &["--yes", "--limit", "2"]);
    assert_eq!(first.status, Some(4), "{first}");
    assert!(batch.file("users.csv.smspin").exists(), "{first}");
    let status = batch.run_file("link.csv", &["--status"]);
    assert_eq!(status.json()["rows"]["accepted"], 2, "{status}");
    batch.sends(&[], 0, "finished");
    assert_eq!(batch.run_file("link.csv", &["--yes"]).status, Some(0));
    batch.everybody_got(4, 1);
    assert!(!batch.file("link.csv.smspin").exists() && !batch.file("link.results.csv").exists());
}

#[test]
fn a_hard_link_or_a_copy_is_the_same_list() {
    let batch = Batch::of(3, accepting);
    batch.sends(&["--limit", "1"], 4, "pending");
    std::fs::hard_link(batch.file("users.csv"), batch.file("hard.csv")).unwrap();
    std::fs::copy(batch.file("users.csv"), batch.file("copy.csv")).unwrap();
    for (file, more) in [
        ("hard.csv", &[][..]),
        ("copy.csv", &[]),
        ("users.csv", &["--journal", "other.smspin"]),
        ("copy.csv", &["--skip-sent"]),
    ] {
        let ended = batch.run_file(file, &[&["--yes"], more].concat());
        assert_eq!(ended.status, Some(2), "{ended}");
        assert!(
            ended.stdout.contains("the same rows have a journal already"),
            "{ended}"
        );
        assert!(ended.stdout.contains("users.csv.smspin"), "{ended}");
    }
    assert_eq!(batch.gateway.numbers().len(), 1);
    let rest = batch.run_file("copy.csv", &["--yes", "--journal", "users.csv.smspin"]);
    assert_eq!(rest.status, Some(0), "{rest}");
    batch.everybody_got(3, 1);
    let again = batch.run_file("copy.csv", &["--again"]);
    assert!(again.stderr.contains("3 of them may get a second SMS"), "{again}");
    assert_eq!(batch.run_file("copy.csv", &["--yes", "--again"]).status, Some(0));
    batch.everybody_got(3, 2);
}

#[test]
fn one_file_is_not_sent_twice_at_once_under_two_names() {
    let batch = Batch::of(
        3,
        |number, _| if number == FIRST { Reply::Held } else { Reply::Ok },
    );
    std::fs::hard_link(batch.file("users.csv"), batch.file("hard.csv")).unwrap();
    let running = batch.command(&["--yes"]).start();
    batch.gateway.wait_until(|numbers| numbers.len() == 1);
    // Even where somebody means to send again: not at the same time.
    let other = batch.run_file("hard.csv", &["--yes", "--again"]);
    assert_eq!(other.status, Some(2), "{other}");
    assert!(
        other.stdout.contains("another run is sending hard.csv"),
        "{other}"
    );
    batch.gateway.release();
    assert_eq!(running.end().status, Some(0));
    batch.everybody_got(3, 1);
}

/// Two runs that start in one moment may both see the other and send nothing: then both have a journal that has reached nobody.
#[test]
fn of_two_journals_of_the_same_rows_that_have_begun_one_goes_on() {
    let batch = Batch::of(3, |number, times| match (number, times) {
        (FIRST, 1 | 2) => Reply::Error("UNAUTHORIZED"),
        _ => Reply::Ok,
    });
    std::fs::copy(batch.file("users.csv"), batch.file("copy.csv")).unwrap();
    let one = ["--yes", "--limit", "1"];
    assert_eq!(batch.run_file("users.csv", &one).status, Some(6));
    let (journal, elsewhere) = (batch.file("users.csv.smspin"), batch.file("elsewhere"));
    std::fs::rename(&journal, &elsewhere).unwrap();
    assert_eq!(batch.run_file("copy.csv", &one).status, Some(6));
    std::fs::rename(&elsewhere, &journal).unwrap();
    let first = batch.run_file("users.csv", &one);
    assert_eq!(first.json()["rows"]["accepted"], 1, "{first}");
    let asked = batch.gateway.numbers().len();
    for more in [&["--yes"][..], &["--dry-run"], &["--yes", "--skip-sent"]] {
        let other = batch.run_file("copy.csv", more);
        assert_eq!(other.status, Some(2), "{other}");
        let says = "the same rows have a journal already";
        assert!(other.stdout.contains(says), "{other}");
        assert!(other.stdout.contains("users.csv.smspin goes on"), "{other}");
    }
    assert_eq!(batch.gateway.numbers().len(), asked);
    // Somebody means it, and a kill makes no difference to that.
    let meant = batch.run_file("copy.csv", &["--yes", "--again", "--limit", "1"]);
    assert_eq!(meant.json()["rows"]["accepted"], 1, "{meant}");
    for name in ["copy.csv", "users.csv"] {
        let rest = batch.run_file(name, &["--yes", "--limit", "1"]);
        assert_eq!(rest.json()["rows"]["accepted"], 2, "{rest}");
    }
}

#[test]
fn a_journal_that_was_set_aside_still_knows_whom_it_reached() {
    let batch = Batch::of(3, accepting);
    let first = batch.read("users.csv");
    batch.sends(&[], 0, "finished");
    batch.write(&numbers(FIRST + 100..FIRST + 102));
    batch.sends(&[], 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 5);
    batch.write(&first);
    let says = &["3 people in this one would get a second SMS"];
    batch.refuses(&["--yes"], 2, says);
    // Beside a third list, and in whatever order.
    batch.write(&format!("{first}34699999999\n"));
    batch.refuses(&["--yes"], 2, says);
    let rest = batch.sends(&["--skip-sent"], 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 6, "{rest}");
    assert_eq!(rest.json()["rows"]["accepted"], 4, "{rest}");
    let results = batch.read("users.results.csv");
    assert_eq!(
        results.matches(",200,").count(),
        4,
        "with the columns of the run that reached them: {results}"
    );
    let status = batch.run(&["--status"]);
    assert_eq!(status.json()["rows"]["accepted"], 4, "{status}");
    // The journal is gone, and what was set aside is not.
    std::fs::remove_file(batch.file("users.csv.smspin")).unwrap();
    std::fs::remove_file(batch.file("users.results.csv")).unwrap();
    batch.refuses(&["--yes"], 2, says);
}

/// What a kill leaves between the renaming of one journal and the beginning of the next.
#[test]
fn a_kill_after_a_journal_was_set_aside_keeps_no_batch_from_beginning() {
    const ASIDE: &str = "users.csv.smspin.2026-01-31T23-59-58Z";
    let batch = Batch::of(3, |number, _| match number - FIRST {
        101 => Reply::Held,
        _ => Reply::Ok,
    });
    let first = batch.read("users.csv");
    batch.sends(&[], 0, "finished");
    let set_aside = || std::fs::rename(batch.file("users.csv.smspin"), batch.file(ASIDE)).unwrap();
    set_aside();
    // The list that was reached is known as such, and another one begins.
    let says = &["were set aside", "3 people in this one would get a second SMS"];
    batch.refuses(&["--yes"], 2, says);
    batch.write(&numbers(FIRST + 100..FIRST + 102));
    let running = batch.command(&["--yes"]).start();
    batch.gateway.wait_until(|numbers| numbers.len() == 5);
    running.signal(Signal::KILL);
    running.end();
    batch.gateway.release();
    // Its own journal is lost now, and the results are still those of the first list.
    for name in ["users.csv.smspin", "users.csv.smspin-wal", "users.csv.smspin-shm"] {
        std::fs::rename(batch.file(name), batch.file(&format!("{name}.lost"))).unwrap();
    }
    batch.refuses(
        &["--yes"],
        2,
        &["has 3 rows accepted", "users.csv.smspin is missing"],
    );
    for name in ["users.csv.smspin", "users.csv.smspin-wal", "users.csv.smspin-shm"] {
        std::fs::rename(batch.file(&format!("{name}.lost")), batch.file(name)).unwrap();
    }
    batch.sends(&[], 5, "finished");
    batch.write(&first);
    batch.refuses(&["--yes"], 2, &["3 people in this one would get a second SMS"]);
    assert_eq!(batch.gateway.numbers().len(), 5);
}

#[test]
fn people_reached_before_keep_what_is_known_of_them() {
    let batch = Batch::of(3, |number, _| match number - FIRST {
        1 => Reply::Lost,
        _ => Reply::Ok,
    });
    batch.sends(&[], 5, "finished");
    let before = batch.read("users.results.csv");
    let first = batch.read("users.csv");
    batch.write(&format!("{first}34699999999\n"));
    let ended = batch.sends(&["--skip-sent"], 5, "finished");
    assert_eq!(ended.json()["rows"]["accepted"], 3, "{ended}");
    assert_eq!(ended.json()["rows"]["unknown"], 1, "{ended}");
    assert_eq!(batch.outcomes(), ["accepted", "unknown", "accepted", "accepted"]);
    let after = batch.read("users.results.csv");
    let columns = |results: &str, row: usize| {
        let line = results.lines().nth(row).unwrap();
        line.split(',').take(8).map(str::to_owned).collect::<Vec<_>>()
    };
    for row in 1..=3 {
        assert_eq!(columns(&after, row), columns(&before, row));
    }
    let status = batch.run(&["--status"]);
    assert_eq!(status.json()["rows"]["accepted"], 3, "{status}");
    assert_eq!(status.json()["rows"]["unknown"], 1, "{status}");
}

#[test]
fn everybody_gets_another_sms_once_for_each_round_that_is_named() {
    let batch = Batch::of(2, accepting);
    batch.sends(&[], 0, "finished");
    let stopped = batch.sends(&["--again", "--limit", "1"], 4, "pending");
    let next = stopped.json()["next"].as_str().unwrap().to_owned();
    assert!(!next.contains("--again"), "{next}");
    batch.sends(&[], 0, "finished");
    batch.everybody_got(2, 2);
    // Typed once too often, for a terminal or not.
    batch.refuses(
        &["--again", "--yes"],
        2,
        &["--again=2 sends it to everybody once more"],
    );
    batch.refuses(&["--again"], 2, &["--again=2"]);
    batch.refuses(
        &["--again=3", "--yes"],
        2,
        &["the next round of this batch is --again=2"],
    );
    batch.sends(&["--again=1"], 0, "finished");
    batch.everybody_got(2, 2);
    batch.sends(&["--again=2"], 0, "finished");
    batch.sends(&["--again=2"], 0, "finished");
    batch.everybody_got(2, 3);
}

#[test]
fn the_status_says_the_whole_command_that_goes_on() {
    let batch = Batch::of(3, accepting);
    let run = batch.command(&[
        "--yes",
        "--limit",
        "1",
        "--sms-text",
        "It's {PIN}",
        "--report-url",
        "https://example.com/?t=s3cret",
    ]);
    let first = run.env("SMSPIN_SENDER", "MY SHOP").end();
    assert_eq!(first.status, Some(4), "{first}");
    let status = batch.run(&["--status"]);
    let next = status.json()["next"].as_str().unwrap().to_owned();
    assert!(next.contains(r"--sms-text 'It'\''s {PIN}'"), "{next}");
    assert!(next.contains("'--sender=MY SHOP'"), "{next}");
    assert!(
        !next.contains("s3cret") && status.json()["hint"].as_str().unwrap().contains("--report-url"),
        "{status}"
    );
    status.holds_nowhere("s3cret");
    let journal = std::fs::read(batch.file("users.csv.smspin")).unwrap();
    assert!(!String::from_utf8_lossy(&journal).contains("s3cret"));
    // As a person would paste it, with what it says is missing.
    let path = std::path::Path::new(env!("CARGO_BIN_EXE_smspin"))
        .parent()
        .unwrap();
    let line = format!(
        "{} --report-url 'https://example.com/?t=s3cret'",
        next.replace("--limit 1", "")
    );
    let shell = std::process::Command::new("/bin/sh")
        .args(["-c", &line])
        .env_clear()
        .env("PATH", path)
        .env("HOME", batch.home.path())
        .env("SMSPIN_API_KEY", KEY)
        .current_dir(batch.home.path())
        .output()
        .unwrap();
    assert_eq!(shell.status.code(), Some(0), "{line}: {shell:?}");
    batch.everybody_got(3, 1);
}

/// Holds the first run before its first row, at the balance, until the test lets it go on.
struct HoldsTheFirst {
    balances: AtomicUsize,
    go_on: Mutex<Receiver<()>>,
}

impl Script for HoldsTheFirst {
    fn reply(&self, request: &Request) -> Reply {
        if request.is_balance() {
            if self.balances.fetch_add(1, Ordering::SeqCst) == 0 {
                self.go_on.lock().unwrap().recv().unwrap();
            }
            return Reply::http(200, http::BALANCE);
        }
        if request.is_probe() {
            return Reply::http(400, http::MISSING_PARAMS);
        }
        Reply::Ok
    }
}

#[test]
fn a_copy_that_is_sent_while_the_other_is_at_its_question_is_not_sent_twice() {
    for left in ["0", "2"] {
        let home = Home::new();
        for name in ["users.csv", "copy.csv"] {
            std::fs::write(home.file(name), numbers(FIRST..FIRST + 3)).unwrap();
        }
        let (go_on, held) = channel();
        let gateway = Gateway::start(HoldsTheFirst {
            balances: AtomicUsize::new(0),
            go_on: Mutex::new(held),
        });
        let run = |file: &str, more: &[&str]| {
            let args = ["--json", "batch", file, "--yes", "--base-url", &gateway.base_url];
            home.smspin([&args, more].concat()).env("SMSPIN_API_KEY", KEY)
        };
        let first = run("users.csv", &[]).start();
        while gateway.balances() == 0 {
            std::thread::yield_now();
        }
        let limit = (3 - left.parse::<u32>().unwrap()).to_string();
        let second = run("copy.csv", &["--limit", &limit]).end();
        assert_eq!(
            second.json()["rows"]["accepted"],
            limit.parse::<u32>().unwrap(),
            "{second}"
        );
        go_on.send(()).unwrap();
        let first = first.end();
        assert_eq!(first.status, Some(2), "{first}");
        assert!(first.stdout.contains("copy.csv.smspin"), "{first}");
        let mut got = gateway.numbers();
        got.dedup();
        assert_eq!(got.len(), gateway.numbers().len(), "{got:?}");
        assert_eq!(got.len(), limit.parse::<usize>().unwrap());
    }
}

#[test]
fn two_copies_that_start_in_one_moment_are_not_both_sent() {
    for _ in 0..8 {
        let batch = Batch::of(3, accepting);
        std::fs::copy(batch.file("users.csv"), batch.file("copy.csv")).unwrap();
        let start = |file: &str| {
            let args = [
                "--json",
                "batch",
                file,
                "--yes",
                "--base-url",
                &batch.gateway.base_url,
            ];
            batch.home.smspin(args).env("SMSPIN_API_KEY", KEY).start()
        };
        let both = [start("users.csv"), start("copy.csv")];
        let statuses = both.map(|run| run.end().status);
        let mut got = batch.gateway.numbers();
        got.sort_unstable();
        got.dedup();
        assert_eq!(got.len(), batch.gateway.numbers().len(), "{statuses:?}");
        // Where both saw the other, nobody was sent to, and one of them can be run again.
        if got.is_empty() {
            assert_eq!(statuses, [Some(2); 2]);
            assert_eq!(batch.run_file("users.csv", &["--yes"]).status, Some(0));
            batch.everybody_got(3, 1);
        }
    }
}
