//! What a shell offers when a person presses the key: the words of the command line itself, and the values that are
//! known beforehand.
//!
//! Nothing is run, asked, sent or read from standard input here, and a broken configuration offers nothing and says
//! nothing: a person in the middle of a line wants no message.

use crate::cli::{Cli, Shell};
use crate::domain::numbering::Region;
use crate::domain::pin_params::PinType;
use crate::env::{self, Environment};
use crate::manual;
use crate::sandbox::TEST_NUMBERS;
use crate::settings::{ConfigFile, Directories, Key, NumberCheck};
use clap::{Arg, Command, CommandFactory};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::Shells;
use std::ffi::OsString;

use std::path::PathBuf;

/// The name of the program, as the scripts call it: it is looked for in the path at every completion.
const PROGRAM: &str = "smspin";

/// The script that teaches a shell to ask smspin.
pub(crate) fn script(shell: Shell) -> String {
    let shells = Shells::builtins();
    let completer = shells
        .completer(shell.name())
        .expect("the library knows the shells that `Shell` lists");
    let mut text = Vec::new();
    completer
        .write_registration(env::COMPLETE, PROGRAM, PROGRAM, PROGRAM, &mut text)
        .expect("a vector takes all text");
    let text = String::from_utf8(text).expect("the scripts are text");
    let lines = text.trim().lines().map(|line| format!("{}\n", line.trim_end()));
    let script: String = lines.collect();
    match shell {
        Shell::Zsh => in_a_directory_of_functions(&script),
        _ => script,
    }
}

/// zsh reads a script that lies in `$fpath` when the key is pressed for the first time, as the body of `_smspin`: it has to
/// complete then, and not only to register itself for the next time.
fn in_a_directory_of_functions(script: &str) -> String {
    const REGISTERS: &str = "compdef _clap_dynamic_completer_smspin smspin\n";
    let body = script.strip_suffix(REGISTERS).unwrap_or(script);
    format!(
        "{body}if [[ \"${{funcstack[1]}}\" = _smspin ]]; then\n    _clap_dynamic_completer_smspin \"$@\"\nelse\n    \
         {REGISTERS}fi\n"
    )
}

/// Answers a shell that asks what may follow. `false` if no shell asked.
pub(crate) fn answered() -> bool {
    let here = std::env::current_dir().ok();
    let completed = CompleteEnv::with_factory(|| with_values(Cli::command()))
        .var(env::COMPLETE)
        .completer(PROGRAM)
        .try_complete(std::env::args_os(), here.as_deref());
    // Whatever is wrong with the line, a message in the middle of it would be worse.
    completed.unwrap_or(true)
}

/// The tree of commands, each argument whose values are known able to tell them.
fn with_values(command: Command) -> Command {
    let command = command.mut_args(with_value);
    command.mut_subcommands(with_values)
}

fn with_value(arg: Arg) -> Arg {
    let candidates = match arg.get_id().as_str() {
        "profile" | "name" => ArgValueCandidates::new(profiles),
        "key" => ArgValueCandidates::new(|| named(Key::ALL.iter().map(|key| (key.name(), key.doc())))),
        "value" => ArgValueCandidates::new(|| values_of(typed_key(&typed()))),
        "format" => ArgValueCandidates::new(|| named(["csv", "tsv", "jsonl"].map(|word| (word, "")))),
        "pin_type" => ArgValueCandidates::new(|| values_of(Some(Key::PinType))),
        "country" => ArgValueCandidates::new(|| values_of(Some(Key::Country))),
        "msisdn" | "send_to" => ArgValueCandidates::new(|| test_numbers(&typed())),
        "words" => ArgValueCandidates::new(|| manual::words(&Cli::command(), &typed())),
        _ => return arg,
    };
    arg.add(candidates)
}

fn named<'a>(words: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<CompletionCandidate> {
    words
        .into_iter()
        .map(|(word, doc)| CompletionCandidate::new(word).help(Some(doc.to_owned().into())))
        .collect()
}

fn values_of(key: Option<Key>) -> Vec<CompletionCandidate> {
    match key {
        Some(Key::PinType) => PinType::ALL
            .map(|kind| CompletionCandidate::new(kind.as_str()))
            .into(),
        Some(Key::NumberCheck) => NumberCheck::ALL
            .map(|check| CompletionCandidate::new(check.name()))
            .into(),
        Some(Key::Country | Key::AllowCountries) => {
            named(Region::all().map(|region| (region.code(), region.name())))
        }
        Some(Key::HlrLookup) => named([("true", ""), ("false", "")]),
        Some(Key::Profile) => profiles(),
        _ => Vec::new(),
    }
}

/// The numbers that the sandbox knows, where the sandbox is meant.
fn test_numbers(typed: &[OsString]) -> Vec<CompletionCandidate> {
    if !typed.iter().any(|word| word == "--sandbox" || word == "sandbox") {
        return Vec::new();
    }
    let known = TEST_NUMBERS.iter();
    known
        .map(|number| CompletionCandidate::new(number.msisdn.to_string()).help(Some(number.what.into())))
        .collect()
}

/// The profiles of the configuration file that the line names, or of the usual one.
fn profiles() -> Vec<CompletionCandidate> {
    let environment = Environment::of_process();
    let flag = typed_config(&typed());
    let Ok(path) = Directories::of_system().config_file(flag.as_deref(), &environment) else {
        return Vec::new();
    };
    // A pipe would keep the shell waiting.
    if !path.path().is_file() {
        return Vec::new();
    }
    let Ok(file) = ConfigFile::read(path) else {
        return Vec::new();
    };
    file.profile_names().map(CompletionCandidate::new).collect()
}

/// The words of the line, as the shell passes them after `--`.
fn typed() -> Vec<OsString> {
    std::env::args_os()
        .skip_while(|word| word != "--")
        .skip(1)
        .collect()
}

fn typed_config(typed: &[OsString]) -> Option<PathBuf> {
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().map(PathBuf::from);
        }
        if let Some(path) = word.to_str().and_then(|word| word.strip_prefix("--config=")) {
            return Some(PathBuf::from(path));
        }
    }
    None
}

fn typed_key(typed: &[OsString]) -> Option<Key> {
    let mut words = typed.iter().rev().filter_map(|word| word.to_str());
    words.find_map(Key::from_name)
}
