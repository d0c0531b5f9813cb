//! Hostile texts made safe, and words that people and shells read.

use super::*;
use crate::domain::hostile;
use proptest::prelude::*;

#[test]
fn quotes_are_short_and_escaped() {
    let forty = "x".repeat(40);
    let cases = [
        ("", "“”".to_owned()),
        ("GOOD PIZZA", "“GOOD PIZZA”".to_owned()),
        ("it's \"ó\"", "“it's \"ó\"”".to_owned()),
        ("a\x1b[31mb\n", "“a\\u{1b}[31mb\\n”".to_owned()),
        (
            "a\u{202e}b\u{200b}\u{a0}",
            "“a\\u{202e}b\\u{200b}\\u{a0}”".to_owned(),
        ),
        ("\u{3164}", "“\\u{3164}”".to_owned()),
        (&forty, format!("“{forty}”")),
        (&format!("{forty}x"), format!("“{forty}…”")),
    ];
    for (given, expected) in cases {
        assert_eq!(quote(given), expected);
    }
}

#[test]
fn what_looks_like_a_key_is_hidden() {
    let key = "c0ffee00c0ffee00c0ffee00c0ffee00";
    for (text, expected) in [
        (key.to_owned(), "(hidden)".to_owned()),
        (format!("api_key={key}\n"), "api_key=(hidden)\n".to_owned()),
        (
            format!("ó{key}ó \"{}\"", key.to_uppercase()),
            "ó(hidden)ó \"(hidden)\"".to_owned(),
        ),
        (
            "34600000000346000000003460000".to_owned(),
            "34600000000346000000003460000".to_owned(),
        ),
        (
            "internationalization-of-everything".to_owned(),
            "internationalization-of-everything".to_owned(),
        ),
        ("abcdefghijklmnopqrs1".to_owned(), "(hidden)".to_owned()),
        ("abcdefghijklmnopqr1".to_owned(), "abcdefghijklmnopqr1".to_owned()),
        (String::new(), String::new()),
    ] {
        assert_eq!(hide_keys(&text), expected);
    }
    assert_eq!(
        quote(&format!("key {key}, and more of it")),
        "“key (hidden), and more of it”"
    );
}

#[test]
fn characters_have_names() {
    let cases = [
        ('@', "“@”"),
        ('\\', "“\\”"),
        ('ó', "“ó” (U+00F3)"),
        ('\t', "a tab (U+0009)"),
        ('\u{7}', "a control character (U+0007)"),
        ('\u{9b}', "a control character (U+009B)"),
        ('\u{202e}', "an invisible or combining character (U+202E)"),
        ('\u{301}', "an invisible or combining character (U+0301)"),
    ];
    for (c, expected) in cases {
        assert_eq!(name(c), expected);
    }
}

#[test]
fn what_could_move_a_cursor_is_shown_as_an_escape() {
    for (text, expected) in [
        ("plain ó 日本", "plain ó 日本"),
        ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u{9b}31m", "\\u{9b}31m"),
        ("abc\u{202e}cba", "abc\\u{202e}cba"),
    ] {
        assert_eq!(line(text), expected);
    }
}

#[test]
fn words_for_a_shell_are_quoted_where_they_must_be() {
    for (text, word, quoted) in [
        ("--rate=5", "--rate=5", "'--rate=5'"),
        ("", "''", "''"),
        ("a b", "'a b'", "'a b'"),
        ("/it's here", r"'/it'\''s here'", r"'/it'\''s here'"),
        ("$HOME", "'$HOME'", "'$HOME'"),
    ] {
        assert_eq!(
            (shell_word(text), shell_quoted(text)),
            (word.to_owned(), quoted.to_owned())
        );
    }
}

#[test]
fn hexadecimal_keeps_its_zeros() {
    assert_eq!(hex(&[0, 10, 255]), "000aff");
}

proptest! {
    #[test]
    fn escaped_json_means_the_same(text in any::<String>()) {
        let original = serde_json::to_string_pretty(&serde_json::json!({ "text": text })).unwrap();
        let safe = json(&original);
        prop_assert!(!safe.chars().any(|c| c != '\n' && is_unsafe(c)));
        let read: serde_json::Value = serde_json::from_str(&safe).unwrap();
        prop_assert_eq!(read["text"].as_str().unwrap(), text);
    }

    #[test]
    fn a_line_has_no_control_characters(text in any::<String>()) {
        prop_assert!(!line(&text).chars().any(is_unsafe));
    }

    #[test]
    fn nothing_hostile_passes(text in hostile::text()) {
        let quoted = quote(&text);
        hostile::assert_printable(&quoted);
        prop_assert!(quoted.chars().count() <= SHOWN + 3);
    }

    #[test]
    fn no_name_moves_a_cursor(c in any::<char>()) {
        hostile::assert_printable(&name(c));
    }
}
