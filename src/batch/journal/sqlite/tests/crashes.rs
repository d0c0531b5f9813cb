//! Kills, at every step and at random ones.

use super::*;
use proptest::prelude::*;
use std::collections::HashMap;

#[test]
fn an_intent_without_an_outcome_is_unknown() {
    let place = Place::new();
    let (recorder, _writer) = place.begin(3);
    send(&recorder, 1, AttemptResult::Accepted);
    let _open = recorder.intend(vec![intent(2)]).wait().unwrap();
    let crashed = place.crash();
    assert_eq!(
        crashed.states(&[1, 2, 3]),
        [Status::Accepted, Status::Unknown, Status::Pending]
    );
    // Looking at it has changed nothing.
    assert_eq!(
        crashed.states(&[1, 2, 3]),
        [Status::Accepted, Status::Unknown, Status::Pending]
    );
    assert_eq!(crashed.open().left().unwrap(), 1);
}

#[test]
fn refused_too_often_then_lost_then_killed_is_unknown() {
    let place = Place::new();
    let (recorder, _writer) = place.begin(1);
    send(&recorder, 1, AttemptResult::Unsent);
    send(&recorder, 1, AttemptResult::Unknown);
    let _killed = recorder.intend(vec![intent(1)]).wait().unwrap();
    assert_eq!(place.crash().states(&[1]), [Status::Unknown]);
}

#[test]
fn a_crashed_journal_is_read_without_being_changed() {
    let place = Place::new();
    let (recorder, _writer) = place.begin(2);
    send(&recorder, 1, AttemptResult::Accepted);
    let crashed = place.crash();
    let files = || {
        (
            fs::read(crashed.path()).unwrap(),
            fs::read(crashed.wal()).unwrap(),
        )
    };
    let before = files();
    let reader = FileJournal::open(&crashed.path(), Access::ReadOnly, LostRecords::Refuse).unwrap();
    assert_eq!(
        Tally::of(&reader.numbers(NOW).unwrap(), RetryUnknown::Never).accepted,
        1
    );
    drop(reader);
    assert!(files() == before);
    crashed.open().close().unwrap();
    assert!(files() == before);
}

#[test]
fn what_a_killed_run_did_not_close_is_closed_when_the_batch_says_again_that_it_is_finished() {
    let place = Place::new();
    let (recorder, writer) = place.begin(1);
    send(&recorder, 1, AttemptResult::Accepted);
    drop(recorder);
    let mut journal = writer.finish().unwrap();
    journal.conclude().unwrap();
    let crashed = place.crash();
    journal.close().unwrap();
    assert!(crashed.wal().exists());
    let mut journal = crashed.open();
    journal.conclude().unwrap();
    journal.close().unwrap();
    assert_eq!(crashed.names(), place.names());
    assert_eq!(crashed.states(&[1]), [Status::Accepted]);
}

#[test]
fn a_missing_wal_is_noticed_from_the_first_record_on() {
    let place = Place::new();
    let mut journal = place.open();
    journal
        .begin(CampaignKind::First, &print("a"), &plan(1), NOW)
        .unwrap();
    let (recorder, writer) = journal.start().unwrap();
    for step in 0..3 {
        let crashed = place.crash();
        // What is counted there would show that nothing is missing yet.
        fs::remove_file(crashed.path().with_extension("smspin.lock")).unwrap();
        for remove in [true, false] {
            if remove {
                fs::remove_file(crashed.wal()).unwrap();
            } else {
                fs::write(crashed.wal(), "").unwrap();
            }
            let error = FileJournal::open(&crashed.path(), Access::Locked, LostRecords::Refuse).unwrap_err();
            assert!(
                matches!(error, JournalError::WalMissing { .. }),
                "{step}: {error}"
            );
            assert!(error.hint().unwrap().contains("-wal back"), "{error}");
            let error =
                FileJournal::open(&crashed.path(), Access::ReadOnly, LostRecords::Refuse).unwrap_err();
            assert!(
                matches!(error, JournalError::WalMissing { .. }),
                "{step}: {error}"
            );
        }
        if step < 2 {
            send(&recorder, step + 1, AttemptResult::Accepted);
        }
    }
    writer.finish().unwrap().close().unwrap();
    assert!(!place.wal().exists());
    // The second session after a crash is guarded just as well.
    let (recorder, _writer) = place.resume(1);
    send(&recorder, 9, AttemptResult::Accepted);
    let crashed = place.crash();
    let (recorder, _second) = crashed.resume(1);
    send(&recorder, 10, AttemptResult::Accepted);
    let again = crashed.crash();
    assert_eq!(again.states(&[9, 10]), [Status::Accepted; 2]);
    fs::remove_file(again.wal()).unwrap();
    assert!(matches!(
        FileJournal::open(&again.path(), Access::Locked, LostRecords::Refuse),
        Err(JournalError::WalMissing { .. })
    ));
}

#[test]
fn a_kill_while_the_journal_is_being_made_leaves_nothing_in_the_way() {
    let place = Place::new();
    fs::write(
        place.folder.path().join("users.csv.smspin.new"),
        "SQLite format 3\0 and half a journal",
    )
    .unwrap();
    fs::write(place.wal(), "").unwrap();
    let (recorder, writer) = place.begin(1);
    send(&recorder, 1, AttemptResult::Accepted);
    writer.finish().unwrap().close().unwrap();
    assert_eq!(place.names(), ["users.csv.smspin", "users.csv.smspin.lock"]);
}

#[test]
fn closing_under_a_readers_eyes_loses_nothing() {
    let place = Place::new();
    let (recorder, writer) = place.begin(1);
    send(&recorder, 1, AttemptResult::Accepted);
    let reader = FileJournal::open(&place.path(), Access::ReadOnly, LostRecords::Refuse).unwrap();
    let mut statement = reader.connected().prepare("SELECT id FROM attempt").unwrap();
    let mut rows = statement.query([]).unwrap();
    assert!(rows.next().unwrap().is_some());
    let mut journal = writer.finish().unwrap();
    assert!(matches!(
        journal.set_aside(NOW),
        Err(JournalError::BeingRead { .. })
    ));
    drop(journal);
    assert_eq!(place.crash().states(&[1]), [Status::Accepted]);
    drop(rows);
    drop(statement);
    drop(reader);
    assert_eq!(place.states(&[1]), [Status::Accepted]);
    let (_, writer) = place.resume(0);
    writer.finish().unwrap().close().unwrap();
    assert_eq!(place.names(), ["users.csv.smspin", "users.csv.smspin.lock"]);
}

#[derive(Clone, Debug)]
enum Step {
    Intend(u64),
    Close(usize, AttemptResult),
    TakeBack(usize),
    Kill,
    CloseAndOpen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    use AttemptResult::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
    let ended = prop::sample::select(vec![Accepted, Refused, RefusedAccount, Unsent, Unknown]);
    let step = prop_oneof![
        6 => (1..6_u64).prop_map(Step::Intend),
        6 => (any::<usize>(), ended).prop_map(|(which, ended)| Step::Close(which, ended)),
        1 => any::<usize>().prop_map(Step::TakeBack),
        1 => Just(Step::Kill),
        1 => Just(Step::CloseAndOpen),
    ];
    prop::collection::vec(step, 1..40)
}

/// The states that a list of (number, outcome) adds up to.
fn model(attempts: &[Option<(u64, Option<AttemptResult>)>]) -> Vec<Status> {
    let mut standings = HashMap::new();
    for (digits, ended) in attempts.iter().flatten() {
        let standing = standings
            .entry(*digits)
            .or_insert(crate::batch::state::NumberState::NEW);
        *standing = standing.after(*ended, false);
    }
    (1..6)
        .map(|digits| {
            standings
                .get(&digits)
                .map_or(Status::Pending, |standing| standing.state())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn whatever_was_acknowledged_is_there_after_any_kill(steps in steps()) {
        let mut place = Place::new();
        let (mut recorder, mut writer) = place.begin(5);
        let mut attempts: Vec<Option<(u64, Option<AttemptResult>)>> = Vec::new();
        let mut open: Vec<(usize, Ticket)> = Vec::new();
        for step in steps {
            match step {
                Step::Intend(digits) => {
                    let ticket = recorder.intend(vec![intent(digits)]).wait().unwrap().pop().unwrap();
                    open.push((attempts.len(), ticket));
                    attempts.push(Some((digits, None)));
                }
                Step::Close(which, ended) if !open.is_empty() => {
                    let (index, ticket) = open.swap_remove(which % open.len());
                    recorder.close(ticket, outcome(ended)).wait().unwrap();
                    attempts[index].as_mut().unwrap().1 = Some(ended);
                }
                Step::TakeBack(which) if !open.is_empty() => {
                    let (index, ticket) = open.swap_remove(which % open.len());
                    recorder.take_back(vec![ticket]).wait().unwrap();
                    attempts[index] = None;
                }
                Step::Kill => {
                    let crashed = place.crash();
                    drop(writer);
                    place = crashed;
                    open.clear();
                    prop_assert_eq!(place.states(&[1, 2, 3, 4, 5]), model(&attempts));
                    (recorder, writer) = place.resume(5);
                }
                Step::CloseAndOpen => {
                    writer.finish().unwrap().close().unwrap();
                    open.clear();
                    (recorder, writer) = place.resume(5);
                }
                Step::Close(..) | Step::TakeBack(_) => {}
            }
        }
        prop_assert_eq!(place.crash().states(&[1, 2, 3, 4, 5]), model(&attempts));
        let journal = writer.finish().unwrap();
        prop_assert_eq!(states(&journal, &[1, 2, 3, 4, 5]), model(&attempts));
    }
}
