//! The README's sessions are what the program says, and its tables are the code's.
//!
//! A block of `console` is typed line by line, all of them in one home; a line `…` stands for any lines. PINs, times and
//! ports differ from run to run: there, digits stand for digits.

use crate::support::home::Home;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

const README: &str = include_str!("../../README.md");
const OUTCOMES: &str = include_str!("../../docs/outcomes.md");

/// What is typed, and what is shown.
struct Step {
    command: String,
    shown: Vec<String>,
}

fn steps() -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for line in README.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => steps.push(Step {
                    command: command.replace("cargo run --", "smspin"),
                    shown: Vec::new(),
                }),
                (None, Some(step)) => step.shown.push(line.to_owned()),
                (None, None) => panic!("a session begins with a command, not with {line:?}"),
            },
        }
    }
    steps
}

/// Types a line, and gives what a terminal would show, and the exit status.
pub(crate) fn typed(home: &Home, line: &str) -> (Vec<String>, i32) {
    let bin = Path::new(env!("CARGO_BIN_EXE_smspin")).parent().unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {line}")])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", home.path())
        .current_dir(home.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (
        text.lines().map(str::to_owned).collect(),
        output.status.code().unwrap(),
    )
}

/// Whether two lines say the same, up to digits that differ from run to run: six for a PIN, and what is not a whole word of
/// digits, such as a port or a part of a second. Numbers of telephones are compared as they are.
fn alike(written: &str, shown: &str) -> bool {
    let words = |line: &'_ str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let (written, shown) = (words(written), words(shown));
    written.len() == shown.len()
        && written
            .iter()
            .zip(&shown)
            .enumerate()
            .all(|(index, (one, other))| {
                let time = written
                    .get(index + 1)
                    .is_some_and(|unit| unit.starts_with("ms") || unit == "s");
                let port = one.starts_with("127.0.0.1:");
                let pin = |word: &str| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit());
                let amount = written.get(index + 1).is_some_and(|unit| unit.starts_with("EUR"));
                one == other || time || port || amount || (pin(one) && pin(other))
            })
}

fn pin_in(lines: &[String]) -> Option<String> {
    let last = |line: &String| line.split_whitespace().last().map(str::to_owned);
    let mut texts = lines.iter().filter(|line| line.starts_with("  text  "));
    texts.find_map(last)
}

#[test]
fn every_session_in_the_readme_is_what_the_program_says() {
    let home = Home::new();
    let mut status = 0;
    // The PIN in the README, and the one that was made here.
    let mut pin: Option<(String, String)> = None;
    let steps = steps();
    assert!(steps.len() > 8, "the README was not read");
    for Step { command, shown } in steps {
        if command == "echo $?" {
            assert_eq!(
                shown,
                [status.to_string()],
                "the exit status of the command before"
            );
            continue;
        }
        let command = match &pin {
            Some((written, real)) => command.replace(written.as_str(), real),
            None => command,
        };
        let (real, code) = typed(&home, &command);
        status = code;
        pin = pin_in(&shown).zip(pin_in(&real)).or(pin);
        let told = || {
            format!(
                "$ {command}\n{}\n--- but the README has\n{}",
                real.join("\n"),
                shown.join("\n")
            )
        };
        let mut rest = real.as_slice();
        let mut skips = false;
        for line in &shown {
            if line == "…" {
                skips = true;
                continue;
            }
            let found = rest.iter().position(|real| alike(line, real));
            let at = found
                .filter(|at| skips || *at == 0)
                .unwrap_or_else(|| panic!("{line:?}\n{}", told()));
            rest = &rest[at + 1..];
            skips = false;
        }
        assert!(skips || rest.is_empty(), "{}", told());
    }
}

#[test]
fn the_exit_codes_in_the_documentation_are_those_of_the_code() {
    let topic = Home::new().typed("help exit-codes").end().stdout;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = words(&topic);
    let section = OUTCOMES.split("## Exit status").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let line = words(&cells.join(" "));
        assert!(told.contains(&line), "{line:?} is not in\n{topic}");
        count += 1;
    }
    let listed = topic
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    assert_eq!(count, listed.count(), "{topic}");
}

/// What a CI server would type, from the readme's examples: with every key in its place and nothing else to be read.
#[test]
#[ignore = "needs a Python with PyYAML, named by JUNITPARSER_PYTHON"]
fn the_examples_for_ci_servers_are_read_and_their_commands_work() {
    let examples: Vec<&str> = README
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    assert_eq!(examples.len(), 2);
    let home = Home::new();
    let script = "
import json, sys, yaml
github, gitlab = [yaml.safe_load(text) for text in json.load(sys.stdin)]
steps = github['jobs']['sms']['steps']
# YAML 1.1 takes the word on for a truth.
assert set(github) == {True, 'jobs'} and github['jobs']['sms']['runs-on'], github
assert all(set(step) <= {'uses', 'with', 'run', 'env'} for step in steps), github
job = gitlab['sms']
assert set(job) == {'image', 'script', 'artifacts'} and job['artifacts']['reports']['junit'] == ['sandbox.xml', 'doctor.xml'], gitlab
for line in [step['run'] for step in steps if 'run' in step] + job['script']:
    print(line)
";
    let python = std::env::var("JUNITPARSER_PYTHON").expect("JUNITPARSER_PYTHON names a Python");
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), &examples).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    let mut typed_lines = 0;
    for line in lines.lines().filter(|line| line.starts_with("smspin ")) {
        let in_sandbox = if line.contains("--sandbox") {
            line.to_owned()
        } else {
            line.replacen("smspin", "smspin --sandbox", 1)
        };
        let (shown, status) = typed(&home, &in_sandbox);
        assert_eq!(status, 0, "{line}\n{}", shown.join("\n"));
        typed_lines += 1;
    }
    assert_eq!(typed_lines, 4);
    assert!(home.file("sandbox.xml").exists() && home.file("doctor.xml").exists());
}

/// Every page for readers: its path below the root, and its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
        .map(PathBuf::from)
        .to_vec();
    for folder in ["docs", "docs/topics"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        let names = entries.map(|entry| Path::new(folder).join(entry.unwrap().file_name()));
        paths.extend(names.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The commands that a page names in its sentences, and those that stand on a line of a block, fenced or indented.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, part) in page.split("```").enumerate() {
        let is_fenced = at % 2 == 1;
        if !is_fenced {
            let codes = part.split('`').skip(1).step_by(2);
            found.extend(codes.map(|code| code.replace('\n', " ")));
        }
        let lines = part.lines().filter(|line| is_fenced || line.starts_with("    "));
        found.extend(lines.map(|line| line.trim().trim_start_matches("$ ").to_owned()));
    }
    found.retain(|command| command.starts_with("smspin "));
    found
}

/// A command has the words and the flags of the program: with `--help` behind it, that is all that is looked at.
#[test]
fn every_command_of_a_page_is_one_of_the_program() {
    let home = Home::new();
    let mut seen = BTreeSet::new();
    for (path, text) in pages() {
        for written in commands(&text) {
            // What a shell does with it, what stands for something else, and what is said of it are not the program's.
            let ends = [" …", " > ", " | ", " &", " #", " && ", "   ", "; "];
            let end = ends.iter().filter_map(|end| written.find(end)).min();
            let command = &written[..end.unwrap_or(written.len())];
            let command = command
                .replace("COMMAND", "request")
                .replace("TOPIC", "csv")
                .replace('$', "");
            if seen.insert(command.clone()) {
                let (shown, status) = typed(&home, &format!("{command} --help"));
                assert_eq!(status, 0, "{}: {command}: {}", path.display(), shown.join("\n"));
            }
        }
    }
    assert!(seen.len() > 60, "{}", seen.len());
}

/// The pages name each other, their headings, the pictures and other files by paths that exist.
#[test]
fn every_link_of_a_page_leads_somewhere() {
    let pages = pages();
    let headings = |path: &Path| -> Vec<String> {
        let (_, text) = pages.iter().find(|(found, _)| found == path).expect("a page");
        let headings = text.lines().filter(|line| line.starts_with('#'));
        let heading = |line: &str| line.trim_start_matches('#').trim().to_lowercase();
        let slug = |line: &str| heading(line).replace(' ', "-").replace([',', ':'], "");
        headings.map(slug).collect()
    };
    let mut count = 0;
    for (path, text) in &pages {
        let links = text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap());
        for link in links.filter(|link| !link.starts_with("https://")) {
            count += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            let target: PathBuf = target
                .components()
                .fold(PathBuf::new(), |found, part| match part {
                    Component::ParentDir => found.parent().unwrap().to_owned(),
                    part => found.join(part),
                });
            let said = format!("{}: {link}", path.display());
            assert!(root().join(&target).exists(), "{said}");
            assert!(
                heading.is_empty() || headings(&target).iter().any(|found| found == heading),
                "{said}"
            );
        }
    }
    assert!(count > 20, "{count}");
}

/// The figure in the README is made again, with a shorter list.
#[test]
#[ignore = "needs a Python, curl and GNU parallel"]
fn killed_at_random_smspin_sends_to_no_number_twice() {
    let output = Command::new("python3")
        .arg(root().join("benches/twice.py"))
        .args(["--rows", "400", "--kills", "3"])
        .args(["--smspin", env!("CARGO_BIN_EXE_smspin")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let (smspin, parallel) = said.split_once('\n').unwrap_or_default();
    assert!(
        smspin.starts_with("smspin: 400 numbers") && smspin.contains(", 0 got two or more"),
        "{output:?}"
    );
    assert!(parallel.starts_with("parallel: 400 numbers"), "{output:?}");
}

#[test]
fn the_readme_stays_short() {
    assert!(README.lines().count() <= 150);
}
