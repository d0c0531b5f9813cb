//! What a shell is offered, asked as the scripts ask.

use crate::support::ended::Ended;
use crate::support::home::{Home, Run};

/// Asks as the script of fish does, which shows a candidate and its help on each line.
fn ask(home: &Home, line: &[&str]) -> Run {
    let words = ["--", "smspin"].iter().chain(line);
    home.smspin(words).env("SMSPIN_COMPLETE", "fish")
}

fn offered(home: &Home, line: &[&str]) -> Vec<String> {
    let ended: Ended = ask(home, line).end();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    let words = ended
        .stdout
        .lines()
        .map(|line| line.split('\t').next().unwrap_or_default());
    words.map(str::to_owned).collect()
}

#[test]
fn words_flags_and_values_are_offered() {
    let home = Home::new();
    home.write_config("[profiles.live]\nsender = \"A\"\n[profiles.staging]\n");
    std::fs::write(home.path().join("other.toml"), "[profiles.third]\n").unwrap();
    for (line, expected) in [
        (vec!["ver"], vec!["verify"]),
        (vec!["config", "li"], vec!["list"]),
        (vec!["request", "--send"], vec!["--sender"]),
        (vec!["--profile", ""], vec!["live", "staging"]),
        (vec!["request", "--profile", "st"], vec!["staging"]),
        (vec!["--config", "other.toml", "--profile", ""], vec!["third"]),
        (vec!["config", "use", ""], vec!["live", "staging"]),
        (vec!["config", "get", "sms_"], vec!["sms_text"]),
        (
            vec!["config", "set", "number_check", ""],
            vec!["strict", "possible", "off"],
        ),
        (vec!["config", "set", "country", "ES"], vec!["ES"]),
        (
            vec!["request", "--pin-type", "alpha"],
            vec!["alpha", "alphanumeric"],
        ),
        (vec!["request", "--country", "PT"], vec!["PT"]),
        (vec!["completions", "f"], vec!["fish"]),
        (vec!["--color", "al"], vec!["always"]),
        (vec!["help", "exit"], vec!["exit-codes"]),
        (vec!["help", "config", "un"], vec!["unset"]),
        (vec!["man", "bal"], vec!["balance"]),
        (vec!["--config", "oth"], vec!["other.toml"]),
        (vec!["--sandbox", "request", "1202555011"], vec!["12025550110"]),
        (vec!["request", "1202555011"], vec![]),
    ] {
        let found: Vec<String> = offered(&home, &line)
            .into_iter()
            .filter(|word| !word.starts_with("--") || line.last().is_some_and(|last| last.starts_with("--")))
            .collect();
        let first: Vec<&str> = found
            .iter()
            .map(String::as_str)
            .take(expected.len().max(1))
            .collect();
        assert_eq!(first, expected, "{line:?}");
    }
}

#[test]
fn every_flag_of_every_command_is_offered() {
    let home = Home::new();
    for (words, help) in crate::help::every_command(&home) {
        let mut line: Vec<&str> = words.iter().map(String::as_str).collect();
        line.push("--");
        let offered = offered(&home, &line);
        for flag in crate::help::flags(&help) {
            assert!(offered.contains(&flag), "{words:?} {flag}: {offered:?}");
        }
    }
}

#[test]
fn completing_runs_nothing_and_says_nothing_whatever_the_configuration_is() {
    let home = Home::new();
    let ran = home.path().join("ran");
    let command = format!(
        "api_key_command = [\"touch\", \"{}\"]\n[profiles.live]\n",
        ran.display()
    );
    for config in [
        command.as_str(),
        "profile = \"gone\"\n",
        "[[[",
        "sendr = 1\n",
        "\u{0}",
    ] {
        home.write_config(config);
        for line in [
            vec![""],
            vec!["--profile", ""],
            vec!["balance", ""],
            vec!["\u{1b}", ""],
        ] {
            let ended = ask(&home, &line).stdin("never read").end();
            assert_eq!(
                (ended.status, ended.stderr.as_str()),
                (Some(0), ""),
                "{config:?} {ended}"
            );
        }
    }
    assert!(!ran.exists(), "completing ran api_key_command");
}

#[test]
fn a_line_that_cannot_be_typed_makes_no_noise() {
    let home = Home::new();
    for line in [
        vec!["--nonsense", "x", ""],
        vec!["verify", "--", "--", ""],
        vec!["config", "nothing", ""],
    ] {
        let ended = ask(&home, &line).end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    }
}
