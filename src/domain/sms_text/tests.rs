//! The rules of a text, one by one and at their limits.

use super::*;
use crate::domain::hostile;
use crate::domain::segments::Encoding;
use crate::domain::text_table;
use proptest::prelude::*;

fn length(length: u64) -> PinLength {
    PinLength::new(length).unwrap()
}

fn check(text: &str) -> Result<CheckedSmsText, SmsTextErrors> {
    SmsText::parse(text, length(6))
}

/// A text of `chars` characters around one `{PIN}`, which is not counted.
fn around(chars: usize) -> String {
    "a".repeat(chars) + PLACEHOLDER
}

#[test]
fn the_wide_reading_refuses_and_the_strict_one_warns() {
    // (characters beside {PIN}, length of the PIN, refused, over the strict limit)
    let cases = [
        (149, 6, false, false),
        (150, 6, false, true),
        (154, 6, false, true),
        (155, 6, true, true),
        (151, 4, false, false),
        (152, 4, false, true),
        (156, 4, false, true),
        (157, 4, true, true),
        (139, 16, false, false),
        (140, 16, false, true),
        (144, 16, false, true),
        (145, 16, true, true),
    ];
    for (chars, pin, refused, strict) in cases {
        match SmsText::parse(&around(chars), length(pin)) {
            Ok(checked) => {
                let warned = checked
                    .concerns
                    .iter()
                    .any(|concern| concern.contains("strictly"));
                assert_eq!((false, warned), (refused, strict), "{chars} {pin}");
            }
            Err(errors) => {
                assert!(refused, "{chars} {pin}: {errors}");
                assert_eq!(
                    errors.faults(),
                    [SmsTextFault::TooLong {
                        length: 161,
                        pin_length: length(pin)
                    }]
                );
            }
        }
    }
}

#[test]
fn characters_count_and_not_bytes_or_units() {
    assert!(check(&("😀".repeat(154) + PLACEHOLDER)).is_ok());
    assert!(check(&("😀".repeat(155) + PLACEHOLDER)).is_err());
}

const FAULTS: &str = r"
| the text is empty; it needs {PIN} where the PIN goes
Your code | the text has no {PIN}, so the PIN would not be in it
Code: {pin} | the text has “{pin}” where {PIN} must stand, in upper case and without spaces
Code: { PIN } | the text has “{ PIN }” where {PIN} must stand, in upper case and without spaces
{PIN} or {PIN} | the text has {PIN} 2 times; it must be there exactly once
{PIN}\t | the text has a tab (U+0009) at column 6; of the control characters only line breaks can be sent
é\u{1b}[2J{PIN} | the text has an escape character (U+001B) at column 2; of the control characters only line breaks can be sent
";

#[test]
fn every_fault_has_its_message() {
    for [text, expected] in text_table::rows(FAULTS) {
        assert_eq!(check(text).unwrap_err().to_string(), expected);
    }
    assert_eq!(
        check(&around(160)).unwrap_err().to_string(),
        "the text has 166 characters with a PIN of 6 in it, 6 more than the 160 that fit"
    );
}

#[test]
fn all_faults_are_said_at_once() {
    let errors = check(&("\0".to_owned() + &"a".repeat(160))).unwrap_err();
    let expected = [
        SmsTextFault::NoPin,
        SmsTextFault::TooLong {
            length: 167,
            pin_length: length(6),
        },
        SmsTextFault::Control {
            character: "a NUL character (U+0000)".to_owned(),
            column: 1,
        },
    ];
    assert_eq!(errors.faults(), expected);
    assert_eq!(errors.to_string().matches("; ").count(), 3);
}

#[test]
fn concerns_are_said_and_nothing_is_refused_for_them() {
    let cases: [(&str, &[&str]); 6] = [
        ("Your code is {PIN}", &[]),
        ("two\r\nlines {PIN}", &[]),
        (
            "{{PIN}}",
            &["{{PIN}} leaves braces around the PIN; {PIN} is enough"],
        ),
        (
            "{PIN} {pin}",
            &["“{pin}” is sent as it stands; only {PIN} becomes the PIN"],
        ),
        ("(PIN) {PIN}", &[]),
        (
            "a\u{202e}{PIN}",
            &[
                "the text has an invisible or combining character (U+202E) at column 2, which may change what people see",
            ],
        ),
    ];
    for (text, expected) in cases {
        let checked = check(text).unwrap();
        assert_eq!(checked.text.as_str(), text);
        assert_eq!(checked.concerns, expected);
    }
    for fine in [
        "cafe\u{301} {PIN}",
        "👩\u{200d}👧 {PIN}",
        "❤\u{fe0f} {PIN}",
        "می\u{200c}خواهم {PIN}",
    ] {
        assert!(check(fine).unwrap().concerns.is_empty(), "{fine}");
    }
    let strict = check(&around(150)).unwrap().concerns.remove(0);
    assert_eq!(
        strict,
        "the text has 155 characters with {PIN} counted as written; a gateway that reads its rule strictly refuses more than 154 (160 minus the 6 of the PIN)"
    );
}

#[test]
fn a_text_knows_its_sms() {
    let checked = check("código {PIN}").unwrap();
    let split = checked.text.segmentation();
    assert_eq!((split.encoding(), split.segments()), (Encoding::Ucs2, 1));
    assert_eq!(split, Segmentation::of("código 004200"));
    assert_eq!(
        checked.text.with_pin(&Pin::parse("004200").unwrap()),
        "código 004200"
    );
}

proptest! {
    #[test]
    fn any_text_is_sendable_or_a_clear_refusal(text in hostile::text(), pin in 4..=16_u64) {
        match SmsText::parse(&text, length(pin)) {
            Ok(checked) => {
                prop_assert_eq!(checked.text.as_str(), &text);
                prop_assert_eq!(text.matches(PLACEHOLDER).count(), 1);
                let sent = checked.text.with_pin(&Pin::parse(&"7".repeat(pin.try_into().unwrap())).unwrap());
                prop_assert!(sent.chars().count() <= MAX_CHARS);
                for concern in &checked.concerns {
                    hostile::assert_printable(concern);
                }
            }
            Err(errors) => {
                prop_assert!(!errors.faults().is_empty());
                hostile::assert_printable(&errors.to_string());
                prop_assert!(errors.to_string().len() < 1_000);
            }
        }
    }

    #[test]
    fn texts_with_one_placeholder_fit_or_not_by_their_length(before in "\\PC{0,90}", after in "\\PC{0,90}") {
        let text = format!("{before}{PLACEHOLDER}{after}");
        prop_assume!(text.matches(PLACEHOLDER).count() == 1);
        let fits = before.chars().count() + after.chars().count() + 6 <= MAX_CHARS;
        prop_assert_eq!(check(&text).is_ok(), fits);
    }
}
