//! The subcommands that show and change what is remembered.

use crate::batch::{Batch, FIRST, accepting};
use crate::support::gateway::{Reply, only};
use rustix::process::Signal;

#[test]
fn without_a_journal_each_command_says_where_it_would_be() {
    let batch = Batch::of(2, accepting);
    for args in [
        &[][..],
        &["status", "users.csv"],
        &["results", "users.csv"],
        &["show", "34600000001"],
        &["reconcile", "users.csv"],
        &["readmit", "34600000001", "--yes"],
        &["forget", "--older", "1d", "--yes"],
    ] {
        let ended = batch.journal(args).exits(1);
        ended.out("there is no journal yet at");
        assert!(!batch.file("journal.db").exists(), "{ended}");
    }
}

#[test]
fn the_campaigns_are_listed_with_how_their_numbers_stand() {
    let batch = Batch::of(4, |number, _| match number - FIRST {
        1 => Reply::Lost,
        2 => Reply::Error("INVALID_NUMBER"),
        _ => Reply::Ok,
    });
    batch.sends("", 5, "finished");
    batch.sends("--campaign march --limit 1", 4, "pending");
    let ended = batch.journal("");
    let campaigns = &ended.json()["campaigns"];
    let default = &campaigns[0];
    assert_eq!(default["campaign"], "default", "{ended}");
    for (word, number) in [("numbers", 4), ("accepted", 2), ("unknown", 1), ("refused", 1)] {
        assert_eq!(default[word], number, "{word}: {ended}");
    }
    assert_eq!(campaigns[1]["numbers"], 1, "{ended}");
}

#[test]
fn a_number_is_shown_with_all_that_it_got() {
    let batch = Batch::of(2, |number, times| match (number - FIRST, times) {
        (0, 1) => Reply::Lost,
        _ => Reply::Ok,
    });
    batch.sends("", 5, "finished");
    batch.sends("--resend all-unknown", 0, "finished");
    let ended = batch.journal("show '+34 600 000 001'");
    let campaign = &ended.json()["campaigns"][0];
    assert_eq!(campaign["stands"], "accepted", "{ended}");
    let outcomes: Vec<_> = campaign["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["state"])
        .collect();
    assert_eq!(outcomes, ["unknown", "accepted"], "{ended}");
    let stranger = batch.journal("show 34699999999");
    assert_eq!(
        stranger.json()["campaigns"].as_array().unwrap().len(),
        0,
        "{stranger}"
    );
    assert!(batch.journal("show hello").stdout.contains("can't be read"));
}

#[test]
fn the_status_beside_a_run_adds_up_and_says_who_is_at_work() {
    let batch = Batch::of(9, only(FIRST + 1, Reply::Held));
    let running = batch.command("--yes --concurrency 1").start();
    batch.gateway.wait_until(|numbers| numbers.len() == 2);
    for _ in 0..20 {
        let status = batch.journal("status users.csv");
        let document = status.json();
        let rows = document["rows"].as_object().unwrap();
        let sum: u64 = rows.values().map(|rows| rows.as_u64().unwrap()).sum();
        assert_eq!(sum, 9, "{status}");
        assert_eq!(document["rows"]["accepted"], 1, "{status}");
        assert!(
            (1..=2).contains(&document["rows"]["under_way"].as_u64().unwrap()),
            "{status}"
        );
        let at_work = document["other_runs"][0].as_str().unwrap();
        assert!(
            at_work.contains(&format!("process {}", running.child.id())),
            "{status}"
        );
    }
    running.signal(Signal::KILL);
    running.end();
    let status = batch.journal("status users.csv");
    let rows = &status.json()["rows"];
    assert_eq!(rows["under_way"], 0, "{status}");
    assert!((1..=2).contains(&rows["unknown"].as_u64().unwrap()), "{status}");
    let next = status.json()["next"].as_str().unwrap().to_owned();
    assert!(next.starts_with("smspin --json batch users.csv"), "{status}");
    batch.gateway.release();
}

#[test]
fn a_campaign_is_forgotten_after_a_yes_and_its_list_is_not_sent_unasked() {
    let batch = Batch::of(3, accepting);
    batch.sends("", 0, "finished");
    let campaign = ["forget", "--campaign", "default"];
    let asked = batch.journal(&campaign).exits(2);
    asked.out("no terminal to ask");
    let gone = batch.journal(&[&campaign[..], &["--yes"]].concat());
    assert_eq!(
        (gone.status, &gone.json()["numbers"]),
        (Some(0), &3.into()),
        "{gone}"
    );
    for file in ["journal.db", "journal.db-wal"] {
        let bytes = std::fs::read(batch.file(file)).unwrap_or_default();
        let digits = FIRST.to_be_bytes();
        assert!(
            !bytes.windows(5).any(|five| five == &digits[3..]),
            "{file} still holds a number"
        );
    }
    batch.refuses("--yes", 2, "were forgotten on … smspin journal adopt users.csv");
    let adopted = batch.journal("adopt users.csv --yes");
    assert_eq!(adopted.json()["numbers"], 3, "{adopted}");
    batch.sends("", 5, "finished");
    batch.each_got(3, 1);
}

#[test]
fn a_forgotten_number_is_sent_to_again_and_one_flag_says_what() {
    let batch = Batch::of(3, accepting);
    batch.sends("--limit 2", 4, "pending");
    for args in [&["forget", "--yes"][..], &["forget", "--older", "soon", "--yes"]] {
        batch.journal(args).exits(2);
    }
    assert_eq!(batch.journal("forget --older 1d --yes").json()["numbers"], 0);
    let nothing = batch.journal("forget --campaign none --yes");
    nothing.out("has no campaign");
}

#[test]
fn nothing_is_forgotten_under_a_run() {
    let batch = Batch::of(3, only(FIRST + 1, Reply::Held));
    let running = batch.command("--yes").start();
    batch.gateway.wait_until(|numbers| numbers.len() == 3);
    let refused = batch.journal("forget --campaign default --yes").exits(2);
    refused.out("at work");
    batch.gateway.release();
    running.exits(0);
    batch.each_got(3, 1);
}

#[test]
fn the_results_are_written_again_from_the_journal() {
    let batch = Batch::of(3, accepting);
    batch.sends("", 0, "finished");
    let results = batch.read("users.results.csv");
    std::fs::remove_file(batch.file("users.results.csv")).unwrap();
    let ended = batch.journal("results users.csv");
    assert_eq!(ended.json()["results"], "users.results.csv", "{ended}");
    assert_eq!(batch.read("users.results.csv"), results);
    std::fs::write(batch.file("letter.txt"), "Dear all\n").unwrap();
    batch.journal("results users.csv -o letter.txt").exits(2);
    assert_eq!(batch.read("letter.txt"), "Dear all\n");
}

#[test]
fn an_old_flag_leads_to_its_new_form() {
    let batch = Batch::of(1, accepting);
    for (flag, new) in [
        ("--again", "--campaign NAME"),
        ("--skip-sent", "smspin batch"),
        ("--status", "smspin journal status users.csv"),
        ("--reconcile", "smspin journal reconcile"),
        ("--forget", "smspin journal forget"),
        ("--accept-lost-records", "smspin journal adopt"),
        ("--accept-failover", "smspin journal adopt --nothing-lost"),
        ("--retry-unknown", "--resend unknown"),
        ("--retry-unknown=all", "--resend all-unknown"),
    ] {
        let ended = batch.run(&[flag]).exits(2);
        assert!(ended.stdout.contains(new), "{flag}: {ended}");
    }
}
