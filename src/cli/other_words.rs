//! Words of other programs, and phone numbers that a shell has cut into pieces: what to type here instead.

use super::{Cli, old_flags};
use crate::text;
use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What is wrong with a command line, and what to try.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misunderstood {
    pub(crate) message: String,
    pub(crate) hint: String,
}

/// A command of another program, below a command of ours or below none, and what does that here.
const COMMANDS: [(&str, &str, &str); 24] = [
    ("", "send", "smspin request NUMBER"),
    ("", "sms", "smspin request NUMBER"),
    ("", "otp", "smspin request NUMBER"),
    ("", "check", "smspin verify NUMBER PIN"),
    ("", "confirm", "smspin verify NUMBER PIN"),
    ("", "version", "smspin --version"),
    ("", "serve", "smspin sandbox serve"),
    ("", "server", "smspin sandbox serve"),
    ("", "inbox", "smspin sandbox inbox"),
    ("", "status", "smspin journal status FILE"),
    ("", "resume", "smspin batch FILE"),
    ("", "init", "smspin config init"),
    ("", "login", "smspin config init"),
    ("", "configure", "smspin config init"),
    ("", "settings", "smspin config list --all"),
    ("", "profile", "smspin config use PROFILE"),
    ("config", "show", "smspin config list"),
    ("config", "ls", "smspin config list"),
    ("config", "edit", "smspin config set KEY VALUE"),
    ("config", "delete", "smspin config unset KEY"),
    ("config", "remove", "smspin config unset KEY"),
    ("config", "profiles", "smspin config use PROFILE"),
    ("config", "where", "smspin config path"),
    ("sandbox", "start", "smspin sandbox serve"),
];

/// A flag of another program, and what does that here.
const FLAGS: [(&str, &str); 26] = [
    ("--text", "--sms-text 'Your PIN is {PIN}'"),
    ("--message", "--sms-text 'Your PIN is {PIN}'"),
    ("--body", "--sms-text 'Your PIN is {PIN}'"),
    ("--from", "--sender NAME"),
    ("--sender-id", "--sender NAME"),
    ("--to", "the number without a flag: smspin request NUMBER"),
    ("--number", "the number without a flag: smspin request NUMBER"),
    ("--phone", "the number without a flag: smspin request NUMBER"),
    ("--msisdn", "the number without a flag: smspin request NUMBER"),
    ("--pin", "the PIN without a flag: smspin verify NUMBER PIN"),
    ("--code", "the PIN without a flag: smspin verify NUMBER PIN"),
    ("--file", "the file without a flag: smspin batch FILE"),
    ("-f", "the file without a flag: smspin batch FILE"),
    (
        "--resume",
        "the same command again: it goes on where the batch stopped",
    ),
    (
        "--continue",
        "the same command again: it goes on where the batch stopped",
    ),
    ("-n", "--dry-run"),
    ("--dryrun", "--dry-run"),
    ("--ttl", "--expires-in DURATION"),
    ("--expiry", "--expires-in DURATION"),
    ("--length", "--pin-length N"),
    ("--parallel", "--concurrency N"),
    ("--listen", "--bind ADDRESS"),
    ("--port", "--bind 127.0.0.1:PORT"),
    ("--test", "--sandbox"),
    ("--ca-file", "the setting: smspin config set ca_file FILE"),
    ("--proxy", "the setting: smspin config set proxy URL"),
];

/// What to say about a command line that the parser refused, where that can be said better than it does. `args` are the
/// words after the program's name.
pub(crate) fn explain(error: &clap::Error, args: &[String]) -> Option<Misunderstood> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::InvalidSubcommand => command(context(ContextKind::InvalidSubcommand)?, args),
        ErrorKind::UnknownArgument => {
            let unknown = context(ContextKind::InvalidArg)?;
            old_flags::explain(unknown, args)
                .map(|(message, hint)| Misunderstood { message, hint })
                .or_else(|| pieces_of_a_number(unknown, args))
                .or_else(|| flag(unknown, args))
                .or_else(|| minus(unknown, args))
        }
        ErrorKind::ValueValidation => not_a_number(
            context(ContextKind::InvalidArg)?,
            context(ContextKind::InvalidValue)?,
            &std::error::Error::source(error)?.to_string(),
        ),
        _ => None,
    }
}

/// A number of a flag whose parser speaks of digits and ranges as Rust does.
fn not_a_number(argument: &str, value: &str, problem: &str) -> Option<Misunderstood> {
    let wanted = if let Some((_, range)) = problem.split_once(" is not in ") {
        let (from, to) = range.split_once("..")?;
        match to.trim_start_matches('=') {
            to if to.is_empty() || to.len() > 9 => format!("{from} or more"),
            to => format!("from {from} to {to}"),
        }
    } else if ["invalid digit", "number too", "cannot parse integer"]
        .iter()
        .any(|words| problem.starts_with(words))
    {
        "such as 20".to_owned()
    } else {
        return None;
    };
    let flag = argument.split(' ').next()?;
    Some(Misunderstood {
        message: format!("{flag} takes a whole number {wanted}, not {}", text::quote(value)),
        hint: "`smspin help COMMAND` says what it is for".to_owned(),
    })
}

fn command(word: &str, args: &[String]) -> Option<Misunderstood> {
    let at = args.iter().position(|arg| arg == word)?;
    let parent = args[..at]
        .iter()
        .rfind(|arg| matches!(arg.as_str(), "config" | "sandbox"));
    let parent = parent.map_or("", String::as_str);
    let (_, _, ours) = COMMANDS
        .iter()
        .find(|(above, theirs, _)| *above == parent && *theirs == word)?;
    let hint = match (parent, word) {
        ("config", "edit") => {
            format!("`{ours}` changes one setting, and `smspin config path` says which file to edit")
        }
        ("config", "profiles") | ("", "profile") => {
            format!(
                "the profiles are the [profiles.NAME] sections of the file that `smspin config path` names; `{ours}` chooses one"
            )
        }
        _ => format!("here it is `{ours}`"),
    };
    Some(Misunderstood {
        message: format!("there is no command `{}`", format!("{parent} {word}").trim()),
        hint,
    })
}

fn flag(unknown: &str, args: &[String]) -> Option<Misunderstood> {
    let name = unknown.split('=').next()?;
    let (theirs, ours) = FLAGS.iter().find(|(theirs, _)| *theirs == name)?;
    let of = subcommand(args).map(|(_, word)| format!(" of `smspin {word}`"));
    Some(Misunderstood {
        message: format!("there is no flag {theirs}{}", of.unwrap_or_default()),
        hint: format!("use {ours}"),
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
