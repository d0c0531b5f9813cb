//! Tests of fetching the API key.

use std::path::PathBuf;

use super::*;
use crate::settings::layers::Flags;
use crate::settings::testing::{Home, KEY, environment, file};

fn layers(key_file: Option<PathBuf>, variables: &[(&str, &str)], text: &str) -> Layers {
    let flags = Flags {
        api_key_file: key_file,
        ..Flags::default()
    };
    Layers::new(&flags, &environment(variables), &file(text), false).unwrap()
}

/// Stands for the domain's parser.
fn parse(text: &str) -> Result<String, &'static str> {
    if text.len() > 40 {
        Err("too long")
    } else {
        Ok(text.to_owned())
    }
}

fn fetch(layers: &Layers, stdin: &str) -> Result<FoundKey<String>, Failure> {
    layers.api_key(stdin.as_bytes(), parse)
}

fn fetched(layers: &Layers, stdin: &str) -> (String, String) {
    let origin = layers.key_sources().next().unwrap().1.origin.to_string();
    (fetch(layers, stdin).unwrap().key, origin)
}

#[test]
fn the_highest_place_wins_whichever_form_it_has() {
    let in_file = "api_key = \"top\"\nprofile = \"p\"\n[profiles.p]\napi_key_command = [\"false\"]\n";
    let variable = [("SMSPIN_API_KEY", KEY)];
    assert_eq!(
        fetched(&layers(None, &variable, in_file), ""),
        (KEY.into(), "$SMSPIN_API_KEY".into())
    );
    assert_eq!(
        fetched(
            &layers(Some("-".into()), &variable, in_file),
            "from stdin\r\nrest"
        ),
        ("from stdin".into(), "--api-key-file".into())
    );
    assert_eq!(
        fetched(&layers(None, &[], "api_key = \"top\""), ""),
        ("top".into(), "c.toml:1".into())
    );
}

#[test]
fn a_command_gives_its_first_line() {
    let text = "[profiles.p]\napi_key_command = [\"printf\", \"%s\\\\nlogin: me\\\\n\", \"a key\"]\n";
    let layers = layers(None, &[], &format!("profile = \"p\"\n{text}"));
    assert_eq!(
        fetched(&layers, ""),
        ("a key".into(), "c.toml:3 (profile p)".into())
    );
}

#[test]
fn a_failing_command_hides_no_lower_place_and_says_where_it_stands() {
    let text = "api_key = \"top\"\nprofile = \"p\"\n[profiles.p]\napi_key_command = [\"false\"]\n";
    let error = fetch(&layers(None, &[], text), "").unwrap_err();
    assert_eq!(
        error.error.to_string(),
        "c.toml:4: `api_key_command`: “false” failed (exit status: 1)"
    );
}

#[test]
fn standard_input_is_claimed_only_when_it_wins() {
    assert!(layers(Some("-".into()), &[], "").key_is_on_stdin());
    assert!(!layers(Some("k".into()), &[], "").key_is_on_stdin());
    assert!(!layers(None, &[("SMSPIN_API_KEY", "-")], "").key_is_on_stdin());
}

#[test]
fn a_file_gives_its_first_line_and_a_warning_if_others_can_read_it() {
    let home = Home::with("\u{feff}the key \r\nmore\n");
    let layers = layers(Some(home.path()), &[], "");
    let found = fetch(&layers, "").unwrap();
    assert_eq!((found.key.as_str(), found.warning), ("the key", None));
    home.chmod(0o644);
    let warning = fetch(&layers, "").unwrap().warning;
    let (message, hint) = warning.unwrap();
    assert!(message.ends_with("(mode 0644)"), "{message}");
    assert_eq!(hint, format!("chmod 600 '{}'", home.path().display()));
}

#[test]
fn a_variable_names_a_file_as_containers_and_services_do() {
    let home = Home::with("the key\n");
    let path = home.path().display().to_string();
    let named = [("SMSPIN_API_KEY_FILE", path.as_str())];
    assert_eq!(
        fetched(&layers(None, &named, "api_key = \"top\""), ""),
        ("the key".into(), "$SMSPIN_API_KEY_FILE".into())
    );
    let both = environment(&[named[0], ("SMSPIN_API_KEY", KEY)]);
    let failure = Layers::new(&Flags::default(), &both, &file(""), false).unwrap_err();
    assert!(failure.error.to_string().contains("both set"), "{failure:?}");
    assert!(Layers::new(&Flags::default(), &both, &file(""), true).is_ok());
}

#[test]
fn no_error_repeats_what_was_read() {
    let long = KEY.repeat(2);
    for (key_file, variables, stdin, expected) in [
        (None, vec![], "", "there is no API key"),
        (
            Some("-"),
            vec![],
            "",
            "--api-key-file: the first line of standard input is empty",
        ),
        (
            Some("-"),
            vec![],
            " \nx",
            "--api-key-file: the first line of standard input is empty",
        ),
        (
            Some("-"),
            vec![],
            long.as_str(),
            "--api-key-file is not a valid API key",
        ),
        (
            None,
            vec![("SMSPIN_API_KEY", long.as_str())],
            "",
            "$SMSPIN_API_KEY is not a valid API key",
        ),
        (
            Some("/nonexistent/key"),
            vec![],
            "",
            "--api-key-file: the API key can't be read from /nonexistent/key",
        ),
    ] {
        let error = fetch(&layers(key_file.map(PathBuf::from), &variables, ""), stdin).unwrap_err();
        assert_eq!(error.error.to_string(), expected);
        assert!(!format!("{error:?}").contains(KEY));
    }
    let bytes = [KEY.as_bytes(), &[0xff]].concat();
    let error = layers(Some("-".into()), &[], "")
        .api_key(bytes.as_slice(), parse)
        .unwrap_err();
    assert_eq!(
        error.error.to_string(),
        "--api-key-file: the first line of standard input is not UTF-8 text"
    );
    assert!(!format!("{error:?}").contains(KEY));
}
