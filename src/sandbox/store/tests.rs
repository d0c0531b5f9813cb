//! The store's rules, with a clock of the tests' own, and several at once on one file.

use super::inbox::{Filter, PinState};
use super::pins::NewMessage;
use super::*;
use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use accounts::AccountId;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const NOW: Millis = Millis(1_800_000_000_000);

fn number(digits: &str) -> Msisdn {
    Msisdn::from_digits(digits).unwrap()
}

fn account(state: &mut SandboxState, key: &str) -> AccountId {
    let transaction = state.write().unwrap();
    let account = accounts::open(&transaction, key, Money::from_ten_thousandths(1_000), false).unwrap();
    transaction.commit().unwrap();
    account
}

fn message(account: AccountId, msisdn: &str, pin: &str) -> NewMessage {
    NewMessage {
        account,
        msisdn: number(msisdn),
        sms_id: [7; 16],
        sender: None,
        text: format!("Your PIN is {pin}"),
        pin: pin.to_owned(),
        at: NOW,
        expires_in: Some(Duration::from_secs(600)),
        max_tries: 3,
        status: "ACCEPTD",
        settled: "DELIVRD",
        settled_at: NOW.plus(Duration::from_secs(1)),
    }
}

fn memory() -> SandboxState {
    SandboxState::open(&Db::Memory).unwrap()
}

#[test]
fn a_pin_ends_at_its_moment_and_not_before() {
    let mut state = memory();
    let account = account(&mut state, "k");
    let state = state.write().unwrap();
    pins::record(&state, &message(account, "34666666111", "123456")).unwrap();
    let last = Millis(NOW.0 + 599_999);
    let guess = |at| pins::guess(&state, account, number("34666666111"), "123456", at).unwrap();
    assert!(guess(last).verified);
    let late = guess(Millis(last.0 + 1));
    assert_eq!(
        (late.verified, late.previously_verified, late.tries_remaining),
        (false, true, Some(0))
    );
}

#[test]
fn a_pin_that_never_expires_never_does() {
    let mut state = memory();
    let account = account(&mut state, "k");
    let state = state.write().unwrap();
    let eternal = NewMessage {
        expires_in: None,
        ..message(account, "34666666111", "123456")
    };
    pins::record(&state, &eternal).unwrap();
    assert!(
        pins::guess(&state, account, number("34666666111"), "123456", Millis(i64::MAX))
            .unwrap()
            .verified
    );
}

#[test]
fn accounts_see_nothing_of_each_other() {
    let mut state = memory();
    let (one, two) = (account(&mut state, "one"), account(&mut state, "two"));
    assert_ne!(one, two);
    assert_eq!(account(&mut state, "one"), one);
    let state = state.write().unwrap();
    pins::record(&state, &message(one, "34666666111", "111111")).unwrap();
    pins::record(&state, &message(two, "34666666111", "222222")).unwrap();
    let guess = |account, pin| pins::guess(&state, account, number("34666666111"), pin, NOW).unwrap();
    assert!(!guess(two, "111111").verified);
    assert!(guess(one, "111111").verified);
    assert!(accounts::charge(&state, one, Money::from_ten_thousandths(1_000)).unwrap());
    assert!(!accounts::charge(&state, one, Money::from_ten_thousandths(1)).unwrap());
    assert_eq!(
        accounts::balance(&state, two).unwrap(),
        Money::from_ten_thousandths(1_000)
    );
}

#[test]
fn the_inbox_says_what_became_of_every_pin() {
    let mut state = memory();
    let account = account(&mut state, "k");
    let state = state.write().unwrap();
    for (msisdn, pin) in [
        ("34666666111", "111111"),
        ("34666666111", "222222"),
        ("34666666222", "333333"),
    ] {
        pins::record(&state, &message(account, msisdn, pin)).unwrap();
    }
    for _ in 0..3 {
        pins::guess(&state, account, number("34666666222"), "x", NOW).unwrap();
    }
    pins::guess(&state, account, number("34666666111"), "222222", NOW).unwrap();
    let states = |filter: &Filter, at| -> Vec<_> {
        let list = inbox::list(&state, filter, 10, at).unwrap();
        list.into_iter()
            .map(|sms| (sms.pin, sms.pin_state, sms.delivery))
            .collect()
    };
    let accepted = |pin: &str, state| (pin.to_owned(), state, "ACCEPTD".to_owned());
    assert_eq!(
        states(&Filter::All, NOW),
        [
            accepted("333333", PinState::UsedUp),
            accepted("222222", PinState::Verified),
            accepted("111111", PinState::Replaced)
        ]
    );
    let later = states(
        &Filter::Number(number("34666666111")),
        NOW.plus(Duration::from_secs(600)),
    );
    assert_eq!(
        later[0],
        ("222222".to_owned(), PinState::Expired, "DELIVRD".to_owned())
    );
    assert_eq!(states(&Filter::Containing("6222".to_owned()), NOW).len(), 1);
}

#[test]
fn clearing_the_inbox_keeps_pins_and_a_reset_does_not() {
    let mut state = memory();
    let account = account(&mut state, "k");
    let state = state.write().unwrap();
    pins::record(&state, &message(account, "34666666111", "111111")).unwrap();
    let revision = inbox::revision(&state).unwrap();
    inbox::clear(&state).unwrap();
    assert!(inbox::list(&state, &Filter::All, 10, NOW).unwrap().is_empty());
    assert!(inbox::revision(&state).unwrap() > revision);
    assert!(
        pins::guess(&state, account, number("34666666111"), "111111", NOW)
            .unwrap()
            .verified
    );
    assert!(accounts::charge(&state, account, Money::from_ten_thousandths(1)).unwrap());
    assert_eq!(
        counters::count(&state, account, number("34666666111")).unwrap(),
        0
    );
    inbox::reset(&state).unwrap();
    assert_eq!(pins::last_pin(&state, number("34666666111")).unwrap(), None);
    assert_eq!(
        accounts::balance(&state, account).unwrap(),
        Money::from_ten_thousandths(1_000)
    );
    assert_eq!(
        counters::count(&state, account, number("34666666111")).unwrap(),
        0
    );
    pins::record(&state, &message(account, "34666666111", "222222")).unwrap();
    assert_eq!(inbox::list(&state, &Filter::All, 10, NOW).unwrap().len(), 1);
}

#[test]
fn a_report_is_taken_by_one_and_comes_back_if_nothing_is_heard() {
    let mut state = memory();
    let account = account(&mut state, "k");
    let state = state.write().unwrap();
    let id = pins::record(&state, &message(account, "34666666111", "111111")).unwrap();
    let at = |secs| NOW.plus(Duration::from_secs(secs));
    let new = |status, due| reports::NewReport { status, due };
    reports::schedule(
        &state,
        id,
        "http://127.0.0.1:1/",
        &[new("ACCEPTD", NOW), new("DELIVRD", at(5))],
    )
    .unwrap();
    let take = |now| reports::take_due(&state, now, Duration::from_secs(30), 10).unwrap();
    let first = take(NOW);
    assert_eq!(
        (first.len(), first[0].status.as_str(), first[0].attempts),
        (1, "ACCEPTD", 0)
    );
    assert!(take(NOW).is_empty());
    assert_eq!(reports::next_due(&state).unwrap(), Some(at(5)));
    let ids: Vec<_> = take(at(30)).iter().map(|due| (due.id, due.attempts)).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&(first[0].id, 1)));
    reports::finish(&state, &[first[0].id]).unwrap();
    reports::postpone(&state, &[ids[0].0], at(40)).unwrap();
    assert!(reports::next_due(&state).unwrap().is_some());
}

#[test]
fn guesses_are_counted_exactly_across_connections() {
    let home = tempfile::tempdir().unwrap();
    let db = Db::File(home.path().join("state"));
    let mut state = SandboxState::open(&db).unwrap();
    let account = account(&mut state, "k");
    let transaction = state.write().unwrap();
    pins::record(&transaction, &message(account, "34666666111", "111111")).unwrap();
    transaction.commit().unwrap();
    let counted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut state = SandboxState::open(&db).unwrap();
                let transaction = state.write().unwrap();
                let guess = pins::guess(&transaction, account, number("34666666111"), "x", NOW).unwrap();
                transaction.commit().unwrap();
                counted.fetch_add(
                    usize::from(guess.message == "The PIN is not right."),
                    Ordering::Relaxed,
                );
            });
        }
    });
    assert_eq!(counted.into_inner(), 3);
}

#[test]
fn many_may_create_the_same_file_at_once() {
    let home = tempfile::tempdir().unwrap();
    let db = Db::File(home.path().join("a/b/state"));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| drop(SandboxState::open(&db).unwrap()));
        }
    });
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("new/state");
    let mut state = SandboxState::open(&Db::File(path.clone())).unwrap();
    account(&mut state, "k");
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o777,
            0o600,
            "{entry:?}"
        );
    }
    assert_eq!(
        path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(SandboxState::open(&Db::File(path.clone())).unwrap());
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_files_of_others_are_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("other.sqlite");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let error = SandboxState::open(&Db::File(path.clone())).err().unwrap();
    assert!(matches!(error, StoreError::NotOurs(_)), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let newer = home.path().join("newer");
    drop(SandboxState::open(&Db::File(newer.clone())).unwrap());
    Connection::open(&newer)
        .unwrap()
        .pragma_update(None, "user_version", 9)
        .unwrap();
    assert!(matches!(
        SandboxState::open(&Db::File(newer)),
        Err(StoreError::OtherVersion { version: 9, .. })
    ));
}

#[tokio::test]
async fn a_job_that_fails_takes_nothing_with_it_but_its_group() {
    let store = Store::open(&Db::Memory).unwrap();
    let account = |state: &Connection| accounts::open(state, "k", Money::ZERO, false);
    let broken = store.write(move |state| {
        account(state)?;
        state.execute("INSERT INTO nowhere VALUES (1)", [])
    });
    assert!(broken.await.is_err());
    let count =
        |state: &Connection| state.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0));
    assert_eq!(store.read(count).await.unwrap(), 0_i64);
    store.write(account).await.unwrap();
    assert_eq!(store.read(count).await.unwrap(), 1_i64);
}
