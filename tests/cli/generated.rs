//! What is generated from the tree of commands and committed: `completions/` and `man/`. This brings both up to date:
//! `SMSPIN_UPDATE=1 cargo test --test cli generated`

use crate::support::home::Home;
use std::collections::BTreeMap;
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
        let ended = home.smspin(["completions", shell]).end();
        assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""), "{ended}");
        (file.to_owned(), ended.stdout)
    });
    compare("completions", &scripts.into());
}

#[test]
fn manual_pages_are_up_to_date() {
    let home = Home::new();
    let dir = home.path().join("a/man");
    let ended = home.smspin([Path::new("man"), Path::new("--dir"), &dir]).end();
    assert_eq!(ended.status, Some(0), "{ended}");
    compare("man", &files(&dir));
    let one = home.smspin(["man", "config", "set"]).end();
    one.is(0, &files(&dir)["smspin-config-set.1"], "");
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
    let topics = Home::new().smspin(["help", "topics"]).end().stdout;
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
