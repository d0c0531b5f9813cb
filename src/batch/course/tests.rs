//! Every course, by tables.

use super::super::numbers::{NumbersBuilder, Tag};
use super::super::state::{AttemptResult, NumberState};
use super::*;
use crate::domain::msisdn::Msisdn;

const NEW: Tally = Tally {
    open: 9,
    refused: 0,
    accepted: 0,
    unknown: 0,
    under_way: 0,
    retried: 0,
    carried_over: 0,
    excluded: 0,
    ever_sent: 0,
};
const HALF: Tally = Tally {
    open: 3,
    refused: 1,
    accepted: 4,
    unknown: 1,
    ever_sent: 5,
    ..NEW
};
const DONE: Tally = Tally {
    open: 0,
    refused: 1,
    accepted: 6,
    unknown: 2,
    ever_sent: 8,
    ..NEW
};
const RETRY: Tally = Tally { retried: 2, ..DONE };

fn same(kind: CampaignKind, concluded: bool) -> FoundJournal {
    let rounds = u32::from(kind == CampaignKind::Again);
    FoundJournal::Same {
        kind,
        concluded,
        rounds,
    }
}

fn refuse(second_sms: u64, left: u64) -> Course {
    Course::Refuse { second_sms, left }
}

fn nth_round(second_sms: u64, round: u32, named: bool) -> Course {
    Course::Again {
        second_sms,
        round,
        named,
    }
}

#[test]
fn courses_are_set_by_this_table() {
    use Course::{Finished, Resume, SkipSent};
    use SentPolicy::{Protect, Skip};
    let untold = SentPolicy::Again { round: None };
    let (first, skip_sent) = (
        same(CampaignKind::First, false),
        same(CampaignKind::SkipSent, false),
    );
    let (again, again_told) = (same(CampaignKind::Again, false), same(CampaignKind::Again, true));
    let other = |left| FoundJournal::Other { left };
    let everybody = |second_sms| nth_round(second_sms, 1, true);
    let table = [
        ("no journal", FoundJournal::Nothing, Protect, NEW, Course::Begin),
        (
            "no journal, again",
            FoundJournal::Nothing,
            untold,
            NEW,
            everybody(0),
        ),
        (
            "no journal, skip",
            FoundJournal::Nothing,
            Skip,
            NEW,
            Course::Begin,
        ),
        ("half done", first, Protect, HALF, Resume),
        ("half done, skip", first, Skip, HALF, Resume),
        ("half done, again", first, untold, HALF, everybody(5)),
        ("done", same(CampaignKind::First, true), Protect, DONE, Finished),
        ("done, not said", first, Protect, DONE, Finished),
        ("done, skip", skip_sent, Skip, DONE, Finished),
        ("done, retry", first, Protect, RETRY, Resume),
        (
            "done, again",
            same(CampaignKind::First, true),
            untold,
            DONE,
            everybody(8),
        ),
        ("again half done", again, untold, HALF, Resume),
        ("again half done, plain", again, Protect, HALF, Resume),
        ("again done, not said", again, untold, DONE, Finished),
        ("again done", again_told, untold, DONE, nth_round(8, 2, false)),
        ("again done, plain", again_told, Protect, DONE, Finished),
        ("other, strangers, done", other(0), Protect, NEW, Course::SetAside),
        ("other, strangers, left", other(3), Protect, NEW, refuse(0, 3)),
        ("other, known, done", other(0), Protect, DONE, refuse(8, 0)),
        ("other, known, left", other(2), Protect, HALF, refuse(5, 2)),
        ("other, skip", other(2), Skip, HALF, SkipSent),
        ("other, skip, retry", other(0), Skip, RETRY, SkipSent),
        ("other, strangers, skip", other(3), Skip, NEW, SkipSent),
        ("other, again", other(2), untold, HALF, everybody(5)),
        ("other, strangers, again", other(0), untold, NEW, everybody(0)),
    ];
    for (name, found, sent, tally, expected) in table {
        assert_eq!(course(found, sent, tally), expected, "{name}");
    }
}

#[test]
fn what_is_forgotten_is_sent_again_only_where_that_was_asked_for() {
    let forgotten = Course::Forgotten { second_sms: 8 };
    for (sent, expected) in [
        (SentPolicy::Protect, forgotten),
        (SentPolicy::Skip, forgotten),
        (SentPolicy::Again { round: None }, nth_round(8, 1, true)),
    ] {
        assert_eq!(course(FoundJournal::Forgotten, sent, DONE), expected, "{sent:?}");
    }
}

#[test]
fn what_is_known_elsewhere_than_in_the_journal_counts_as_well() {
    let again = SentPolicy::Again { round: None };
    let everybody = Course::Again {
        second_sms: 8,
        round: 1,
        named: true,
    };
    for (sent, expected) in [
        (SentPolicy::Protect, refuse(8, 0)),
        (SentPolicy::Skip, Course::Begin),
        (again, everybody),
    ] {
        assert_eq!(course(FoundJournal::Nothing, sent, DONE), expected, "{sent:?}");
    }
}

#[test]
fn a_round_is_begun_once_by_its_number() {
    let told = same(CampaignKind::Again, true);
    let of = |round| course(told, SentPolicy::Again { round: Some(round) }, DONE);
    assert_eq!(of(1), Course::Finished);
    let second = Course::Again {
        second_sms: 8,
        round: 2,
        named: true,
    };
    assert_eq!(of(2), second);
    assert_eq!(of(3), Course::WrongRound { next: 2 });
}

#[test]
fn another_campaign_moves_the_numbers_before_they_are_counted() {
    let number = Msisdn::from_u64(34_666_666_111).unwrap();
    let numbers = |ended| {
        let mut builder = NumbersBuilder::default();
        builder.add(number, Tag::new(0).unwrap());
        let mut numbers = builder.finish();
        numbers.change(number, |standing| standing.after(Some(ended), false));
        numbers
    };
    let other = FoundJournal::Other { left: 0 };
    let open = Tally {
        open: 1,
        ..Tally::default()
    };
    let table = [
        (
            AttemptResult::Refused,
            SentPolicy::Protect,
            Course::SetAside,
            open,
        ),
        (AttemptResult::Refused, SentPolicy::Skip, Course::SkipSent, open),
        (
            AttemptResult::Accepted,
            SentPolicy::Skip,
            Course::SkipSent,
            Tally {
                carried_over: 1,
                ever_sent: 1,
                ..Tally::default()
            },
        ),
        (
            AttemptResult::Unknown,
            SentPolicy::Skip,
            Course::SkipSent,
            Tally {
                unknown: 1,
                retried: 1,
                ever_sent: 1,
                ..Tally::default()
            },
        ),
        (
            AttemptResult::Unknown,
            SentPolicy::Again { round: None },
            Course::Again {
                second_sms: 1,
                round: 1,
                named: true,
            },
            Tally { ever_sent: 1, ..open },
        ),
    ];
    for (ended, sent, course, tally) in table {
        assert_eq!(
            decide(other, sent, RetryUnknown::All, &mut numbers(ended)),
            (course, tally),
            "{ended:?}"
        );
    }
}

#[test]
fn a_tally_counts_each_number_once() {
    use AttemptResult::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
    let endings = [Accepted, Refused, RefusedAccount, Unsent, Unknown];
    let mut builder = NumbersBuilder::default();
    let number = |digits| Msisdn::from_u64(digits).unwrap();
    for digits in 1..=12 {
        builder.add(number(digits), Tag::new(0).unwrap());
    }
    let mut numbers = builder.finish();
    for (digits, ended) in (1..).zip(endings) {
        numbers.change(number(digits), |standing| standing.after(Some(ended), true));
    }
    numbers.change_all(|standing| standing.in_next_campaign(CampaignKind::SkipSent));
    for (digits, ended) in (6..).zip(endings) {
        numbers.change(number(digits), |standing: NumberState| {
            standing.after(Some(ended), false)
        });
    }
    let expected = Tally {
        excluded: 0,
        open: 7, // 2, 3, 4, 8, 9, 11, 12
        refused: 1,
        accepted: 1,
        unknown: 2,
        under_way: 0,
        retried: 1,
        carried_over: 1,
        ever_sent: 4,
    };
    assert_eq!(Tally::of(&numbers, RetryUnknown::Expired), expected);
    assert_eq!(
        Tally::of(&numbers, RetryUnknown::All),
        Tally {
            retried: 2,
            ..expected
        }
    );
}
