//! The recipes of the sandbox's page, each run as it stands there but for the port.

use crate::support::home::Home;
use std::net::TcpListener;
use std::process::{Command, Output};

/// The first block of a language, with a port that is free.
fn recipe(language: &str) -> String {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sandbox.md")).unwrap();
    let (_, rest) = page.split_once(&format!("```{language}\n")).expect("a recipe");
    let (text, _) = rest.split_once("```").unwrap();
    assert!(!text.contains("sleep"), "{text}");
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    text.replace("8465", &port.to_string())
}

/// Runs a program in a home of its own, with `smspin` in its path.
fn run(home: &Home, program: &str, args: &[&str]) -> Output {
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_smspin"));
    let path = format!(
        "{}:/usr/local/bin:/usr/bin:/bin",
        binary.parent().unwrap().display()
    );
    Command::new(program)
        .args(args)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", path)
        .current_dir(home.path())
        .output()
        .unwrap()
}

#[track_caller]
fn passes(output: &Output) {
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}\n{stderr}");
}

#[test]
fn the_shell_recipe_runs() {
    let home = Home::new();
    std::fs::write(home.file("recipe.sh"), recipe("sh")).unwrap();
    passes(&run(&home, "sh", &["recipe.sh"]));
}

#[test]
#[ignore = "needs node"]
fn the_node_recipe_runs() {
    let home = Home::new();
    std::fs::write(home.file("recipe.mjs"), recipe("js")).unwrap();
    passes(&run(&home, "node", &["--test", "recipe.mjs"]));
}

#[test]
#[ignore = "needs pytest"]
fn the_pytest_recipe_runs() {
    let home = Home::new();
    std::fs::write(home.file("test_recipe.py"), recipe("python")).unwrap();
    let pytest = std::env::var("PYTEST").unwrap_or_else(|_| "pytest".to_owned());
    passes(&run(&home, &pytest, &["-q", "test_recipe.py"]));
}
