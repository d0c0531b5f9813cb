//! The splitting of texts at every limit, and against a slow and obvious splitter.

use super::*;
use crate::domain::hostile;
use proptest::prelude::*;

#[track_caller]
fn assert_split(text: &str, encoding: Encoding, units: usize, segments: usize) {
    let split = Segmentation::of(text);
    assert_eq!(
        (split.encoding(), split.units, split.segments()),
        (encoding, units, segments)
    );
    let per_segment = if segments == 1 {
        encoding.single()
    } else {
        encoding.part()
    };
    let holds = if split.segments == 1 {
        split.encoding.single()
    } else {
        split.encoding.part()
    };
    assert_eq!(holds, per_segment);
}

#[test]
fn gsm_7_splits_at_its_limits() {
    for (units, segments) in [
        (0, 1),
        (1, 1),
        (160, 1),
        (161, 2),
        (306, 2),
        (307, 3),
        (459, 3),
        (460, 4),
    ] {
        assert_split(&"a".repeat(units), Encoding::Gsm7, units, segments);
    }
}

#[test]
fn ucs_2_splits_at_its_limits() {
    for (units, segments) in [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)] {
        assert_split(&"ó".repeat(units), Encoding::Ucs2, units, segments);
    }
}

#[test]
fn an_escape_pair_counts_two_and_is_never_split() {
    assert_split(&"€".repeat(80), Encoding::Gsm7, 160, 1);
    assert_split(&("a".repeat(159) + "€"), Encoding::Gsm7, 161, 2);
    // 306 septets would fit into two parts, but the pair on the border moves whole.
    assert_split(
        &("a".repeat(152) + "€" + &"a".repeat(152)),
        Encoding::Gsm7,
        306,
        3,
    );
    assert_split(
        &("a".repeat(152) + "€" + &"a".repeat(151)),
        Encoding::Gsm7,
        305,
        2,
    );
    assert_split(
        &("a".repeat(151) + "€" + &"a".repeat(153)),
        Encoding::Gsm7,
        306,
        2,
    );
}

#[test]
fn a_surrogate_pair_counts_two_and_is_never_split() {
    assert_split(&"😀".repeat(35), Encoding::Ucs2, 70, 1);
    assert_split(&("ó".repeat(69) + "😀"), Encoding::Ucs2, 71, 2);
    assert_split(&("ó".repeat(66) + "😀" + &"ó".repeat(66)), Encoding::Ucs2, 134, 3);
    assert_split(&("ó".repeat(65) + "😀" + &"ó".repeat(67)), Encoding::Ucs2, 134, 2);
}

#[test]
fn culprits_are_the_first_different_ones() {
    let named = |text| {
        Segmentation::of(text)
            .culprits()
            .map(|c| c.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(named("código, ¿qué código?"), ["“ó” (U+00F3) at column 2"]);
    assert_eq!(
        named("{PIN}\táóáúí"),
        [
            "a tab (U+0009) at column 6",
            "“á” (U+00E1) at column 7",
            "“ó” (U+00F3) at column 8"
        ]
    );
    assert!(named("¿Qué? {PIN} €").is_empty());
}

#[test]
fn the_pin_takes_the_place_of_its_placeholder() {
    let length = |n| PinLength::new(n).unwrap();
    let text = "a".repeat(154) + "{PIN}";
    assert_eq!(Segmentation::with_pin(&text, length(6)).units, 160);
    assert_eq!(Segmentation::with_pin(&text, length(6)).segments(), 1);
    assert_eq!(Segmentation::with_pin(&text, length(7)).segments(), 2);
    let text = "ó".repeat(64) + "{PIN}";
    assert_eq!(Segmentation::with_pin(&text, length(6)).segments(), 1);
    assert_eq!(Segmentation::with_pin(&text, length(7)).segments(), 2);
    assert_eq!(
        Segmentation::with_pin("no place", length(7)),
        Segmentation::of("no place")
    );
}

/// Splits the slow and obvious way, into real parts.
fn parts(text: &str, encoding: Encoding) -> Vec<usize> {
    let sizes = |c: char| {
        if encoding == Encoding::Ucs2 {
            c.len_utf16()
        } else {
            gsm7::septets(c).unwrap().into()
        }
    };
    let total: usize = text.chars().map(sizes).sum();
    if total <= encoding.single() {
        return vec![total];
    }
    text.chars().map(sizes).fold(vec![0], |mut parts, size| {
        let last = parts.last_mut().unwrap();
        if *last + size <= encoding.part() {
            *last += size;
        } else {
            parts.push(size);
        }
        parts
    })
}

proptest! {
    #[test]
    fn any_text_splits_like_real_parts(text in prop_oneof![hostile::text(), "[a-z€{é]{0,400}", "[a-z😀ó]{0,300}"]) {
        let split = Segmentation::of(&text);
        let gsm = text.chars().all(|c| gsm7::septets(c).is_some());
        prop_assert_eq!(split.encoding() == Encoding::Gsm7, gsm);
        prop_assert_eq!(split.culprits().count() == 0, gsm);
        let parts = parts(&text, split.encoding());
        prop_assert_eq!(split.segments(), parts.len());
        prop_assert_eq!(split.units, parts.iter().sum::<usize>());
        for culprit in split.culprits() {
            prop_assert_eq!(text.chars().nth(culprit.column - 1), Some(culprit.character));
            hostile::assert_printable(&culprit.to_string());
        }
    }

    #[test]
    fn a_pin_counts_like_its_characters(text in hostile::text(), length in 4..=16_u64) {
        let length = PinLength::new(length).unwrap();
        let filled = text.replace(PLACEHOLDER, &"7".repeat(length.get().into()));
        let (counted, real) = (Segmentation::with_pin(&text, length), Segmentation::of(&filled));
        prop_assert_eq!(counted.encoding(), real.encoding());
        prop_assert_eq!(counted.units, real.units);
        prop_assert_eq!(counted.segments(), real.segments());
    }
}
