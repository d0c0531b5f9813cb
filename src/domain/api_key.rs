//! The account's API key, which may be shown nowhere: not by `Debug`, not by an error, not in part by accident.
//!
//! [`ApiKey::expose`] is the only way out, so that a search for it finds every place the key can go.

use super::invalid::Invalid;
use std::fmt;

/// The longest key that is taken, in characters. Every documented key has 32; the rest is room for other brands.
pub(crate) const MAX_LEN: usize = 256;

/// An account's API key: 1 to 256 printable ASCII characters without spaces.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ApiKey(String);

impl ApiKey {
    /// Reads a key as files, prompts and variables hold it: white space at its ends, such as the line break
    /// after it, is not part of it. No error holds any of what was given.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let key = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let is_quoted = |mark: char| key.len() > 1 && key.starts_with(mark) && key.ends_with(mark);
        let wrong = if key.is_empty() {
            "the API key is empty".to_owned()
        } else if !key.is_ascii() {
            "the API key holds a character that is not ASCII; was it saved as UTF-16, or with a byte order mark?"
                .to_owned()
        } else if key.bytes().any(|b| b.is_ascii_whitespace()) {
            "the API key has a space or a line break inside; it must be one word".to_owned()
        } else if key.bytes().any(|b| b.is_ascii_control()) {
            "the API key holds a control character; copy it again".to_owned()
        } else if key.len() > MAX_LEN {
            format!("the API key is longer than {MAX_LEN} characters; a usual one has 32")
        } else if ['"', '\'', '`'].into_iter().any(is_quoted) {
            "the API key stands between quotation marks; leave them out".to_owned()
        } else if is_assignment(key) {
            "this is a variable with an API key, `NAME=KEY`; give the key alone".to_owned()
        } else {
            return Ok(Self(key.to_owned()));
        };
        Err(Invalid::new(wrong))
    }

    /// A warning about a key that looks like a placeholder or a password: every documented key has 32 letters and digits.
    pub(crate) fn concern(&self) -> Option<String> {
        const FEW: usize = 16;
        let plain = self
            .0
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        let digits = self.0.bytes().any(|b| b.is_ascii_digit());
        let length = self.0.len();
        (length < FEW || !plain || !digits).then(|| {
            format!("this doesn't look like an API key: a usual one has 32 letters and digits, and this has {length} characters")
        })
    }

    /// The key itself, for the body of a request and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether it is a line of a file of variables, such as `SMS_API_KEY=…`: its name says so. A key may end with `=` itself.
fn is_assignment(text: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    let word = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    word && ["key", "token", "secret"].iter().any(|part| name.contains(part))
        && !value.trim_matches('=').is_empty()
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hostile;
    use proptest::prelude::*;

    const USUAL: &str = "399d2b438a53ebed3db8a7d52107c0de";

    #[test]
    fn keys_are_read_as_files_hold_them() {
        for input in [USUAL, &format!("{USUAL}\n"), &format!(" {USUAL} \r\n")] {
            assert_eq!(ApiKey::parse(input).unwrap().expose(), USUAL);
        }
        for odd in ["c2VjcmV0a2V5==", "a=b", "\"", "a\"b", "key="] {
            assert_eq!(ApiKey::parse(odd).unwrap().expose(), odd);
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let cases = [
            (String::new(), "is empty"),
            (" \r\n".to_owned(), "is empty"),
            ("two words".to_owned(), "space or a line break"),
            ("two\nlines".to_owned(), "space or a line break"),
            ("bell\u{7}".to_owned(), "control character"),
            ("\u{feff}abc".to_owned(), "not ASCII"),
            ("clé".to_owned(), "not ASCII"),
            ("k".repeat(257), "longer than 256"),
            (format!("\"{USUAL}\""), "quotation marks"),
            (format!("'{USUAL}'\n"), "quotation marks"),
            (format!("API_KEY={USUAL}"), "NAME=KEY"),
            (format!("SMSPIN_API_KEY=\"{USUAL}\""), "NAME=KEY"),
            (format!("export api_key={USUAL}"), "space or a line break"),
        ];
        for (input, expected) in cases {
            let message = ApiKey::parse(&input).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains(USUAL));
        }
        assert!(ApiKey::parse(&"k".repeat(256)).is_ok());
    }

    #[test]
    fn what_does_not_look_like_a_key_is_doubted() {
        for (text, doubted) in [
            (USUAL, false),
            ("a1b2c3d4-e5f6-7890", false),
            ("changeme", true),
            ("your-api-key-goes-here", true),
            ("https://example.com/0123456789", true),
        ] {
            let concern = ApiKey::parse(text).unwrap().concern();
            assert_eq!(concern.is_some(), doubted, "{text}");
            assert!(!concern.unwrap_or_default().contains(text));
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        let key = ApiKey::parse(USUAL).unwrap();
        assert_eq!(
            format!("{key:?} {:#?}", Some(&key)),
            "ApiKey(redacted) Some(\n    ApiKey(redacted),\n)"
        );
    }

    proptest! {
        #[test]
        fn any_text_is_a_key_or_a_clear_refusal(text in hostile::text()) {
            match ApiKey::parse(&text) {
                Ok(key) => {
                    prop_assert!(key.expose().bytes().all(|b| b.is_ascii_graphic()));
                    prop_assert!((1..=MAX_LEN).contains(&key.expose().len()));
                }
                Err(error) => hostile::assert_printable(&error.to_string()),
            }
        }
    }
}
