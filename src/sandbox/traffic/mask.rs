//! Requests without their secrets: a key wherever it stands, and the PIN that is being checked.

use crate::domain::api_key::ApiKey;
use crate::text;
use crate::wire::{MASK, Secrets};
use serde_json::Value;

/// The shortest text that is looked for everywhere; a shorter one would be found in every word.
const SHORTEST: usize = 4;

/// What must not be shown of one request.
pub(super) struct TrafficMask(Vec<Secrets>);

impl TrafficMask {
    /// The accepted keys, and what a body gives as its key.
    pub(super) fn of(body: &[u8], accepted: &[String]) -> Self {
        let mut found: Vec<_> = accepted.to_vec();
        if let Ok(value) = serde_json::from_slice(body) {
            collect_keys(&value, &mut found);
        }
        let keys = found.iter().filter_map(|text| ApiKey::parse(text).ok());
        let keys = keys.filter(|key| key.expose().len() >= SHORTEST);
        Self(keys.map(|key| Secrets::new(&key, None)).collect())
    }

    /// A text without them, nor anything else that looks like a key.
    pub(super) fn masked(&self, text: &str) -> String {
        let masked = self.0.iter().fold(text.to_owned(), |text, key| key.masked(&text));
        text::hide_keys(&masked).into_owned()
    }

    /// A body with its secrets masked. `cut` says that its end is missing.
    pub(super) fn body(&self, bytes: &[u8], cut: bool) -> String {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(mut value) => {
                self.mask(&mut value);
                value.to_string()
            }
            Err(_) if bytes.is_empty() => String::new(),
            Err(_) => {
                let text = broken(&String::from_utf8_lossy(bytes));
                if cut { format!("{text}…") } else { text }
            }
        }
    }

    fn mask(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                let masked = std::mem::take(fields).into_iter().map(|(name, mut value)| {
                    if is_key(&name) || name.eq_ignore_ascii_case("pin") {
                        value = MASK.into();
                    } else {
                        self.mask(&mut value);
                    }
                    (self.masked(&name), value)
                });
                *fields = masked.collect();
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.mask(value)),
            Value::String(text) => *text = self.masked(text),
            _ => {}
        }
    }
}

/// Whether a field holds a key. That of another platform's client may be spelled otherwise.
fn is_key(name: &str) -> bool {
    name.to_ascii_lowercase().contains("key")
}

fn collect_keys(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let keys = fields.iter().filter(|(name, _)| is_key(name));
            found.extend(keys.filter_map(|(_, value)| value.as_str().map(str::to_owned)));
            fields.values().for_each(|value| collect_keys(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_keys(value, found)),
        _ => {}
    }
}

/// In a text that is not JSON a secret can't be told from the rest: each word that could be one is masked, and the shape stays.
fn broken(text: &str) -> String {
    const LONGEST_PLAIN: usize = 3;
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        masked.push_str(before);
        let is_plain = word.len() <= LONGEST_PLAIN || word.bytes().all(|byte| byte.is_ascii_lowercase());
        masked.push_str(if is_plain { word } else { MASK });
        rest = after;
    }
    masked.push_str(rest);
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_pins_are_masked_in_whole_and_in_broken_bodies() {
        const KEY: &str = "5a4db0c55a4db0c55a4db0c55a4db0c5";
        let whole =
            format!(r#"{{"api_key":"{KEY}","msisdn":"12025550100","pin":1234,"x":[{{"Pin":"ABCD"}}]}}"#);
        let body = |bytes: &[u8], cut| TrafficMask::of(bytes, &[]).body(bytes, cut);
        let shown = body(whole.as_bytes(), false);
        for part in [
            r#""api_key":"********""#,
            r#""msisdn":"12025550100""#,
            r#""pin":"********""#,
            r#""Pin":"********""#,
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        for cut in 1..whole.len() {
            let shown = body(&whole.as_bytes()[..cut], true);
            for secret in [KEY, "1234", "ABCD"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
        assert_eq!(body(b"", false), "");
        assert_eq!(
            body(b"{\"pin_params\":{\"type\":\"alpha\"", false),
            "{\"pin_params\":{\"type\":\"alpha\""
        );
    }
    #[test]
    fn a_key_is_masked_wherever_it_stands() {
        let accepted = ["short".to_owned(), "abc".to_owned()];
        let body = br#"{"api_key":"wrong\"key","msisdn":"short","x":["wrong\"key!",{"short":"abc"}],
            "token":"5a4db0c55a4db0c55a4db0c55a4db0c5"}"#;
        let secrets = TrafficMask::of(body, &accepted);
        let shown = secrets.body(body, false);
        for secret in ["short", "wrong", "5a4db0c5"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        assert!(shown.contains("abc"), "{shown}");
        let path = secrets.masked("/api/short/5a4db0c55a4db0c55a4db0c55a4db0c5");
        assert_eq!(path, "/api/********/(hidden)");
    }
}
