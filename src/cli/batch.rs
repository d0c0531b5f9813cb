//! `smspin batch`.

use super::{ConnectionArgs, Given, ParameterArgs, give};
use crate::settings::Key;
use clap::Args;
use std::path::PathBuf;

/// Send a PIN to every row of a file, each at most once
///
/// A preflight checks every row and shows what is about to happen before anything is sent. A journal beside the file
/// records every attempt before it is made: after a crash, a full disk or Ctrl-C, the same command goes on where it was,
/// and nobody gets a second SMS.
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin batch users.csv --sms-text 'Hi {name}, your code is {PIN}'
  smspin batch users.csv --dry-run
  smspin batch users.csv --yes --rate 100/s
  smspin batch users.csv --status
  zcat users.csv.gz | smspin batch - --journal users.smspin --yes
  smspin --sandbox batch users.csv --yes")]
pub(crate) struct BatchArgs {
    /// CSV, TSV or JSON lines; `-` is standard input
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) parameters: ParameterArgs,

    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) run: RunArgs,

    #[command(flatten)]
    pub(crate) repeat: RepeatArgs,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// How the file is read. What isn't said is recognised.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Input options")]
pub(crate) struct InputArgs {
    /// The form of the file: csv, tsv or jsonl [default: recognised]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// What separates cells: one character, or tab [default: recognised]
    #[arg(long, value_name = "CHAR", allow_hyphen_values = true)]
    pub(crate) delimiter: Option<String>,

    /// The encoding of the file, such as utf-8, utf-16 or windows-1252 [default: recognised]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,

    /// Read a column as something: msisdn=Tel, sender=From; may be repeated
    #[arg(long = "column", value_name = "NAME=HEADER")]
    pub(crate) columns: Vec<String>,

    /// The first row is data; columns are called 1, 2, 3…
    #[arg(long)]
    pub(crate) no_header: bool,
}

/// How the run goes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Run options")]
pub(crate) struct RunArgs {
    /// Check every row and show what would happen; send nothing
    #[arg(long, conflicts_with_all = ["yes", "status"])]
    pub(crate) dry_run: bool,

    /// Send without asking
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Show how far the journal is; send nothing
    #[arg(long, conflicts_with_all = ["yes", "again", "skip_sent", "retry_unknown"])]
    pub(crate) status: bool,

    /// Send nothing if any row is invalid
    #[arg(long)]
    pub(crate) strict: bool,

    #[arg(long, value_name = "N", help = Key::MaxSends.help())]
    pub(crate) max_sends: Option<String>,

    /// Send at most this many rows in this run; the rest stay pending
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,

    /// How many requests are under way at once, 1 to 512
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) concurrency: u16,

    /// The most requests in a time, such as 100/s, 5000/min or 500000/h [default: no limit]
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<String>,

    /// Stop after this many failures in a row: unknown, not sent, or refused for another reason than the number
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_failures: u32,

    /// Where the journal is [default: the file's name and .smspin]
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,

    /// Where the results go; `-` streams this run's rows as JSON lines [default: the file's name and .results]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What to do about numbers that got an SMS, or may have.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options for numbers that were sent to")]
pub(crate) struct RepeatArgs {
    /// Send to everybody once more: each gets a second SMS, and the first PIN ends
    #[arg(long, conflicts_with_all = ["skip_sent", "retry_unknown"])]
    pub(crate) again: bool,

    /// With another file or other settings: leave out who was sent to already
    #[arg(long)]
    pub(crate) skip_sent: bool,

    /// Send unknown rows again whose PIN has expired, or all of them
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "expired", value_parser = ["expired", "all"])]
    pub(crate) retry_unknown: Option<String>,
}

impl BatchArgs {
    pub(crate) fn given(&self) -> Given {
        let mut given = self.parameters.given();
        give(&mut given, Key::MaxSends, self.run.max_sends.as_ref());
        self.connection.add_to(&mut given);
        given
    }
}
