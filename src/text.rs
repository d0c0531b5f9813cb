//! Text for people: quotes what came from outside, short and safe to print on any terminal, and writes bytes in hex.
//!
//! Never for a secret: an error about an API key or a PIN doesn't quote at all.

/// How many characters a quote shows before it is cut.
const SHOWN: usize = 40;

/// `text` between quotation marks, cut after 40 characters, with everything that moves a cursor, hides or
/// reorders written as an escape: controls, bidi marks, zero-width and combining characters, odd spaces.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("“");
    let mut shown = 0;
    for c in text.chars() {
        let before = quoted.len();
        push_escaped(&mut quoted, c);
        shown += quoted[before..].chars().count();
        if shown > SHOWN {
            quoted.truncate(before);
            quoted.push('…');
            break;
        }
    }
    quoted.push('”');
    quoted
}

/// What to call one character in a message: by name where it can't be seen, else quoted, with its code point
/// when it isn't ASCII.
pub(crate) fn name(c: char) -> String {
    let code = u32::from(c);
    let known = match c {
        '\0' => "a NUL character",
        '\t' => "a tab",
        '\n' => "a line break",
        '\r' => "a carriage return",
        '\u{1b}' => "an escape character",
        ' ' => "a space",
        '\u{a0}' => "a no-break space",
        '\u{200b}' => "a zero-width space",
        '\u{feff}' => "a byte order mark",
        _ if c.is_control() => "a control character",
        _ if is_blank(c) => "an invisible or combining character",
        _ if c.is_ascii() => return format!("“{c}”"),
        _ => return format!("“{c}” (U+{code:04X})"),
    };
    format!("{known} (U+{code:04X})")
}

/// Whether `c` can make a text look like another: it reorders, or takes no room. Joiners and combining
/// characters, which scripts and emoji need, are not meant.
pub(crate) fn is_deceptive(c: char) -> bool {
    let separates = matches!(
        c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
    );
    let reorders = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    separates || reorders || breaks || is_filler(c)
}

/// `bytes` in lower-case hexadecimal digits, two for each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String can't fail");
            text
        })
}

fn push_escaped(out: &mut String, c: char) {
    match c {
        '"' | '\'' => out.push(c),
        _ if is_filler(c) => out.extend(c.escape_unicode()),
        _ => out.extend(c.escape_debug()),
    }
}

/// Whether a reader can't see `c` standing alone. In ASCII only controls and the space are like that.
fn is_blank(c: char) -> bool {
    is_filler(c) || (!c.is_ascii() && c.escape_debug().len() > 1)
}

/// Letters by category that every font draws as nothing.
fn is_filler(c: char) -> bool {
    matches!(c, '\u{115f}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{ffa0}')
}

#[cfg(test)]
mod tests {
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
    fn bytes_have_two_digits_each() {
        assert_eq!(hex(&[0, 9, 0xAB, 0xFF]), "0009abff");
        assert_eq!(hex(&[]), "");
    }

    proptest! {
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
}
