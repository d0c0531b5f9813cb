//! Which records a journal has lost, by the lock files of runs.

use super::*;

/// A journal whose run has claimed two numbers in two groups, and copies of its files from between them and at the end.
struct Killed {
    journal: Journal,
    before: TempDir,
    after: TempDir,
}

impl Killed {
    fn new() -> Self {
        let journal = Journal::new();
        let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut store = journal.store();
        store.begin(&new_run()).unwrap();
        claim(&mut store, &[number(1)]).unwrap();
        copy(journal.folder.path(), before.path());
        claim(&mut store, &[number(2)]).unwrap();
        copy(journal.folder.path(), after.path());
        drop(store);
        Self {
            journal,
            before,
            after,
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for name in names(from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

fn lost(journal: &Path) -> Vec<(u64, String)> {
    let mut store = SqliteStore::open(journal).unwrap();
    let lost = store.lost_runs("default").unwrap();
    let mut look = SqliteStore::look(journal).unwrap().unwrap();
    assert_eq!(lost, look.lost_runs("default").unwrap());
    assert_eq!(store.lost_runs("march").unwrap(), []);
    lost.into_iter().map(|run| (run.groups, run.list)).collect()
}

#[test]
fn a_killed_run_loses_nothing_wherever_its_records_are() {
    let killed = Killed::new();
    for folder in [killed.journal.folder.path(), killed.after.path()] {
        let path = folder.join("journal.db");
        assert_eq!(lost(&path), []);
        let mut store = SqliteStore::open(&path).unwrap();
        let run = store.runs().unwrap().pop().unwrap();
        assert_eq!((run.groups, run.is_alive), (2, false));
        assert_eq!(known(&mut store, run.campaign, &[number(1), number(2)]), 2);
    }
}

#[test]
fn an_older_copy_or_a_missing_log_is_noticed_until_that_is_accepted() {
    let killed = Killed::new();
    let path = killed.journal.path();
    let restore = |folder: &TempDir, names: &[&str]| {
        for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            let _ = fs::remove_file(killed.journal.folder.path().join(name));
        }
        for name in names {
            fs::copy(folder.path().join(name), killed.journal.folder.path().join(name)).unwrap();
        }
    };
    restore(&killed.before, &["journal.db", "journal.db-wal"]);
    assert_eq!(lost(&path), [(2, "users.csv".to_owned())]);
    // Not even the run is in the main file yet.
    restore(&killed.after, &["journal.db"]);
    assert_eq!(lost(&path), [(2, "users.csv".to_owned())]);
    let mut store = SqliteStore::open(&path).unwrap();
    let runs = store.lost_runs("default").unwrap();
    store.accept_losses(&[]).unwrap();
    assert_eq!(store.lost_runs("default").unwrap(), runs);
    store.accept_losses(&runs).unwrap();
    assert_eq!(store.lost_runs("default").unwrap(), []);
    assert_eq!(lost(&path), []);
}

/// It has requests under way that the copy doesn't know of.
#[test]
fn an_older_copy_under_a_run_that_works_is_noticed() {
    let (journal, before) = (Journal::new(), tempfile::tempdir().unwrap());
    let mut working = journal.store();
    working.begin(&new_run()).unwrap();
    claim(&mut working, &[number(1)]).unwrap();
    copy(journal.folder.path(), before.path());
    claim(&mut working, &[number(2)]).unwrap();
    for name in ["journal.db", "journal.db-wal", "journal.db-shm"] {
        fs::remove_file(journal.folder.path().join(name)).unwrap();
        fs::copy(before.path().join(name), journal.folder.path().join(name)).unwrap();
    }
    assert_eq!(lost(&journal.path()), [(2, "users.csv".to_owned())]);
}

#[test]
fn a_run_that_works_or_has_ended_or_has_only_begun_has_lost_nothing() {
    let journal = Journal::new();
    let mut working = journal.store();
    working.begin(&new_run()).unwrap();
    claim(&mut working, &[number(1)]).unwrap();
    let mut ended = journal.store();
    ended.begin(&new_run()).unwrap();
    claim(&mut ended, &[number(2)]).unwrap();
    end(&mut ended);
    let only_begun = RunName::random();
    for text in [
        "",
        "groups 00000000000000000000\ncampaign default\nbegan 2026-03-01T09:00:00Z\nlist x\n",
    ] {
        fs::write(journal.beside(&format!(".run-{only_begun}.lock")), text).unwrap();
        assert_eq!(lost(&journal.path()), []);
    }
}

#[test]
fn a_run_is_alive_as_long_as_its_lock_is_held() {
    let journal = Journal::new();
    let (mut one, mut other) = (journal.store(), journal.store());
    let alive = |store: &mut SqliteStore| -> Vec<bool> {
        store.runs().unwrap().iter().map(|run| run.is_alive).collect()
    };
    one.begin(&new_run()).unwrap();
    let killed = new_run();
    other.begin(&killed).unwrap();
    assert_eq!(alive(&mut one), [true, true]);
    drop(other);
    assert_eq!(alive(&mut one), [true, false]);
    let mut third = journal.store();
    third.begin(&new_run()).unwrap();
    end(&mut third);
    assert_eq!(alive(&mut one), [true, false, false]);
    assert_eq!(
        journal.locks().len(),
        2,
        "of the one that works and the one that was killed"
    );
    fs::remove_file(journal.beside(&format!(".run-{}.lock", killed.name))).unwrap();
    assert_eq!(alive(&mut one), [true, false, false]);
}
