//! A look at a journal: it creates and changes nothing, and is right beside whatever runs do.

use super::*;
use crate::journal::reading;
use crate::journal::sqlite::forget::wipe;
use std::sync::atomic::{AtomicBool, Ordering};

/// The content of each file of a folder.
fn content(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let read = |name: String| {
        let content = fs::read(folder.join(&name)).unwrap();
        (name, content)
    };
    names(folder).into_iter().map(read).collect()
}

#[test]
fn a_look_at_nothing_finds_nothing_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for path in ["journal.db", "no/such/journal.db"] {
        assert!(SqliteStore::look(&folder.path().join(path)).unwrap().is_none());
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_look_changes_no_file_whichever_of_them_are_there() {
    let journal = Journal::new();
    let mut store = journal.store();
    let (_, campaign) = store.begin(&new_run()).unwrap();
    // The first number is in the main file, the second in the log alone.
    claim(&mut store, &[number(1)]).unwrap();
    wipe(connection(&store)).unwrap();
    claim(&mut store, &[number(2)]).unwrap();
    for (files, known_of) in [
        (&["journal.db", "journal.db-wal", "journal.db-shm"][..], 2),
        (&["journal.db", "journal.db-wal"], 2),
        (&["journal.db", "journal.db-shm"], 1),
        (&["journal.db"], 1),
    ] {
        let copy = tempfile::tempdir().unwrap();
        for name in files {
            fs::copy(journal.folder.path().join(name), copy.path().join(name)).unwrap();
        }
        let before = content(copy.path());
        let mut look = SqliteStore::look(&copy.path().join("journal.db"))
            .unwrap()
            .unwrap();
        assert_eq!(
            known(&mut look, campaign, &[number(1), number(2)]),
            known_of,
            "{files:?}"
        );
        assert_eq!(look.runs().unwrap().len(), 1);
        assert_eq!(
            reading::count_campaigns(&mut look).unwrap()[0].numbers,
            known_of as u64
        );
        look.correct_times(campaign, &[number(1)], Timestamp::UNIX_EPOCH)
            .unwrap();
        Box::new(look).close().unwrap();
        let after = content(copy.path());
        let without_index = |files: Vec<(String, Vec<u8>)>| -> Vec<_> {
            let rebuilt = |name: &str| name.ends_with("-shm");
            files
                .into_iter()
                .map(|(name, content)| (name.clone(), (!rebuilt(&name)).then_some(content)))
                .collect()
        };
        assert_eq!(without_index(after), without_index(before), "{files:?}");
    }
}

#[test]
fn a_look_follows_what_becomes_of_the_files() {
    let journal = Journal::new();
    Box::new(journal.store()).close().unwrap();
    assert_eq!(journal.names(), ["journal.db"]);
    let mut look = SqliteStore::look(&journal.path()).unwrap().unwrap();
    assert_eq!(look.knows_since().unwrap(), None);
    for round in 1..4 {
        let mut store = journal.store();
        let (_, campaign) = store.begin(&new_run()).unwrap();
        let tickets = granted(&claim(&mut store, &[number(round)]).unwrap());
        let seen = |look: &mut SqliteStore| {
            let runs = look.runs().unwrap();
            let alive = runs.iter().filter(|run| run.is_alive).count() as u64;
            let numbers: Vec<_> = (0..9).map(number).collect();
            (known(look, campaign, &numbers) as u64, runs.len() as u64, alive)
        };
        assert_eq!(seen(&mut look), (round, round, 1));
        close(&mut store, &tickets, "done");
        end(&mut store);
        Box::new(store).close().unwrap();
        assert_eq!(seen(&mut look), (round, round, 0));
    }
}

/// Runs begin, write and end all the time, each in a connection of its own, and every look adds up.
#[test]
fn looks_beside_runs_never_fail_and_always_add_up() {
    let journal = Journal::new();
    Box::new(journal.store()).close().unwrap();
    let has_ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..20 {
                let mut store = journal.store();
                store.begin(&new_run()).unwrap();
                // In one group, so that a look sees both or none.
                let pair = [number(2 * round), number(2 * round + 1)];
                let tickets = granted(&claim(&mut store, &pair).unwrap());
                close(&mut store, &tickets, "done");
                end(&mut store);
                Box::new(store).close().unwrap();
            }
            has_ended.store(true, Ordering::Relaxed);
        });
        let numbers: Vec<_> = (0..40).map(number).collect();
        let mut seen = 0;
        while !has_ended.load(Ordering::Relaxed) {
            let mut look = SqliteStore::look(&journal.path()).unwrap().unwrap();
            if let Some(campaign) = look.campaign("default").unwrap() {
                let found = known(&mut look, campaign, &numbers);
                assert!(found.is_multiple_of(2) && found >= seen, "{found} after {seen}");
                seen = found;
            }
            assert_eq!(look.lost_runs("default").unwrap(), []);
        }
    });
    let mut look = SqliteStore::look(&journal.path()).unwrap().unwrap();
    assert_eq!(reading::count_campaigns(&mut look).unwrap()[0].accepted, 40);
}
