//! The right word at the right time: what is said about words of other programs, about values that are nearly right, and
//! where a fault is said.

use crate::support::gateway::{Gateway, Reply};
use crate::support::home::Home;

/// A run without a gateway: its standard error after the status 2.
fn refused(home: &Home, args: &[&str]) -> String {
    let ended = home.smspin(args).exits(2);
    for foreign in [
        "invalid digit",
        "not in 1..",
        "os error",
        "-- -",
        "Delimited(",
        "None",
        "STRING",
    ] {
        assert!(!ended.stderr.contains(foreign), "{foreign}: {ended}");
    }
    ended.stderr
}

#[test]
fn words_of_other_programs_lead_to_ours() {
    let home = Home::new();
    for (line, expected) in [
        ("send 12025550100", "here it is `smspin request NUMBER`"),
        ("version", "here it is `smspin --version`"),
        ("status", "here it is `smspin journal status FILE`"),
        ("balanc", "did you mean `smspin balance`?"),
        ("zzzzzz", "`smspin --help` lists its commands"),
        ("config show", "here it is `smspin config list`"),
        ("config lst", "did you mean `smspin config list`?"),
        ("config set from SHOP", "did you mean `sender`?"),
        (
            "config set allow_countries ES PT",
            "hint: smspin config set allow_countries ES,PT",
        ),
        (
            "config set sms_text Your PIN is {PIN}",
            "hint: smspin config set sms_text 'Your PIN is {PIN}'",
        ),
        ("request 12025550100 --text hi", "here it is --sms-text"),
        ("request --from SHOP 12025550100", "here it is --sender"),
        ("request --to 12025550100", "smspin request NUMBER"),
        ("request --sendr SHOP 12025550100", "did you mean --sender?"),
        ("batch users.csv --resume", "run the same command again"),
        ("batch users.csv --dryrun", "did you mean --dry-run?"),
        ("batch users.csv -n", "`smspin batch --help` lists its flags"),
        ("balance --ca-file ca.pem", "smspin config set ca_file VALUE"),
        ("verify --file x.csv", "`smspin verify --help` lists its flags"),
        ("help exit", "did you mean `exit-codes`?"),
        (
            "--api-key-file k balance",
            "write it behind the command: smspin balance --api-key-file",
        ),
        (
            "--limit 5 batch users.csv",
            "write it behind the command: smspin batch --limit",
        ),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let said = refused(&home, &words);
        assert!(said.contains(expected), "{line}: {said}");
        assert!(!said.contains("Usage:"), "{line}: {said}");
    }
    // Programs read the same.
    let ended = home.typed("send --json").end();
    assert_eq!(ended.json()["hint"], "here it is `smspin request NUMBER`");
}

#[test]
fn a_slip_leads_to_nothing_that_sends_or_deletes() {
    let home = Home::new();
    for line in [
        "batch users.csv --force",
        "batch users.csv --template x",
        "batch users.csv --forge",
        "batch users.csv --yess",
        "batch users.csv --agan",
        "doctor --send-too 12025550100",
        "config unst sender",
        "sandbox rest",
        "verify --file x.csv",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let said = refused(&home, &words);
        let hint = said.lines().find(|line| line.starts_with("hint: ")).unwrap();
        for never in [
            "--force",
            "--forget",
            "--accept",
            "--yes",
            "--again",
            "--send-to",
            "unset",
            "reset",
            "batch x",
        ] {
            assert!(!hint.contains(never), "{line}: {said}");
        }
    }
}

#[test]
fn a_number_that_the_shell_cut_into_pieces_wants_quotes() {
    let home = Home::new();
    let said = refused(
        &home,
        &["--sandbox", "request", "+1", "202", "555", "0100", "--dry-run"],
    );
    assert!(
        said.contains("hint: smspin --sandbox request '+1 202 555 0100' --dry-run"),
        "{said}"
    );
    // Nor is a PIN repeated that stands in the place of the number.
    for swapped in ["482193", "4a8b2c", "4821930"] {
        let said = refused(&home, &["verify", swapped, "34600000001"]);
        assert!(
            said.contains("smspin verify NUMBER PIN") && !said.contains(swapped),
            "{said}"
        );
    }
    // The last piece may be the PIN.
    let said = refused(&home, &["verify", "+1", "202", "555", "0100", "482193"]);
    assert!(said.contains("quotes") && !said.contains("482193"), "{said}");
}

#[test]
fn two_phone_numbers_are_not_the_pieces_of_one() {
    let home = Home::new();
    for command in ["request", "lookup"] {
        let said = refused(&home, &[command, "34600000001", "+34600000002"]);
        assert!(said.contains("takes one phone number"), "{said}");
        assert!(said.contains("smspin batch FILE"), "{said}");
        let said = refused(&home, &[command, "+346", "0000", "0001"]);
        assert!(said.contains("needs quotes"), "{said}");
    }
}

#[test]
fn an_address_to_listen_at_is_refused_with_what_is_taken() {
    let home = Home::new();
    for address in ["foo", "127.0.0.1", "8466", "99:99:1"] {
        let said = refused(&home, &["listen", "--bind", address]);
        assert!(said.contains("127.0.0.1:8466, [::1]:8466"), "{said}");
        assert!(!said.contains("syntax"), "{said}");
    }
}

#[test]
fn a_minus_sign_is_about_the_value() {
    let home = Home::new();
    for (args, expected) in [
        (
            &["--sandbox", "request", "12025550100", "--expires-in", "-5"][..],
            "is not a duration: it is negative",
        ),
        (&["--sandbox", "request", "-12025550100"], "MSISDN: "),
        (
            &["--sandbox", "request", "12025550100", "--retries", "-1"],
            "--retries: expected a whole number",
        ),
        (
            &["--sandbox", "batch", "users.csv", "--max-failures", "-1"],
            "the value of --max-failures begins with a minus sign",
        ),
        (&["--sandbox", "verify", "12025550100", "-482193"], "PIN"),
    ] {
        let said = refused(&home, args);
        assert!(said.contains(expected), "{args:?}: {said}");
        assert!(!said.contains("482193"), "{said}");
    }
}

#[test]
fn numbers_of_flags_are_refused_in_plain_words() {
    let home = Home::new();
    for (flag, value, expected) in [
        ("--limit", "x", "--limit takes a whole number such as 20, not “x”"),
        (
            "--concurrency",
            "600",
            "--concurrency takes a whole number from 1 to 512, not “600”",
        ),
        (
            "--max-failures",
            "0",
            "--max-failures takes a whole number 1 or more, not “0”",
        ),
        ("--format", "x", "error: --format: unknown format “x”"),
        (
            "--column",
            "phone=msisdn",
            "error: --column “phone=msisdn”: the name of the parameter comes first: --column msisdn=phone",
        ),
        ("--column", "msisdn=telefono", "its columns are “name”, “phone”"),
    ] {
        std::fs::write(home.file("users.csv"), "name,phone\nAnn,+34600000001\n").unwrap();
        let said = refused(&home, &["--sandbox", "batch", "users.csv", "--yes", flag, value]);
        assert!(said.contains(expected), "{flag} {value}: {said}");
    }
}

#[test]
fn a_file_that_is_not_there_is_said_once_with_the_nearest_name() {
    let home = Home::new();
    std::fs::write(home.file("users.csv"), "phone\n+34600000001\n").unwrap();
    home.typed("--sandbox batch user.csv --yes").is(
        2,
        "",
        "error: cannot read user.csv: no such file\nhint: did you mean users.csv?\n",
    );
    home.typed("--sandbox batch elsewhere.jsonl --yes").is(
        2,
        "",
        "error: cannot read elsewhere.jsonl: no such file\n",
    );
}

#[test]
fn a_short_validity_is_probably_meant_in_minutes() {
    let home = Home::new();
    let ended = home
        .typed("--sandbox request 12025550100 --expires-in 10")
        .exits(0);
    ended.err("did you mean 10m?");
    let ended = home
        .typed("--sandbox request 12025550100 --expires-in 10min")
        .exits(0);
    assert!(!ended.stderr.contains("did you mean"), "{ended}");
}

#[test]
fn settings_are_listed_with_their_meaning_and_nearly_right_ones_lead_there() {
    let home = Home::new();
    home.write_config("sender = \"SHOP\"\n");
    let ended = home.typed("config list --all").end();
    ended.says(
        0,
        &["sender = SHOP", "max_tries is not set", "price_sms is not set"],
        &[],
    );
    let document = home.typed("config list --all --json").end().json();
    assert!(document["meanings"].as_array().unwrap().len() > 15, "{document}");
    assert!(home.typed("config list --json").end().json()["meanings"].is_null());
    let said = refused(&home, &["config", "set", "zzzzzz", "x"]);
    assert!(said.contains("smspin config list --all"), "{said}");
    home.write_config("[profile.live]\nsender = \"SHOP\"\n");
    let said = refused(&home, &["config", "list"]);
    assert!(
        said.contains("a profile's section begins with [profiles.live], not with [profile.live]"),
        "{said}"
    );
}

#[test]
fn a_home_that_is_no_absolute_path_is_none() {
    let home = Home::new();
    home.typed("config path").env("HOME", "relative").fails(
        2,
        "HOME is not set, or is not an absolute path … hint: set HOME to your home directory",
    );
}

#[test]
fn faults_come_first_and_each_hint_once_at_the_end() {
    let home = Home::new();
    let said = refused(
        &home,
        &[
            "request",
            "12025550199",
            "--expires-in",
            "5x",
            "--pin-length",
            "99",
        ],
    );
    let lines: Vec<&str> = said.lines().collect();
    let first_hint = lines.iter().position(|line| line.starts_with("hint:"));
    let last_fault = lines.iter().rposition(|line| line.starts_with("  ")).unwrap();
    assert!(first_hint.is_none_or(|hint| hint > last_fault), "{said}");
}

#[test]
fn a_number_that_no_operator_knows_is_a_no() {
    let home = Home::new();
    let refusal = r#"{"status":"error","error_id":"INVALID_NUMBER","error_msg":"HLR query returned error."}"#;
    let gateway = Gateway::in_turn([Reply::http(200, refusal)]);
    let ended = home
        .typed(format!("lookup 34600000001 --base-url {}", gateway.base_url))
        .env("SMSPIN_API_KEY", "0123456789abcdef0123456789abcdef")
        .end();
    ended.fails(1, "INVALID_NUMBER … no operator knows the number");
    assert!(!ended.stderr.contains("--no-hlr-lookup"), "{ended}");
}

#[test]
fn the_doctor_ends_with_a_verdict_and_shows_what_was_typed() {
    let home = Home::new();
    home.typed("--sandbox doctor")
        .says(0, &["\nhealthy: the sandbox is ready\n"], &[]);
    let ended = home.typed("--sandbox doctor --send-to hello").end();
    ended.says(
        2,
        &[
            "--send-to: “hello” is not a phone number",
            "\nunhealthy: configuration failed\n",
        ],
        &[],
    );
    let ended = home.typed("doctor").end();
    ended.says(
        2,
        &["there is no API key\n         hint: smspin config set api_key"],
        &[],
    );
}

#[test]
fn the_doctor_names_the_setting_that_leads_nowhere() {
    let home = Home::new();
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let url = format!("http://127.0.0.1:{port}/api/3.0");
    home.write_config(&format!(
        "base_url = \"{url}\"\n[profiles.shop]\nbase_url = \"{url}\"\n"
    ));
    for (flags, variable, named) in [
        (&["--base-url", &url][..], "", "base_url (--base-url)"),
        (&[], &*url, "base_url ($SMSPIN_BASE_URL)"),
        (&[], "", "base_url (~/.config/smspin/config.toml:1)"),
        (
            &["--profile", "shop"],
            "",
            "base_url (~/.config/smspin/config.toml:3 (profile shop))",
        ),
    ] {
        let mut doctor = home
            .smspin([&["doctor"], flags].concat())
            .env("SMSPIN_API_KEY", "0123456789abcdef0123456789abcdef");
        if !variable.is_empty() {
            doctor = doctor.env("SMSPIN_BASE_URL", variable);
        }
        let hint = format!("hint: check host and port in {named}, and the firewall\n");
        doctor.says(
            4,
            &["Connection refused", &hint, "unhealthy: connect failed"],
            &[],
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs unshare"]
fn a_machine_without_loopback_is_told_how_to_get_one() {
    let home = Home::new();
    for args in [
        &["--sandbox", "request", "12025550100"][..],
        &["sandbox", "serve"],
    ] {
        let run = home.smspin(args).after("exec unshare --net \"$0\" \"$@\"");
        run.fails(2, "hint: this machine has no loopback … `ip link set lo up`");
    }
}

#[test]
fn the_doctors_report_has_what_strict_ci_servers_ask_for_in_a_new_directory() {
    let home = Home::new();
    home.typed("--sandbox doctor --junit reports/ci/smspin.xml")
        .exits(0);
    let report = std::fs::read_to_string(home.file("reports/ci/smspin.xml")).unwrap();
    for part in [
        "<testsuites name=\"smspin doctor\" tests=\"8\" failures=\"0\" errors=\"0\" skipped=\"1\" time=\"",
        "<testsuite name=\"smspin doctor\" tests=\"8\"",
        " id=\"0\" package=\"smspin\"",
        " timestamp=\"20",
        " hostname=\"",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    let untimed = report.matches("time=\"0\"").count();
    assert_eq!(untimed, 1, "only the skipped step took no time: {report}");
}

#[test]
#[ignore = "needs junitparser"]
fn a_parser_of_ci_servers_reads_the_doctors_report() {
    let home = Home::new();
    home.typed("--sandbox doctor --junit smspin.xml").exits(0);
    let python = std::env::var_os("JUNITPARSER_PYTHON").unwrap_or_else(|| "python3".into());
    let script = "import sys, junitparser\n\
        for suite in junitparser.JUnitXml.fromfile(sys.argv[1]):\n    print(suite.name, suite.tests, suite.hostname, suite.time > 0)\n";
    let output = std::process::Command::new(python)
        .args(["-c", script])
        .arg(home.file("smspin.xml"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.starts_with("smspin doctor 8 ") && said.trim_end().ends_with("True"),
        "{output:?}"
    );
}

#[test]
fn a_cause_is_said_once() {
    let home = Home::new();
    for (key, value, said) in [
        (
            "pin_length",
            "x",
            "error: `pin_length`: expected a whole number, 0 or more, found “x”\n",
        ),
        (
            "hlr_lookup",
            "x",
            "error: `hlr_lookup`: expected true or false, found “x”\n",
        ),
    ] {
        home.typed(format!("config set {key} {value}")).is(2, "", said);
    }
    home.write_config("pin_length = \"x\"\n");
    let said = refused(&home, &["config", "list"]);
    assert_eq!(said.matches("expected a whole number").count(), 1, "{said}");
    let document = home.typed("config list --json").end().json();
    assert!(document["causes"].is_null(), "{document}");
}
