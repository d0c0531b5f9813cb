//! Numbers, shortened so that a report on a CI server tells of no person.

use crate::text;

/// The text without the number that was typed, and without any other that looks like one: its first and last two digits
/// are left.
pub(super) fn masked(text: &str, typed: Option<&str>) -> String {
    let text = match typed.filter(|typed| !typed.is_empty()) {
        Some(typed) => text.replace(typed, &number(typed)),
        None => text.to_owned(),
    };
    text::without_numbers(&text)
}

/// One number, however it is written.
pub(super) fn number(written: &str) -> String {
    let digits: String = written.chars().filter(|c| c.is_numeric()).collect();
    if digits.is_empty() {
        return written.to_owned();
    }
    text::without_numbers(&digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_left_whole() {
        for (text, typed, expected) in [
            ("sent to 34666666111", None, "sent to 34*******11"),
            (
                "“+34 666 66 61 11” is wrong",
                Some("+34 666 66 61 11"),
                "“34*******11” is wrong",
            ),
            ("127.0.0.1:65535 in 1200 ms", None, "127.0.0.1:65535 in 1200 ms"),
            ("٠١٢٣٤٥٦٧", None, "٠١****٦٧"),
            ("", Some(""), ""),
            ("“hello” is wrong", Some("hello"), "“hello” is wrong"),
        ] {
            assert_eq!(masked(text, typed), expected);
        }
    }
}
