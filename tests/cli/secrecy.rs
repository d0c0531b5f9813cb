//! The key is nowhere: not in an argument list, an answer, an error, a trace.

use crate::support::gateway::{Gateway, Reply};
use crate::support::home::Home;

const KEY: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";

#[test]
fn a_gateway_that_quotes_the_key_back_does_not_spread_it() {
    let quoting = format!(r#"{{"status":"error","error_id":"{KEY}","error_msg":"key {KEY} is not valid"}}"#);
    for more in [vec![], vec!["--json"], vec!["-v"], vec!["-v", "--json"]] {
        let server = Gateway::answering(401, &quoting);
        let home = Home::new();
        let mut args = vec!["request", "34600000000", "--base-url", &server.base_url];
        args.extend(more);
        let ended = home.smspin(args).env("SMSPIN_API_KEY", KEY).end();
        assert_eq!(ended.status, Some(3), "{ended}");
        ended.holds_nowhere(KEY);
    }
}

#[test]
fn traces_mask_key_and_pin() {
    let server = Gateway::answering(
        200,
        r#"{"status":"ok","result":{"verified":true,"pin":"987654"}}"#,
    );
    let ended = Home::new()
        .smspin([
            "verify",
            "34600000000",
            "987654",
            "-v",
            "--base-url",
            &server.base_url,
        ])
        .env("SMSPIN_API_KEY", KEY)
        .end();
    ended.says(
        0,
        &["verified"],
        &["> POST http", r#""pin":"********""#, "< HTTP 200"],
    );
    ended.holds_nowhere(KEY);
    ended.holds_nowhere("987654");
}

#[test]
fn a_key_that_is_no_key_is_not_repeated() {
    for bad in ["top secret key", "sécrét-kéy", "key\u{1b}[31m"] {
        let ended = Home::new().smspin(["balance"]).env("SMSPIN_API_KEY", bad).end();
        assert_eq!(ended.status, Some(2), "{ended}");
        for part in ["secret", "sécrét", "31m"] {
            ended.holds_nowhere(part);
        }
    }
}

#[test]
fn the_configuration_is_listed_without_it() {
    let home = Home::new();
    home.write_config(&format!("api_key = \"{KEY}\"\n"));
    for args in [["config", "list"], ["config", "list"]] {
        let ended = home.smspin(args).env("SMSPIN_API_KEY", "d".repeat(32)).end();
        ended.says(0, &["api_key"], &[]).holds_nowhere(KEY);
        ended.holds_nowhere(&"d".repeat(32));
    }
    home.smspin(["config", "get", "api_key", "--json"])
        .end()
        .says(0, &["api_key"], &[])
        .holds_nowhere(KEY);
}

#[test]
fn no_process_has_it_among_its_arguments() {
    let server = Gateway::in_turn([Reply::Silent]);
    let home = Home::new();
    home.write_config(
        "api_key_command = [\"sh\", \"-c\", \"printf %s c0ffee00c0ffee00; echo c0ffee00c0ffee00\"]\n",
    );
    let running = home
        .smspin(["request", "34600000000", "--base-url", &server.base_url])
        .env("PATH", "/usr/bin:/bin")
        .start();
    server.wait_until(|numbers| numbers.len() == 1);
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        assert!(
            !String::from_utf8_lossy(&arguments).contains(KEY),
            "{}",
            entry.path().display()
        );
    }
    server.release();
    let ended = running.end();
    assert_eq!(ended.status, Some(5), "{ended}");
    assert!(String::from_utf8_lossy(&server.requests()[0].bytes).contains(KEY));
}
