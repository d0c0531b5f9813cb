//! Tests of what `config list` shows.

use super::*;
use crate::domain::text_table;
use crate::settings::layers::Flags;
use crate::settings::testing::{KEY, environment, file};

fn layers(variables: &[(&str, &str)], text: &str) -> Layers {
    Layers::new(&Flags::default(), &environment(variables), &file(text), false).unwrap()
}

/// The rows, but for those that have nothing except a built-in value: a new setting changes no test here.
fn lines(layers: &Layers) -> Vec<String> {
    let line = |key: &str, shown: &ShownValue| format!("{key} = {} [{}]", shown.value, shown.origin);
    let mut lines = Vec::new();
    let is_given = |row: &SettingRow| row.shown.origin_kind != OriginKind::Default;
    for row in rows(layers).into_iter().filter(is_given) {
        lines.push(line(row.key, &row.shown));
        lines.extend(
            row.shadows
                .iter()
                .map(|shadow| format!("  {}", line(shadow.key, &shadow.shown))),
        );
    }
    lines
}

#[test]
fn values_origins_and_shadows_with_secrets_masked() {
    let text = format!(
        "profile = \"p\"\napi_key = \"{KEY}\"\nproxy = \"http://ada:{KEY}@proxy.example:1/?a@b\"\nallow_countries = [\"ES\", \"PT\"]\n\
         [profiles.p]\napi_key_command = [\"echo\", \"{KEY}\"]\ntimeout = \"5s\"\n"
    );
    let layers = layers(&[("SMSPIN_TIMEOUT", "7")], &text);
    assert_eq!(
        lines(&layers),
        [
            "profile = p [c.toml:1]",
            "api_key_command = echo … [c.toml:6 (profile p)]",
            "  api_key = (set, 32 characters) [c.toml:2]",
            "allow_countries = ES,PT [c.toml:4]",
            "timeout = 7 [$SMSPIN_TIMEOUT]",
            "  timeout = 5s [c.toml:7 (profile p)]",
            "  timeout = 60s [built in]",
            "proxy = http://(masked)@proxy.example:1/?(masked) [c.toml:3]",
        ]
    );
    let json = serde_json::to_string(&rows(&layers)).unwrap();
    assert!(!json.contains(KEY), "{json}");
}

const URLS: &str = "
https://example.com/dlr | https://example.com/dlr
https://example.com/dlr? | https://example.com/dlr
https://example.com/dlr?token=x#y | https://example.com/dlr?(masked)
postgres://me:pw@db/sms?password=pw | postgres://(masked)@db/sms?(masked)
https://example.com/KEY/dlr | https://example.com/(hidden)/dlr
sms.smspin | sms.smspin
";

#[test]
fn what_may_be_a_secret_in_a_url_is_masked_wherever_it_stands() {
    for [url, shown] in text_table::rows(URLS) {
        let url = url.replace("KEY", KEY);
        assert_eq!(masked_url(&url), (shown.to_owned(), shown != url), "{url}");
    }
    let command = format!("api_key_command = [\"{KEY}\"]\n");
    assert_eq!(
        lines(&layers(&[], &command)),
        ["api_key_command = (hidden) [c.toml:1]"]
    );
}

#[test]
fn json_has_the_place_in_parts() {
    let row = row(
        &layers(&[], "profile = \"p\"\n[profiles.p]\nsender = \"A\"\n"),
        Key::Sender,
    )
    .unwrap();
    let expected = serde_json::json!({
        "key": "sender", "value": "A", "masked": false, "origin": "c.toml:3 (profile p)", "origin_kind": "profile",
        "file": "c.toml", "line": 3, "profile": "p", "shadows": [],
    });
    assert_eq!(serde_json::to_value(row).unwrap(), expected);
}

#[test]
fn what_is_not_set_has_no_row() {
    assert_eq!(row(&layers(&[], ""), Key::Sender), None);
    assert_eq!(row(&layers(&[], ""), Key::ApiKeyCommand), None);
}

#[test]
fn what_is_built_in_has_a_row() {
    let row = row(&layers(&[], ""), Key::Timeout).unwrap();
    assert_eq!(
        (row.shown.value.as_str(), row.shown.origin_kind, row.shadows.len()),
        ("60s", OriginKind::Default, 0)
    );
}
