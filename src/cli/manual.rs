//! `smspin help`, `smspin man` and `smspin schema`: what there is to read.

use clap::Args;
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
