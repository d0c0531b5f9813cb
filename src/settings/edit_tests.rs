//! Tests of editing the configuration file.

use proptest::prelude::*;

use super::*;
use crate::settings::file::find;
use crate::settings::testing::{Home, KEY};

fn put(home: &Home, profile: Option<&str>, key: Key, text: &str) -> Result<Edited, Failure> {
    set(&home.named(), profile, key, text)
}

#[test]
fn a_value_is_written_with_its_natural_type_and_the_rest_stays() {
    let home = Home::with("\u{feff}# mine\nretries = 1 # few\n\n[profiles.p]\n");
    for (profile, key, text) in [
        (None, Key::Retries, "2"),
        (None, Key::HlrLookup, "0"),
        (None, Key::ExpiresIn, "0600"),
        (Some("p"), Key::AllowCountries, "ES, PT"),
        (Some("p"), Key::PriceSms, "0.0450"),
        (Some("p"), Key::ApiKeyCommand, "['pass', 'sms']"),
    ] {
        assert!(put(&home, profile, key, text).unwrap().changed, "{key}");
    }
    assert_eq!(
        home.text(),
        "\u{feff}# mine\nretries = 2 # few\nhlr_lookup = false\nexpires_in = 600\n\n[profiles.p]\n\
         allow_countries = [\"ES\", \"PT\"]\nprice_sms = 0.0450\napi_key_command = [\"pass\", \"sms\"]\n"
    );
}

#[test]
fn the_first_value_makes_directory_file_and_profile() {
    let home = Home::empty();
    let path = crate::settings::testing::named(&home.directory().join("new/dir/config.toml"));
    let edited = set(&path, Some("p"), Key::ApiKey, KEY).unwrap();
    assert!(edited.created_file && edited.created_profile && edited.tightened_from.is_none());
    let file = ConfigFile::read((*path).clone()).unwrap();
    assert_eq!(
        find(file.profile("p").unwrap(), Key::ApiKey)
            .unwrap()
            .origin
            .line(),
        Some(2)
    );
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(path.path()), 0o600);
        assert_eq!(mode(path.path().parent().unwrap()), 0o700);
        assert_eq!(mode(&home.directory().join("new")), 0o700);
    }
}

#[test]
fn a_looser_mode_is_tightened_and_said_even_if_the_value_was_there_already() {
    let home = Home::with("retries = 1\n");
    home.chmod(0o644);
    let edited = put(&home, None, Key::Retries, "1").unwrap();
    assert_eq!(
        (edited.changed, edited.tightened_from, home.mode()),
        (false, Some(0o644), 0o600)
    );
    let edited = put(&home, None, Key::Retries, "1").unwrap();
    assert_eq!((edited.changed, edited.tightened_from), (false, None));
}

#[test]
fn a_link_stays_a_link_and_a_read_only_file_stays_as_it_is() {
    let home = Home::with("retries = 1\n");
    let link = home.directory().join("link.toml");
    std::os::unix::fs::symlink("config.toml", &link).unwrap();
    set(&crate::settings::testing::named(&link), None, Key::Retries, "2").unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(home.text(), "retries = 2\n");
    home.chmod(0o400);
    let error = put(&home, None, Key::Retries, "3").unwrap_err();
    assert!(error.error.to_string().ends_with("(mode 0400)"), "{error:?}");
    assert_eq!(home.text(), "retries = 2\n");
}

#[test]
fn a_pipe_is_not_replaced_and_no_lock_is_made_beside_it() {
    use rustix::fs::{CWD, FileType, mknodat};
    use std::os::unix::fs::FileTypeExt;
    let home = Home::empty();
    mknodat(CWD, home.path(), FileType::Fifo, 0o600.into(), 0).unwrap();
    let link = home.directory().join("link.toml");
    std::os::unix::fs::symlink("config.toml", &link).unwrap();
    for path in [home.named(), crate::settings::testing::named(&link)] {
        for error in [
            set(&path, None, Key::Retries, "1").unwrap_err(),
            use_profile(&path, "p").unwrap_err(),
            init(&path, &[], true).unwrap_err(),
        ] {
            let error = format!("{:#}", error.error);
            assert!(
                error.ends_with("it was not changed: it exists and is not a regular file"),
                "{error}"
            );
        }
    }
    assert!(home.path().metadata().unwrap().file_type().is_fifo());
    assert_eq!(std::fs::read_dir(home.directory()).unwrap().count(), 2);
}

#[test]
fn a_lock_that_is_a_link_is_not_followed() {
    let home = Home::with("retries = 1\n");
    let other = home.directory().join("other");
    std::os::unix::fs::symlink(&other, home.directory().join(".config.toml.lock")).unwrap();
    let error = put(&home, None, Key::Retries, "2").unwrap_err();
    let error = format!("{:#}", error.error);
    assert!(
        error
            .ends_with("(making its lock); it was not changed: it is a symbolic link, which is not followed"),
        "{error}"
    );
    assert!(!other.exists());
    assert_eq!(home.text(), "retries = 1\n");
}

#[test]
fn what_is_refused_leaves_the_file_alone() {
    let text = format!("api_key = \"{KEY}\"\n[profiles.prod]\n");
    let home = Home::with(&text);
    for (profile, key, value, expected) in [
        (
            None,
            Key::Retries,
            "many",
            "`retries`: expected a whole number, 0 or more, found “many”",
        ),
        (
            None,
            Key::ApiKeyCommand,
            "[\"x\"]",
            "c.toml:1 sets `api_key`, which does the same as `api_key_command`",
        ),
        (
            None,
            Key::Profile,
            "prdo",
            "`profile`: there is no profile “prdo” in c.toml; did you mean `prod`?",
        ),
        (
            Some("prod"),
            Key::Profile,
            "prod",
            "`profile` can't be in a profile",
        ),
        (
            Some("a b"),
            Key::Retries,
            "1",
            "“a b” is not a valid name for a profile",
        ),
        (
            None,
            Key::Profile,
            "\u{1b}",
            "“\\u{1b}” is not a valid name for a profile",
        ),
    ] {
        let error = put(&home, profile, key, value).unwrap_err().error.to_string();
        assert_eq!(
            error.replace(&home.path().display().to_string(), "c.toml"),
            expected
        );
    }
    let error = put(&home, None, Key::Sender, "A name too long").unwrap_err();
    assert_eq!(
        format!("{:#}", error.error),
        "`sender` can't have this value: the sender “A name too long” has 15 characters; at most 11 fit, or 15 if all are digits"
    );
    assert_eq!(home.text(), text);
}

#[test]
fn a_broken_file_is_not_edited_unless_that_mends_it() {
    let home = Home::with("retries = \"3\"\n");
    let error = put(&home, None, Key::Sender, "A").unwrap_err().error.to_string();
    assert!(
        error.ends_with(":1: `retries`: expected a whole number, 0 or more, found text"),
        "{error}"
    );
    assert!(put(&home, None, Key::Retries, "3").unwrap().changed);
    assert_eq!(home.text(), "retries = 3\n");
    let syntax = Home::with("retries = = 3\n");
    let error = put(&syntax, None, Key::Retries, "3").unwrap_err();
    assert!(error.error.to_string().contains(":1:11: "), "{error:?}");
}

#[test]
fn an_edit_that_does_anything_else_is_not_written() {
    let path = Home::empty().named();
    let change = Change {
        profile: None,
        key: Key::Retries,
        raw: Some(Raw::Integer(2)),
    };
    for (new, fits) in [
        ("# few\nretries = 2\nsender = \"A\"\n", true),
        ("retries = 2\nsender = \"A\"\n", false),
        ("# few\nretries = 3\nsender = \"A\"\n", false),
        ("# few\nretries = 2\n", false),
        ("# few\nretries = 2\nsender = \"B\"\n", false),
        (
            "# few\nretries = 2\nsender = \"A\"\n[profiles.p]\ncountry = \"ES\"\n",
            false,
        ),
        ("retries = ", false),
    ] {
        let text = "# few\nretries = 1\nsender = \"A\"\n";
        let old = ConfigFile::parse(&path, text);
        assert_eq!(
            check_result(&path, (text, old), new, &change).is_ok(),
            fits,
            "{new}"
        );
    }
}

#[test]
fn unset_takes_the_line_out_and_says_whether_it_was_there() {
    let home = Home::with("# why\nretries = 1\n[profiles.prod]\nretries = 2\n");
    assert!(unset(&home.named(), Some("prod"), Key::Retries).unwrap().changed);
    assert!(!unset(&home.named(), Some("prod"), Key::Retries).unwrap().changed);
    assert!(unset(&home.named(), None, Key::Retries).unwrap().changed);
    assert_eq!(home.text(), "# why\n[profiles.prod]\n");
    let error = unset(&home.named(), Some("prdo"), Key::Retries).unwrap_err();
    assert_eq!(error.hints, ["the profiles are: prod"]);
    let empty = Home::empty();
    assert!(!unset(&empty.named(), None, Key::Retries).unwrap().changed);
    assert_eq!(std::fs::read_dir(empty.directory()).unwrap().count(), 0);
}

#[test]
fn use_names_a_profile_that_exists() {
    let home = Home::with("# mine\n[profiles.prod]\n");
    assert!(use_profile(&home.named(), "prod").unwrap().changed);
    assert_eq!(home.text(), "profile = \"prod\"\n\n# mine\n[profiles.prod]\n");
    assert!(use_profile(&home.named(), "test").is_err());
}

#[test]
fn init_documents_every_setting_and_replaces_nothing_unasked() {
    let home = Home::empty();
    let values = [
        (Key::ApiKey, KEY.to_owned()),
        (Key::Sender, "GOOD PIZZA".to_owned()),
    ];
    let start = |overwrite| init(&home.named(), &values, overwrite);
    assert!(start(false).unwrap().created_file);
    let file = ConfigFile::read((*home.named()).clone()).unwrap();
    assert_eq!(
        file.top().iter().map(|(key, _)| *key).collect::<Vec<_>>(),
        [Key::ApiKey, Key::Sender]
    );
    for key in Key::ALL {
        assert!(home.text().contains(key.doc()), "{key}");
    }
    std::fs::write(home.path(), "mine").unwrap();
    let error = start(false).unwrap_err().error.to_string();
    assert!(error.ends_with("already exists"), "{error}");
    assert_eq!(home.text(), "mine");
    assert!(!start(true).unwrap().created_file);
    assert!(home.text().contains(KEY));
}

#[test]
fn what_the_template_comments_out_is_itself_a_configuration() {
    let text = template::render(&[]);
    let commented = |line: &&str| line.contains(" = ") || line.starts_with("# [");
    let lines = text
        .lines()
        .filter(commented)
        .map(|line| line.trim_start_matches("# "));
    let both = lines
        .filter(|line| !line.starts_with("api_key_command"))
        .collect::<Vec<_>>()
        .join("\n");
    let file = ConfigFile::parse(&Home::empty().named(), &both).unwrap();
    assert_eq!(file.top().len(), Key::ALL.len() - 1);
    assert_eq!(file.profile_names().collect::<Vec<_>>(), ["staging"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_cannot_be_written_is_named_with_the_step() {
    let path = crate::settings::testing::named(std::path::Path::new("/proc/self/config.toml"));
    let error = set(&path, None, Key::Retries, "1").unwrap_err();
    assert!(
        error
            .error
            .to_string()
            .starts_with("/proc/self/config.toml can't be written (making its lock)"),
        "{error:?}"
    );
}

#[test]
fn writers_at_once_lose_no_edit() {
    let home = Home::with("# mine\n");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = home.named();
            scope.spawn(move || set(&path, Some(&format!("p{writer}")), Key::Retries, "1").unwrap());
        }
    });
    let file = ConfigFile::read((*home.named()).clone()).unwrap();
    assert_eq!(file.profile_names().count(), 8);
    let left: Vec<_> = std::fs::read_dir(home.directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "the file and its lock, and nothing else: {left:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_reads_back_as_it_was_set(
        text in "(?s).{0,60}",
        profile in proptest::option::of("[a-z.é-]{1,8}"),
        line_end in proptest::sample::select(vec!["\n", "\r\n"]),
    ) {
        let start = "# mine\nretries = 1\n[profiles.a]\nsender = 'A'\n# end".replace('\n', line_end);
        let home = Home::with(&start);
        write_value(&home.named(), profile.as_deref(), Key::SmsText, Raw::Text(text.clone())).unwrap();
        let file = ConfigFile::read((*home.named()).clone()).unwrap();
        let found = file.value(profile.as_deref(), Key::SmsText).unwrap();
        prop_assert_eq!(&found.value, &Raw::Text(text));
        unset(&home.named(), profile.as_deref(), Key::SmsText).unwrap();
        let after = home.text();
        let begins = format!("# mine{line_end}retries = 1{line_end}");
        prop_assert!(after.starts_with(&begins) && after.contains("# end"), "{}", after);
        prop_assert_eq!(after.matches('\n').count(), after.matches(line_end).count());
    }
}
