//! The files of a journal: how they are made, what is refused in their place, and what becomes of them under a run.

use super::*;
use crate::journal::error::JournalFault;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_journal_and_its_folder_are_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smspin/journal/host.db");
    let mut store = SqliteStore::open(&path).unwrap();
    store.begin(&new_run()).unwrap();
    claim(&mut store, &[number(1)]).unwrap();
    let directory = path.parent().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        [mode(directory), mode(directory.parent().unwrap())],
        [0o700, 0o700]
    );
    let files = names(directory);
    assert_eq!(files.len(), 4, "{files:?}");
    for name in files {
        assert_eq!(mode(&directory.join(&name)), 0o600, "{name}");
    }
    end(&mut store);
    Box::new(store).close().unwrap();
    assert_eq!(names(directory), ["host.db"]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    SqliteStore::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_link_leads_to_one_journal_for_all() {
    let journal = Journal::new();
    let mut store = journal.store();
    let (_, campaign) = store.begin(&new_run()).unwrap();
    let link = journal.folder.path().join("link");
    std::os::unix::fs::symlink(journal.path(), &link).unwrap();
    claim(&mut store, &[number(1)]).unwrap();
    let mut other = SqliteStore::open(&link).unwrap();
    assert_eq!(other.identity(), store.identity());
    assert_eq!(known(&mut other, campaign, &[number(1)]), 1);
    assert!(other.runs().unwrap()[0].is_alive);
}

#[test]
fn what_is_not_a_journal_is_refused_and_left_alone() {
    let database = |sql: &str| {
        let file = tempfile::NamedTempFile::new().unwrap();
        let connection = rusqlite::Connection::open(file.path()).unwrap();
        connection.execute_batch(sql).unwrap();
        drop(connection);
        fs::read(file.path()).unwrap()
    };
    for (content, why) in [
        (Vec::new(), "is an empty file"),
        (b"Tel\n34600000001\n".repeat(99), "is not a database"),
        (database("CREATE TABLE t (x)"), "is a database of another program"),
        (
            database("PRAGMA application_id = 0x736D7370; PRAGMA user_version = 2; CREATE TABLE t (x)"),
            "is a journal of the old kind",
        ),
        (
            database("PRAGMA application_id = 0x736D7372; CREATE TABLE t (x)"),
            "is a journal of the old kind",
        ),
        (
            database("PRAGMA application_id = 0x736D736A; PRAGMA user_version = 2; CREATE TABLE t (x)"),
            "was made by another version of smspin",
        ),
    ] {
        let journal = Journal::new();
        fs::write(journal.path(), &content).unwrap();
        for error in [
            SqliteStore::open(&journal.path()).unwrap_err(),
            SqliteStore::look(&journal.path()).unwrap_err(),
        ] {
            assert_eq!(error.fault, JournalFault::Unusable);
            assert!(error.to_string().contains(why), "{error}");
        }
        assert_eq!(fs::read(journal.path()).unwrap(), content);
        assert_eq!(journal.names(), ["journal.db"]);
    }
}

#[test]
fn pipes_and_links_to_nothing_are_refused_without_waiting() {
    let journal = Journal::new();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, journal.path(), fifo, 0o600.into(), 0).unwrap();
    let error = SqliteStore::open(&journal.path()).unwrap_err().to_string();
    assert!(error.contains("is not a regular file"), "{error}");
    let link = journal.folder.path().join("link");
    std::os::unix::fs::symlink("nothing", &link).unwrap();
    let error = SqliteStore::open(&link).unwrap_err().to_string();
    assert!(error.contains("link to a file that does not exist"), "{error}");
    assert_eq!(journal.names(), ["journal.db", "link"]);
}

#[test]
fn a_list_with_the_name_of_a_side_file_is_refused_and_left_alone() {
    for suffix in ["-journal", "-wal", "-shm"] {
        let journal = Journal::new();
        fs::write(journal.beside(suffix), "Tel\n34600000001\n").unwrap();
        for error in [
            SqliteStore::open(&journal.path()).unwrap_err(),
            SqliteStore::look(&journal.path()).unwrap_err(),
        ] {
            assert_eq!(error.fault, JournalFault::Unusable);
            assert!(error.to_string().contains("in the way"), "{error}");
        }
        assert_eq!(journal.names(), [format!("journal.db{suffix}")]);
    }
}

#[test]
fn a_run_notices_that_a_file_of_the_journal_is_another() {
    type Change = fn(&Path, &Path);
    let changes: [Change; 3] = [
        |path, _| fs::remove_file(path).unwrap(),
        |path, other| fs::rename(path, other).unwrap(),
        |path, other| {
            fs::copy(path, other).unwrap();
            fs::rename(other, path).unwrap();
        },
    ];
    for (file, change) in (0..3).flat_map(|file| changes.map(|change| (file, change))) {
        let journal = Journal::new();
        let mut store = journal.store();
        let run = new_run();
        store.begin(&run).unwrap();
        claim(&mut store, &[number(1)]).unwrap();
        store.check().unwrap();
        let lock = format!(".run-{}.lock", run.name);
        let path = [journal.path(), journal.beside("-wal"), journal.beside(&lock)][file].clone();
        change(&path, &journal.folder.path().join("other"));
        let error = store.check().unwrap_err();
        assert_eq!(error.fault, JournalFault::Gone);
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert_eq!(store.recover().unwrap_err().fault, JournalFault::Gone);
    }
}

#[test]
fn a_full_disk_refuses_a_group_whole() {
    let journal = Journal::new();
    let mut store = journal.store();
    let (_, campaign) = store.begin(&new_run()).unwrap();
    let tickets = granted(&claim(&mut store, &[number(1)]).unwrap());
    connection(&store)
        .pragma_update(None, "max_page_count", 1)
        .unwrap();
    let many: Vec<_> = (2..2000).map(number).collect();
    let error = claim(&mut store, &many).unwrap_err();
    assert_eq!(error.fault, JournalFault::Outage);
    assert!(error.to_string().ends_with("the disk is full"), "{error}");
    assert_eq!(known(&mut store, campaign, &many), 0);
    store.recover().unwrap();
    close(&mut store, &tickets, "accepted");
    assert_eq!(store.runs().unwrap()[0].groups, 2);
}

#[test]
fn a_group_waits_for_other_programs_and_then_says_so() {
    let journal = Journal::new();
    let mut store = journal.store();
    store.begin(&new_run()).unwrap();
    connection(&store).busy_timeout(Duration::from_millis(1)).unwrap();
    let other = rusqlite::Connection::open(journal.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = claim(&mut store, &[number(1)]).unwrap_err();
    assert_eq!(error.fault, JournalFault::Outage);
    assert!(error.to_string().contains("locked"), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    claim(&mut store, &[number(1)]).unwrap();
}

#[test]
fn of_many_runs_over_the_same_numbers_each_number_is_one_runs() {
    let journal = Journal::new();
    let numbers: Vec<_> = (0..300).map(number).collect();
    let wins: Vec<usize> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|run| {
                let (journal, mut numbers) = (&journal, numbers.clone());
                scope.spawn(move || {
                    let mut store = journal.store();
                    store.begin(&new_run()).unwrap();
                    if run % 2 == 1 {
                        numbers.reverse();
                    }
                    let groups = numbers.chunks(20);
                    let wins = groups.map(|group| granted(&claim(&mut store, group).unwrap()).len());
                    wins.sum()
                })
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(wins.iter().sum::<usize>(), numbers.len(), "{wins:?}");
    let mut store = journal.store();
    let campaign = store.campaign("default").unwrap().unwrap();
    assert_eq!(known(&mut store, campaign, &numbers), numbers.len());
    assert!(store.runs().unwrap().iter().all(|run| !run.is_alive));
}
