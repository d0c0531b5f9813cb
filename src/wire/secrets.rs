//! What an answer may not repeat: the key of the request, and the PIN that was checked. A gateway or a proxy may quote a
//! request in its answer, in any spelling that JSON allows.

use crate::domain::api_key::ApiKey;
use crate::domain::pin::Pin;
use serde_json::Value;
use std::fmt;
use std::ops::Range;

/// What stands where a secret would.
pub(crate) const MASK: &str = "********";

/// How often a text is read as JSON, one within the other, before it is left alone.
const DEEPEST: usize = 8;

/// Shorter ones are not PINs of the gateway's, and stand in any number by chance.
const SHORTEST_PIN: usize = 4;

/// The secrets of one request.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    key: Vec<u8>,
    pin: Vec<u8>,
}

impl Secrets {
    pub(crate) fn new(key: &ApiKey, pin: Option<&Pin>) -> Self {
        let pin = pin
            .map(Pin::expose)
            .filter(|pin| pin.len() >= SHORTEST_PIN)
            .unwrap_or_default();
        Self {
            key: key.expose().to_ascii_lowercase().into_bytes(),
            pin: pin.to_ascii_lowercase().into_bytes(),
        }
    }

    /// Text with a mask in place of each secret, however it is spelled: as it is, in upper or lower case, or with the
    /// escapes of JSON, of JSON in a string of JSON, and so on.
    pub(crate) fn masked(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut copied = 0;
        for found in self.find(text) {
            masked.push_str(&text[copied..found.start]);
            masked.push_str(MASK);
            copied = found.end;
        }
        masked.push_str(&text[copied..]);
        masked
    }

    /// The same for every text in a value. A number that holds the PIN is taken out.
    pub(crate) fn mask(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.masked(text),
            Value::Number(number) if !self.find(&number.to_string()).is_empty() => *value = Value::Null,
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask(item)),
            Value::Object(fields) => fields.values_mut().for_each(|item| self.mask(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The places of the secrets, from left to right, none within another.
    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut characters = as_they_are(text);
        for _ in 0..DEEPEST {
            found.extend(self.find_in(&characters));
            match unescaped(&characters) {
                Some(read) => characters = read,
                None => break,
            }
        }
        found.sort_by_key(|place| place.start);
        let mut joined: Vec<Range<usize>> = Vec::new();
        for place in found {
            match joined.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => joined.push(place),
            }
        }
        joined
    }

    fn find_in(&self, characters: &[Character]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < characters.len() {
            let is_here = |secret: &&[u8]| {
                let here = characters.get(at..at + secret.len()).unwrap_or_default();
                let mut pairs = here.iter().zip(*secret);
                !here.is_empty() && pairs.all(|(character, byte)| character.byte.eq_ignore_ascii_case(byte))
            };
            match [self.key.as_slice(), &self.pin].into_iter().find(is_here) {
                Some(secret) => {
                    let last = at + secret.len() - 1;
                    found.push(characters[at].place.start..characters[last].place.end);
                    at = last + 1;
                }
                None => at += 1,
            }
        }
        found
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(redacted)")
    }
}

/// A character of a text, and where it is written, with all that belongs to an escape.
struct Character {
    /// A byte of a character that isn't ASCII, or 0 for an escape of one: neither is in a secret.
    byte: u8,
    place: Range<usize>,
}

fn as_they_are(text: &str) -> Vec<Character> {
    let bytes = text.bytes().enumerate();
    bytes
        .map(|(at, byte)| Character {
            byte,
            place: at..at + 1,
        })
        .collect()
}

/// The text that JSON means, `None` if there is no escape in it.
fn unescaped(text: &[Character]) -> Option<Vec<Character>> {
    let mut read = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let (byte, length) = escape(rest).unwrap_or((first.byte, 1));
        read.push(Character {
            byte,
            place: first.place.start..rest[length - 1].place.end,
        });
        rest = &rest[length..];
    }
    (read.len() < text.len()).then_some(read)
}

/// The character that an escape at the beginning stands for, and how long the escape is.
fn escape(text: &[Character]) -> Option<(u8, usize)> {
    const CODE: usize = "\\u0000".len();
    let [backslash, kind, ..] = text else { return None };
    if backslash.byte != b'\\' {
        return None;
    }
    match kind.byte {
        b'"' | b'\\' | b'/' => Some((kind.byte, 2)),
        b'b' | b'f' | b'n' | b'r' | b't' => Some((0, 2)),
        b'u' => {
            let digits: Vec<u8> = text.get(2..CODE)?.iter().map(|digit| digit.byte).collect();
            let code = u32::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?;
            let ascii = u8::try_from(code).ok().filter(u8::is_ascii);
            Some((ascii.unwrap_or(0), CODE))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secrets(key: &str, pin: Option<&str>) -> Secrets {
        let pin = pin.map(|pin| Pin::parse(pin).unwrap());
        Secrets::new(&ApiKey::parse(key).unwrap(), pin.as_ref())
    }

    #[test]
    fn a_secret_is_masked_in_each_spelling() {
        for (key, text, expected) in [
            ("a/b+c", "key a/b+c here", "key ******** here"),
            ("a/b+c", r"a\/b\u002Bc", "********"),
            ("a/b+c", r"A\/B\u002bC", "********"),
            (
                "a/b+c",
                r#"{"body":"{\"api_key\":\"a\\/b\\u002bc\"}"}"#,
                r#"{"body":"{\"api_key\":\"********\"}"}"#,
            ),
            (r#"a"b"#, r#"{"x":"a\"b"}"#, r#"{"x":"********"}"#),
            (r"a\b", r#"{"x":"a\\b"}"#, r#"{"x":"********"}"#),
            (r"a\b", r#"{"x":"a\u005cb"}"#, r#"{"x":"********"}"#),
            (r"\A\", r#"{"x":"\\\u0041\\"}"#, r#"{"x":"********"}"#),
            ("abc", r#"["ab","c"]"#, r#"["ab","c"]"#),
            ("abc", "abcabc ab", "**************** ab"),
            ("abc", "ó\u{2028}abc…", "ó\u{2028}********…"),
        ] {
            assert_eq!(secrets(key, None).masked(text), expected, "{key} in {text}");
        }
    }

    #[test]
    fn a_pin_is_masked_beside_the_key_and_as_a_number() {
        let both = secrets("0123456789abcdef", Some("98a6"));
        assert_eq!(both.masked("98A6 0123456789ABCDEF 98a"), "******** ******** 98a");
        let numbers = secrets("k", Some("9876"));
        let mut value = serde_json::json!({ "tries_remaining": 9876, "left": 987, "list": ["9876", true] });
        numbers.mask(&mut value);
        let expected =
            serde_json::json!({ "tries_remaining": null, "left": 987, "list": ["********", true] });
        assert_eq!(value, expected);
        let short = secrets("0123456789abcdef", Some("1"));
        assert_eq!(short.masked("1 of 11"), "1 of 11");
    }

    /// JSON's ways to write a character, of which `choice` takes one.
    fn spelled(c: char, choice: u8) -> String {
        let usual = serde_json::to_string(&c.to_string()).unwrap();
        match choice % 4 {
            0 => format!("\\u{:04x}", u32::from(c)),
            1 => format!("\\u{:04X}", u32::from(c)),
            2 if c == '/' => "\\/".to_owned(),
            _ => usual[1..usual.len() - 1].to_owned(),
        }
    }

    fn as_json(text: &str, choices: &[u8]) -> String {
        let spelled = text
            .chars()
            .zip(choices.iter().cycle())
            .map(|(c, choice)| spelled(c, *choice));
        format!("\"{}\"", spelled.collect::<String>())
    }

    proptest! {
        #[test]
        fn whatever_the_spelling_the_secret_is_gone(
            key in "[!-~]{8,40}",
            before in "[ -~]{0,6}",
            after in "[ -~]{0,6}",
            choices in proptest::collection::vec(any::<u8>(), 1..60),
            depth in 1..4,
        ) {
            // A key in quotes is refused where it is read.
            prop_assume!(ApiKey::parse(&key).is_ok());
            let secrets = secrets(&key, None);
            let mut json = format!("{before}{key}{after}");
            for _ in 0..depth {
                json = as_json(&json, &choices);
            }
            let masked = secrets.masked(&json);
            prop_assert!(masked.contains(MASK), "{json} -> {masked}");
            prop_assert!(secrets.find(&masked).is_empty(), "{json} -> {masked}");
            // As it is shown: read once, and masked.
            let mut value: Value = serde_json::from_str(&json).unwrap();
            secrets.mask(&mut value);
            let mut read = value.as_str().unwrap().to_owned();
            loop {
                prop_assert!(!read.to_ascii_lowercase().contains(&key.to_ascii_lowercase()), "{read}");
                let Ok(next) = serde_json::from_str::<String>(&read) else { break };
                read = next;
            }
        }

        #[test]
        fn text_without_a_secret_stays_as_it_is(text in "[ -~ó\\\\]{0,60}") {
            let secrets = secrets("0123456789abcdef0123456789abcdef", Some("987654"));
            prop_assert_eq!(secrets.masked(&text), text);
        }
    }
}
