//! Tests of the table of settings.

use super::*;

#[test]
fn every_line_of_the_table_holds_together() {
    let mut names = std::collections::BTreeSet::new();
    for key in Key::ALL.iter().copied() {
        assert!(names.insert(key.name()), "{key} twice");
        assert_eq!(Key::from_name(key.name()), Some(key));
        assert!(
            !key.doc().is_empty() && !key.doc().ends_with('.'),
            "{key}: {}",
            key.doc()
        );
        if let Some(text) = key.built_in() {
            key.check(&key.kind().read_text(text).unwrap()).unwrap();
        }
        let example = key.example();
        let example = toml::de::DeValue::parse(&example).unwrap();
        key.check(&key.kind().read_toml(example.get_ref()).unwrap())
            .unwrap();
    }
}

#[test]
fn every_spelling_follows_from_one_name_but_for_the_exceptions() {
    let spellings = |key: Key| (key.name(), key.flag(), key.variable());
    assert_eq!(
        spellings(Key::SmsText),
        ("sms_text", Some("--sms-text"), Some("SMSPIN_SMS_TEXT"))
    );
    assert_eq!(
        spellings(Key::ApiKey),
        ("api_key", Some("--api-key-file"), Some("SMSPIN_API_KEY"))
    );
    assert_eq!(spellings(Key::ApiKeyCommand), ("api_key_command", None, None));
}

#[test]
fn a_mistyped_name_finds_the_right_one() {
    for (typed, meant) in [
        ("sendr", Some("sender")),
        ("sms-text", Some("sms_text")),
        ("apikey", Some("api_key")),
        ("api_key_comand", Some("api_key_command")),
        ("Timeout", Some("timeout")),
        ("from", Some("sender")),
        ("zzz", None),
    ] {
        assert_eq!(Key::nearest(typed), meant, "{typed}");
    }
}
