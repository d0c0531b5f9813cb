//! The store's rules, with a clock of the tests' own.

mod files;

use super::inbox::{Filter, PinState};
use super::pins::NewMessage;
use super::*;
use crate::domain::money::Money;
use crate::domain::msisdn::Msisdn;
use accounts::{AccountId, AccountPrefix};
use pins::PinQuery;
use reports::ReportFate;
use std::time::Duration;

const NOW: Millis = Millis(1_800_000_000_000);

impl SandboxState {
    fn change<T>(&mut self, work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let transaction = self.write()?;
        let before = transaction.total_changes();
        let value = work(&StateView::begin(&transaction)?)?;
        if transaction.total_changes() != before {
            bump_revision(&transaction)?;
        }
        transaction.commit().map(|()| value)
    }

    fn look<T>(&mut self, work: impl FnOnce(&StateView<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let transaction = self.read()?;
        work(&StateView::begin(&transaction)?)
    }
}

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

/// The state at a moment of the test's own.
fn at(state: &Connection, now: Millis) -> StateView<'_> {
    StateView {
        connection: state,
        now,
    }
}

fn all() -> AccountPrefix {
    AccountPrefix::default()
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
    let states = |filter: &Filter, now| -> Vec<_> {
        let (list, total) = inbox::list(&at(&state, now), filter, 10).unwrap();
        assert_eq!(usize::try_from(total).unwrap(), list.len());
        list.into_iter()
            .map(|sms| (sms.pin, sms.pin_state, sms.delivery))
            .collect()
    };
    let accepted = |pin: &str, state| (pin.to_owned(), state, "ACCEPTD".to_owned());
    assert_eq!(
        states(&Filter::default(), NOW),
        [
            accepted("333333", PinState::UsedUp),
            accepted("222222", PinState::Verified),
            accepted("111111", PinState::Replaced)
        ]
    );
    let later = states(
        &Filter {
            number: Some(number("34666666111")),
            ..Filter::default()
        },
        NOW.plus(Duration::from_secs(600)),
    );
    assert_eq!(
        later[0],
        ("222222".to_owned(), PinState::Expired, "DELIVRD".to_owned())
    );
    for (text, found) in [
        ("6222", 1),
        ("+34 666", 3),
        ("your pin", 3),
        ("pin is 2222", 1),
        ("nobody", 0),
        ("%", 0),
    ] {
        let filter = Filter {
            containing: Some(text.to_owned()),
            ..Filter::default()
        };
        assert_eq!(states(&filter, NOW).len(), found, "{text}");
    }
    let (newest, total) = inbox::list(&at(&state, NOW), &Filter::default(), 1).unwrap();
    assert_eq!((newest.len(), total), (1, 3));
}

#[test]
fn clearing_the_inbox_keeps_pins_and_a_reset_does_not() {
    let mut state = memory();
    let account = account(&mut state, "k");
    let state = state.write().unwrap();
    pins::record(&state, &message(account, "34666666111", "111111")).unwrap();
    let count = || inbox::list(&at(&state, NOW), &Filter::default(), 10).unwrap().1;
    inbox::clear(&state, &all()).unwrap();
    assert_eq!(count(), 0);
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
    let last = |query: &PinQuery| pins::last_pin(&at(&state, NOW), number("34666666111"), query).unwrap();
    let first = last(&PinQuery::default()).unwrap();
    inbox::reset(&state, &all()).unwrap();
    assert_eq!(last(&PinQuery::default()), None);
    assert_eq!(
        accounts::balance(&state, account).unwrap(),
        Money::from_ten_thousandths(1_000)
    );
    assert_eq!(
        counters::count(&state, account, number("34666666111")).unwrap(),
        0
    );
    pins::record(&state, &message(account, "34666666111", "222222")).unwrap();
    assert_eq!(count(), 1);
    let second = last(&PinQuery::default()).unwrap();
    assert!(second.id > first.id, "{second:?} after {first:?}");
}

#[test]
fn what_is_reset_or_cleared_for_one_account_stays_for_the_other() {
    let mut state = memory();
    let (one, two) = (account(&mut state, "one"), account(&mut state, "two"));
    let state = state.write().unwrap();
    let prefix = AccountPrefix::parse(&accounts::name("one")[..6]).unwrap();
    for account in [one, two] {
        pins::record(&state, &message(account, "34666666111", "111111")).unwrap();
        accounts::charge(&state, account, Money::from_ten_thousandths(1)).unwrap();
    }
    let mine = Filter {
        account: prefix.clone(),
        ..Filter::default()
    };
    let count = |filter: &Filter| inbox::list(&at(&state, NOW), filter, 10).unwrap().1;
    assert_eq!((count(&mine), count(&Filter::default())), (1, 2));
    inbox::clear(&state, &prefix).unwrap();
    assert_eq!((count(&mine), count(&Filter::default())), (0, 1));
    inbox::reset(&state, &prefix).unwrap();
    assert_eq!(count(&Filter::default()), 1);
    let balances: Vec<_> = accounts::list(&state)
        .unwrap()
        .into_iter()
        .map(|account| account.balance)
        .collect();
    assert_eq!(balances, [1_000, 999].map(Money::from_ten_thousandths));
}

#[test]
fn the_oldest_messages_go_and_the_last_ones_stay() {
    let mut state = memory();
    let account = account(&mut state, "k");
    let state = state.write().unwrap();
    for _ in 0..30 {
        let id = pins::record(&state, &message(account, "34666666111", "111111")).unwrap();
        let new = reports::NewReport {
            status: "DELIVRD",
            due: NOW,
        };
        reports::schedule(&state, id, "http://a/", "http://a", &[new]).unwrap();
        pins::prune(&state, id, 10).unwrap();
    }
    let (list, total) = inbox::list(&at(&state, NOW), &Filter::default(), 100).unwrap();
    assert_eq!((list.len(), total, list[0].id), (10, 10, 30));
    assert_eq!(reports::list(&state, None, &all(), 100).unwrap().len(), 10);
}

#[test]
fn the_clock_goes_on_by_what_it_is_told_and_back_with_a_reset() {
    let mut state = memory();
    let now = |state: &mut SandboxState| state.look(|state| Ok(state.now)).unwrap();
    let before = now(&mut state);
    state
        .change(|state| clock::advance(state, Duration::from_secs(3_600)))
        .unwrap();
    assert!(now(&mut state) >= before.plus(Duration::from_secs(3_600)));
    state.change(|state| clock::start_at(state, NOW)).unwrap();
    let started = now(&mut state);
    assert!(
        started >= NOW && started < NOW.plus(Duration::from_secs(600)),
        "{started:?}"
    );
    state
        .change(|state| clock::advance(state, Duration::from_secs(86_400)))
        .unwrap();
    state.change(|state| inbox::reset(state, &all())).unwrap();
    assert!(now(&mut state) < NOW.plus(Duration::from_secs(3_600)));
}

#[test]
fn a_report_is_taken_by_one_and_comes_back_if_nothing_is_heard() {
    let mut state = memory();
    let account = account(&mut state, "k");
    let state = state.write().unwrap();
    let id = pins::record(&state, &message(account, "34666666111", "111111")).unwrap();
    let later = |secs| NOW.plus(Duration::from_secs(secs));
    let new = |status, due| reports::NewReport { status, due };
    let schedule = |origin: &str| {
        let due = [new("ACCEPTD", NOW), new("DELIVRD", later(5))];
        reports::schedule(&state, id, &format!("{origin}/x"), origin, &due).unwrap();
    };
    schedule("http://a");
    let take = |now, hold, busy: &str| -> Vec<(i64, String, u32)> {
        let taken = reports::take_due(&at(&state, now), Duration::from_secs(hold), busy, 10, 10).unwrap();
        let due = taken.into_iter().flat_map(|(_, due)| due);
        due.map(|due| (due.id, due.status, due.attempts)).collect()
    };
    let next = |now, busy: &str| reports::next_due(&at(&state, now), busy).unwrap();
    assert!(take(NOW, 30, r#"["http://a"]"#).is_empty());
    assert_eq!(next(NOW, r#"["http://a"]"#), None);
    let first = take(NOW, 30, "[]");
    assert_eq!(first, [(1, "ACCEPTD".to_owned(), 0)]);
    assert!(take(NOW, 30, "[]").is_empty());
    assert_eq!(next(NOW, "[]"), Some(Duration::from_secs(5)));
    // Held by the system's clock: the sandbox's own may be put forward as far as a test likes.
    let due = take(later(3_600), 0, "[]");
    assert_eq!(due, [(2, "DELIVRD".to_owned(), 0)]);
    // Nothing more was heard of the second one, whose hold is over.
    assert_eq!(take(later(3_600), 30, "[]"), [(2, "DELIVRD".to_owned(), 1)]);
    let taken = reports::PostResult {
        http: Some(200),
        problem: None,
    };
    let fates = [(1, ReportFate::Taken), (2, ReportFate::Again(later(7_200)))];
    reports::settle(&state, &fates, &taken).unwrap();
    assert_eq!(next(later(3_600), "[]"), Some(Duration::from_secs(3_600)));
    schedule("http://b");
    assert_eq!(take(NOW, 30, "[]").len(), 1, "another receiver's");
}
