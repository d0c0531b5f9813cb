//! The suite of every engine, against a real server, and what is PostgreSQL's own.

#[expect(dead_code, reason = "the tests of the program use the rest of it")]
#[path = "../../../tests/support/postgres.rs"]
mod cluster;
mod settings;

use super::session::DatabaseSession;
use super::{DatabasePlace, PostgresStore};
use crate::domain::database_url::WrittenUrl;
use crate::domain::msisdn::Msisdn;
use crate::env::Environment;
use crate::journal::attempt::Ticket;
use crate::journal::attempt::{AnswerRecord, AttemptOutcome, AttemptState, Detail};
use crate::journal::decision::{ResendUnknown, Rules};
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::run::{NewRun, RunName, Runs};
use crate::journal::store::{Claim, Claimed, Closing, Group, Store};
use crate::journal::tests::{self as suite, Engine};
use cluster::Cluster;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A journal in a server of its own.
struct Database {
    cluster: Cluster,
    place: DatabasePlace,
}

impl Database {
    fn new() -> Self {
        let cluster = Cluster::start();
        let url = WrittenUrl::parse(&cluster.url("me")).unwrap();
        let url = url.complete(|_| None).unwrap();
        let place = DatabasePlace::new(url, None, &Environment::default()).unwrap();
        Self { cluster, place }
    }
}

impl Engine for Database {
    fn open(&self) -> Box<dyn Store> {
        Box::new(PostgresStore::open(&self.place).unwrap())
    }

    fn look(&self) -> Box<dyn Store> {
        Box::new(PostgresStore::look(&self.place).unwrap().unwrap())
    }

    /// The server notices the end of a process after a while, and this end of a session at once.
    fn kill(&self, store: Box<dyn Store>) {
        store.close().unwrap();
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn random_runs_leave_what_memory_says() {
    let database = Database::new();
    for seed in 0..20 {
        suite::play(&database, seed, 40);
        database.cluster.sql("sms", "DROP SCHEMA smspin CASCADE");
    }
}

fn new_run() -> NewRun {
    NewRun {
        name: RunName::random(),
        campaign: "default".to_owned(),
        began: crate::clock::now(),
        timeout: Duration::from_secs(10),
        list: "users.csv".to_owned(),
        digest: None,
        settings: "{}".to_owned(),
    }
}

fn claims(numbers: &[u64]) -> Group {
    let claim = |number: &u64| Claim {
        msisdn: Msisdn::from_u64(*number).unwrap(),
        expires_in: 60,
        is_repeat: false,
    };
    Group {
        claims: numbers.iter().map(claim).collect(),
        ..Group::default()
    }
}

fn commit(store: &mut dyn Store, group: &Group) -> Result<Vec<Claimed>, JournalError> {
    let now = crate::clock::now();
    store.commit(group, &Rules::plain(now), &Runs::default(), now)
}

const FIRST: u64 = 34_600_000_001;

#[test]
#[ignore = "needs PostgreSQL"]
fn a_run_whose_session_is_gone_claims_nothing_more_and_records_what_it_knows() {
    let database = Database::new();
    let mut store = PostgresStore::open(&database.place).unwrap();
    let (run, campaign) = store.begin(&new_run()).unwrap();
    let claimed = commit(&mut store, &claims(&[FIRST])).unwrap();
    let [Claimed::Granted(ticket)] = claimed[..] else {
        panic!("{claimed:?}");
    };
    let end_sessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'me'";
    database.cluster.sql("postgres", end_sessions);
    let error = commit(&mut store, &claims(&[FIRST + 1])).unwrap_err();
    assert!(
        matches!(error.fault, JournalFault::Unanswered | JournalFault::Gone),
        "{error}"
    );
    assert_eq!(store.check().unwrap_err().fault, JournalFault::Gone);
    // Another run takes it for dead, and reads an unknown request.
    let mut other = database.open();
    let found = other.runs().unwrap();
    assert!(found.iter().all(|record| record.id != run || !record.is_alive));
    store.recover().unwrap();
    let closing = Closing {
        ticket,
        outcome: AttemptOutcome {
            state: AttemptState::Accepted,
            at: crate::clock::now(),
            answer: AnswerRecord::default(),
        },
    };
    let outcomes = Group {
        closings: vec![closing],
        ..Group::default()
    };
    commit(&mut store, &outcomes).unwrap();
    // The same outcome may be written again.
    commit(&mut store, &outcomes).unwrap();
    assert_eq!(
        commit(&mut store, &claims(&[FIRST + 2])).unwrap_err().fault,
        JournalFault::Gone
    );
    let mut standings = Vec::new();
    let mut numbers = (0..3_u8).map(|nth| Msisdn::from_u64(FIRST + u64::from(nth)).unwrap());
    other
        .read(campaign, &mut numbers, Detail::State, &mut |msisdn, attempt| {
            standings.push((msisdn.as_u64(), attempt.state));
        })
        .unwrap();
    assert_eq!(standings, [(FIRST, AttemptState::Accepted)]);
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_claim_without_an_answer_is_unsent() {
    let database = Database::new();
    let mut store = PostgresStore::open(&database.place).unwrap();
    store.begin(&new_run()).unwrap();
    commit(&mut store, &claims(&[FIRST])).unwrap();
    let second = Msisdn::from_u64(FIRST + 1).unwrap();
    commit(&mut store, &claims(&[FIRST + 1])).unwrap();
    // As if its answer had not come.
    store.outage.unanswered.push(Ticket {
        msisdn: second,
        nth: 1,
    });
    store.session = None;
    store.recover().unwrap();
    let left = "SELECT msisdn, state FROM smspin.attempts ORDER BY msisdn";
    let left = database.cluster.sql("sms", left);
    assert_eq!(left, format!("{FIRST}|0\n{}|5", FIRST + 1));
}

/// A first attempt whose statement has begun before another run's, is written after that run was taken for dead, a third run has
/// sent behind it, and the run has come back.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_late_first_attempt_does_not_take_the_place_of_one_that_another_was_sent_behind() {
    let database = Database::new();
    let open = || PostgresStore::open(&database.place).unwrap();
    let (mut late, mut lost, mut third) = (open(), open(), open());
    late.begin(&new_run()).unwrap();
    let (run, campaign) = lost.begin(&new_run()).unwrap();
    let wanted = FIRST + 1;
    let own_claim = |claimed: Result<Vec<Claimed>, JournalError>| match claimed.unwrap()[..] {
        [Claimed::Granted(ticket)] => ticket,
        _ => panic!("not granted"),
    };
    // The statement looks at the table, and then waits for what has written the number before.
    let backend = lost.session().unwrap().backend;
    let blocking = DatabaseSession::open(&database.place, None).unwrap();
    blocking.batch("write to", "BEGIN").unwrap();
    let first = "INSERT INTO smspin.attempts (campaign, msisdn, nth, run, at, expires_in, state) VALUES ($1, $2, 1, 0, 0, 0, 0)";
    let values = (super::rows::id(campaign.0), FIRST.cast_signed());
    blocking.rows("write to", first, &[&values.0, &values.1]).unwrap();
    let waiting = std::thread::spawn(move || commit(&mut late, &claims(&[FIRST, wanted])));
    let is_waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'me' AND wait_event_type = 'Lock'";
    while database.cluster.sql("postgres", is_waiting) != "1" {
        std::thread::yield_now();
    }
    let ticket = own_claim(commit(&mut lost, &claims(&[wanted])));
    database
        .cluster
        .sql("postgres", &format!("SELECT pg_terminate_backend({backend})"));
    while third
        .runs()
        .unwrap()
        .iter()
        .any(|record| record.id == run && record.is_alive)
    {}
    third.begin(&new_run()).unwrap();
    let now = crate::clock::now();
    let mut rules = Rules::plain(now);
    rules.resend.unknown = ResendUnknown::All;
    let mut again = claims(&[wanted]);
    again.claims[0].is_repeat = true;
    let dead = Runs::new(third.runs().unwrap());
    let behind = own_claim(third.commit(&again, &rules, &dead, now));
    assert_eq!((ticket.nth, behind.nth), (1, 2));
    lost.session = None;
    lost.recover().unwrap();
    let taken_back = Group {
        taken_back: vec![ticket],
        ..Group::default()
    };
    commit(&mut lost, &taken_back).unwrap();
    blocking.batch("write to", "ROLLBACK").unwrap();
    let claimed = waiting.join().unwrap().unwrap();
    assert!(
        matches!(claimed[..], [Claimed::Granted(_), Claimed::Taken]),
        "{claimed:?}"
    );
}

/// The server has no statistics of it, and the plan for its first group may be kept.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_new_campaign_is_not_read_for_each_of_its_groups() {
    let database = Database::new();
    let sql = |statement: &str| database.cluster.sql("sms", statement);
    let mut store = PostgresStore::open(&database.place).unwrap();
    sql("ALTER TABLE smspin.attempts SET (autovacuum_enabled = off)");
    store.begin(&new_run()).unwrap();
    let mut closings = Vec::new();
    for group in 0..200 {
        let first = FIRST + 30 * group;
        let written = Group {
            closings: std::mem::take(&mut closings),
            ..claims(&(first..first + 30).collect::<Vec<_>>())
        };
        let claimed = commit(&mut store, &written).unwrap();
        closings.extend(claimed.into_iter().filter_map(ticket).map(unsent));
    }
    drop(store);
    while sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'me'") != "0" {}
    let read = sql("SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'attempts_pkey'");
    // All of them in each group would be 600,000.
    assert!(read.parse::<u64>().unwrap() < 60_000, "{read}");
}

/// Two runs that claim the same people in opposite orders would wait for each other, did each claim them in its own order.
#[test]
#[ignore = "needs PostgreSQL"]
fn two_runs_in_opposite_orders_never_wait_for_each_other() {
    let database = Database::new();
    let (together, has_failed) = (Barrier::new(2), AtomicBool::new(false));
    let run = |is_reversed: bool| {
        let mut store = PostgresStore::open(&database.place).unwrap();
        store.begin(&new_run()).unwrap();
        let mut granted = Vec::new();
        for round in 0..10 {
            // In every second round each number has an attempt that was never sent.
            let first = FIRST + round / 2 * 3_000;
            let mut numbers: Vec<u64> = (first..first + 3_000).collect();
            if is_reversed {
                numbers.reverse();
            }
            together.wait();
            let claimed = commit(&mut store, &claims(&numbers));
            has_failed.fetch_or(claimed.is_err(), Ordering::SeqCst);
            together.wait();
            if has_failed.load(Ordering::SeqCst) {
                break;
            }
            let tickets: Vec<_> = claimed.unwrap().into_iter().filter_map(ticket).collect();
            granted.extend(tickets.iter().map(|ticket| (round, ticket.msisdn)));
            let closings = tickets.into_iter().map(unsent);
            let group = Group {
                closings: closings.collect(),
                ..Group::default()
            };
            commit(&mut store, &group).unwrap();
        }
        granted
    };
    let mut granted = std::thread::scope(|scope| {
        let other = scope.spawn(|| run(true));
        let granted = run(false);
        [granted, other.join().unwrap()].concat()
    });
    let log = std::fs::read_to_string(database.cluster.socket().join("log")).unwrap();
    assert!(!log.contains("deadlock detected"), "{log}");
    assert_eq!(granted.len(), 30_000, "each round gives each number once");
    granted.sort_unstable();
    granted.dedup();
    assert_eq!(
        granted.len(),
        30_000,
        "each round gives each number to one of them"
    );
}

fn unsent(ticket: Ticket) -> Closing {
    Closing {
        ticket,
        outcome: AttemptOutcome {
            state: AttemptState::Unsent,
            at: crate::clock::now(),
            answer: AnswerRecord::default(),
        },
    }
}

fn ticket(claimed: Claimed) -> Option<Ticket> {
    match claimed {
        Claimed::Granted(ticket) => Some(ticket),
        Claimed::Taken => None,
    }
}

/// Two runs stood in each other's way: nothing was written, and the same is done once more.
#[test]
#[ignore = "needs PostgreSQL"]
fn what_the_server_undid_for_another_run_is_done_once_more() {
    let database = Database::new();
    let mut store = PostgresStore::open(&database.place).unwrap();
    store.begin(&new_run()).unwrap();
    let sql = |statement: &str| database.cluster.sql("sms", statement);
    sql("CREATE SEQUENCE tries; GRANT USAGE ON tries TO me");
    for (code, number) in [("40P01", FIRST), ("40001", FIRST + 1)] {
        sql(&format!(
            "SELECT setval('tries', 1); DROP TRIGGER IF EXISTS refuse ON smspin.attempts;
            CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('public.tries') < 4 THEN RAISE 'another was first' USING ERRCODE = '{code}'; END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER refuse BEFORE INSERT ON smspin.attempts FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
        ));
        let claimed = commit(&mut store, &claims(&[number])).unwrap();
        assert!(matches!(claimed[..], [Claimed::Granted(_)]), "{code}");
        assert_eq!(sql("SELECT last_value FROM tries"), "4", "{code}");
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_long_list_finds_what_a_short_one_finds() {
    let database = Database::new();
    let mut store = PostgresStore::open(&database.place).unwrap();
    let (_, campaign) = store.begin(&new_run()).unwrap();
    // Some numbers are before, between and behind those of the list.
    let claimed: Vec<u64> = (0..90_000).step_by(3_001).map(|number| FIRST + number).collect();
    commit(&mut store, &claims(&claimed)).unwrap();
    let list = (1_000..80_000).step_by(2).map(|number| FIRST + number);
    let mut find = |list: &[u64]| {
        let mut found = Vec::new();
        let mut numbers = list.iter().map(|number| Msisdn::from_u64(*number).unwrap());
        let each = &mut |msisdn: Msisdn, _| found.push(msisdn.as_u64());
        store.read(campaign, &mut numbers, Detail::State, each).unwrap();
        found
    };
    let list: Vec<u64> = list.collect();
    let in_groups: Vec<u64> = list.chunks(1_000).flat_map(&mut find).collect();
    let expected = claimed.into_iter().filter(|number| list.contains(number));
    assert_eq!(in_groups, expected.collect::<Vec<_>>());
    assert_eq!(find(&list), in_groups);
}
