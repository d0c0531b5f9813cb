//! Bodies without their secrets: the key, and a PIN that somebody guesses.

use serde_json::Value;

/// What stands where a secret was.
const MASK: &str = "********";
/// The fields of a body that are secret.
const SECRET: [&str; 2] = ["api_key", "pin"];

/// A body as anybody may see it. `cut` says that its end is missing.
pub(super) fn body(bytes: &[u8], cut: bool) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            mask(&mut value);
            value.to_string()
        }
        Err(_) if bytes.is_empty() => String::new(),
        Err(_) => {
            let text = broken(&String::from_utf8_lossy(bytes));
            if cut { format!("{text}…") } else { text }
        }
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                // The key of another platform's client may be spelled otherwise.
                let is_secret = SECRET.iter().any(|secret| name.eq_ignore_ascii_case(secret));
                if is_secret || name.to_ascii_lowercase().contains("key") {
                    *value = MASK.into();
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask),
        _ => {}
    }
}

/// In a text that is no JSON nobody can tell what is a secret: each word that could be one is masked, and the shape stays.
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
}
