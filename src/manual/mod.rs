//! What there is to read: topics, manual pages, and the sections that both share, all from the tables in the code.
//!
//! Nothing here is printed or written to a file, and nothing that a table elsewhere knows is written a second time.

mod block;
mod pages;
mod topics;

pub(crate) use pages::pages;
pub(crate) use topics::{TOPICS, Topic};

use clap::Command;
use clap_complete::engine::CompletionCandidate;
use std::ffi::OsString;

/// The command that `words` name, walked from `root`, or the words up to the first that is none.
pub(crate) fn find<'a>(root: &'a Command, words: &[String]) -> Result<&'a Command, Unfound> {
    let mut command = root;
    for (index, word) in words.iter().enumerate() {
        command = command.find_subcommand(word).ok_or_else(|| Unfound {
            parent: words[..index].join(" "),
            word: word.clone(),
            known: command
                .get_subcommands()
                .map(|known| known.get_name().to_owned())
                .collect(),
        })?;
    }
    Ok(command)
}

/// A word that names no command, and those that would have.
#[derive(Debug)]
pub(crate) struct Unfound {
    pub(crate) parent: String,
    pub(crate) word: String,
    pub(crate) known: Vec<String>,
}

/// What may follow in the line `typed` that asks for help, a page or a schema.
pub(crate) fn words(root: &Command, typed: &[OsString]) -> Vec<CompletionCandidate> {
    let typed: Vec<String> = typed
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let asks = |word: &String| matches!(word.as_str(), "help" | "man" | "schema");
    let Some(at) = typed.iter().position(asks) else {
        return Vec::new();
    };
    // The last word is the one that is being completed.
    let named = typed.get(at + 1..typed.len() - 1).unwrap_or_default();
    let Ok(command) = find(root, named) else {
        return Vec::new();
    };
    let described = |name: &str, about: String| CompletionCandidate::new(name).help(Some(about.into()));
    let mut found: Vec<CompletionCandidate> = command
        .get_subcommands()
        .map(|command| {
            described(
                command.get_name(),
                command.get_about().map(ToString::to_string).unwrap_or_default(),
            )
        })
        .collect();
    if named.is_empty() && typed[at] == "help" {
        found.extend(
            TOPICS
                .iter()
                .map(|topic| described(topic.name, topic.about().to_owned())),
        );
    }
    found
}
