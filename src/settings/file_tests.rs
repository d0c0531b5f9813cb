//! Tests of reading the configuration file.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::domain::text_table;
use crate::env::Environment;
use crate::settings::paths::Directories;
use crate::settings::testing::{Home, KEY, file, named};

fn refusal(text: &str) -> String {
    ConfigFile::parse(&named(Path::new("c.toml")), text)
        .unwrap_err()
        .error
        .to_string()
}

#[test]
fn values_know_their_lines_and_profiles() {
    let file = file(
        "# head\nsender = \"A\"\nprofile = \"prod\"\n\n[profiles.prod]\n# why\nsender = \"B\"\n[profiles.\"a.b\"]\n",
    );
    let top = find(file.top(), Key::Sender).unwrap();
    assert_eq!(
        (top.value.text().as_ref(), top.origin.to_string().as_str()),
        ("A", "c.toml:2")
    );
    let prod = find(file.profile("prod").unwrap(), Key::Sender).unwrap();
    assert_eq!(
        (prod.value.text().as_ref(), prod.origin.to_string().as_str()),
        ("B", "c.toml:7 (profile prod)")
    );
    assert_eq!(file.profile_names().collect::<Vec<_>>(), ["prod", "a.b"]);
    assert_eq!(file.path.path(), Path::new("c.toml"));
}

#[test]
fn every_form_of_a_profile_is_read() {
    for text in [
        "[profiles.p]\nretries = 1\nprice_sms = 0.0450\n",
        "[profiles]\np = { retries = 1, price_sms = 0.0450 }\n",
        "profiles.p.retries = 1\nprofiles.p.price_sms = 0.0450\n",
        "profiles = { p = { retries = 1, price_sms = 0.0450 } }",
        "[profiles]\r\n[profiles.p]\r\nretries = 1\r\nprice_sms = 0.0450\r\n",
    ] {
        let file = file(text);
        assert_eq!(
            file.value(Some("p"), Key::Retries).unwrap().value,
            Raw::Integer(1),
            "{text}"
        );
        let price = file.value(Some("p"), Key::PriceSms).unwrap();
        assert_eq!(price.value.text(), "0.0450", "{text}");
        assert!(price.origin.line().unwrap() >= 1);
    }
}

const REFUSED: &str = r#"
\nsendr = "A" | c.toml:2: there is no setting “sendr”; did you mean `sender`?
[profiles.p]\nSender = "A" | c.toml:2: there is no setting “Sender”; did you mean `sender`?
qqq = 1 | c.toml:1: there is no setting “qqq”
"\\u001b[2J" = 1 | c.toml:1: there is no setting “\\u{1b}[2J”
[profile.prod]\nsender = "A" | c.toml:1: a profile's section begins with [profiles.prod], not with [profile.prod]
[prod]\nsender = "A" | c.toml:1: there is no setting “prod”; did you mean `profiles.NAME`?
[profile]\n | c.toml:1: a profile's section begins with [profiles.NAME], not with [profile.NAME]
\nretries = "3" | c.toml:2: `retries`: expected a whole number, 0 or more, found text
[[sender]] | c.toml:1: `sender`: expected text in quotes, found a list
[[profiles]] | c.toml:1: a profile is a table: [profiles.NAME]
[profiles]\nprod = 1 | c.toml:2: a profile is a table: [profiles.NAME]
[profiles."a b"] | c.toml:1: “a b” is not a valid name for a profile
[profiles.p]\nprofile = "p" | c.toml:2: `profile` can't be in a profile
api_key = "k"\n[profiles.p]\napi_key_command = ["x"]\n\napi_key = "k" | c.toml sets both `api_key` (line 5) and `api_key_command` (line 3) in the same section
sender = "A"\n\nsender = "B" | c.toml:3:1: duplicate key: `sender = …`
[profiles.p]\n[profiles.p] | c.toml:2:11: duplicate key: “[profiles.p]”
"#;

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for [text, expected] in text_table::rows(REFUSED) {
        assert_eq!(refusal(text), expected);
    }
}

#[test]
fn two_sources_of_the_key_in_two_places_are_fine() {
    file("api_key = \"k\"\n[profiles.p]\napi_key_command = [\"x\"]\n");
}

#[test]
fn a_syntax_error_has_line_and_column_and_shows_no_secret() {
    let message = refusal("# é\nretries = = 3\n");
    assert!(
        message.starts_with("c.toml:2:") && message.ends_with("`retries = …`"),
        "{message}"
    );
    for text in [
        format!("api_key = {KEY}"),
        format!("api_key = \"{KEY}"),
        format!("apikey = \"{KEY}"),
        format!("api_key: \"{KEY}\""),
        format!("sender = api_key = \"{KEY}\""),
        format!("api_key = \"\"\"\n{KEY}"),
        format!("api_key = \"{KEY}\" \"{KEY}\""),
        format!("api_key_command = [\"echo\", \"{KEY}\""),
        format!("proxy = http://user:{KEY}@proxy"),
        format!("[profiles.\"{KEY}\""),
        format!("api_key = [\"{KEY}\"]"),
        format!("api_key = {{ a = \"{KEY}\" }}"),
        KEY.to_owned(),
    ] {
        let message = refusal(&text);
        assert!(!message.contains(&KEY[4..16]), "{message}");
    }
}

#[test]
fn lines_and_columns_are_counted_from_one_in_characters() {
    let text = "a\né= x\r\n";
    for (offset, expected) in [
        (0, (1, 1)),
        (1, (1, 2)),
        (2, (2, 1)),
        (4, (2, 2)),
        (6, (2, 4)),
        (99, (3, 1)),
    ] {
        assert_eq!(position(text, offset), expected, "{offset}");
    }
}

fn read(home: &Home) -> Result<ConfigFile, Failure> {
    ConfigFile::read((*home.named()).clone())
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_key() {
    let file = read(&Home::with("\u{feff}sender = \"A\"\n")).unwrap();
    assert_eq!(find(file.top(), Key::Sender).unwrap().origin.line(), Some(1));
}

#[test]
fn a_missing_file_is_empty_unless_the_user_named_it() {
    let home = Home::empty();
    let error = read(&home).unwrap_err();
    assert!(
        error.error.to_string().ends_with("config.toml does not exist"),
        "{error:?}"
    );
    assert!(error.hints[0].starts_with("smspin config init --config '"));
    let directories = Directories::at(home.directory());
    let default = directories.config_file(None, &Environment::default()).unwrap();
    assert!(ConfigFile::read(default).unwrap().top().is_empty());
}

#[test]
fn bytes_that_are_not_text_are_found_by_line() {
    let home = Home::empty();
    std::fs::write(home.path(), b"a\n\xff\xfeb").unwrap();
    let error = read(&home).unwrap_err().error.to_string();
    assert!(
        error.ends_with("config.toml:2: this line is not UTF-8 text"),
        "{error}"
    );
}

#[test]
fn what_is_no_file_or_too_big_is_refused() {
    let home = Home::empty();
    std::fs::create_dir(home.path()).unwrap();
    let error = read(&home).unwrap_err().error.to_string();
    assert!(error.ends_with("can't be read"), "{error}");
    let big = Home::with(&"#".repeat((1 << 20) + 1));
    let error = read(&big).unwrap_err().error.to_string();
    assert!(error.ends_with("is larger than 1048576 bytes"), "{error}");
}

#[test]
fn a_key_that_others_can_get_at_is_refused_with_the_command_to_type() {
    let with_key = format!("[profiles.p]\napi_key = \"{KEY}\"\n");
    for (mode, text, refused) in [
        (0o600, with_key.as_str(), false),
        (0o400, &with_key, false),
        (0o640, &with_key, true),
        (0o604, &with_key, true),
        (0o620, &with_key, true),
        (0o644, "sender = \"A\"\n", false),
    ] {
        let home = Home::with(text);
        home.chmod(mode);
        match read(&home) {
            Ok(_) => assert!(!refused, "{mode:o}"),
            Err(error) => {
                assert!(refused, "{mode:o}: {error:?}");
                let mode = format!("(mode {mode:04o})");
                assert!(error.error.to_string().ends_with(&mode), "{error:?}");
                assert_eq!(error.hints, [format!("chmod 600 '{}'", home.path().display())]);
            }
        }
    }
}

#[test]
fn a_link_is_followed_and_its_target_is_what_must_be_safe() {
    let home = Home::with(&format!("api_key = \"{KEY}\"\n"));
    let link = home.directory().join("link.toml");
    std::os::unix::fs::symlink(home.path(), &link).unwrap();
    let read_link = || ConfigFile::read((*named(&link)).clone());
    assert!(read_link().is_ok());
    home.chmod(0o644);
    let error = || read_link().unwrap_err().error.to_string();
    assert!(error().ends_with("(mode 0644)"), "{}", error());
    std::fs::remove_file(home.path()).unwrap();
    assert!(error().ends_with("a file that does not exist"), "{}", error());
}

proptest! {
    /// A key in the file, and one byte of the file replaced: whatever is then wrong with it, the key stays unseen.
    #[test]
    fn no_damage_makes_an_error_show_the_key(at in 0_usize..120, byte in proptest::sample::select(b"\"'=[]{}\n#,a \\.".to_vec())) {
        let text = format!("sender = \"A\"\napi_key = \"{KEY}\"\n[profiles.p]\nproxy = \"http://u:{KEY}@h\"\nretries = 3\n");
        let mut bytes = text.into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let text = String::from_utf8(bytes).unwrap();
        if let Err(error) = ConfigFile::parse(&named(Path::new("c.toml")), &text) {
            let shown = format!("{error:?}");
            prop_assert!(!shown.contains(&KEY[..12]) && !shown.contains(&KEY[20..]), "{}", shown);
        }
    }
}

/// A file as people write one, in any order, with faults in it.
fn written() -> impl Strategy<Value = String> {
    let keys = vec![
        "sender",
        "retries",
        "api_key",
        "base_url",
        "timeout",
        "proxy",
        "colour",
        "\"se nder\"",
    ];
    let values = vec![
        "\"A\"",
        "3",
        "0x3",
        "true",
        "\"30s\"",
        "\"\\u001b[31m\"",
        "[1, 2]",
        "{ a = 1 }",
        "\"https://a.example/api\"",
        "\"",
        "1979-05-27",
    ];
    let others = vec!["[profiles.p]\n", "[profiles]\n", "# a\n", "[[p]]\n", "\n", "=\n"];
    let pair = (prop::sample::select(keys), prop::sample::select(values));
    let line = prop_oneof![
        8 => pair.prop_map(|(key, value)| format!("{key} = {value}\n")),
        2 => prop::sample::select(others).prop_map(str::to_owned),
    ];
    prop_oneof![
        4 => prop::collection::vec(line, 0..6).prop_map(|lines| lines.concat()),
        1 => "\\PC{0,40}|(?s).{0,200}|[a-z_\\[\\]\"'= .\n\\x1b0-9]{0,80}",
    ]
}

#[test]
fn any_text_is_read_or_refused_without_control_characters() {
    crate::domain::hostile::check(&written(), &[("read", 2), ("refused", 2)], |text, reached| {
        let parsed = ConfigFile::parse(&named(Path::new("c.toml")), &text);
        reached.count(if parsed.is_ok() { "read" } else { "refused" });
        if let Err(error) = parsed {
            let shown = error.error.to_string();
            prop_assert!(!shown.chars().any(char::is_control), "{:?}", shown);
        }
        Ok(())
    });
}
