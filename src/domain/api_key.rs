//! The account's API key, which may be shown nowhere: not by `Debug`, not by an error, not in part by accident.
//!
//! [`ApiKey::expose`] is the only way out, so that a search for it finds every place the key can go.

use std::fmt;

/// The longest key that is taken, in characters. Every documented key has 32; the rest is room for other brands.
pub(crate) const MAX_LEN: usize = 256;

/// An account's API key: 1 to 256 printable ASCII characters without spaces.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ApiKey(String);

/// Why something is not an API key. No variant holds any of what was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiKeyError {
    #[error("the API key is empty")]
    Empty,
    #[error("the API key has a space or a line break inside; it must be one word")]
    Whitespace,
    #[error("the API key holds a control character; copy it again")]
    Control,
    #[error(
        "the API key holds a character that is not ASCII; was it saved as UTF-16, or with a byte order mark?"
    )]
    NotAscii,
    #[error("the API key stands between quotation marks; leave them out")]
    Quoted,
    #[error("this is a variable with an API key, `NAME=KEY`; give the key alone")]
    Assignment,
    #[error("the API key is longer than {MAX_LEN} characters; a usual one has 32")]
    TooLong,
}

impl ApiKey {
    /// Reads a key as files, prompts and variables hold it: white space at its ends, such as the line break
    /// after it, is no part of it.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let key = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if key.is_empty() {
            return Err(ApiKeyError::Empty);
        }
        if !key.is_ascii() {
            return Err(ApiKeyError::NotAscii);
        }
        if key.bytes().any(|b| b.is_ascii_whitespace()) {
            return Err(ApiKeyError::Whitespace);
        }
        if key.bytes().any(|b| b.is_ascii_control()) {
            return Err(ApiKeyError::Control);
        }
        if key.len() > MAX_LEN {
            return Err(ApiKeyError::TooLong);
        }
        if key.len() > 1
            && ['"', '\'', '`']
                .iter()
                .any(|mark| key.starts_with(*mark) && key.ends_with(*mark))
        {
            return Err(ApiKeyError::Quoted);
        }
        if is_assignment(key) {
            return Err(ApiKeyError::Assignment);
        }
        Ok(Self(key.to_owned()))
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
            (String::new(), ApiKeyError::Empty),
            (" \r\n".to_owned(), ApiKeyError::Empty),
            ("two words".to_owned(), ApiKeyError::Whitespace),
            ("two\nlines".to_owned(), ApiKeyError::Whitespace),
            ("bell\u{7}".to_owned(), ApiKeyError::Control),
            ("\u{feff}abc".to_owned(), ApiKeyError::NotAscii),
            ("clé".to_owned(), ApiKeyError::NotAscii),
            ("k".repeat(257), ApiKeyError::TooLong),
            (format!("\"{USUAL}\""), ApiKeyError::Quoted),
            (format!("'{USUAL}'\n"), ApiKeyError::Quoted),
            (format!("API_KEY={USUAL}"), ApiKeyError::Assignment),
            (format!("SMSPIN_API_KEY=\"{USUAL}\""), ApiKeyError::Assignment),
            (format!("export api_key={USUAL}"), ApiKeyError::Whitespace),
        ];
        for (input, expected) in cases {
            assert_eq!(ApiKey::parse(&input).unwrap_err(), expected);
        }
        assert!(ApiKey::parse(&"k".repeat(256)).is_ok());
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
