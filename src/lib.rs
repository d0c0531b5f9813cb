//! smspin sends SMS verification PINs through an HTTP JSON gateway, and checks the PINs that people type back.
//!
//! ```text
//! args ─ cli ─▶ settings ─▶ domain ─▶ client ─▶ outcome ─▶ answers, output, exit code
//!                                       │ wire │
//!                                       └──┬───┘
//!                                       sandbox
//!
//! batch:  rows ─▶ request ─▶ decision ─▶ send ─▶ client
//!                             ▲         │ intent before each attempt, outcome after
//!                             └─ journal ◀┘ ─▶ outcomes, results
//! ```
//! Imports point one way: `commands → {batch → client, sandbox} → {outcome, wire} → domain`. The sandbox never imports the
//! client, and `domain` imports nothing of ours.

mod answers;
mod batch;
mod bug;
mod cli;
mod client;
mod commands;
mod completion;
mod curl;
pub mod domain;
mod env;
mod failure;
mod files;
mod manual;
mod outcome;
mod output;
mod retry;
mod sandbox;
mod server;
mod session;
mod settings;
mod text;
mod wire;

use clap::Parser;
use cli::Cli;
use env::Environment;
use failure::{Exit, Failure, Kind};
use output::{ColorChoice, Ui, Verbosity, sanitize};
use std::io::Write;
use std::process::ExitCode;

/// Runs the program with this process's arguments and environment.
#[must_use]
pub fn run() -> ExitCode {
    if completion::answered() || asked_for_version_alone() {
        return ExitCode::SUCCESS;
    }
    let environment = Environment::of_process();
    bug::install_hook();
    let ended = std::panic::catch_unwind(|| match Cli::try_parse() {
        Ok(cli) => commands::run(cli, environment.clone()),
        Err(error) => not_understood(&error, &environment),
    });
    ended
        .unwrap_or_else(|_| bug::exit(&early_ui(&environment), typed("--sandbox")))
        .into()
}

/// Whether a flag was typed, when the parser can't be asked.
fn typed(flag: &str) -> bool {
    std::env::args_os()
        .take_while(|arg| arg != "--")
        .any(|arg| arg == flag)
}

fn early_ui(environment: &Environment) -> Ui {
    Ui::new(
        typed("--json"),
        Verbosity::Normal,
        ColorChoice::Auto,
        true,
        environment,
    )
}

/// What the parser would print too; scripts ask it often, and building the whole grammar takes longer than starting.
const VERSION: &str = concat!("smspin ", env!("CARGO_PKG_VERSION"), "\n");

fn asked_for_version_alone() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    let asked = arguments
        .next()
        .is_some_and(|argument| argument == "--version" || argument == "-V");
    if !asked || arguments.next().is_some() {
        return false;
    }
    // The reader may have gone.
    let _ = std::io::stdout().write_all(VERSION.as_bytes());
    true
}

/// Help and version, which are answers, and everything that is no command.
fn not_understood(error: &clap::Error, environment: &Environment) -> Exit {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        // The reader may have closed the pipe after the first page.
        let _ = error.print();
        return Exit::Done;
    }
    let ui = early_ui(environment);
    if ui.json {
        let text = error.render().to_string();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default();
        let failure = Failure::message(
            Kind::Usage,
            shortened(first.strip_prefix("error: ").unwrap_or(first)),
        );
        let hint = lines
            .filter(|line| !line.starts_with("Usage:"))
            .collect::<Vec<_>>()
            .join("; ");
        return ui.failure(&failure.hint(hint), typed("--sandbox"));
    }
    if error.kind() == DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Exit::Usage;
    }
    for line in error.render().to_string().lines() {
        ui.to_stderr(&format!("{}\n", sanitize::line(&shortened(line))));
    }
    Exit::Usage
}

/// The parser repeats what was typed in full, and somebody may have typed a file.
fn shortened(line: &str) -> String {
    const MOST: usize = 400;
    let mut characters = line.chars();
    let mut short: String = characters.by_ref().take(MOST).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_short_way_to_the_version_says_what_the_parser_says() {
        assert_eq!(VERSION, Cli::command().render_version());
    }
}
