//! Finds the right name behind a misspelt one. It only proposes: nothing may act on its answer.

use std::fmt;

/// A longer word is not a slip of the fingers, and comparing it would cost time in proportion.
const LONGEST: usize = 64;

/// The candidate nearest to `word`, ignoring case, or none when all are too far to be meant: more than one edit
/// for each three characters, begun ones included.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().take(LONGEST + 1).count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&word, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|&(distance, _)| distance <= length.div_ceil(3))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// What an error adds about a misspelt name, given the one that was probably meant as the message shows names.
pub(crate) fn did_you_mean(nearest: Option<impl fmt::Display>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; {}", question(nearest)))
}

/// The same as a hint of its own.
pub(crate) fn question(nearest: impl fmt::Display) -> String {
    format!("did you mean {nearest}?")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    const KEYS: [&str; 4] = ["sender", "sms_text", "pin_type", "pin_length"];

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let cases = [
            ("sendr", Some("sender")),
            ("snedre", Some("sender")),
            ("SENDER", Some("sender")),
            ("sms-text", Some("sms_text")),
            ("pin_typ", Some("pin_type")),
            ("balance", None),
            ("", None),
            ("s", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, KEYS), expected, "{word}");
        }
        assert_eq!(nearest("x".repeat(65).as_str(), ["x".repeat(65).as_str()]), None);
    }

    proptest! {
        #[test]
        fn any_word_gets_an_answer(word in hostile::text()) {
            if let Some(found) = nearest(&word, KEYS) {
                prop_assert!(KEYS.contains(&found));
            }
        }
    }
}
