//! `smspin config`, and the order in which settings outrank one another.

use crate::support::home::{Home, KEY};
use std::os::unix::fs::PermissionsExt;

fn sender(home: &Home, more: &[&str], variable: Option<&str>) -> String {
    let mut args = vec!["request", "34666666111", "--dry-run", "--json"];
    args.extend(more);
    let mut run = home.smspin(args);
    if let Some(value) = variable {
        run = run.env("SMSPIN_SENDER", value);
    }
    let ended = run.exits(0);
    ended.json()["body"]["sender"]
        .as_str()
        .unwrap_or("none")
        .to_owned()
}

/// From each folder it would be another journal: it is not written at all.
#[test]
fn a_journal_needs_an_absolute_path_in_the_file() {
    let home = Home::new();
    home.typed("config set journal own.db")
        .fails(2, "absolute path … smspin config set journal /PATH/TO/FILE");
    assert!(!home.config_file().exists());
    for place in ["/var/lib/own.db", "postgres://db/app"] {
        home.typed(format!("config set journal {place}")).exits(0);
    }
    let listed = home.typed("--sandbox config list").end();
    assert!(!listed.stdout.contains("postgres"), "{listed}");
}

#[test]
fn the_key_comes_from_standard_input_and_never_from_an_argument() {
    let home = Home::new();
    home.typed(format!("config set api_key {KEY}"))
        .fails(2, "never an argument")
        .holds_nowhere(KEY);
    home.typed("config set api_key")
        .stdin(format!("{KEY}\n"))
        .says(0, &["set `api_key`"], &[])
        .holds_nowhere(KEY);
    home.typed("config get api_key")
        .is(0, "(set, 32 characters)\n", "");
    assert!(std::fs::read_to_string(home.config_file()).unwrap().contains(KEY));
    let mode = std::fs::metadata(home.config_file())
        .unwrap()
        .permissions()
        .mode()
        & 0o777;
    assert_eq!(mode, 0o600);
    for (key, is_usual) in [(KEY, true), ("hunter2", false), ("YOUR_API_KEY_GOES_HERE", false)] {
        let set = home.typed("config set api_key").stdin(key).exits(0);
        assert_eq!(
            !set.stderr.contains("doesn't look like an API key"),
            is_usual,
            "{set}"
        );
        set.holds_nowhere(key);
    }
}

#[test]
fn a_broken_file_stops_neither_help_nor_version_nor_path() {
    let home = Home::new();
    home.write_config("this is = = not TOML\n");
    for args in [
        vec!["--help"],
        vec!["--version"],
        vec!["config", "path"],
        vec!["request", "--help"],
    ] {
        let ended = home.smspin(args).end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
    }
    home.typed("config list").fails(2, "config.toml:1:");
}

#[test]
fn list_says_where_each_value_comes_from_and_what_it_hides() {
    let home = Home::new();
    home.write_config(&format!("api_key = \"{KEY}\"\nsender = \"TOP\"\n"));
    let ended = home.typed("config list").env("SMSPIN_SENDER", "VAR").end();
    ended
        .says(
            0,
            &[
                "sender = VAR  ($SMSPIN_SENDER)",
                "hides sender = TOP  (~/.config/smspin/config.toml:2)",
            ],
            &[],
        )
        .holds_nowhere(KEY);
    let document = home.typed("config list --json").end().json();
    assert!(
        document["settings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["key"] == "sender" && row["line"] == 2)
    );
}

#[test]
fn init_works_without_a_terminal() {
    let home = Home::new();
    home.typed("config init")
        .fails(2, "there is no terminal to ask at");
    let ended = home
        .typed("config init --api-key-stdin --set sender=SHOP --set country=ES")
        .stdin(KEY)
        .end();
    ended
        .says(0, &["wrote ~/.config/smspin/config.toml"], &["next: "])
        .holds_nowhere(KEY);
    assert_eq!(sender(&home, &[], None), "SHOP");
    home.typed("config init --set sender=X")
        .fails(2, "already exists … --force");
}

#[test]
fn use_chooses_the_default_profile() {
    let home = Home::new();
    home.write_config("sender = \"TOP\"\n");
    home.typed("config set --profile shop sender SHOP")
        .says(0, &["profile shop"], &["is new"]);
    home.typed("config use shpo").fails(2, "shop");
    home.typed("config use shop").says(0, &["set `profile`"], &[]);
    assert_eq!(sender(&home, &[], None), "SHOP");
}

#[test]
fn a_flag_that_means_nothing_to_a_command_is_refused() {
    let home = Home::new();
    for args in [
        vec!["config", "path", "--profile", "x"],
        vec!["config", "set", "--sandbox", "sender", "X"],
        vec!["completions", "bash", "--sandbox"],
    ] {
        home.smspin(args).fails(2, "has no meaning for this command");
    }
}

#[test]
fn a_flag_whose_wish_is_fulfilled_anyway_is_taken_by_every_command() {
    let home = Home::new();
    home.write_config("sender = \"SHOP\"\n");
    let config = home.config_file();
    for command in [
        vec!["config", "list"],
        vec!["config", "get", "sender"],
        vec!["config", "set", "sender", "CAFE"],
        vec!["config", "unset", "sender"],
        vec!["config", "path"],
        vec!["--sandbox", "request", "12025550100"],
        vec!["--sandbox", "lookup", "12025550100"],
        vec!["--sandbox", "balance"],
        vec!["--sandbox", "doctor"],
        vec!["sandbox", "inbox"],
        vec!["sandbox", "reset"],
        vec!["completions", "bash"],
        vec!["man"],
        vec!["schema"],
        vec!["help", "topics"],
    ] {
        for flags in [
            vec!["--no-input"],
            vec!["--quiet"],
            vec!["--verbose"],
            vec!["--color", "never"],
            vec!["--config", config.to_str().unwrap()],
        ] {
            home.smspin([command.clone(), flags].concat()).exits(0);
        }
        home.write_config("sender = \"SHOP\"\n");
    }
}

#[test]
fn a_named_pipe_is_no_configuration_and_is_not_waited_for() {
    use rustix::fs::{CWD, FileType, mknodat};
    let home = Home::new();
    let pipe = home.file("pipe.toml");
    mknodat(CWD, &pipe, FileType::Fifo, 0o600.into(), 0).unwrap();
    for args in [
        &["config", "list"][..],
        &["config", "set", "sender", "SHOP"],
        &["config", "unset", "sender"],
        &["config", "use", "p"],
        &["config", "init", "--force", "--set", "sender=SHOP"],
        &["balance"],
    ] {
        let ended = home.smspin(args).env("SMSPIN_CONFIG", &pipe).exits(2);
        assert!(
            ended.stderr.contains("pipe") || ended.stderr.contains("not a regular file"),
            "{ended}"
        );
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    // What a shell hands over as /dev/fd/N is read.
    let mut command = home.typed("--config /dev/stdin config get sender").into_command();
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"sender = \"SHOP\"\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "SHOP");
}

#[test]
fn a_configuration_that_a_kill_left_half_written_goes_with_the_next_write() {
    let home = Home::new();
    home.write_config("sender = \"SHOP\"\n");
    let left = home.config_file().with_file_name(".config.toml.aB3dEf.tmp");
    for (args, goes) in [
        (&["config", "list"][..], false),
        (&["config", "set", "sender", "STORE"], true),
        (&["config", "unset", "sender"], true),
        (&["config", "init", "--force", "--set", "sender=SHOP"], true),
    ] {
        std::fs::write(&left, "api_key = \"0123456789abcdef0123456789abcdef\"\n").unwrap();
        let ended = home.smspin(args).exits(0);
        assert_eq!(!left.exists(), goes, "{ended}");
    }
}

#[test]
fn plain_http_to_the_host_that_is_said_to_be_a_sandbox_can_be_set() {
    let home = Home::new();
    let set = |args: &[&str]| home.smspin([&["config", "set"], args].concat()).end();
    let url = "http://sandbox:8465/api/3.0";
    set(&["base_url", url]).exits(2);
    set(&["sandbox_host", "sandbox"]).exits(0);
    set(&["base_url", url]).exits(0);
    set(&["base_url", "http://gateway:8465/api/3.0"]).exits(2);
    let ended = home.typed("config get base_url").end();
    assert_eq!(ended.stdout.trim(), url, "{ended}");
}
