//! Text that we did not write, made safe for a terminal: control characters, bidirectional overrides and invisible
//! characters are shown as escapes, so that no answer and no file can move a cursor or reorder a line.

use std::borrow::Cow;
use std::fmt::Write;

/// Text for people, on one line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            c if is_unsafe(c) => write!(safe, "\\u{{{:x}}}", u32::from(c)).expect("a string takes all text"),
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// JSON text, which holds such characters only inside its strings, where an escape means the same.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let needs_escape = |c: char| c != '\n' && is_unsafe(c);
    if !text.chars().any(needs_escape) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        if needs_escape(c) {
            for unit in c.encode_utf16(&mut units) {
                write!(safe, "\\u{unit:04x}").expect("a string takes all text");
            }
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    }
}
