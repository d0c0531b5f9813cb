//! `{PIN}`, the place in a text where the gateway puts the PIN, and what people write when they mean it.

/// The placeholder, exactly as the gateway wants it (the gateway's contract §1).
pub(crate) const PLACEHOLDER: &str = "{PIN}";

/// What people put around the word, besides the braces that it takes.
const BRACKETS: [(char, char); 5] = [('{', '}'), ('[', ']'), ('<', '>'), ('(', ')'), ('%', '%')];
/// What people call the PIN, in any case.
const NAMES: [&str; 3] = ["pin", "code", "otp"];
/// The longest thing between brackets that can still be one of the names with spaces around it, in bytes.
const LONGEST: usize = 12;

/// The first part of `text` that looks like the placeholder and isn't, such as `{pin}`, `{ PIN }` or `[CODE]`; with
/// `braces_only` just those in braces, since other brackets around the word can be plain prose.
pub(crate) fn lookalike(text: &str, braces_only: bool) -> Option<&str> {
    let brackets = if braces_only {
        &BRACKETS[..1]
    } else {
        &BRACKETS[..]
    };
    text.char_indices().find_map(|(start, c)| {
        let &(open, close) = brackets.iter().find(|(open, _)| *open == c)?;
        let rest = &text[start + open.len_utf8()..];
        let (length, _) = rest
            .char_indices()
            .take_while(|(at, _)| *at <= LONGEST)
            .find(|(_, c)| *c == close)?;
        let name = rest[..length].trim();
        let found = &text[start..=start + length + close.len_utf8()];
        let meant = NAMES.iter().any(|known| name.eq_ignore_ascii_case(known));
        (meant && found != PLACEHOLDER).then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    #[test]
    fn what_looks_like_the_placeholder_is_found() {
        let cases = [
            ("code {pin}", Some("{pin}"), Some("{pin}")),
            ("{ PIN }!", Some("{ PIN }"), Some("{ PIN }")),
            ("é{Code}", Some("{Code}"), Some("{Code}")),
            ("your [PIN] is", None, Some("[PIN]")),
            ("%otp%", None, Some("%otp%")),
            ("(pin) {pin}", Some("{pin}"), Some("(pin)")),
            ("{PIN}", None, None),
            ("{{PIN}}", None, None),
            ("{name} PIN", None, None),
            ("{pin", None, None),
            ("{          pin          }", None, None),
            ("", None, None),
        ];
        for (text, in_braces, anywhere) in cases {
            assert_eq!(lookalike(text, true), in_braces, "{text}");
            assert_eq!(lookalike(text, false), anywhere, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_searched(text in hostile::text()) {
            if let Some(found) = lookalike(&text, false) {
                prop_assert!(text.contains(found) && found != PLACEHOLDER);
            }
        }
    }
}
