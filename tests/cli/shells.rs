//! Completions in the shells themselves, and the manual pages in the programs that show them. These need other programs,
//! which `.ci/run` installs.

use crate::support::home::Home;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is typed, and what the line becomes or what is offered: a subcommand, a flag, a profile.
const LINES: [(&str, &str); 3] = [
    ("smspin ver", "verify"),
    ("smspin request --sms-t", "--sms-text"),
    ("smspin --profile stag", "staging"),
];

fn committed(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn home() -> Home {
    let home = Home::new();
    home.write_config("[profiles.staging]\n[profiles.live]\n");
    home
}

/// Runs a script with smspin in the path and the shell's name for what is completed in `$LINE`.
fn shell(home: &Home, program: &str, args: &[&str], line: &str) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_smspin")).parent().unwrap();
    let output = Command::new(program)
        .args(args)
        .env_clear()
        .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()))
        .env("HOME", home.path())
        .env("TERM", "xterm")
        .env("LINE", line)
        .env("COMPLETIONS", committed("completions"))
        .current_dir(home.path())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.is_empty(),
        "{program}: {line}: {stderr}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
#[ignore = "needs bash"]
fn bash_completes() {
    const SCRIPT: &str = r#"
        source "$COMPLETIONS/smspin.bash"
        function=$(complete -p smspin); function=${function##*-F }; function=${function%% *}
        read -ra COMP_WORDS <<< "$LINE"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_TYPE=9 COMP_KEY=9
        "$function" smspin "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let home = home();
    for (line, expected) in LINES {
        let found = shell(&home, "bash", &["--norc", "-c", SCRIPT], line);
        assert_eq!(found.trim(), expected, "{line}");
    }
}

#[test]
#[ignore = "needs fish"]
fn fish_completes() {
    let home = home();
    for (line, expected) in LINES {
        let script = "source $COMPLETIONS/smspin.fish; complete -C $LINE";
        let found = shell(&home, "fish", &["--no-config", "-c", script], line);
        let first = found.split_whitespace().next().unwrap_or_default();
        assert_eq!(first, expected, "{line}: {found}");
    }
}

/// A key is pressed in an interactive shell, and another shows what the line became.
#[test]
#[ignore = "needs zsh"]
fn zsh_completes() {
    const SCRIPT: &str = r#"
        zmodload zsh/zpty
        zpty inner 'zsh -f -i'
        zpty -w inner 'PS1= PS2= RPS1=; unsetopt beep; fpath=($COMPLETIONS $fpath)'
        zpty -w inner 'autoload -Uz compinit; compinit -u -D; show() { print -r -- "<<$BUFFER>>" }'
        zpty -w inner 'zle -N show; bindkey "^T" show; bindkey "^I" complete-word; print rea""dy'
        zpty -r inner seen '*ready*'
        zpty -w -n inner "$LINE"$'\t\x14'
        zpty -r inner seen '*<<*>>*'
        seen=${seen##*<<}
        print -r -- ${seen%%>>*}
        zpty -d inner
    "#;
    let home = home();
    for (line, expected) in LINES {
        let found = shell(&home, "zsh", &["-f", "-c", SCRIPT], line);
        assert_eq!(found.split_whitespace().last(), Some(expected), "{line}: {found}");
    }
}

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(committed("man")).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    assert!(pages.len() > 15, "{pages:?}");
    pages
}

#[test]
#[ignore = "needs mandoc"]
fn mandoc_finds_nothing_in_any_page() {
    let linted = Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning"])
        .args(pages())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&linted.stdout);
    // The pages carry a version instead of a date, so that they can be reproduced.
    let faults: Vec<&str> = said
        .lines()
        .filter(|line| !line.ends_with("missing date, using \"\": TH"))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
#[ignore = "needs man"]
fn each_page_shows_in_man() {
    for page in pages() {
        let shown = Command::new("man")
            .arg("-l")
            .arg(&page)
            .env("MANPAGER", "cat")
            .env("MANWIDTH", "80")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let (text, said) = (
            String::from_utf8_lossy(&shown.stdout),
            String::from_utf8_lossy(&shown.stderr),
        );
        let name = page.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(shown.status.success() && said.is_empty(), "{name}: {said}");
        for section in ["NAME", "SYNOPSIS", "EXIT STATUS", "SEE ALSO"] {
            assert!(text.contains(section), "{name} lacks {section}: {text}");
        }
        assert!(
            text.contains(&format!("{name} - ")) || text.contains(&format!("{name}  - ")),
            "{name}: {text}"
        );
    }
}
