//! smspin sends SMS verification PINs through an HTTP JSON gateway, and checks the PINs that people type back.
//!
//! ```text
//! args ─▶ cli ─▶ commands ─▶ session ─▶ client ─▶ the gateway ─▶ outcome ─▶ answers ─▶ output, exit status
//!                   │           │          └─ wire: the bytes, in both directions
//!                   │           └─ settings: flags, variables, file ─▶ domain: values that are valid
//!                   ├─ sandbox: the gateway itself, built in, on server, wire and dlr (delivery reports)
//!                   └─ listen: receives delivery reports, on server and dlr, into a file
//!
//! batch:  rows ─▶ request ─▶ preflight ─▶ numbers ─▶ plan ─▶ send ─▶ client
//!           │                                ▲                 │ a claim before each attempt, an outcome after it (recorder)
//!           │                                │                 ▼
//!           │                  decision ◀─ standings ◀────── journal
//!           └────────────────────▶ outcomes, summary ◀─────────┘ ─▶ results, report (pages for people, CI and metrics)
//! ```
//! Imports point one way: `commands → {batch → {client, journal}, sandbox, listen} → {outcome, wire} → domain`. Sandbox and listen never
//! import the client, and `domain` imports nothing of ours but `text`. A test holds the whole list (`tests/cli/structure.rs`).
//!
//! # Glossary
//!
//! - **MSISDN**: a phone number in full, with its country code and without `+`: 34600000000.
//! - **Sender**: who an SMS seems to come from: a number, or a short name such as `SHOP`.
//! - **Segment**: a part of an SMS that is paid for on its own. A text in the **GSM-7** alphabet has 160 characters in one
//!   segment; with a character outside of it the text is **UCS-2**, with 70.
//! - **HLR**: the operators' register of their customers. A *lookup* asks it whether a number exists, which costs money.
//! - **DLR**: a delivery report, which the gateway posts to a URL of yours when it learns what became of an SMS.
//! - **Error id**: the gateway's word for why it refused a request, such as `INVALID_NUMBER`.
//! - **Attempt**: one request on its way to the gateway. A request may take several, if the first certainly never left.
//! - **Outcome**: how an attempt ended: accepted, refused, unsent, or unknown. Unknown means that an SMS may have gone out.
//! - **Journal**: what every number got, from whichever list: one SQLite file for each person and gateway, or a database.
//! - **Claim**: the journal's entry that an attempt is about to be made. One without an outcome counts as unknown.
//! - **Standing**: what all attempts at a number add up to, such as accepted.
//! - **Decision**: what becomes of a number, from its standing and what was asked for: sent to, or left alone.
//! - **Campaign**: the scope in which a number is sent to once. Two campaigns are two memories.
//! - **Marker**: the small file beside a list that says which journal knows its people.
//! - **Run**: one start of a command that writes to the journal, such as `smspin batch`. A list takes several if one is interrupted.
//! - **Preflight**: the check of the whole file before anything is sent.
//! - **Sandbox**: the gateway as it is built into smspin, which sends no SMS.

mod about;
mod answers;
mod batch;
#[doc(hidden)]
pub mod bench;
mod bug;
mod cli;
mod client;
mod clock;
mod commands;
mod completion;
mod curl;
mod dlr;
mod domain;
mod env;
mod failure;
mod files;
mod journal;
mod listen;
mod manual;
mod outcome;
mod output;
mod process;
mod report;
mod retry;
mod rows;
mod runtime;
mod sandbox;
mod server;
mod session;
mod settings;
mod text;
mod tls;
mod wire;

use clap::{CommandFactory, FromArgMatches, ValueEnum};
use cli::Cli;
use env::Environment;
use failure::{Exit, Failure, Kind};
use output::{ColorChoice, Ui, Verbosity};
use std::io::Write;
use std::process::ExitCode;

/// Runs the program with this process's arguments and environment.
#[must_use]
pub fn run() -> ExitCode {
    process::prepare();
    if completion::answered() {
        return ExitCode::SUCCESS;
    }
    let environment = Environment::of_process();
    if asked_for_version_alone() {
        return early_ui(&environment).text(about::VERSION_LINE).into();
    }
    bug::install_hook();
    let ended = std::panic::catch_unwind(|| match parsed(&environment) {
        Ok(cli) => match lacking() {
            None => commands::run(cli, environment.clone()),
            Some(failure) => early_ui(&environment).failure(&failure),
        },
        Err(error) => not_understood(&error, &environment),
    });
    ended
        .unwrap_or_else(|_| bug::exit(&early_ui(&environment)))
        .into()
}

/// The command line. Help is as wide as `COLUMNS` says where that is a width, and coloured as `--color` says.
fn parsed(environment: &Environment) -> Result<Cli, clap::Error> {
    let command = Cli::command().color(match typed_color() {
        ColorChoice::Auto => clap::ColorChoice::Auto,
        ColorChoice::Always => clap::ColorChoice::Always,
        ColorChoice::Never => clap::ColorChoice::Never,
    });
    let command = match (environment.path("COLUMNS"), environment.columns()) {
        (Some(_), None) => command.term_width(80),
        _ => command,
    };
    Cli::from_arg_matches(&command.try_get_matches()?)
}

/// What a machine has to have before anything can be done with it.
fn lacking() -> Option<Failure> {
    if !clock::is_set() {
        return Some(Failure::clock_not_set());
    }
    let allowed = process::raise_open_files(process::OPEN_FILES).err()?;
    Some(Failure::too_few_open_files(allowed, process::OPEN_FILES))
}

/// Whether a flag was typed, when the parser can't be asked.
fn typed(flag: &str) -> bool {
    std::env::args_os()
        .take_while(|arg| arg != "--")
        .any(|arg| arg == flag)
}

/// `--color`, when the parser can't be asked.
fn typed_color() -> ColorChoice {
    let words = std::env::args_os().take_while(|arg| arg != "--");
    let words: Vec<String> = words.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let value = words
        .iter()
        .enumerate()
        .find_map(|(at, word)| match word.as_str() {
            "--no-color" => Some("never"),
            "--color" => words.get(at + 1).map(String::as_str),
            word => word.strip_prefix("--color="),
        });
    let choice = value.and_then(|value| ColorChoice::from_str(value, false).ok());
    choice.unwrap_or_default()
}

fn early_ui(environment: &Environment) -> Ui {
    Ui::new(
        typed("--json"),
        typed("--sandbox"),
        Verbosity::Normal,
        typed_color(),
        true,
        environment,
    )
}

/// Scripts ask for the version often, and building the whole grammar takes longer than starting.
fn asked_for_version_alone() -> bool {
    let mut arguments = std::env::args_os().skip(1);
    let asked = arguments
        .next()
        .is_some_and(|argument| argument == "--version" || argument == "-V");
    asked && arguments.next().is_none()
}

/// Help and version, which are answers, and everything that is not a command.
fn not_understood(error: &clap::Error, environment: &Environment) -> Exit {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        let printed = error.print().and_then(|()| std::io::stdout().flush());
        return early_ui(environment).printed(printed);
    }
    let ui = early_ui(environment);
    if let Some(flag) = key_flag() {
        let failure = Failure::message(
            Kind::Usage,
            format_args!(
                "there is no {flag}: every user of this machine can read the arguments of a process, so the key that follows it \
                 is exposed now"
            ),
        );
        let hint = "replace the key, and give it by --api-key-file FILE, SMSPIN_API_KEY or `smspin config set api_key`";
        return ui.failure(&failure.hint(hint));
    }
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    if let Some(found) = cli::explain(error, &arguments) {
        let failure = Failure::message(Kind::Usage, shortened(&found.message));
        return ui.failure(&failure.hint(shortened(&found.hint)));
    }
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
        return ui.failure(&failure.hint(hint));
    }
    if error.kind() == DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return Exit::Usage;
    }
    for line in error.render().to_string().lines() {
        ui.to_stderr(&format!("{}\n", text::line(&shortened(line))));
    }
    Exit::Usage
}

/// The flag by which a user has typed a key, as other programs want it.
fn key_flag() -> Option<&'static str> {
    const FLAGS: [&str; 8] = [
        "--api-key",
        "--api_key",
        "--apikey",
        "--key",
        "--token",
        "--api-token",
        "--auth-token",
        "--secret",
    ];
    let mut typed = std::env::args_os().take_while(|arg| arg != "--");
    typed.find_map(|arg| {
        let arg = arg.into_string().ok()?;
        let name = arg.split('=').next()?;
        FLAGS.into_iter().find(|flag| *flag == name)
    })
}

/// The parser repeats what was typed in full, and the user may have typed a file, or a key.
fn shortened(line: &str) -> String {
    const MOST: usize = 400;
    let line = text::hide_keys(line);
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

    #[test]
    fn the_short_way_to_the_version_says_what_the_parser_says() {
        assert_eq!(about::VERSION_LINE, Cli::command().render_version());
    }
}
