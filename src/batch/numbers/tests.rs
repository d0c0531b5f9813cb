//! The set of numbers, beside a plain map.

use super::*;
use crate::journal::{Rules, Runs, decide};
use jiff::Timestamp;
use proptest::prelude::*;
use std::collections::HashMap;

/// A decision that no number has at first.
fn excluded() -> Decision {
    decide(&[], true, &Runs::default(), &Rules::plain(Timestamp::UNIX_EPOCH))
}

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
    entry = entry.with(excluded());
    entry.0 |= Entry::REPEATED | Entry::SEEN;
    assert_eq!(entry.number(), number(999_999_999_999_999));
    assert_eq!(entry.tag().get(), 31);
    assert_eq!(entry.decision(), excluded());
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
        .decisions()
        .map(|(number, tag, _)| (number.as_u64(), tag.get()))
        .collect();
    assert_eq!(all, [(34_666_666_111, 9)]);
    assert_eq!(numbers.duplicates(), 2);
}

#[test]
fn a_row_that_the_first_pass_did_not_see_is_a_stranger() {
    let mut numbers = numbers(&[1, 2]);
    assert_eq!(numbers.meet(number(3), 1), Occurrence::NotInPreflight);
    assert_eq!(numbers.meet(number(1), 2), Occurrence::First(Decision::FIRST));
    assert_eq!(numbers.meet(number(1), 3), Occurrence::NotInPreflight);
    numbers.rewind();
    assert_eq!(numbers.meet(number(1), 1), Occurrence::First(Decision::FIRST));
}

#[test]
fn a_decision_reaches_its_number_alone() {
    let mut numbers = numbers(&[5, 7, 7, 9]);
    for asked in numbers.ascending().filter(|asked| asked.as_u64() == 7) {
        numbers.set(asked, excluded());
    }
    numbers.set(number(8), excluded());
    let mut found: Vec<_> = numbers
        .decisions()
        .map(|(number, _, decision)| (number.as_u64(), decision))
        .collect();
    found.sort_by_key(|(digits, _)| *digits);
    let expected = [(5, Decision::FIRST), (7, excluded()), (9, Decision::FIRST)];
    assert_eq!(found, expected);
    numbers.forget_decisions();
    assert!(
        numbers
            .decisions()
            .all(|(_, _, decision)| decision == Decision::FIRST)
    );
}

#[test]
fn every_number_is_found_however_many_there_are() {
    for count in [1, 63, 64, 65, 128, 129, 1000] {
        let even: Vec<u64> = (1..=count).map(|index| index * 2).collect();
        let mut numbers = numbers(&even);
        for digits in 1..=2 * count + 1 {
            let expected = if digits % 2 == 0 {
                Occurrence::First(Decision::FIRST)
            } else {
                Occurrence::NotInPreflight
            };
            assert_eq!(
                numbers.meet(number(digits), digits),
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
                    Some(first_line) => Occurrence::Duplicate { first_line: *first_line },
                    None => Occurrence::First(Decision::FIRST),
                };
                firsts.entry(*digits).or_insert(line);
                prop_assert_eq!(numbers.meet(number(*digits), line), expected);
            }
            let mut ascending: Vec<u64> = firsts.keys().copied().collect();
            ascending.sort_unstable();
            let asked: Vec<u64> = numbers.ascending().map(Msisdn::as_u64).collect();
            prop_assert_eq!(asked, ascending);
            prop_assert_eq!(numbers.duplicates(), (rows.len() - firsts.len()) as u64);
            numbers.rewind();
        }
    }
}
