//! Durations as people write them: `3600`, `90s`, `10m`, `10min`, `1h30m`, `2 days`, `500ms`.
//!
//! What a duration may be used for, and how long is too long, is for the caller to say.

use super::invalid::Invalid;
use std::fmt::Write as _;
use std::time::Duration;

/// Other spellings of the units, in the order of [`UNITS`].
const SPELLINGS: [&[&str]; 5] = [
    &["day", "days"],
    &["hr", "hrs", "hour", "hours"],
    &["min", "mins", "minute", "minutes"],
    &["sec", "secs", "second", "seconds"],
    &["millisecond", "milliseconds"],
];

/// The units, longest first, in milliseconds.
const UNITS: [(&str, u64); 5] = [
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Reads a duration. A number without a unit is seconds; parts go from the longest unit to the shortest, each at most
/// once; spaces between them don't matter. The result is exact to the millisecond.
pub(crate) fn parse(text: &str) -> Result<Duration, Invalid> {
    read(text.trim()).map_err(|problem| {
        Invalid::quoting(text)
            .and(" is not a duration: ")
            .because(problem)
            .and("; write it like 90s, 10m, 1h30m or 2d; a number alone is seconds")
    })
}

/// `duration` in the same notation, cut to milliseconds: `1h30m`, `0s`.
pub(crate) fn human(duration: Duration) -> String {
    let mut rest = duration.as_millis();
    let mut text = String::new();
    for (unit, millis) in UNITS {
        let count = rest / u128::from(millis);
        rest %= u128::from(millis);
        if count > 0 {
            // Writing to a String can't fail.
            let _ = write!(text, "{count}{unit}");
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// The duration, or what is wrong with it.
fn read(text: &str) -> Result<Duration, Invalid> {
    if text.is_empty() {
        return Err(Invalid::new("it is empty"));
    }
    if text.starts_with(['-', '−']) {
        return Err(Invalid::new("it is negative"));
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return number(text).map(Duration::from_secs).ok_or_else(too_long);
    }
    let mut total = Duration::ZERO;
    let mut units = UNITS.iter();
    let mut rest = text;
    while !rest.is_empty() {
        let (count, after) = split_while(rest, |c| c.is_ascii_digit());
        if count.is_empty() {
            return Err(Invalid::new("a number is missing before ").and_quote(rest));
        }
        let after = after.trim_start();
        if after.starts_with(['.', ',']) {
            return Err(Invalid::new("fractions are not read"));
        }
        let (unit, after) = split_while(after, |c| !c.is_ascii_digit() && !c.is_whitespace());
        if unit.is_empty() {
            return Err(Invalid::new("the unit of ").and_quote(count).and(" is missing"));
        }
        let &(known, millis) = UNITS
            .iter()
            .zip(SPELLINGS)
            .find(|((known, _), others)| *known == unit || others.contains(&unit))
            .map(|(unit, _)| unit)
            .ok_or_else(|| Invalid::quoting(unit).and(" is not a unit (d, h, m, s, ms)"))?;
        if !units.any(|(next, _)| *next == known) {
            return Err(Invalid::new(format_args!(
                "“{known}” is in the wrong place; each unit stands once, the longest first"
            )));
        }
        total = number(count)
            .and_then(|count| part(count, millis))
            .and_then(|part| total.checked_add(part))
            .ok_or_else(too_long)?;
        rest = after.trim_start();
    }
    Ok(total)
}

/// `count` units of `millis` milliseconds each.
fn part(count: u64, millis: u64) -> Option<Duration> {
    if millis < 1_000 {
        return Some(Duration::from_millis(count));
    }
    count.checked_mul(millis / 1_000).map(Duration::from_secs)
}

/// `digits`, which are ASCII digits, can only fail by being too many.
fn number(digits: &str) -> Option<u64> {
    digits.parse().ok()
}

fn too_long() -> Invalid {
    Invalid::new("it is too long")
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !belongs(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        let cases = [
            ("0", 0),
            ("3600", 3_600_000),
            ("90s", 90_000),
            ("10m", 600_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            (" 10 m ", 600_000),
            ("10min", 600_000),
            ("1 hour 30 minutes", 5_400_000),
            ("2 days", 172_800_000),
            ("1sec", 1_000),
            ("2d", 172_800_000),
            ("500ms", 500),
            ("1d2h3m4s5ms", 93_784_005),
            ("1m5ms", 60_005),
        ];
        for (input, millis) in cases {
            assert_eq!(parse(input), Ok(Duration::from_millis(millis)), "{input}");
        }
    }

    #[test]
    fn errors_name_what_is_wrong_and_show_what_is_right() {
        let cases = [
            ("", "it is empty"),
            ("-5m", "it is negative"),
            ("1.5h", "fractions are not read"),
            ("m", "a number is missing before “m”"),
            ("1h30", "the unit of “30” is missing"),
            ("10mon", "“mon” is not a unit (d, h, m, s, ms)"),
            ("10M", "“M” is not a unit (d, h, m, s, ms)"),
            (
                "30m1h",
                "“h” is in the wrong place; each unit stands once, the longest first",
            ),
            (
                "1h1h",
                "“h” is in the wrong place; each unit stands once, the longest first",
            ),
            ("1٣s", "“٣s” is not a unit (d, h, m, s, ms)"),
            ("18446744073709551616", "it is too long"),
            ("18446744073709551615m", "it is too long"),
            ("213503982334601d18446744073709551615s", "it is too long"),
        ];
        for (input, problem) in cases {
            let message = parse(input).unwrap_err().to_string();
            assert!(
                message.contains(&format!(" is not a duration: {problem}; write it like 90s")),
                "{message}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_we_write_we_read(millis in prop_oneof![0..100_000_u64, any::<u64>()]) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse(&human(duration)), Ok(duration));
        }

        #[test]
        fn any_text_is_a_duration_or_a_clear_refusal(text in prop_oneof![hostile::text(), "[0-9dhms. ]{0,12}"]) {
            match parse(&text) {
                Ok(duration) => prop_assert_eq!(parse(&human(duration)), Ok(duration)),
                Err(error) => hostile::assert_printable(&error.to_string()),
            }
        }
    }
}
