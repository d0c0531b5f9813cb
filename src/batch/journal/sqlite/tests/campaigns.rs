//! Campaigns and runs: what is left, who was sent to, and journals set aside.

use super::*;

fn standing(place: &Place, digits: u64, now: Timestamp) -> crate::batch::state::NumberState {
    let mut builder = NumbersBuilder::default();
    builder.add(number(digits), Tag::NONE);
    let mut numbers = builder.finish();
    place.open().fold_into(&mut numbers, now).unwrap();
    numbers.standing(number(digits)).unwrap()
}

fn campaign(place: &Place) -> Campaign {
    place.open().campaign().unwrap().unwrap()
}

#[test]
fn a_campaign_is_read_back_with_its_fingerprint_and_plan() {
    let place = Place::new();
    let (_, writer) = place.begin(5);
    writer.finish().unwrap().close().unwrap();
    let expected = Campaign {
        kind: CampaignKind::First,
        begun_at: NOW,
        fingerprint: print("a"),
        concluded: false,
        plan: plan(5),
        after_attempt: 0,
    };
    assert_eq!(campaign(&place), expected);
    let mut journal = place.open();
    journal.conclude().unwrap();
    journal.close().unwrap();
    assert_eq!(
        campaign(&place),
        Campaign {
            concluded: true,
            ..expected
        }
    );
}

#[test]
fn what_is_left_counts_down_over_runs() {
    let place = Place::new();
    let (recorder, writer) = place.begin(6);
    send(&recorder, 1, AttemptResult::Accepted);
    send(&recorder, 2, AttemptResult::Unsent);
    send(&recorder, 2, AttemptResult::Unknown);
    send(&recorder, 3, AttemptResult::RefusedAccount);
    let _killed = recorder.intend(vec![intent(4)]).wait().unwrap();
    writer.finish().unwrap().close().unwrap();
    assert_eq!(place.open().left().unwrap(), 3);
    let (recorder, writer) = place.resume(3);
    send(&recorder, 3, AttemptResult::Unsent);
    send(&recorder, 5, AttemptResult::Refused);
    // One that is retried was not open, so it can't count down.
    let again = Intent {
        repeat: true,
        ..intent(2)
    };
    let ticket = recorder.intend(vec![again]).wait().unwrap().pop().unwrap();
    recorder
        .close(ticket, outcome(AttemptResult::Accepted))
        .wait()
        .unwrap();
    writer.finish().unwrap().close().unwrap();
    assert_eq!(place.open().left().unwrap(), 2);
    assert_eq!(campaign(&place).plan, plan(3));
}

#[test]
fn another_campaign_keeps_or_repeats_what_was_sent() {
    use Status::{Accepted, Pending, Unknown};
    let place = Place::new();
    let (recorder, writer) = place.begin(4);
    for (digits, ended) in (1..).zip([
        AttemptResult::Accepted,
        AttemptResult::Unknown,
        AttemptResult::Refused,
        AttemptResult::Unsent,
    ]) {
        send(&recorder, digits, ended);
    }
    writer.finish().unwrap().close().unwrap();
    let mut journal = place.open();
    journal
        .begin(CampaignKind::SkipSent, &print("b"), &plan(2), later(5))
        .unwrap();
    let (recorder, writer) = journal.start().unwrap();
    send(&recorder, 3, AttemptResult::Accepted);
    let mut journal = writer.finish().unwrap();
    assert_eq!(
        states(&journal, &[1, 2, 3, 4]),
        [Accepted, Unknown, Accepted, Pending]
    );
    {
        let mut history = journal.history().unwrap();
        let mut of = |digits| history.of(number(digits)).unwrap();
        assert!(of(1).standing.carried_over() && of(1).deciding.is_some());
        assert_eq!((of(3).standing.carried_over(), of(3).attempts), (false, 1));
        assert_eq!((of(4).attempts, of(4).deciding), (0, None));
    }
    journal.close().unwrap();
    assert_eq!(
        (campaign(&place).kind, place.open().left().unwrap()),
        (CampaignKind::SkipSent, 1)
    );
    assert_eq!(campaign(&place).fingerprint, print("b"));

    let mut journal = place.open();
    journal
        .begin(CampaignKind::Again, &print("b"), &plan(4), later(9))
        .unwrap();
    assert_eq!(states(&journal, &[1, 2, 3, 4]), [Pending; 4]);
    let (recorder, writer) = journal.start().unwrap();
    send(&recorder, 1, AttemptResult::Refused);
    writer.finish().unwrap().close().unwrap();
    assert!(standing(&place, 1, NOW).ever_sent());
    assert!(standing(&place, 2, NOW).ever_sent());
    assert!(!standing(&place, 4, NOW).ever_sent());
    assert_eq!(place.open().left().unwrap(), 3);
}

#[test]
fn a_pin_has_expired_when_it_can_not_be_valid_any_more() {
    let place = Place::new();
    let (recorder, writer) = place.begin(3);
    send(&recorder, 1, AttemptResult::Unknown);
    let for_ever = Intent {
        expires_in: 0,
        ..intent(2)
    };
    let _killed = recorder.intend(vec![for_ever, intent(3)]).wait().unwrap();
    writer.finish().unwrap().close().unwrap();
    let life = i64::from(LIFE) * 1000 + 120_000;
    let expired = |digits, after| standing(&place, digits, later(after)).expired();
    assert_eq!([expired(1, life + 99), expired(1, life + 100)], [false, true]);
    // Its request may have left as long as its run was alive: until the outcome of the first.
    assert_eq!([expired(3, life + 99), expired(3, life + 100)], [false, true]);
    assert!(!expired(2, 4_000_000_000_000));
}

#[test]
fn a_sign_of_life_puts_off_when_an_open_pin_has_expired() {
    let place = Place::new();
    let (recorder, writer) = place.begin(1);
    let _killed = recorder.intend(vec![intent(1)]).wait().unwrap();
    recorder.sign_of_life(later(90_000));
    writer.finish().unwrap().close().unwrap();
    let life = i64::from(LIFE) * 1000 + 120_000;
    let expired = |after| standing(&place, 1, later(after)).expired();
    assert_eq!([expired(life + 89_999), expired(life + 90_000)], [false, true]);
}

/// A run from `begun`, with an attempt of number 1 that ended unknown, and one of number 2 without an end.
fn run_by_clock(place: &Place, begun: Timestamp, started: Timestamp, ended: Timestamp) {
    let mut journal = place.open();
    journal
        .begin(CampaignKind::First, &print("a"), &plan(2), begun)
        .unwrap();
    let (recorder, writer) = journal.start().unwrap();
    let at = |digits| Intent {
        at: started,
        ..intent(digits)
    };
    let mut tickets = recorder.intend(vec![at(1), at(2)]).wait().unwrap();
    let unknown = AttemptOutcome {
        at: ended,
        ..outcome(AttemptResult::Unknown)
    };
    recorder.close(tickets.remove(0), unknown).wait().unwrap();
    writer.finish().unwrap().close().unwrap();
}

#[test]
fn a_clock_that_was_not_set_makes_no_pin_look_dead() {
    let place = Place::new();
    let boot = Timestamp::from_second(40).unwrap();
    run_by_clock(&place, boot, boot, boot);
    let expired = |after| [1, 2].map(|digits| standing(&place, digits, later(after)).expired());
    assert_eq!(expired(1_000_000_000), [false; 2], "nothing tells when it was");
    // The next run, by a clock that is right, has found them.
    let (_, writer) = place.resume(0);
    writer.finish().unwrap().close().unwrap();
    let life = i64::from(LIFE) * 1000 + 120_000;
    assert_eq!([expired(life - 1), expired(life)], [[false; 2], [true; 2]]);
}

#[test]
fn a_clock_that_is_set_during_a_run_makes_no_pin_look_dead() {
    let place = Place::new();
    let boot = Timestamp::from_second(40).unwrap();
    let life = i64::from(LIFE) * 1000 + 120_000;
    run_by_clock(&place, boot, boot, NOW);
    let expired = |after| [1, 2].map(|digits| standing(&place, digits, later(after)).expired());
    assert_eq!([expired(life - 1), expired(life)], [[false; 2], [true; 2]]);
}

#[test]
fn a_clock_that_goes_back_makes_no_pin_look_dead() {
    let place = Place::new();
    let life = i64::from(LIFE) * 1000 + 120_000;
    // Back by a quarter of an hour between the start and the end.
    run_by_clock(&place, NOW, NOW, later(-900_000));
    let expired = |after| [1, 2].map(|digits| standing(&place, digits, later(after)).expired());
    assert_eq!([expired(life - 1), expired(life)], [[false; 2], [true; 2]]);
    // And a clock that is behind all of it finds nothing dead.
    assert_eq!(expired(-50_000_000), [false; 2]);
}

#[test]
fn a_journal_set_aside_is_whole_and_makes_room() {
    let place = Place::new();
    let (recorder, writer) = place.begin(1);
    send(&recorder, 1, AttemptResult::Refused);
    // As a kill leaves it: what it knows is in its -wal.
    let crashed = place.crash();
    drop((recorder, writer));
    let mut asides = Vec::new();
    for _ in 0..2 {
        let mut journal = crashed.open();
        asides.push(journal.set_aside(NOW).unwrap());
        assert_eq!(journal.campaign().unwrap(), None);
        journal
            .begin(CampaignKind::First, &print("b"), &plan(7), NOW)
            .unwrap();
        assert_eq!(states(&journal, &[1]), [Status::Pending]);
        journal.close().unwrap();
    }
    let names: Vec<_> = asides
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "users.csv.smspin.2026-11-18T11-06-40Z",
            "users.csv.smspin.2026-11-18T11-06-40Z-2"
        ]
    );
    assert_eq!(
        states(
            &FileJournal::open(&asides[0], Access::Locked, LostRecords::Refuse).unwrap(),
            &[1]
        ),
        [Status::Refused]
    );
    assert!(!crashed.wal().exists());
}
