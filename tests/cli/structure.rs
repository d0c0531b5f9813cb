//! The shape of the source: which room may know which, how long a file may be.

use std::path::{Path, PathBuf};

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

pub(crate) fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let name = |path: &PathBuf| {
        path.strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/")
    };
    found
        .iter()
        .map(|path| (name(path), std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The rooms that a file imports: every `crate::room` outside its tests.
fn rooms(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| {
            rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default()
        })
        .collect()
}

#[test]
fn imports_point_one_way() {
    // What a room may know of its neighbours. A room that isn't here may know every other.
    let may_know: &[(&str, &[&str])] = &[
        ("text", &[]),
        ("files", &[]),
        ("domain", &["domain", "text"]),
        ("wire", &["wire", "domain", "text"]),
        ("outcome", &["wire", "domain", "text"]),
        ("retry", &[]),
        ("client", &["client", "outcome", "wire", "domain"]),
        ("curl", &["client", "wire", "domain"]),
        ("server", &["server"]),
        ("sandbox", &["sandbox", "server", "wire", "domain", "text"]),
        ("env", &["settings"]),
        (
            "settings",
            &["settings", "env", "domain", "failure", "text", "files"],
        ),
        ("failure", &["settings"]),
        (
            "cli",
            &[
                "cli", "settings", "output", "domain", "sandbox", "failure", "text",
            ],
        ),
        (
            "batch",
            &[
                "batch", "client", "outcome", "wire", "domain", "settings", "retry", "failure", "text",
                "files",
            ],
        ),
        ("output", &["output", "env", "failure"]),
        (
            "answers",
            &[
                "answers", "output", "failure", "outcome", "wire", "settings", "domain", "sandbox", "batch",
                "text",
            ],
        ),
    ];
    for (file, text) in all() {
        let room = file.split(['/', '.']).next().unwrap_or_default();
        let Some((_, allowed)) = may_know.iter().find(|(name, _)| *name == room) else {
            continue;
        };
        for known in rooms(&text) {
            assert!(allowed.contains(&known), "src/{file} imports crate::{known}");
        }
    }
}

#[test]
fn files_stay_small_enough_to_be_one_room() {
    for (file, text) in all() {
        let generated = file.ends_with("numbering/table.rs");
        assert!(
            generated || file.contains("tests") || text.lines().count() <= 400,
            "src/{file} has {} lines",
            text.lines().count()
        );
        assert!(
            file.contains("tests") || text.starts_with("//"),
            "src/{file} does not open with what it is for"
        );
    }
}
