//! What is SQLite's own: files, locks, other processes. What every engine does is in the tests of the journal.

mod files;
mod forget;
mod looks;
mod losses;

use super::{Access, SqliteStore};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Ticket;
use crate::journal::attempt::{AnswerRecord, AttemptOutcome, AttemptState, Detail};
use crate::journal::decision::Rules;
use crate::journal::error::JournalError;
use crate::journal::run::{CampaignId, NewRun, RunEnd, RunName, Runs};
use crate::journal::store::{Claim, Claimed, Closing, Group, Store};
use crate::journal::tests::{Engine, play};
use jiff::Timestamp;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A journal in a folder of its own.
struct Journal {
    folder: TempDir,
}

impl Journal {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        super::beside(&self.path(), suffix)
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.path()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }

    /// The runs that have a lock file.
    fn locks(&self) -> Vec<RunName> {
        super::lock::all(&self.path()).unwrap()
    }
}

impl Engine for Journal {
    /// Without syncs, which take most of the time, and which no test can tell.
    fn open(&self) -> Box<dyn Store> {
        let store = self.store();
        connection(&store)
            .pragma_update(None, "synchronous", "off")
            .unwrap();
        Box::new(store)
    }

    fn look(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::look(&self.path()).unwrap().unwrap())
    }
}

impl SqliteStore {
    /// Calls `each` before each of the store's statements from now on.
    pub(crate) fn trace(&mut self, mut each: impl FnMut(&str) + Send + 'static) {
        let Access::Write(connection) = &mut self.access else {
            unreachable!("it was opened for writing")
        };
        let traced = move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(_, sql) = event {
                each(sql);
            }
        };
        let statements = TraceEventCodes::SQLITE_TRACE_STMT;
        connection.trace_v2(statements, Some(traced)).unwrap();
    }
}

fn connection(store: &SqliteStore) -> &rusqlite::Connection {
    match &store.access {
        Access::Write(connection) => connection,
        Access::Look(_) => unreachable!("it was opened for writing"),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn number(value: u64) -> Msisdn {
    Msisdn::from_u64(34_600_000_000 + value).unwrap()
}

fn now() -> Timestamp {
    "2026-03-01T09:00:00Z".parse().unwrap()
}

fn new_run() -> NewRun {
    NewRun {
        name: RunName::random(),
        campaign: "default".to_owned(),
        began: now(),
        timeout: Duration::from_secs(10),
        list: "users.csv".to_owned(),
        digest: None,
        settings: "{}".to_owned(),
    }
}

/// Claims an attempt at each of the numbers.
fn claim(store: &mut SqliteStore, numbers: &[Msisdn]) -> Result<Vec<Claimed>, JournalError> {
    claim_at(store, numbers, now())
}

fn claim_at(
    store: &mut SqliteStore,
    numbers: &[Msisdn],
    at: Timestamp,
) -> Result<Vec<Claimed>, JournalError> {
    let claims = numbers.iter().map(|msisdn| Claim {
        msisdn: *msisdn,
        expires_in: 300,
        is_repeat: false,
    });
    let group = Group {
        claims: claims.collect(),
        ..Group::default()
    };
    store.commit(&group, &Rules::plain(at), &Runs::default(), at)
}

/// Records that attempts were accepted, with a text, at the time of their claims.
fn close(store: &mut SqliteStore, tickets: &[Ticket], text: &str) {
    let closings = tickets.iter().map(|ticket| Closing {
        ticket: *ticket,
        outcome: AttemptOutcome {
            state: AttemptState::Accepted,
            at: now(),
            answer: AnswerRecord {
                detail: Some(text.to_owned()),
                ..AnswerRecord::default()
            },
        },
    });
    let group = Group {
        closings: closings.collect(),
        ..Group::default()
    };
    store
        .commit(&group, &Rules::plain(now()), &Runs::default(), now())
        .unwrap();
}

fn granted(claimed: &[Claimed]) -> Vec<Ticket> {
    let tickets = claimed.iter().filter_map(|claimed| match claimed {
        Claimed::Granted(ticket) => Some(*ticket),
        Claimed::Taken => None,
    });
    tickets.collect()
}

fn end(store: &mut SqliteStore) {
    let end = RunEnd {
        at: now(),
        exit: 0,
        left: 0,
    };
    store.end(end).unwrap();
}

/// How many of the numbers have attempts in the campaign.
fn known(store: &mut dyn Store, campaign: CampaignId, numbers: &[Msisdn]) -> usize {
    let mut count = 0;
    let each = &mut |_, _| count += 1;
    store
        .read(campaign, &mut numbers.iter().copied(), Detail::Full, each)
        .unwrap();
    count
}

#[test]
fn random_runs_leave_what_memory_says() {
    play_seeds(0..50);
}

#[test]
fn more_random_runs_leave_what_memory_says() {
    play_seeds(50..100);
}

#[test]
fn still_more_random_runs_leave_what_memory_says() {
    play_seeds(100..150);
}

fn play_seeds(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        play(&Journal::new(), seed, 20);
    }
}
