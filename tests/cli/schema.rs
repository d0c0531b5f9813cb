//! `smspin schema`: every command that prints JSON has one, and the check that every other test makes of it works.

use crate::support::home::Home;
use crate::support::schema::of;
use serde_json::json;

#[test]
fn the_checker_can_say_no() {
    let schema = of(&["request".to_owned()]);
    let good = json!({"outcome": "accepted", "sandbox": true, "attempts": 1, "msisdn": "12025550100"});
    assert_eq!(schema.check(&good), Ok(()));
    for (field, value) in [
        ("outcome", json!("verified")),
        ("sandbox", json!("yes")),
        ("attempts", json!(-1)),
        ("attempts", json!(null)),
        ("surprise", json!(1)),
        ("warnings", json!([1])),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(schema.check(&bad).is_err(), "{bad}");
    }
    assert!(schema.check(&json!({})).is_err());
    let failure = json!({"outcome": "failed", "sandbox": false, "kind": "usage", "error": "x"});
    assert_eq!(schema.check(&failure), Ok(()));
}

#[test]
fn every_command_that_takes_json_has_a_schema_and_no_other() {
    let home = Home::new();
    let with_schema: Vec<String> = home
        .typed("schema")
        .end()
        .stdout
        .lines()
        .map(str::to_owned)
        .collect();
    for (words, help) in crate::help::every_command(&home) {
        if words.is_empty() || help.contains("\nCommands:\n") {
            continue;
        }
        let name = words.join(" ");
        let mut args = words.clone();
        args.extend(["--json".to_owned(), "--no-such-flag".to_owned()]);
        home.smspin(&args).end().json();
        let has = with_schema.contains(&name);
        let reads = matches!(name.as_str(), "man" | "schema" | "completions");
        assert_eq!(has, !reads, "{name}: a schema, or no JSON");
    }
}

#[test]
fn a_schema_is_found_by_name_and_a_mistyped_name_finds_the_right_one() {
    let home = Home::new();
    for name in home.typed("schema").end().stdout.lines() {
        let ended = home.smspin(["schema"].into_iter().chain(name.split(' '))).end();
        ended.says(0, &["https://json-schema.org/draft/2020-12/schema"], &[]);
    }
    home.typed("schema config lst")
        .fails(2, "did you mean `config list`?");
}
