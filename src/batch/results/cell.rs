//! Makes a text that isn't the input's own fit for a cell that a spreadsheet will open: it must not run as a formula.

use std::borrow::Cow;

/// `text` with an apostrophe before it where a spreadsheet would take it for a formula, and with its control characters as
/// spaces. Blanks before the sign don't help everywhere, so they don't count.
pub(super) fn inert(text: &str) -> Cow<'_, str> {
    let first = text
        .trim_start_matches(|c: char| c.is_whitespace() || c.is_control())
        .chars()
        .next();
    // The wide forms are read as the plain ones where those scripts are at home.
    let formula = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    let control = text.contains(char::is_control);
    if !formula && !control {
        return Cow::Borrowed(text);
    }
    let prefix = if formula || text.starts_with(['\t', '\r', '\n']) {
        "'"
    } else {
        ""
    };
    Cow::Owned(
        prefix
            .chars()
            .chain(text.chars().map(|c| if c.is_control() { ' ' } else { c }))
            .collect(),
    )
}

/// `text`, which was a text in a sheet, with an apostrophe before it where a spreadsheet would now take it for a formula. A phone
/// number stays as it is.
pub(super) fn still_text(text: &str) -> Cow<'_, str> {
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || " +-().,/".contains(c));
    match text.trim_start().chars().next() {
        Some('=' | '@' | '＝' | '＠') => Cow::Owned(format!("'{text}")),
        Some('+' | '-' | '＋' | '－') if !is_number(text) => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn formulas_are_disarmed() {
        let cases = [
            ("", ""),
            ("Invalid number", "Invalid number"),
            ("a=1 + 2 - 3 @ b", "a=1 + 2 - 3 @ b"),
            ("=1+1", "'=1+1"),
            ("+34", "'+34"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            (" \u{a0}=1", "' \u{a0}=1"),
            ("\t=1", "' =1"),
            ("\tx", "' x"),
            ("\rx", "' x"),
            ("a\r\nb\0\u{1b}[2J", "a  b  [2J"),
        ];
        for (text, expected) in cases {
            assert_eq!(inert(text), expected, "{text:?}");
        }
    }

    #[test]
    fn texts_of_a_sheet_stay_texts() {
        let cases = [
            ("+34 (600) 000-000", "+34 (600) 000-000"),
            ("-12.50", "-12.50"),
            ("Ana\n=1", "Ana\n=1"),
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            (" =1+1", "' =1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ];
        for (text, expected) in cases {
            assert_eq!(still_text(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_runs(text in crate::domain::hostile::text()) {
            let cell = inert(&text);
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']));
            prop_assert!(!cell.contains(char::is_control));
            prop_assert_eq!(&inert(&cell), &cell, "once is enough");
        }
    }
}
