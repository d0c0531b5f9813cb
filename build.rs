//! Makes the version that `smspin --version` says: with the commit and its date, where it is built from git.
//!
//! Only optimized builds name their commit: any other build would compile everything again after each commit.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_optimized = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = is_optimized.then(commit).flatten();
    let commit = commit.map_or_else(String::new, |commit| format!(" ({commit})"));
    println!(
        "cargo::rustc-env=VERSION_AND_COMMIT={}{commit}",
        env!("CARGO_PKG_VERSION")
    );
}

/// The last commit, such as `1a2b3c4d5 2026-11-30`. A repository somewhere above this directory is not smspin's own.
fn commit() -> Option<String> {
    let is_repository = Path::new(".git").exists();
    let log_of_head = is_repository.then(|| git(&["rev-parse", "--git-path", "logs/HEAD"]))?;
    println!("cargo::rerun-if-changed={}", log_of_head?);
    git(&["log", "-1", "--format=%h %cs", "--abbrev=9"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
