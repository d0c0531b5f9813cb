//! One cell of a sheet: its text, and whether that is all there is to know about it.

use crate::rows::cell_content::{CellContent, UnknownCell};
use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use std::borrow::Cow;

/// The last column that any program has, counted from 0: `XFD`.
pub(super) const LAST_COLUMN: usize = 16_383;
/// Where a number of a spreadsheet may have lost digits: it keeps 15.
const EXACT: f64 = 1e15;

/// A number as it stands in the file, as the digits that it means.
pub(super) fn number(written: &str) -> (Cow<'_, str>, CellContent) {
    let written = written.trim();
    let digits = written.strip_prefix('-').unwrap_or(written);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let Ok(value) = written.parse::<f64>() else {
        return (Cow::Borrowed(written), CellContent::Unknown(UnknownCell::Error));
    };
    if value.abs() >= EXACT {
        (
            Cow::Owned(displayed(value)),
            CellContent::Unknown(UnknownCell::Rounded),
        )
    } else if is_whole {
        (Cow::Borrowed(written), CellContent::Number)
    } else if value.fract() == 0.0 {
        (Cow::Owned(format!("{value:.0}")), CellContent::Number)
    } else {
        (
            Cow::Owned(displayed(value)),
            CellContent::Unknown(UnknownCell::Fraction),
        )
    }
}

/// As a spreadsheet shows it: at most 15 digits, and no exponent.
fn displayed(value: f64) -> String {
    let rounded = format!("{value:.14e}").parse().unwrap_or(value);
    format!("{rounded}")
}

/// The day that a serial number stands for, as `2026-11-25`, with the time unless it is midnight. Nothing where it stands for
/// none.
pub(super) fn date_text(serial: &str, from_1904: bool) -> Option<String> {
    let serial: f64 = serial
        .trim()
        .parse()
        .ok()
        .filter(|serial| (0.0..2_958_466.0).contains(serial))?;
    // Excel counts a 29 February 1900 that never was.
    let base = match (from_1904, serial < 60.0) {
        (true, _) => date(1904, 1, 1),
        (false, true) => date(1899, 12, 31),
        (false, false) => date(1899, 12, 30),
    };
    #[expect(clippy::cast_possible_truncation, reason = "below 2^38, as the range says")]
    let seconds = (serial * 86_400.0).round() as i64;
    let moment: DateTime = base
        .at(0, 0, 0, 0)
        .checked_add(SignedDuration::from_secs(seconds))
        .ok()?;
    Some(match (seconds / 86_400, seconds % 86_400) {
        (0, 1..) => moment.strftime("%H:%M:%S").to_string(),
        (_, 0) => moment.strftime("%Y-%m-%d").to_string(),
        _ => moment.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    })
}

/// `A` for 0, `Z` for 25, `AA` for 26.
pub(super) fn letters(column: usize) -> String {
    const ALPHABET: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        letters.push(char::from(ALPHABET[(left - 1) % 26]));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The column and the row of `B17`: 1 and 17. `None` for a text that is not such a name.
pub(super) fn place(name: &str) -> Option<(usize, u64)> {
    let split = name.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = name.split_at(split);
    let mut column = 0_usize;
    for letter in letters.bytes() {
        if !letter.is_ascii_uppercase() || column > LAST_COLUMN {
            return None;
        }
        column = column * 26 + usize::from(letter - b'A') + 1;
    }
    let column = column.checked_sub(1).filter(|column| *column <= LAST_COLUMN)?;
    Some((column, digits.parse().ok().filter(|row| *row > 0)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_keep_every_digit_or_say_so() {
        let cases = [
            ("34600000000", "34600000000", CellContent::Number),
            ("1000000000000", "1000000000000", CellContent::Number),
            ("1E+12", "1000000000000", CellContent::Number),
            ("3.46E10", "34600000000", CellContent::Number),
            ("34600000000.0", "34600000000", CellContent::Number),
            (" 12 ", "12", CellContent::Number),
            ("-7", "-7", CellContent::Number),
            ("999999999999999", "999999999999999", CellContent::Number),
            (
                "1000000000000000",
                "1000000000000000",
                CellContent::Unknown(UnknownCell::Rounded),
            ),
            (
                "0.30000000000000004",
                "0.3",
                CellContent::Unknown(UnknownCell::Fraction),
            ),
            ("1E-7", "0.0000001", CellContent::Unknown(UnknownCell::Fraction)),
            (
                "1.2345678901234567E+19",
                "12345678901234600000",
                CellContent::Unknown(UnknownCell::Rounded),
            ),
            (
                "34600000000.5",
                "34600000000.5",
                CellContent::Unknown(UnknownCell::Fraction),
            ),
            ("0.1", "0.1", CellContent::Unknown(UnknownCell::Fraction)),
            ("inf", "inf", CellContent::Unknown(UnknownCell::Rounded)),
            ("NaN", "NaN", CellContent::Unknown(UnknownCell::Fraction)),
            ("", "", CellContent::Unknown(UnknownCell::Error)),
            ("12a", "12a", CellContent::Unknown(UnknownCell::Error)),
        ];
        for (written, text, content) in cases {
            assert_eq!(number(written), (text.into(), content), "{written:?}");
        }
    }

    #[test]
    fn days_are_counted_as_excel_counts_them() {
        let cases = [
            ("1", false, Some("1900-01-01")),
            ("59", false, Some("1900-02-28")),
            ("61", false, Some("1900-03-01")),
            ("46351", false, Some("2026-11-25")),
            ("46351.5", false, Some("2026-11-25 12:00:00")),
            ("0.75", false, Some("18:00:00")),
            ("44889", true, Some("2026-11-25")),
            ("34600000000", false, None),
            ("-1", false, None),
            ("x", false, None),
        ];
        for (serial, from_1904, expected) in cases {
            assert_eq!(date_text(serial, from_1904).as_deref(), expected, "{serial}");
        }
    }

    #[test]
    fn what_is_no_name_of_a_cell_is_none() {
        for name in [
            "",
            "A",
            "17",
            "A0",
            "XFE1",
            "a1",
            "A-1",
            "AAAAAAAAAAAAAAAAAAAA1",
            "A1x",
        ] {
            assert_eq!(place(name), None, "{name:?}");
        }
        assert_eq!(place("XFD1048576"), Some((LAST_COLUMN, 1_048_576)));
    }

    proptest! {
        #[test]
        fn names_of_cells_are_read_as_they_are_written(column in 0..=LAST_COLUMN, row in 1_u64..2_000_000) {
            prop_assert_eq!(place(&format!("{}{row}", letters(column))), Some((column, row)));
        }

        #[test]
        fn a_whole_number_is_exact_however_it_is_written(value in 0_u64..1_000_000_000_000_000) {
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let scientific = format!("{:E}", value as f64);
            prop_assert_eq!(number(&scientific), (value.to_string().into(), CellContent::Number));
        }
    }
}
