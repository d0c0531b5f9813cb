//! Journals of format 1: looked at without a change, and taken over when a run begins.

use super::*;
use std::fmt::Write;

/// The tables as format 1 had them.
const TABLES: &str = "
PRAGMA application_id = 0x736D7370; PRAGMA user_version = 1;
CREATE TABLE journal (clean INTEGER NOT NULL) STRICT;
CREATE TABLE campaign (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, begun_at INTEGER NOT NULL,
  after_attempt INTEGER NOT NULL, concluded INTEGER NOT NULL) STRICT;
CREATE TABLE fingerprint (campaign INTEGER NOT NULL, part TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (campaign, part)) STRICT, WITHOUT ROWID;
CREATE TABLE run (id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, begun_at INTEGER NOT NULL,
  after_attempt INTEGER NOT NULL, row_count INTEGER NOT NULL, invalid INTEGER NOT NULL,
  duplicates INTEGER NOT NULL, open INTEGER NOT NULL) STRICT;
CREATE TABLE attempt (id INTEGER PRIMARY KEY, msisdn INTEGER NOT NULL, started_at INTEGER NOT NULL,
  expires_in INTEGER NOT NULL, repeat INTEGER NOT NULL) STRICT;
CREATE TABLE outcome (attempt INTEGER PRIMARY KEY, state INTEGER NOT NULL, ended_at INTEGER NOT NULL,
  http INTEGER, error_id TEXT, error_msg TEXT, detail TEXT) STRICT;
INSERT INTO journal VALUES (1);
INSERT INTO campaign VALUES (1, 0, 1000, 0, 0), (2, 1, 3000, 3, 0);
INSERT INTO run VALUES (1, 1, 1000, 0, 9, 2, 1, 6), (2, 2, 3000, 3, 9, 2, 1, 6);
INSERT INTO attempt VALUES (1, 1, 1001, 600, 0), (2, 2, 1002, 600, 0), (3, 3, 1003, 600, 0), (5, 4, 3005, 600, 0);
INSERT INTO outcome VALUES (1, 1, 2001, 200, NULL, NULL, NULL), (2, 2, 2002, 400, 'INVALID_NUMBER', 'no', 'x');
";

fn old_journal() -> Place {
    let place = Place::new();
    let connection = Connection::open(place.path()).unwrap();
    let mut sql = TABLES.to_owned();
    for (part, value) in print("a").parts() {
        for campaign in [1, 2] {
            write!(
                sql,
                "INSERT INTO fingerprint VALUES ({campaign}, '{part}', '{value}');"
            )
            .unwrap();
        }
    }
    connection.execute_batch(&sql).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.close().unwrap();
    place
}

const STATES: [Status; 5] = [
    Status::Accepted,
    Status::Pending,
    Status::Unknown,
    Status::Unknown,
    Status::Pending,
];

#[test]
fn a_look_reads_it_and_changes_nothing() {
    let place = old_journal();
    let before = fs::read(place.path()).unwrap();
    for access in [Access::ReadOnly, Access::Locked] {
        let journal = FileJournal::open(&place.path(), access, LostRecords::Refuse).unwrap();
        assert_eq!(states(&journal, &[1, 2, 3, 4, 5]), STATES);
        assert_eq!(journal.campaign().unwrap().unwrap().fingerprint, print("a"));
        assert_eq!(journal.left().unwrap(), 5);
        journal.close().unwrap();
        assert!(fs::read(place.path()).unwrap() == before);
    }
}

#[test]
fn a_run_takes_it_over_whole_or_not_at_all() {
    let place = old_journal();
    let (recorder, writer) = place.resume(2);
    send(&recorder, 5, AttemptResult::Accepted);
    let crashed = place.crash();
    let mut taken_over = STATES;
    taken_over[4] = Status::Accepted;
    assert_eq!(crashed.states(&[1, 2, 3, 4, 5]), taken_over);
    let mut journal = writer.finish().unwrap();
    assert_eq!(journal.format, JournalFormat::Two);
    {
        let mut history = journal.history().unwrap();
        let refused = history.of(number(2)).unwrap();
        assert_eq!(refused.standing.state(), Status::Pending);
    }
    journal.close().unwrap();
    assert_eq!(place.states(&[1, 2, 3, 4, 5]), taken_over);
    // The process of a run had ended when the next one began, and was alive when it wrote the last time in the file.
    let runs = RunRow::read_all(place.open().connected(), JournalFormat::Two, &place.path()).unwrap();
    let seen: Vec<i64> = runs.iter().map(|run| run.seen_at).collect();
    assert_eq!(seen, [3000, 3005, later(100).as_millisecond()]);
}

#[test]
fn a_disk_that_is_full_leaves_it_as_it_was() {
    let place = old_journal();
    let before = fs::read(place.path()).unwrap();
    let mut journal = place.open();
    let pages: i64 = journal
        .connected()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    journal
        .connected()
        .pragma_update(None, "max_page_count", pages + 2)
        .unwrap();
    assert!(journal.resume(&plan(2), NOW).unwrap_err().is_disk());
    drop(journal);
    assert!(fs::read(place.path()).unwrap() == before);
    assert_eq!(place.states(&[1, 2, 3, 4, 5]), STATES);
}
