//! What is generated from the tree of commands and committed: `completions/`, `man/` and `docs/commands.md`. This brings all up to date:
//! `SMSPIN_UPDATE=1 cargo test --test cli generated`

use crate::support::home::Home;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "smspin.bash"),
    ("zsh", "_smspin"),
    ("fish", "smspin.fish"),
    ("powershell", "_smspin.ps1"),
    ("elvish", "smspin.elv"),
];

fn committed(dir: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(dir)
}

fn files(dir: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect()
}

/// Compares, or writes where that is asked for.
fn compare(dir: &str, generated: &BTreeMap<String, String>) {
    let place = committed(dir);
    if std::env::var_os("SMSPIN_UPDATE").is_some() {
        let _ = std::fs::remove_dir_all(&place);
        std::fs::create_dir_all(&place).unwrap();
        for (name, text) in generated {
            std::fs::write(place.join(name), text).unwrap();
        }
    }
    let found = files(&place);
    let hint = "run `SMSPIN_UPDATE=1 cargo test --test cli generated` and commit what changed";
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(generated), "{dir}/: {hint}");
    for (name, text) in generated {
        assert!(found[name] == *text, "{dir}/{name} is out of date: {hint}");
    }
}

#[test]
fn completions_are_up_to_date() {
    let home = Home::new();
    let scripts = SCRIPTS.map(|(shell, file)| {
        let ended = home.typed(format!("completions {shell}")).end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
        (file.to_owned(), ended.stdout)
    });
    compare("completions", &scripts.into());
}

#[test]
fn manual_pages_are_up_to_date() {
    let home = Home::new();
    let dir = home.path().join("a/man");
    home.smspin([Path::new("man"), Path::new("--dir"), &dir]).exits(0);
    compare("man", &files(&dir));
    let one = home.typed("man config set").end();
    one.is(0, &files(&dir)["smspin-config-set.1"], "");
}

/// A command and those below it, as a page for people who read the project where it is kept.
fn reference(part: &Value, page: &mut String) {
    let text = |value: &Value| {
        value
            .as_str()
            .unwrap_or_default()
            .replace('|', "\\|")
            .replace('<', "&lt;")
    };
    let (name, about) = (text(&part["name"]), text(&part["about"]));
    let paragraphs = part["details"]
        .as_str()
        .map_or(about, |details| text(&json!(details)));
    let _ = write!(
        page,
        "\n## {name}\n\n{paragraphs}\n\n```text\nUsage: {}\n```\n",
        part["usage"].as_str().unwrap()
    );
    let arguments = part["arguments"].as_array().into_iter().flatten();
    let mut is_first = true;
    for argument in arguments {
        if std::mem::take(&mut is_first) {
            page.push_str("\n| | |\n|---|---|\n");
        }
        let names = ["short", "flag", "value"].map(|name| argument[name].as_str());
        let names: Vec<&str> = names.into_iter().flatten().collect();
        let default = argument["default"].as_str();
        let default = default.map_or_else(String::new, |value| format!(" (default: `{value}`)"));
        let _ = writeln!(
            page,
            "| `{}` | {}{default} |",
            names.join(" "),
            text(&argument["help"])
        );
    }
    for below in part["commands"].as_array().into_iter().flatten() {
        reference(below, page);
    }
}

#[test]
fn the_reference_of_the_commands_is_up_to_date() {
    let grammar = Home::new().typed("help --json").end().json();
    let mut page = "# Commands\n\nAll that smspin takes, made from `smspin help --json`. `smspin help COMMAND` has examples.\n".to_owned();
    reference(&grammar, &mut page);
    let place = committed("docs/commands.md");
    if std::env::var_os("SMSPIN_UPDATE").is_some() {
        std::fs::write(&place, &page).unwrap();
    }
    let found = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(
        found == page,
        "docs/commands.md is out of date: run `SMSPIN_UPDATE=1 cargo test --test cli generated`"
    );
}

#[test]
fn every_page_has_the_sections_that_people_look_for() {
    for (name, text) in files(&committed("man")) {
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "EXIT STATUS",
            "ENVIRONMENT",
            "FILES",
        ] {
            let heading = text
                .lines()
                .any(|line| line.trim_start_matches(".SH ").trim_matches('"') == section);
            assert!(heading, "{name} has no {section}");
        }
    }
}

#[test]
fn a_page_names_each_other_page_once_and_ends_with_the_topics() {
    let topics = Home::new().typed("help topics").end().stdout;
    for (name, text) in files(&committed("man")) {
        let (_, end) = text.split_once(".SH \"SEE ALSO\"\n").unwrap();
        let (pages, end) = end.split_once(".PP\n").unwrap();
        let mut others: Vec<&str> = pages.trim().split(", ").collect();
        let all = others.len();
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), all, "{name}: {pages}");
        for topic in topics
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        {
            let topic = topic.split_whitespace().next().unwrap().replace('-', "\\-");
            assert!(
                end.contains(&format!("\\fB{topic}\\fR")),
                "{name}: {topic}: {end}"
            );
        }
        assert!(
            text.lines().any(|line| line == ".nh"),
            "{name}: its names can be cut by a hyphen"
        );
    }
}
