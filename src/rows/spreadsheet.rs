//! Numbers that a spreadsheet has rewritten: repaired where every digit is still there, refused where one is lost. Whether the
//! result is a number of anybody is not its question.

use super::fault::RowDefect;
use crate::domain::written_number::without_marks;
use crate::text::quote;
use std::borrow::Cow;

/// The number in a cell, without what a spreadsheet put around it.
///
/// Mended: invisible marks around it, a leading apostrophe, `="…"`, a fraction of zeros, and scientific notation that holds every
/// digit (`3.4666666111E+10`). Decimal commas are read like points. A fraction of other digits stays, and is refused where
/// the number is read.
pub(super) fn mend(cell: &str) -> Result<Cow<'_, str>, RowDefect> {
    if cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'+') {
        return Ok(Cow::Borrowed(cell));
    }
    let number = unwrap(without_marks(cell));
    if let Some(scientific) = Scientific::parse(number) {
        return scientific
            .digits()
            .map(Cow::Owned)
            .ok_or_else(|| RowDefect::DigitsLost(quote(number)));
    }
    Ok(Cow::Borrowed(without_zero_fraction(number)))
}

/// What `'…` or `="…"` holds.
fn unwrap(cell: &str) -> &str {
    let formula = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    let text = formula.filter(|inner| !inner.contains('"')).unwrap_or(cell);
    text.strip_prefix(['\'', '\u{2019}']).unwrap_or(text).trim()
}

/// A number as a spreadsheet shows it when its column is narrow: `3.46667E+10`.
struct Scientific<'a> {
    whole: &'a str,
    fraction: &'a str,
    exponent: usize,
}

impl<'a> Scientific<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (mantissa, exponent) = text.split_once(['e', 'E'])?;
        let mantissa = mantissa.strip_prefix('+').unwrap_or(mantissa);
        let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, ""));
        let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_one = !whole.is_empty() && digits(whole) && digits(fraction) && digits(exponent);
        let exponent = exponent
            .parse()
            .ok()
            .filter(|exponent| is_one && *exponent <= 99)?;
        Some(Self {
            whole,
            fraction,
            exponent,
        })
    }

    /// Every digit of the number, or nothing where the notation left some out.
    fn digits(&self) -> Option<String> {
        let fraction = self.fraction.trim_end_matches('0');
        let complete = self.fraction.len() >= self.exponent && fraction.len() <= self.exponent;
        complete.then(|| format!("{}{}", self.whole, &self.fraction[..self.exponent]))
    }
}

/// `34666666111.0` without its end: digits, a decimal mark, and zeros to the end. A number that begins with + or with a zero before
/// other digits was never a number to a spreadsheet, so its point means something else.
pub(super) fn without_zero_fraction(number: &str) -> &str {
    let Some((whole, fraction)) = number.split_once(['.', ',']) else {
        return number;
    };
    let zeros = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    let plain = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    let is_text = whole.len() > 1 && whole.starts_with('0');
    if zeros && plain && !is_text { whole } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_whole_is_mended() {
        let cases = [
            ("34666666111", "34666666111"),
            ("+34 666 666 111", "+34 666 666 111"),
            ("  34666666111 ", "34666666111"),
            ("34666666111.0", "34666666111"),
            ("34666666111,00", "34666666111"),
            ("3.4666666111E+10", "34666666111"),
            ("3,4666666111e10", "34666666111"),
            ("3.46666661110E+10", "34666666111"),
            ("+3.4666666111E+10", "34666666111"),
            ("34666666111E+0", "34666666111"),
            ("'34666666111", "34666666111"),
            ("\u{2019}+34666666111", "+34666666111"),
            ("=\"34666666111\"", "34666666111"),
            ("=\"+34 666 666 111\"", "+34 666 666 111"),
            ("=\"'34666666111.0\"", "34666666111"),
            ("436641234567.000", "436641234567"),
            ("666666.000", "666666"),
            ("12,0", "12"),
            ("0.0", "0"),
            ("\u{202a}+34 666 666 111\u{202c}", "+34 666 666 111"),
            ("\u{feff}34666666111.0\u{200b}", "34666666111"),
            // Not ours to judge, so not touched.
            ("", ""),
            ("06.12.34.56.00", "06.12.34.56.00"),
            ("0612345678.00", "0612345678.00"),
            ("06.00", "06.00"),
            ("34666666111.5", "34666666111.5"),
            ("+34.600000000", "+34.600000000"),
            ("34.666.666.000", "34.666.666.000"),
            ("=34+1", "=34+1"),
            ("=\"3\"&\"4\"", "=\"3\"&\"4\""),
            ("E+10", "E+10"),
            ("3.4E", "3.4E"),
            ("3.4E-10", "3.4E-10"),
            ("Ann Epstein", "Ann Epstein"),
            ("3E+99999999999999999999", "3E+99999999999999999999"),
        ];
        for (cell, expected) in cases {
            assert_eq!(mend(cell).unwrap(), expected, "{cell:?}");
        }
    }

    #[test]
    fn what_has_lost_digits_is_refused() {
        for cell in [
            "3.46667E+10",
            "3,46667E+10",
            "3.466666666E+10",
            "3E+10",
            "'3.46667E+10",
            "3.4666666111E+9",
        ] {
            assert!(matches!(mend(cell), Err(RowDefect::DigitsLost(_))), "{cell}");
        }
    }

    proptest! {
        #[test]
        fn no_digit_is_ever_invented(number in "[1-9][0-9]{6,14}", places in 0_usize..16) {
            let fraction = &number[1..];
            let shown = &fraction[..places.min(fraction.len())];
            let cell = format!("{}.{shown}E+{}", &number[..1], fraction.len());
            match mend(&cell) {
                Ok(mended) => prop_assert_eq!(mended, number),
                Err(fault) => prop_assert!(shown.len() < fraction.len(), "{}: {}", cell, fault),
            }
        }

        #[test]
        fn nothing_panics(cell in crate::domain::hostile::text()) {
            let _ = mend(&cell);
        }
    }
}
