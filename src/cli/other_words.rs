//! Words that are not ours: misspelt ones, those of other programs, and phone numbers that a shell has cut into pieces. What
//! to type here instead.

use super::{Cli, old_flags};
use crate::domain::suggest;
use crate::settings::Key;
use crate::settings::kind::SettingKind;
use crate::text;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

/// What is wrong with a command line, and what to try.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misunderstood {
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// What other programs call a command, below a command of ours or below none, and what does that here.
const COMMANDS: [(&str, &str, &str); 7] = [
    ("smspin", "send", "smspin request NUMBER"),
    ("smspin", "check", "smspin verify NUMBER PIN"),
    ("smspin", "status", "smspin journal status FILE"),
    ("smspin", "version", "smspin --version"),
    ("smspin config", "show", "smspin config list"),
    ("smspin", "inbox", "smspin sandbox inbox"),
    ("smspin sandbox", "request", "smspin --sandbox request NUMBER"),
];

/// What other programs call something that a command of ours takes. Settings have words of their own ([`Key::nearest`]).
const FLAGS: [(&str, &str, &str); 3] = [
    (
        "smspin request",
        "--to",
        "write the number without a flag: smspin request NUMBER",
    ),
    (
        "smspin batch",
        "--file",
        "write the file without a flag: smspin batch FILE",
    ),
    (
        "smspin batch",
        "--resume",
        "run the same command again: it goes on where the batch stopped",
    ),
];

/// Names of flags and commands that a slip of the fingers must not lead to: they send what would not be sent, or delete, or
/// give up a safeguard.
const NEVER_PROPOSED: [&str; 11] = [
    "adopt",
    "change-settings",
    "forget",
    "nothing-lost",
    "partial",
    "readmit",
    "resend",
    "reset",
    "send-to",
    "unset",
    "yes",
];

/// What to say about a command line that the parser refused, where that can be said better than it does. `args` are the
/// words after the program's name.
pub(crate) fn explain(error: &clap::Error, args: &[String]) -> Option<Misunderstood> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => Some(command(context(ContextKind::InvalidSubcommand)?, args)),
        ErrorKind::UnknownArgument => {
            let unknown = context(ContextKind::InvalidArg)?;
            old_flags::explain(unknown, args)
                .map(|(message, hint)| Misunderstood { message, hint })
                .or_else(|| pieces_of_a_number(unknown, args))
                .or_else(|| minus(unknown, args))
                .or_else(|| unknown.starts_with('-').then(|| flag(unknown, args)))
                .or_else(|| second_value(args))
        }
        ErrorKind::ValueValidation => not_a_value(
            context(ContextKind::InvalidArg)?,
            context(ContextKind::InvalidValue)?,
            &std::error::Error::source(error)?.to_string(),
            args,
        ),
        _ => None,
    }
}

/// The command that the words lead to, with its whole name, and the words behind it.
fn command_of(args: &[String]) -> (Command, String, &[String]) {
    let (mut command, mut name, mut rest) = (Cli::command(), "smspin".to_owned(), args);
    for (at, arg) in args.iter().enumerate() {
        if let Some(below) = command.find_subcommand(arg) {
            name = format!("{name} {arg}");
            rest = &args[at + 1..];
            command = below.clone();
        }
    }
    (command, name, rest)
}

fn command(word: &str, args: &[String]) -> Misunderstood {
    let (parent, name, _) = command_of(args);
    let theirs = COMMANDS
        .iter()
        .find(|(above, theirs, _)| *above == name && *theirs == word);
    let known = parent
        .get_subcommands()
        .map(Command::get_name)
        .filter(|known| !NEVER_PROPOSED.contains(known));
    let hint = match (theirs, suggest::nearest(word, known)) {
        (Some((_, _, ours)), _) => format!("here it is `{ours}`"),
        (None, Some(nearest)) => suggest::question(format_args!("`{name} {nearest}`")),
        (None, None) => format!("`{name} --help` lists its commands"),
    };
    let name = name.strip_prefix("smspin").unwrap_or_default();
    Misunderstood {
        message: format!(
            "there is no command {}",
            text::quote(format!("{name} {word}").trim())
        ),
        hint,
    }
}

fn flag(unknown: &str, args: &[String]) -> Misunderstood {
    let (command, name, _) = command_of(args);
    let root = Cli::command();
    let known: Vec<&str> = command
        .get_arguments()
        .chain(root.get_arguments())
        .filter_map(clap::Arg::get_long)
        .collect();
    let typed = unknown.split('=').next().unwrap_or_default();
    let theirs = FLAGS
        .iter()
        .find(|(of, theirs, _)| *of == name && *theirs == typed);
    let word = typed.trim_start_matches('-');
    let setting = Key::meant_by(word);
    let of_setting = setting.and_then(Key::flag);
    let proposed = known
        .iter()
        .copied()
        .filter(|known| !NEVER_PROPOSED.contains(known));
    if known.contains(&word) {
        return Misunderstood {
            message: format!("{typed} stands before the command that it belongs to"),
            hint: format!("write it behind the command: {name} {typed}"),
        };
    }
    let hint = if let Some((_, _, ours)) = theirs {
        (*ours).to_owned()
    } else if let Some(flag) = of_setting.filter(|flag| known.contains(&flag.trim_start_matches('-'))) {
        format!("here it is {flag}")
    } else if let (Some(key), None) = (setting, of_setting) {
        format!("it is a setting: smspin config set {key} VALUE")
    } else if let Some(nearest) = suggest::nearest(word, proposed) {
        suggest::question(format_args!("--{nearest}"))
    } else {
        format!("`{name} --help` lists its flags")
    };
    Misunderstood {
        message: format!("`{name}` has no flag {}", text::quote(typed)),
        hint,
    }
}

/// `config set allow_countries ES PT`: a value of several words.
fn second_value(args: &[String]) -> Option<Misunderstood> {
    let (_, name, words) = command_of(args);
    let mut words = words.iter().filter(|word| !word.starts_with('-'));
    let key = Key::from_name(words.next()?).filter(|key| !key.is_secret())?;
    if name != "smspin config set" {
        return None;
    }
    let separator = if key.kind() == SettingKind::List { "," } else { " " };
    let value = words.map(String::as_str).collect::<Vec<_>>().join(separator);
    Some(Misunderstood {
        message: format!("`{key}` takes one value: one word, or several between quotes"),
        hint: format!("smspin config set {key} {}", text::shell_word(&value)),
    })
}

/// A value that its parser refuses. Of numbers, the parser speaks as Rust does.
fn not_a_value(argument: &str, value: &str, problem: &str, args: &[String]) -> Option<Misunderstood> {
    let flag = argument.split(' ').next()?;
    let wanted = if let Some((_, range)) = problem.split_once(" is not in ") {
        let (from, to) = range.split_once("..")?;
        match to.trim_start_matches('=') {
            to if to.is_empty() || to.len() > 9 => Some(format!("{from} or more")),
            to => Some(format!("from {from} to {to}")),
        }
    } else {
        let digits = ["invalid digit", "number too", "cannot parse integer"];
        let is_number = digits.iter().any(|words| problem.starts_with(words));
        is_number.then(|| "such as 20".to_owned())
    };
    let message = match wanted {
        Some(wanted) => format!("{flag} takes a whole number {wanted}, not {}", text::quote(value)),
        None if problem.starts_with(flag) => problem.to_owned(),
        None => format!("{flag}: {problem}"),
    };
    Some(Misunderstood {
        message,
        hint: format!("`{} --help` says what it is for", command_of(args).1),
    })
}

/// `request +1 202 555 0100`: what a person means as one number has come as several words.
fn pieces_of_a_number(unknown: &str, args: &[String]) -> Option<Misunderstood> {
    let (at, word) = subcommand(args)?;
    if !matches!(word, "request" | "verify" | "lookup") || !is_piece(unknown) {
        return None;
    }
    let first = at + 1 + args[at + 1..].iter().position(|arg| is_piece(arg))?;
    let pieces = args[first..].iter().take_while(|arg| is_piece(arg));
    let number: Vec<&str> = pieces.map(String::as_str).collect();
    if number.iter().filter(|piece| is_whole(piece)).count() > 1 && word != "verify" {
        return Some(Misunderstood {
            message: format!("`smspin {word}` takes one phone number"),
            hint: "run it once for each, or send to a list: smspin batch FILE".to_owned(),
        });
    }
    let quoted = |arg: &String| text::shell_word(arg);
    let before: Vec<String> = args[..first].iter().map(quoted).collect();
    let hint = if word == "verify" {
        // The last piece may be the PIN, which is not repeated.
        "smspin verify '+1 202 555 0100' PIN".to_owned()
    } else {
        let after = args[first + number.len()..].iter().map(quoted);
        let words = before
            .into_iter()
            .chain([format!("'{}'", number.join(" "))])
            .chain(after);
        format!("smspin {}", words.collect::<Vec<_>>().join(" "))
    };
    Some(Misunderstood {
        message: "a phone number with spaces needs quotes, to be one word".to_owned(),
        hint,
    })
}

/// `-482193` where a value belongs: no flag is meant.
fn minus(unknown: &str, args: &[String]) -> Option<Misunderstood> {
    if !unknown
        .strip_prefix('-')?
        .starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let at = args.iter().position(|arg| arg.starts_with(unknown))?;
    let before = at.checked_sub(1).map(|before| args[before].as_str());
    let of_a_flag = before.filter(|before| before.starts_with("--") && !before.contains('='));
    let message = match (of_a_flag, subcommand(args)) {
        (Some(flag), _) => format!("the value of {flag} begins with a minus sign"),
        (None, Some((found, "verify"))) if at > found + 1 => "the PIN begins with a minus sign".to_owned(),
        _ => "the phone number begins with a minus sign".to_owned(),
    };
    Some(Misunderstood {
        message,
        hint: "leave the minus sign out".to_owned(),
    })
}

/// Digits, and what people write between and before those of a phone number.
fn is_piece(arg: &str) -> bool {
    let digits = arg.bytes().filter(u8::is_ascii_digit).count();
    digits > 0
        && !arg.starts_with('-')
        && arg
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+()-./".contains(&byte))
}

/// Whether a piece can be a phone number by itself, with its calling code.
fn is_whole(piece: &str) -> bool {
    piece.bytes().filter(u8::is_ascii_digit).count() >= 10
}

/// The first command of ours among the words, and where it stands.
fn subcommand(args: &[String]) -> Option<(usize, &str)> {
    let root = Cli::command();
    args.iter()
        .enumerate()
        .find(|(_, arg)| {
            root.get_subcommands()
                .any(|known| known.get_name() == arg.as_str())
        })
        .map(|(at, arg)| (at, arg.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is proposed; nothing where the words are taken as the value of an argument.
    fn proposed(words: &[&str]) -> String {
        let args: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let typed = std::iter::once("smspin".to_owned()).chain(args.clone());
        let Err(error) = Cli::command().try_get_matches_from(typed) else {
            return String::new();
        };
        explain(&error, &args).map_or_else(|| error.render().to_string(), |found| found.hint)
    }

    /// Every command, with the words that lead to it.
    fn commands(command: &Command, words: &[String], found: &mut Vec<(Vec<String>, Command)>) {
        found.push((words.to_vec(), command.clone()));
        for below in command.get_subcommands() {
            commands(below, &[words, &[below.get_name().to_owned()]].concat(), found);
        }
    }

    #[test]
    fn a_slip_is_never_answered_with_what_sends_deletes_or_gives_up_a_safeguard() {
        let mut all = Vec::new();
        commands(&Cli::command(), &[], &mut all);
        let mut tried = std::collections::BTreeSet::new();
        for (words, command) in &all {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let flags: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
            let below: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            for name in NEVER_PROPOSED {
                let slips = [format!("{name}x"), name[1..].to_owned()];
                if flags.contains(&name) {
                    tried.insert(name);
                    for slip in &slips {
                        let hint = proposed(&[&words[..], &[&format!("--{slip}")]].concat());
                        assert!(
                            !hint.replace(slip, "").contains(name),
                            "{words:?} --{slip}: {hint}"
                        );
                    }
                }
                if below.contains(&name) {
                    tried.insert(name);
                    for slip in &slips {
                        let hint = proposed(&[&words[..], &[slip]].concat());
                        assert!(!hint.replace(slip, "").contains(name), "{words:?} {slip}: {hint}");
                    }
                }
            }
        }
        let known: std::collections::BTreeSet<&str> = NEVER_PROPOSED.into();
        assert_eq!(tried, known, "each of them is a flag or a command of ours");
        for (typed, never) in [
            (vec!["batch", "--force"], "--forget"),
            (vec!["batch", "--template"], "--accept-lost-records"),
            (vec!["verify", "--file", "x.csv"], "smspin batch"),
        ] {
            let hint = proposed(&typed);
            assert!(!hint.contains(never), "{typed:?}: {hint}");
        }
    }
}
