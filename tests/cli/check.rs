//! What is checked before anything is sent: every fault at once, and what is not recommended.

use crate::support::home::Home;

#[test]
fn every_fault_of_a_call_is_told_at_once() {
    let ended = Home::new()
        .typed("request abc --sender a-far-too-long-sender --sms-text 'no pin' --pin-length three --pin-type numbers --expires-in soon --max-tries -1 --report-url ftp://x --timeout 0 --retries 99 --json").exits(2);
    let document = ended.json();
    assert_eq!(document["outcome"], "invalid");
    let mut told: Vec<&str> = document["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["what"].as_str().unwrap())
        .collect();
    told.sort_unstable();
    let expected = [
        "--expires-in",
        "--max-tries",
        "--pin-length",
        "--pin-type",
        "--report-url",
        "--retries",
        "--sender",
        "--sms-text",
        "--timeout",
        "MSISDN",
    ];
    assert_eq!(told, expected, "{ended}");
}

#[test]
fn a_fault_names_the_place_that_it_comes_from() {
    let home = Home::new();
    home.write_config("# mine\nsender = \"much too long a sender\"\n");
    home.typed("request 34600000000").fails(
        2,
        "error: nothing was sent … ~/.config/smspin/config.toml:2: `sender`: ",
    );
    home.typed("request 34600000000")
        .env("SMSPIN_SENDER", "much too long too")
        .fails(2, "$SMSPIN_SENDER: ");
}

#[test]
fn numbers_that_must_not_be_sent_to() {
    for (typed, config, message) in [
        ("666666111", "", "--country"),
        ("12025550100", "", "test number"),
        ("+34 803 123 456", "", "premium"),
        ("+34 900 123 456", "", "toll-free"),
        ("+999 12345678", "", "calling code"),
        (
            "+34 666 666",
            "",
            "6 digits after the calling code, and numbers there have 9",
        ),
        ("+34666666111", "allow_countries = [\"PT\"]", "allow_countries"),
        ("+34 810 123 456", "number_check = \"strict\"", "not a mobile"),
    ] {
        let home = Home::new();
        home.write_config(config);
        home.typed(format!("request '{typed}' --dry-run"))
            .says(2, &[], &[message]);
    }
}

#[test]
fn what_is_not_recommended_is_warned_of_and_sent() {
    for (args, warning) in [
        (vec!["--pin-length", "4"], "NIST"),
        (vec!["--expires-in", "0"], "never"),
        (vec!["--max-tries", "0"], "tries"),
        (
            vec!["--sms-text", "Su código es {PIN}"],
            "“ó” (U+00F3) at column 5",
        ),
    ] {
        let mut all = vec!["request", "34666666111", "--dry-run"];
        all.extend(args);
        Home::new()
            .smspin(all)
            .says(0, &["dry run: nothing was sent"], &["warning: ", warning]);
    }
}

#[test]
fn a_dry_run_shows_what_would_be_sent_and_needs_no_key() {
    let ended = Home::new()
        .typed("request 34666666111 --sms-text 'Code {PIN}' --expires-in 5m --dry-run")
        .end();
    let expected = "dry run: nothing was sent\n\
        POST https://api.gateway360.com/api/3.0/2fa/request\n\
        {\"api_key\":\"********\",\"msisdn\":\"34666666111\",\"hlr_lookup\":1,\"sms_text\":\"Code {PIN}\",\"pin_params\":{\"expires_in\":300}}\n\
        a number of Spain\n\
        GSM-7, 1 segment\n";
    ended.is(0, expected, "");
}

#[test]
fn verify_takes_its_pin_from_anywhere_but_a_question_without_a_terminal() {
    let home = Home::new();
    let unheard = home.typed("--sandbox verify 12025550100").end();
    unheard.fails(2, "there is no terminal to ask");
    let empty = home.typed("--sandbox verify 12025550100 -").stdin("").end();
    empty.fails(2, "invalid PIN");
    let long = home
        .typed("--sandbox verify 12025550100 -")
        .stdin("1".repeat(100_000))
        .end();
    long.fails(2, "invalid PIN");
}
