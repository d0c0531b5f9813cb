//! The structure of the source: which module may import which, that no two types share a name, how long a file may be.
//!
//! A "room" is a module at the top of `src/`, with everything below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each room may import from the others. `lib.rs` and `main.rs` may import everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("about", &[]),
    ("process", &[]),
    ("retry", &[]),
    ("runtime", &[]),
    ("clock", &[]),
    ("server", &[]),
    ("text", &[]),
    ("files", &["text"]),
    ("domain", &["text"]),
    ("bench", &["domain"]),
    ("dlr", &["domain", "text"]),
    ("wire", &["domain", "text"]),
    ("outcome", &["domain", "failure", "text", "wire"]),
    ("tls", &[]),
    ("client", &["clock", "domain", "outcome", "text", "tls", "wire"]),
    ("curl", &["client", "domain", "text", "wire"]),
    (
        "sandbox",
        &[
            "dlr", "domain", "files", "runtime", "server", "text", "tls", "wire",
        ],
    ),
    ("listen", &["clock", "dlr", "domain", "files", "server", "text"]),
    ("env", &[]),
    ("settings", &["domain", "env", "failure", "files", "text"]),
    ("failure", &["text"]),
    ("output", &["env", "failure", "files", "outcome", "text"]),
    (
        "cli",
        &[
            "about", "domain", "failure", "output", "rows", "sandbox", "settings", "text",
        ],
    ),
    ("rows", &["domain", "files", "text"]),
    (
        "journal",
        &[
            "clock", "dlr", "domain", "env", "failure", "files", "outcome", "process", "runtime", "text",
            "tls", "wire",
        ],
    ),
    (
        "batch",
        &[
            "clock", "client", "dlr", "domain", "failure", "files", "journal", "outcome", "output",
            "process", "retry", "rows", "runtime", "session", "settings", "text", "tls", "wire",
        ],
    ),
    (
        "answers",
        &[
            "clock", "batch", "dlr", "domain", "failure", "journal", "listen", "outcome", "output", "rows",
            "sandbox", "session", "settings", "text", "wire",
        ],
    ),
    (
        "report",
        &[
            "answers", "batch", "failure", "files", "outcome", "output", "process", "text", "wire",
        ],
    ),
    (
        "manual",
        &[
            "answers", "batch", "env", "failure", "outcome", "rows", "sandbox", "settings", "wire",
        ],
    ),
    (
        "completion",
        &["cli", "domain", "env", "manual", "sandbox", "settings"],
    ),
    (
        "session",
        &[
            "cli", "client", "domain", "env", "failure", "files", "journal", "outcome", "output", "process",
            "retry", "runtime", "sandbox", "settings", "text", "wire",
        ],
    ),
    (
        "commands",
        &[
            "clock",
            "answers",
            "batch",
            "cli",
            "client",
            "completion",
            "curl",
            "dlr",
            "domain",
            "env",
            "failure",
            "files",
            "journal",
            "listen",
            "manual",
            "outcome",
            "output",
            "process",
            "report",
            "retry",
            "rows",
            "runtime",
            "sandbox",
            "server",
            "session",
            "settings",
            "text",
            "wire",
        ],
    ),
    ("bug", &["about", "failure", "output", "text"]),
];

/// How much there may be to read, without tests, comments, blank lines and the generated table of numbers. Raising it is a decision:
/// say why in `CHANGELOG.md`.
const MOST_LINES: usize = 43_200;
const MOST_FILES: usize = 385;

/// Names that many modules may give to a type of their own: the error of a module and the arguments of a command.
const COMMON_NAMES: [&str; 2] = ["Error", "Args"];

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every file of the source: its path below `src/`, and its text.
pub(crate) fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    rust_files(&root, &mut found);
    found.sort();
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

/// A module as the program has it: without its tests and its comments.
struct Module {
    file: String,
    /// From the top: `["domain", "msisdn"]`; empty for `lib.rs`.
    path: Vec<String>,
    code: String,
}

fn modules() -> Vec<Module> {
    let files = all().into_iter().filter(|(file, _)| !is_test(file));
    files
        .map(|(file, text)| Module {
            path: module_path(&file),
            code: without_tests_and_comments(&text),
            file,
        })
        .collect()
}

fn is_test(file: &str) -> bool {
    file.split(['/', '.'])
        .any(|part| part == "tests" || part.ends_with("_tests"))
}

fn module_path(file: &str) -> Vec<String> {
    let parts = file.trim_end_matches(".rs").split('/');
    let named = parts.filter(|part| !["mod", "lib", "main"].contains(part));
    named.map(str::to_owned).collect()
}

fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

impl Module {
    /// What this module names by `crate::` or `super::`, as paths from the top.
    fn imports(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("crate::") {
            found.extend(paths(&self.code[at + "crate::".len()..]));
        }
        for (at, _) in self.code.match_indices("super::") {
            let (before, mut rest) = self.code.split_at(at);
            if before.ends_with("super::") {
                continue;
            }
            let mut base = self.path.as_slice();
            while let Some(after) = rest.strip_prefix("super::") {
                rest = after;
                base = &base[..base.len().saturating_sub(1)];
            }
            found.extend(paths(rest).into_iter().map(|path| [base, &path].concat()));
        }
        found
    }

    /// What this module passes on under its own name: the name, and the child that has it.
    fn reexports(&self) -> BTreeMap<String, String> {
        let uses = self.code.lines().enumerate().filter_map(|(nth, line)| {
            let is_public = line.starts_with("pub use ") || line.starts_with("pub(");
            let (_, first) = line.split_once("use ").filter(|_| is_public)?;
            let more: Vec<_> = self.code.lines().skip(nth + 1).collect();
            Some(format!("{first}\n{}", more.join("\n")))
        });
        uses.flat_map(|text| paths(&text))
            .filter_map(|path| Some((path.last()?.clone(), path.first()?.clone())))
            .collect()
    }
}

/// The paths that begin here: one, or several if it ends with braces.
fn paths(text: &str) -> Vec<Vec<String>> {
    tree(&mut text.trim_start())
}

/// Reads `a::b::{c, d::e}` as `a::b::c` and `a::b::d::e`.
fn tree(rest: &mut &str) -> Vec<Vec<String>> {
    let end = |text: &str| text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut prefix = Vec::new();
    loop {
        let (name, after) = rest.split_at(end(rest).unwrap_or(rest.len()));
        if !name.is_empty() {
            prefix.push(name.to_owned());
        }
        *rest = after;
        let Some(after) = rest.strip_prefix("::") else {
            break;
        };
        *rest = after;
        if let Some(list) = rest.strip_prefix('{') {
            *rest = list;
            return branches(rest)
                .into_iter()
                .map(|branch| [prefix.as_slice(), &branch].concat())
                .collect();
        }
    }
    vec![prefix]
}

fn branches(rest: &mut &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            *rest = after;
            return found;
        }
        found.extend(tree(rest));
        // Past the comma, and past `as Name` before it.
        *rest = rest.trim_start_matches(|c| c != ',' && c != '}');
        *rest = rest.strip_prefix(',').unwrap_or(rest);
    }
}

#[test]
fn a_room_imports_only_what_its_line_allows() {
    for module in modules() {
        let Some(room) = module.path.first() else { continue };
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| name == room) else {
            panic!("src/{}: the room {room} has no line in MAY_IMPORT", module.file);
        };
        for imported in module.imports().iter().filter_map(|path| path.first()) {
            assert!(
                imported == room || allowed.contains(&imported.as_str()),
                "src/{} imports crate::{imported}, which is not in the line of {room} in MAY_IMPORT",
                module.file
            );
        }
    }
}

/// The imports between modules with the same parent, whatever lies below them: importer, imported.
fn imports_between_siblings() -> BTreeSet<(String, String)> {
    let modules = modules();
    let known: BTreeSet<_> = modules.iter().map(|module| module.path.clone()).collect();
    let reexports: BTreeMap<_, _> = modules
        .iter()
        .map(|module| (module.path.clone(), module.reexports()))
        .collect();
    let mut found = BTreeSet::new();
    for module in &modules {
        for path in module.imports() {
            let alike = module.path.iter().zip(&path);
            let depth = alike.take_while(|(mine, other)| mine == other).count();
            let (Some(mine), Some(other)) = (module.path.get(depth), path.get(depth)) else {
                continue;
            };
            let parent = &path[..depth];
            let other = reexports
                .get(parent)
                .and_then(|names| names.get(other))
                .unwrap_or(other);
            let child = |name: &str| [parent, &[name.to_owned()]].concat();
            if mine != other && known.contains(&child(other)) {
                found.insert((child(mine).join("/"), child(other).join("/")));
            }
        }
    }
    found
}

#[test]
fn imports_form_no_circle() {
    let mut imports = imports_between_siblings();
    // A module that imports nothing that is left, or that nothing left imports, is in no circle.
    loop {
        let importers: BTreeSet<_> = imports.iter().map(|(from, _)| from.clone()).collect();
        let imported: BTreeSet<_> = imports.iter().map(|(_, to)| to.clone()).collect();
        let before = imports.len();
        imports.retain(|(from, to)| importers.contains(to) && imported.contains(from));
        if imports.len() == before {
            break;
        }
    }
    assert!(imports.is_empty(), "these imports form circles: {imports:#?}");
}

#[test]
fn the_name_of_a_type_is_its_own() {
    let mut files = BTreeMap::<String, BTreeSet<String>>::new();
    for module in modules() {
        // One file may define a type once for each platform.
        for name in module.code.lines().filter_map(type_name) {
            let name = name.to_owned();
            files.entry(name).or_default().insert(module.file.clone());
        }
    }
    files.retain(|name, files| files.len() > 1 && !COMMON_NAMES.contains(&name.as_str()));
    assert!(files.is_empty(), "names that several types have: {files:#?}");
}

/// The name of the type that a line at the left edge defines.
fn type_name(line: &str) -> Option<&str> {
    let public = ["pub(crate) ", "pub(super) ", "pub "];
    let line = public
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .unwrap_or(line);
    let rest = ["struct ", "enum ", "trait ", "type ", "union "]
        .iter()
        .find_map(|word| line.strip_prefix(word))?;
    rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .next()
}

#[test]
fn files_stay_small_and_say_what_they_are_for() {
    for (file, text) in all() {
        let generated = file.ends_with("numbering/table.rs");
        assert!(
            generated || is_test(&file) || text.lines().count() <= 400,
            "src/{file} has {} lines",
            text.lines().count()
        );
        assert!(
            is_test(&file) || text.starts_with("//"),
            "src/{file} does not begin with a comment that says what it is for"
        );
    }
}

#[test]
fn the_program_stays_small_enough_to_be_read() {
    let modules = modules();
    let written = modules
        .iter()
        .filter(|module| !module.file.ends_with("numbering/table.rs"));
    let lines = |module: &Module| module.code.lines().filter(|line| !line.trim().is_empty()).count();
    let total: usize = written.map(lines).sum();
    assert!(total <= MOST_LINES, "{total} lines of code");
    assert!(modules.len() <= MOST_FILES, "{} files", modules.len());
}
