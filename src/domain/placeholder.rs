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

/// Parts of a final text that look as if something were still to be put in their place, each as a warning: `{name}`, `${PIN}`.
pub(crate) fn sent_as_they_stand(text: &str) -> Vec<String> {
    let mut found: Vec<String> = gaps(text)
        .map(|gap| format!("{} is sent as it stands", crate::text::quote(gap)))
        .collect();
    if text.contains("${PIN}") {
        found.push("“${PIN}” sends a $ before the PIN".to_owned());
    }
    found
}

/// The first part of a text in braces that is not `{PIN}`, or of the PIN with a `$` before it.
pub(crate) fn first_gap(text: &str) -> Option<&str> {
    const AFTER_DOLLAR: &str = "${PIN}";
    // One character is found much faster than several, and hardly any text has it.
    let dollar = || {
        let at = text.find('$').and_then(|_| text.find(AFTER_DOLLAR))?;
        text.get(at..at + AFTER_DOLLAR.len())
    };
    gaps(text).next().or_else(dollar)
}

/// What stands in braces, as `{name}`: a word or a few on one line.
fn gaps(text: &str) -> impl Iterator<Item = &str> {
    const LONGEST_NAME: usize = 40;
    let braces = text.match_indices('{').map(|(from, _)| from);
    let braces = braces.filter(|from| !text[*from..].starts_with(PLACEHOLDER));
    braces.filter_map(|from| {
        let length = text[from + 1..].find(['{', '}', '\n'])?;
        let gap = &text[from..].get(..length + 2)?;
        let is_name = gap.ends_with('}') && (1..=LONGEST_NAME).contains(&gap[1..=length].trim().len());
        is_name.then_some(*gap)
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

    #[test]
    fn what_is_still_to_be_filled_in_is_found() {
        for (text, gaps) in [
            ("Dear {name}: {PIN}", &["“{name}” is sent as it stands"][..]),
            ("Dear {{name}}: {PIN}", &["“{name}” is sent as it stands"]),
            (
                "{a} {b c} {PIN}",
                &["“{a}” is sent as it stands", "“{b c}” is sent as it stands"],
            ),
            ("code ${PIN}", &["“${PIN}” sends a $ before the PIN"]),
            ("$ {PIN}", &[]),
            ("{} { } {é {PIN}", &[]),
            ("{PIN", &[]),
        ] {
            assert_eq!(sent_as_they_stand(text), gaps, "{text}");
            assert_eq!(first_gap(text).is_some(), !gaps.is_empty(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_searched(text in hostile::text()) {
            let _ = sent_as_they_stand(&text);
            if let Some(found) = lookalike(&text, false) {
                prop_assert!(text.contains(found) && found != PLACEHOLDER);
            }
        }
    }
}
