//! The README's sessions are what the program says, and its tables are the code's.
//!
//! A block of `console` is typed line by line, all of them in one home; a line `…` stands for any lines. PINs, times and
//! ports differ from run to run: there, digits stand for digits.

use crate::support::home::Home;
use std::path::Path;
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

/// Whether two lines say the same, up to digits that differ from run to run: six for a PIN, and what is no whole word of
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
                let time = written.get(index + 1).is_some_and(|unit| unit.starts_with("ms"));
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
    assert!(steps.len() > 10, "the README was not read");
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
    let topic = Home::new().smspin(["help", "exit-codes"]).end().stdout;
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
assert set(job) == {'image', 'variables', 'script', 'artifacts'} and job['artifacts']['reports']['junit'] == 'doctor.xml', gitlab
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
    assert_eq!(typed_lines, 3);
    assert!(home.file("doctor.xml").exists());
}

/// A command within a sentence has the words and the flags of the program: with `--help` behind it, that is all that is looked at.
#[test]
fn every_command_within_a_sentence_is_one_of_the_program() {
    const SETTINGS: &str = include_str!("../../docs/settings.md");
    let home = Home::new();
    let mut count = 0;
    for page in [README, OUTCOMES, SETTINGS] {
        let sentences = page.split("```").step_by(2);
        let codes = sentences.flat_map(|text| text.split('`').skip(1).step_by(2));
        for command in codes.filter(|code| code.starts_with("smspin ")) {
            let (command, _) = command.split_once(" …").unwrap_or((command, ""));
            let command = command.replace('\n', " ").replace("COMMAND", "request");
            let (shown, status) = typed(&home, &format!("{command} --help"));
            assert_eq!(status, 0, "{command}: {}", shown.join("\n"));
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}

/// The pages of the documentation name each other, the pictures and the files beside them by paths that exist.
#[test]
fn every_link_of_the_readme_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let headings: Vec<String> = README
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| heading.to_lowercase().replace(' ', "-"))
        .collect();
    let links = README
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap());
    let mut count = 0;
    for link in links {
        count += 1;
        match link.strip_prefix('#') {
            Some(heading) => assert!(headings.iter().any(|found| found == heading), "{link}"),
            None if link.starts_with("https://") => {}
            None => assert!(root.join(link).exists(), "{link}"),
        }
    }
    assert!(count > 10);
}

#[test]
fn the_readme_stays_short() {
    assert!(README.lines().count() <= 190);
}
