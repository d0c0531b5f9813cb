//! Help, version, and words that are no command.

use crate::run::Home;

#[test]
fn version_and_help_are_answers() {
    let home = Home::new();
    let version = concat!("smspin ", env!("CARGO_PKG_VERSION"), "\n");
    home.smspin(["--version"]).end().is(0, version, "");
    for args in [
        vec!["--help"],
        vec!["help"],
        vec!["request", "--help"],
        vec!["help", "config"],
    ] {
        let ended = home.smspin(args).end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
        assert!(ended.stdout.contains("Usage: smspin"), "{ended}");
    }
}

#[test]
fn nothing_at_all_shows_what_to_do_first() {
    Home::new()
        .smspin::<_, &str>([])
        .end()
        .says(2, &[], &["smspin --sandbox request 12025550100"]);
}

#[test]
fn a_mistyped_word_suggests_the_right_one() {
    let home = Home::new();
    home.smspin(["requst"]).end().says(2, &[], &["request"]);
    home.smspin(["request", "--sendr", "x", "34600000000"])
        .end()
        .says(2, &[], &["--sender"]);
    let document = home.smspin(["requst", "--json"]).end();
    assert_eq!(document.status, Some(2));
    assert_eq!(document.json()["outcome"], "failed");
}

#[test]
fn there_is_no_way_to_type_a_key() {
    Home::new()
        .smspin(["request", "--api-key", "x", "34600000000"])
        .end()
        .says(2, &[], &["--api-key-file"]);
}
