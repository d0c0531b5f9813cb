//! What stands beside a batch: nothing of the user's, and nothing that somebody else has put there, is written over.

use super::{Batch, FIRST, accepting, numbers};
use crate::support::gateway::Reply;
use crate::support::home::Home;
use rustix::fs::{CWD, FileType, mknodat};
use std::os::unix::fs::symlink;
use std::path::Path;

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, 0o600.into(), 0).unwrap();
}

impl Batch {
    /// Runs with another list than `users.csv`, says so, sends nothing and leaves every file as it was.
    #[track_caller]
    fn refuses_and_changes_nothing(&self, args: &[&str], says: &str) {
        let before = contents(&self.home);
        let args = [&["batch"], args, &["--yes", "--base-url", &self.gateway.base_url]].concat();
        let ended = self.home.smspin(args).env("SMSPIN_API_KEY", super::KEY).end();
        ended.says(2, &[], &[says]);
        assert_eq!(contents(&self.home), before, "{ended}");
        assert!(self.gateway.numbers().is_empty(), "{ended}");
    }
}

/// Every file and what it holds; `None` for what is no file.
fn contents(home: &Home) -> std::collections::BTreeMap<std::path::PathBuf, Option<Vec<u8>>> {
    let entries = std::fs::read_dir(home.path()).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let content = path.symlink_metadata().unwrap().is_file();
            (path.clone(), content.then(|| std::fs::read(&path).unwrap()))
        })
        .collect()
}

#[test]
fn a_list_is_never_taken_for_a_file_of_its_journal() {
    for name in [
        "x",
        "x.lock",
        "x-wal",
        "x-shm",
        "x.new",
        "x.new-journal",
        "x.new-wal",
        "x.new-shm",
        "x.input",
    ] {
        let batch = Batch::of(2, accepting);
        std::fs::write(batch.file(name), numbers(FIRST..FIRST + 2)).unwrap();
        batch.refuses_and_changes_nothing(&[name, "--journal", "x"], "can't be the list of numbers");
        std::fs::hard_link(batch.file(name), batch.file("other.csv")).unwrap();
        symlink(batch.file(name), batch.file("link.csv")).unwrap();
        for other in ["other.csv", "link.csv", &format!("./{name}")] {
            batch.refuses_and_changes_nothing(&[other, "--journal", "x"], "can't be the list of numbers");
        }
    }
}

#[test]
fn a_file_that_only_has_the_name_of_a_side_file_is_left_alone() {
    for name in [
        ".lock",
        "-wal",
        "-shm",
        ".new",
        ".new-journal",
        ".new-wal",
        ".new-shm",
    ] {
        let batch = Batch::of(2, accepting);
        let side = batch.file(&format!("users.csv.smspin{name}"));
        std::fs::write(&side, "a letter to somebody\n").unwrap();
        batch.refuses_and_changes_nothing(&["users.csv"], name);
        std::fs::remove_file(&side).unwrap();
        std::fs::write(batch.file("mine"), "12345\n").unwrap();
        symlink("mine", &side).unwrap();
        batch.refuses_and_changes_nothing(&["users.csv"], "symbolic link, which is not followed");
        std::fs::remove_file(&side).unwrap();
        pipe(&side);
        batch.refuses_and_changes_nothing(&["users.csv"], "not a regular file");
    }
}

#[test]
fn results_replace_nothing_but_results() {
    let batch = Batch::of(2, accepting);
    std::fs::write(batch.file("letter.txt"), "Dear all\n").unwrap();
    std::fs::write(batch.file("other.csv"), numbers(FIRST + 10..FIRST + 12)).unwrap();
    symlink("letter.txt", batch.file("link.csv")).unwrap();
    symlink("nothing", batch.file("dangling.csv")).unwrap();
    for (output, says) in [
        ("letter.txt", "holds no results of smspin"),
        ("other.csv", "holds no results of smspin"),
        ("link.csv", "holds no results of smspin"),
        ("dangling.csv", "can't be followed"),
        ("users.csv", "would replace the input"),
        ("./users.csv", "would replace the input"),
        ("users.csv.smspin", "would overwrite the journal"),
        ("users.csv.smspin-wal", "would overwrite the journal"),
        ("users.csv.smspin.lock", "would overwrite the journal"),
    ] {
        batch.refuses_before_sending(&["--yes", "-o", output], says);
    }
    // The place that nobody named as well.
    std::fs::write(batch.file("users.results.csv"), "my own notes\n").unwrap();
    batch.refuses_before_sending(&["--yes"], "holds no results of smspin");
    assert_eq!(batch.read("users.results.csv"), "my own notes\n");
    assert_eq!(batch.read("letter.txt"), "Dear all\n");
    // An empty file was made for us, as mktemp does; and results are replaced, through a link too.
    std::fs::write(batch.file("made"), "").unwrap();
    symlink("made", batch.file("latest.csv")).unwrap();
    batch.sends(&["-o", "latest.csv", "--limit", "1"], 4, "pending");
    batch.sends(&["-o", "latest.csv"], 0, "finished");
    assert!(batch.file("latest.csv").is_symlink());
    assert_eq!(batch.read("made").matches("accepted").count(), 2);
}

#[test]
fn results_never_replace_the_journal_of_another_batch() {
    let batch = Batch::of(2, accepting);
    std::fs::write(batch.file("other.csv"), numbers(FIRST + 10..FIRST + 12)).unwrap();
    let other = [
        "batch",
        "other.csv",
        "--yes",
        "--base-url",
        &batch.gateway.base_url,
    ];
    let ended = batch.home.smspin(other).env("SMSPIN_API_KEY", super::KEY).end();
    assert_eq!(ended.status, Some(0), "{ended}");
    let journal = std::fs::read(batch.file("other.csv.smspin")).unwrap();
    batch.refuses_before_sending(&["--yes", "-o", "other.csv.smspin"], "holds no results of smspin");
    assert_eq!(std::fs::read(batch.file("other.csv.smspin")).unwrap(), journal);
}

impl Batch {
    #[track_caller]
    fn refuses_before_sending(&self, more: &[&str], says: &str) {
        self.refuses(more, 2, &[says, "nothing was sent"]);
    }
}

#[test]
fn a_pipe_is_no_journal_and_is_not_waited_for() {
    let batch = Batch::of(2, accepting);
    pipe(&batch.file("users.csv.smspin"));
    for more in [&["--yes"][..], &["--dry-run"], &["--status"]] {
        batch.refuses(more, 2, &["is not a regular file"]);
    }
}

#[test]
fn what_a_kill_left_half_written_goes_with_the_next_run() {
    let batch = Batch::of(2, accepting);
    let left = ".users.results.csv.aB3dEf.tmp";
    std::fs::write(batch.file(left), "Tel,smsp").unwrap();
    std::fs::write(batch.file(".users.results.csv.notes"), "mine").unwrap();
    // Another run is writing this one.
    let held = std::fs::File::create(batch.file(".users.results.csv.000000.tmp")).unwrap();
    held.lock().unwrap();
    batch.refuses(&[], 2, &["no terminal to ask"]);
    assert!(batch.file(left).exists(), "nothing would have been written");
    batch.sends(&[], 0, "finished");
    assert!(!batch.file(left).exists());
    assert!(batch.file(".users.results.csv.notes").exists());
    assert!(batch.file(".users.results.csv.000000.tmp").exists());
}

#[test]
fn rows_from_a_pipe_replace_no_file_of_the_users() {
    let batch = Batch::with("Tel\n", |_, _| Reply::Ok);
    let run = |more: &[&str]| {
        let args = [
            &[
                "--json",
                "batch",
                "-",
                "--journal",
                "x",
                "--base-url",
                &batch.gateway.base_url,
            ],
            more,
        ];
        let run = batch.home.smspin(args.concat()).env("SMSPIN_API_KEY", super::KEY);
        run.stdin(numbers(FIRST..FIRST + 3)).end()
    };
    // A look leaves nothing behind.
    let before = contents(&batch.home);
    assert_eq!(run(&["--dry-run"]).status, Some(0));
    assert_eq!(contents(&batch.home), before);
    std::fs::write(batch.file("x.input"), "a letter\n").unwrap();
    let refused = run(&["--yes"]);
    assert_eq!(refused.status, Some(2), "{refused}");
    assert!(refused.stdout.contains("is not a file of smspin"), "{refused}");
    assert_eq!(batch.read("x.input"), "a letter\n");
    std::fs::remove_file(batch.file("x.input")).unwrap();
    // The same twice: the second one replaces what the first one wrote.
    assert_eq!(run(&["--yes", "--limit", "1"]).status, Some(4));
    let ended = run(&["--yes"]);
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(batch.gateway.numbers().len(), 3);
}

#[test]
fn a_rehearsal_in_the_sandbox_leaves_the_results_of_the_real_batch_alone() {
    let home = Home::new();
    std::fs::write(home.file("users.csv"), "Tel\n12025550100\n").unwrap();
    let live = "Tel,smspin_outcome,smspin_error_id\n12025550100,accepted,\n";
    std::fs::write(home.file("users.results.csv"), live).unwrap();
    let ended = home
        .smspin(["--sandbox", "--json", "batch", "users.csv", "--yes"])
        .end();
    assert_eq!(ended.status, Some(0), "{ended}");
    assert_eq!(ended.json()["results"], "users.sandbox.results.csv", "{ended}");
    assert_eq!(
        std::fs::read_to_string(home.file("users.results.csv")).unwrap(),
        live
    );
    assert!(home.file("users.sandbox.results.csv").exists());
}

#[test]
fn results_that_outlived_their_journal_still_say_who_was_reached() {
    let batch = Batch::of(4, |number, times| match (number - FIRST, times) {
        (1, 1) => Reply::Lost,
        (2, _) => Reply::Error("INVALID_NUMBER"),
        _ => Reply::Ok,
    });
    batch.sends(&["--limit", "3"], 5, "pending");
    let results = batch.read("users.results.csv");
    for entry in std::fs::read_dir(batch.home.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().contains(".smspin") {
            std::fs::remove_file(path).unwrap();
        }
    }
    for more in [
        &["--yes"][..],
        &["--yes", "--skip-sent"],
        &["--yes", "--sender", "NEW"],
        &["--dry-run"],
    ] {
        batch.refuses(
            more,
            2,
            &[
                "has 1 row accepted and 1 row unknown",
                "users.csv.smspin is missing",
                "--again",
            ],
        );
    }
    assert_eq!(batch.read("users.results.csv"), results);
    // Somebody means it, and is told how many it is.
    let asked = batch.refuses(&["--again"], 2, &["no terminal to ask"]);
    assert!(asked.stderr.contains("2 of them may get a second SMS"), "{asked}");
    batch.sends(&["--again"], 1, "finished");
    assert_eq!(batch.gateway.numbers().len(), 3 + 4);
}

#[test]
fn results_that_say_of_nobody_that_he_was_reached_are_replaced() {
    let batch = Batch::of(2, |_, _| Reply::Error("INVALID_NUMBER"));
    batch.sends(&[], 1, "finished");
    std::fs::remove_file(batch.file("users.csv.smspin")).unwrap();
    batch.sends(&[], 1, "finished");
    assert_eq!(batch.gateway.numbers().len(), 4);
}

#[test]
fn results_are_no_list() {
    let batch = Batch::of(3, accepting);
    batch.sends(&["--limit", "1"], 4, "pending");
    let results = batch.read("users.results.csv");
    std::fs::write(batch.file("renamed.csv"), &results).unwrap();
    let (_, rows) = results.split_once('\n').unwrap();
    std::fs::write(batch.file("bare.csv"), rows).unwrap();
    let json = r#"{"tel":"34600000001","smspin_outcome":"accepted"}"#;
    std::fs::write(batch.file("rows.jsonl"), format!("{json}\n")).unwrap();
    for (name, says) in [
        ("users.results.csv", "`smspin batch users.csv`"),
        ("renamed.csv", "the original file"),
        ("bare.csv", "the original file"),
        ("rows.jsonl", "the original file"),
    ] {
        let mut args = vec!["batch", name, "--yes", "--base-url", &batch.gateway.base_url];
        if name == "bare.csv" {
            args.push("--no-header");
        }
        let ended = batch.home.smspin(args).env("SMSPIN_API_KEY", super::KEY).end();
        ended.says(2, &[], &["is the results of a batch", says]);
    }
    assert_eq!(batch.gateway.numbers().len(), 1);
}
