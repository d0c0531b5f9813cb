//! The set of numbers, beside a plain map.

use super::super::state::{AttemptResult, Status};
use super::*;
use proptest::prelude::*;

fn number(digits: u64) -> Msisdn {
    Msisdn::from_u64(digits).unwrap()
}

fn numbers(rows: &[u64]) -> Numbers {
    let mut builder = NumbersBuilder::default();
    for digits in rows {
        builder.add(number(*digits), Tag::new(0).unwrap());
    }
    builder.finish()
}

#[test]
fn an_entry_fills_its_eight_bytes_and_no_more() {
    assert_eq!(Entry::REPEATED, 1 << 63);
    assert_eq!(size_of::<Entry>(), 8);
    let mut entry = Entry::new(number(999_999_999_999_999), Tag::new(31).unwrap());
    entry.set_standing(NumberState::NEW.after(None, true));
    entry.0 |= Entry::REPEATED | Entry::SEEN;
    assert_eq!(entry.number(), number(999_999_999_999_999));
    assert_eq!(entry.tag().get(), 31);
    assert_eq!(entry.standing(), NumberState::NEW.after(None, true));
    assert_eq!(Tag::new(32), None);
}

#[test]
fn the_largest_tag_of_a_number_is_kept() {
    let mut builder = NumbersBuilder::default();
    for tag in [2, 9, 4] {
        builder.add(number(34_666_666_111), Tag::new(tag).unwrap());
    }
    let numbers = builder.finish();
    let all: Vec<_> = numbers
        .decisions(RetryUnknown::Never)
        .map(|(number, tag, _)| (number.as_u64(), tag.get()))
        .collect();
    assert_eq!(all, [(34_666_666_111, 9)]);
    assert_eq!((numbers.numbers(), numbers.duplicates()), (1, 2));
}

#[test]
fn a_row_that_the_first_pass_did_not_see_is_a_stranger() {
    let mut numbers = numbers(&[1, 2]);
    assert_eq!(numbers.claim(number(3), 1), Claim::NotInPreflight);
    assert_eq!(numbers.claim(number(1), 2), Claim::First(NumberState::NEW));
    assert_eq!(numbers.claim(number(1), 3), Claim::NotInPreflight);
    numbers.rewind();
    assert_eq!(numbers.claim(number(1), 1), Claim::First(NumberState::NEW));
}

#[test]
fn a_change_reaches_its_number_alone() {
    let mut numbers = numbers(&[5, 7, 7, 9]);
    for digits in [7, 8] {
        numbers.change(number(digits), |standing| {
            standing.after(Some(AttemptResult::Accepted), false)
        });
    }
    let state = |digits| numbers.standing(number(digits)).map(NumberState::state);
    assert_eq!(
        [5, 7, 8, 9].map(state),
        [
            Some(Status::Pending),
            Some(Status::Accepted),
            None,
            Some(Status::Pending)
        ]
    );
}

#[test]
fn every_number_is_found_however_many_there_are() {
    for count in [1, 63, 64, 65, 128, 129, 1000] {
        let even: Vec<u64> = (1..=count).map(|index| index * 2).collect();
        let mut numbers = numbers(&even);
        for digits in 1..=2 * count + 1 {
            let expected = if digits % 2 == 0 {
                Claim::First(NumberState::NEW)
            } else {
                Claim::NotInPreflight
            };
            assert_eq!(
                numbers.claim(number(digits), digits),
                expected,
                "{digits} of {count}"
            );
        }
    }
}

proptest! {
    #[test]
    fn firsts_and_duplicates_are_those_of_a_map(
        rows in prop::collection::vec(1..60_u64, 0..120),
        factor in prop_oneof![Just(1_u64), Just(16_000_000_000_000)],
    ) {
        let rows: Vec<u64> = rows.into_iter().map(|row| row * factor).collect();
        let mut numbers = numbers(&rows);
        for _ in 0..2 {
            let mut firsts = HashMap::new();
            for (line, digits) in (1..).zip(&rows) {
                let expected = match firsts.get(digits) {
                    Some(first_line) => Claim::Duplicate { first_line: *first_line },
                    None => Claim::First(NumberState::NEW),
                };
                firsts.entry(*digits).or_insert(line);
                prop_assert_eq!(numbers.claim(number(*digits), line), expected);
            }
            prop_assert_eq!(numbers.numbers(), firsts.len() as u64);
            prop_assert_eq!(numbers.duplicates(), (rows.len() - firsts.len()) as u64);
            numbers.rewind();
        }
    }
}

#[test]
fn the_next_expiry_is_that_of_a_number_which_still_waits() {
    let now = Timestamp::from_second(1_000).unwrap();
    let at = |second: i64| Some(second * 1_000);
    let unknown = Some(AttemptResult::Unknown);
    type Attempt = (u64, Option<AttemptResult>, Option<i64>);
    let cases: [(&[Attempt], Option<i64>); 8] = [
        (&[], None),
        (&[(1, unknown, at(1_200)), (2, None, at(1_100))], Some(1_100)),
        // Settled by a later attempt, or by a report.
        (
            &[
                (1, unknown, at(1_100)),
                (1, Some(AttemptResult::Accepted), at(1_300)),
                (2, None, at(1_200)),
            ],
            Some(1_200),
        ),
        // A refusal says nothing about the PIN before it.
        (
            &[
                (1, unknown, at(1_100)),
                (1, Some(AttemptResult::Refused), at(1_300)),
            ],
            Some(1_100),
        ),
        // The last of its PINs counts.
        (
            &[
                (1, unknown, at(1_100)),
                (1, None, at(1_400)),
                (2, None, at(1_300)),
            ],
            Some(1_300),
        ),
        (&[(1, unknown, at(900)), (1, None, at(1_400))], Some(1_400)),
        // One that never ends, and one that has ended.
        (&[(1, unknown, at(1_100)), (1, None, None)], None),
        (&[(1, unknown, at(900))], None),
    ];
    for (attempts, expected) in cases {
        let mut numbers = numbers(&[1, 2]);
        for (digits, ended, ends) in attempts {
            numbers.attempted(number(*digits), *ended, *ends, now);
        }
        let next = numbers.next_expiry().map(Timestamp::as_second);
        assert_eq!(next, expected, "{attempts:?}");
    }
}
