//! One suite for both engines of the journal: what a batch does with a file, it does with a database.

use super::{Batch, FIRST, numbers};
use crate::support::gateway::Reply;
use crate::support::home::Run;
use crate::support::postgres::Cluster;
use rustix::process::Signal;

/// Runs every scenario, each with a journal of its own: `journal` gives the flags for it.
fn suite(journal: &dyn Fn(&str) -> Vec<String>) {
    type Scenario = fn(&Runs);
    let scenarios: [(&str, Scenario); 6] = [
        ("limit", a_limit_leaves_the_rest),
        ("open", only_what_is_open_goes_again),
        ("settings", other_settings_are_refused),
        ("killed", after_a_kill_nobody_gets_a_second_sms),
        (
            "forgotten",
            what_is_forgotten_is_sent_again_only_where_that_is_asked_for,
        ),
        ("account", an_account_refusal_is_reopened),
    ];
    for (name, scenario) in scenarios {
        scenario(&Runs { flags: journal(name) });
    }
}

#[test]
fn a_file_keeps_the_journal() {
    suite(&|name| vec!["--journal".to_owned(), format!("{name}.smspin")]);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_database_keeps_the_journal() {
    let cluster = Cluster::start();
    suite(&|name| {
        vec![
            "--journal".to_owned(),
            cluster.url("me"),
            "--campaign".to_owned(),
            name.to_owned(),
        ]
    });
}

/// Runs of a batch with one journal.
struct Runs {
    flags: Vec<String>,
}

impl Runs {
    fn command(&self, batch: &Batch, more: &[&str]) -> Run {
        let flags = self.flags.iter().map(String::as_str);
        batch.command(&flags.chain(more.iter().copied()).collect::<Vec<_>>())
    }

    #[track_caller]
    fn run(&self, batch: &Batch, more: &[&str], status: i32, outcome: &str) {
        let ended = self.command(batch, more).end();
        assert_eq!(ended.status, Some(status), "{ended}");
        assert_eq!(ended.json()["outcome"], outcome, "{ended}");
    }
}

fn a_limit_leaves_the_rest(runs: &Runs) {
    let batch = Batch::of(7, super::accepting);
    runs.run(&batch, &["--yes", "--limit", "3"], 4, "pending");
    assert_eq!(batch.gateway.numbers().len(), 3);
    runs.run(&batch, &["--status"], 0, "status");
    runs.run(&batch, &["--dry-run"], 0, "dry_run");
    runs.run(&batch, &["--yes"], 0, "finished");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + 7).collect::<Vec<_>>());
    assert!(batch.outcomes().iter().all(|word| word == "accepted"));
    let results = batch.read("users.results.csv");
    std::fs::remove_file(batch.file("users.results.csv")).unwrap();
    runs.run(&batch, &["--yes"], 0, "finished");
    assert_eq!(batch.read("users.results.csv"), results, "written once more");
    assert_eq!(batch.gateway.numbers().len(), 7);
}

fn only_what_is_open_goes_again(runs: &Runs) {
    let batch = Batch::of(6, |number, times| match (number - FIRST, times) {
        (1, 1) => Reply::Lost,
        (2, _) => Reply::Error("INVALID_NUMBER"),
        (3, 1) => Reply::Http(503, "<html>"),
        (4, 1) => Reply::Busy,
        _ => Reply::Ok,
    });
    batch.home.write_config("retries = 0\n");
    runs.run(&batch, &["--yes", "--concurrency", "1"], 5, "pending");
    runs.run(&batch, &["--yes"], 5, "finished");
    assert_eq!(batch.gateway.numbers().len(), 7, "the 429 alone went again");
    let expected = [
        "accepted", "unknown", "refused", "unknown", "accepted", "accepted",
    ];
    assert_eq!(batch.outcomes(), expected);
    runs.run(&batch, &["--yes", "--retry-unknown"], 5, "finished");
    assert_eq!(batch.gateway.numbers().len(), 7, "their PINs are alive");
    runs.run(&batch, &["--yes", "--retry-unknown=all"], 1, "finished");
    assert_eq!(batch.gateway.numbers().len(), 9);
    runs.run(&batch, &["--yes", "--again"], 1, "finished");
    assert_eq!(batch.gateway.numbers().len(), 15, "everybody once more");
}

fn other_settings_are_refused(runs: &Runs) {
    let batch = Batch::of(3, super::accepting);
    runs.run(&batch, &["--yes"], 0, "finished");
    runs.run(&batch, &["--yes", "--sender", "OTHER"], 2, "failed");
    assert_eq!(batch.gateway.numbers().len(), 3);
    batch.write(&numbers(FIRST..FIRST + 5));
    runs.run(
        &batch,
        &["--yes", "--sender", "OTHER", "--skip-sent"],
        0,
        "finished",
    );
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    assert_eq!(all, (FIRST..FIRST + 5).collect::<Vec<_>>());
    assert!(batch.outcomes().iter().all(|word| word == "accepted"));
    let taken_over = batch
        .read("users.results.csv")
        .matches("sent by an earlier run")
        .count();
    assert_eq!(taken_over, 3);
}

fn after_a_kill_nobody_gets_a_second_sms(runs: &Runs) {
    let batch = Batch::of(9, |number, _| match number - FIRST {
        3 => Reply::Held,
        _ => Reply::Ok,
    });
    runs.run(&batch, &["--yes", "--limit", "2"], 4, "pending");
    let running = runs.command(&batch, &["--yes", "--concurrency", "1"]).start();
    batch.gateway.wait_until(|numbers| numbers.contains(&(FIRST + 3)));
    running.signal(Signal::KILL);
    running.end();
    batch.gateway.release();
    runs.run(&batch, &["--yes"], 5, "finished");
    let mut all = batch.gateway.numbers();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), batch.gateway.numbers().len(), "nobody twice");
    assert_eq!(batch.outcomes()[3], "unknown");
}

fn an_account_refusal_is_reopened(runs: &Runs) {
    let batch = Batch::of(3, |number, times| match (number - FIRST, times) {
        (1, 1) => Reply::Error("NOT_ENOUGH_BALANCE"),
        _ => Reply::Ok,
    });
    runs.run(&batch, &["--yes", "--concurrency", "1"], 6, "stopped");
    runs.run(&batch, &["--yes"], 0, "finished");
    assert!(batch.outcomes().iter().all(|word| word == "accepted"));
}

fn what_is_forgotten_is_sent_again_only_where_that_is_asked_for(runs: &Runs) {
    let batch = Batch::of(3, |number, times| match (number - FIRST, times) {
        (1, 1) => Reply::Lost,
        _ => Reply::Ok,
    });
    runs.run(&batch, &["--yes", "--limit", "2"], 5, "pending");
    let refused = runs.command(&batch, &["--forget", "--yes"]).end();
    assert_eq!(refused.status, Some(2), "{refused}");
    assert!(
        refused
            .stdout
            .contains("1 row is still to send and 1 row is unknown"),
        "{refused}"
    );
    runs.run(&batch, &["--yes"], 5, "finished");
    runs.run(&batch, &["--forget=all", "--yes"], 0, "forgotten");
    runs.run(&batch, &["--forget", "--yes"], 0, "forgotten");
    runs.run(&batch, &["--status"], 0, "forgotten");
    for more in [
        &["--yes"][..],
        &["--yes", "--skip-sent"],
        &["--yes", "--retry-unknown=all"],
    ] {
        let refused = runs.command(&batch, more).end();
        assert_eq!(refused.status, Some(2), "{refused}");
        assert!(refused.stdout.contains("deleted with --forget"), "{refused}");
    }
    assert_eq!(batch.gateway.numbers().len(), 3);
    runs.run(&batch, &["--yes", "--again"], 0, "finished");
    assert_eq!(batch.gateway.numbers().len(), 6);
    runs.run(&batch, &["--yes"], 0, "finished");
    runs.run(&batch, &["--forget", "--yes"], 0, "forgotten");
    assert_eq!(batch.gateway.numbers().len(), 6);
}
