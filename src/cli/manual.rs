//! `smspin help`, `smspin man`, `smspin schema` and `smspin completions`: what there is to read.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Explain a command or a topic
///
/// With --json, prints the commands and all that they take as one document, or one command and those below it.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin help request
  smspin help config set
  smspin help exit-codes
  smspin help --json | jq '.commands[].name'")]
pub(crate) struct HelpArgs {
    /// A command or a topic; without one, the overview
    #[arg(value_name = "TOPIC")]
    pub(crate) words: Vec<String>,
}

/// Print the manual page of smspin or of one command, or write all of them
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin man request | man -l -
  smspin man --dir ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The command whose page to print; without one, the page of smspin itself
    #[arg(value_name = "COMMAND")]
    pub(crate) words: Vec<String>,

    /// Write all pages to this directory, which is created if it doesn't exist
    #[arg(long, value_name = "DIR", conflicts_with = "words", value_hint = clap::ValueHint::DirPath)]
    pub(crate) dir: Option<PathBuf>,
}

/// Print the JSON Schema of what a command prints with --json
///
/// The schema follows JSON Schema 2020-12. Every document is either an answer of the command or a failure. Fields may be
/// added to both; none is removed or changes its meaning before a new major version.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin schema request
  smspin schema config list")]
pub(crate) struct SchemaArgs {
    /// The command; without one, the list of commands that have a schema
    #[arg(value_name = "COMMAND")]
    pub(crate) words: Vec<String>,
}

/// Print the completion script for a shell
///
/// The script asks smspin for every completion, so it knows your profiles and stays up to date.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin completions bash > ~/.local/share/bash-completion/completions/smspin
  smspin completions zsh > ~/.zfunc/_smspin        (a directory of $fpath, before compinit)
  smspin completions fish > ~/.config/fish/completions/smspin.fish
  smspin completions powershell | Out-String | Invoke-Expression        (in $PROFILE)
  eval (smspin completions elvish | slurp)                              (in rc.elv)")]
pub(crate) struct CompletionsArgs {
    /// The shell that the script is for: bash, zsh, fish, powershell or elvish
    #[arg(hide_possible_values = true)]
    pub(crate) shell: Shell,
}

/// The shells that know how to complete smspin's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
        }
    }
}
