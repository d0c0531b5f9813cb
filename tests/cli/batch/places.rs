//! What stands beside a batch: nothing of the user's, and nothing that another user has put there, is written over.

use super::{Batch, FIRST, accepting, numbers};
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
        let ended = self.in_home(&args).end();
        ended.says(2, &[], &[says]);
        assert_eq!(contents(&self.home), before, "{ended}");
        assert!(self.gateway.numbers().is_empty(), "{ended}");
    }
}

/// Every file and what it holds; `None` for what is not a file.
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
        ("journal.db", "would overwrite the journal"),
        ("journal.db-wal", "would overwrite the journal"),
    ] {
        batch.refuses_before_sending(&["--yes", "-o", output], says);
    }
    // The place that was not named as well.
    std::fs::write(batch.file("users.results.csv"), "my own notes\n").unwrap();
    batch.refuses_before_sending(&["--yes"], "holds no results of smspin");
    assert_eq!(batch.read("users.results.csv"), "my own notes\n");
    assert_eq!(batch.read("letter.txt"), "Dear all\n");
    // An empty file was made for us, as mktemp does; and results are replaced, through a link too.
    std::fs::write(batch.file("made"), "").unwrap();
    symlink("made", batch.file("latest.csv")).unwrap();
    batch.sends("-o latest.csv --limit 1", 4, "pending");
    batch.sends("-o latest.csv", 0, "finished");
    assert!(batch.file("latest.csv").is_symlink());
    assert_eq!(batch.read("made").matches("accepted").count(), 2);
}

impl Batch {
    #[track_caller]
    fn refuses_before_sending(&self, more: &[&str], says: &str) {
        self.refuses(more, 2, &[says, "nothing was sent"]);
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
    batch.refuses("", 2, "no terminal to ask");
    assert!(batch.file(left).exists(), "nothing would have been written");
    batch.sends("", 0, "finished");
    assert!(!batch.file(left).exists());
    assert!(batch.file(".users.results.csv.notes").exists());
    assert!(batch.file(".users.results.csv.000000.tmp").exists());
}

#[test]
fn a_rehearsal_in_the_sandbox_leaves_the_results_of_the_real_batch_alone() {
    let home = Home::new();
    std::fs::write(home.file("users.csv"), "Tel\n12025550100\n").unwrap();
    let live = "Tel,smspin_outcome,smspin_error_id\n12025550100,accepted,\n";
    std::fs::write(home.file("users.results.csv"), live).unwrap();
    let ended = home.typed("--sandbox --json batch users.csv --yes").exits(0);
    assert_eq!(ended.json()["results"], "users.sandbox.results.csv", "{ended}");
    assert_eq!(
        std::fs::read_to_string(home.file("users.results.csv")).unwrap(),
        live
    );
    assert!(home.file("users.sandbox.results.csv").exists());
}

#[test]
fn results_are_no_list() {
    let batch = Batch::of(3, accepting);
    batch.sends("--limit 1", 4, "pending");
    let results = batch.read("users.results.csv");
    std::fs::write(batch.file("renamed.csv"), &results).unwrap();
    let (_, rows) = results.split_once('\n').unwrap();
    std::fs::write(batch.file("bare.csv"), rows).unwrap();
    let json = r#"{"tel":"34600000001","smspin_outcome":"accepted"}"#;
    std::fs::write(batch.file("rows.jsonl"), format!("{json}\n")).unwrap();
    for (name, says) in [
        ("users.results.csv", "`smspin batch users.csv --base-url "),
        ("renamed.csv", "the original file"),
        ("bare.csv", "the original file"),
        ("rows.jsonl", "the original file"),
    ] {
        let mut args = vec!["batch", name, "--yes", "--base-url", &batch.gateway.base_url];
        if name == "bare.csv" {
            args.push("--no-header");
        }
        let ended = batch
            .home
            .smspin(args)
            .env("SMSPIN_API_KEY", crate::support::home::KEY)
            .end();
        ended.says(2, &[], &["is the results of a batch", says]);
    }
    assert_eq!(batch.gateway.numbers().len(), 1);
}

#[test]
fn a_list_is_never_taken_for_a_file_of_its_journal() {
    for name in ["x", "x-wal", "x-shm", "x-journal"] {
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
fn a_pipe_is_not_a_journal_nor_a_marker_and_is_not_waited_for() {
    for name in ["journal.db", "users.csv.smspin"] {
        let batch = Batch::of(2, accepting);
        pipe(&batch.file(name));
        for more in [&["--yes"][..], &["--dry-run"]] {
            batch.refuses(more, 2, &[name]);
        }
    }
}
