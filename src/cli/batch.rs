//! `smspin batch`.

use super::{ConnectionArgs, Given, JournalArgs, ParameterArgs, give};
use crate::settings::Key;
use clap::{Args, ValueEnum, ValueHint};
use std::path::{Path, PathBuf};

/// Send a PIN to every number in a file, to each at most once
///
/// A preflight checks every row and shows what would be sent before anything is sent. A journal beside the file records
/// every attempt before it is made. After a crash, a full disk or Ctrl-C, run the same command again: it continues where
/// it stopped, and nobody gets a second SMS.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "\
Examples:
  smspin batch users.csv --sms-text 'Hi {name}, your code is {PIN}'
  smspin batch users.csv --dry-run
  smspin --sandbox batch users.csv --yes",
    after_long_help = "\
Examples:
  smspin batch users.csv --sms-text 'Hi {name}, your code is {PIN}'
  smspin batch users.csv --dry-run
  smspin batch users.csv --yes --rate 100/s
  smspin batch users.csv --status
  smspin batch users.csv --reconcile reports.jsonl
  smspin batch shard-1.csv --journal postgres://me@db.example.com/sms --campaign spring --yes
  zcat users.csv.gz | smspin batch - --journal users.smspin --yes
  smspin --sandbox batch users.csv --yes"
)]
pub(crate) struct BatchArgs {
    /// CSV, TSV, JSON lines, .xlsx or .ods; `-` is standard input
    #[arg(required_unless_present_any = ["status", "forget"])]
    pub(crate) file: Option<PathBuf>,

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
    /// The format of the file: csv, tsv or jsonl [default: detected]
    #[arg(hide_short_help = true, long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,

    /// Which sheet of a workbook to read [default: the first]
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,

    /// What to do with rows of a workbook that are hidden or filtered out [default: stop]
    #[arg(hide_short_help = true, long, value_name = "WHAT", value_enum)]
    pub(crate) hidden_rows: Option<HiddenRowsArg>,

    /// The character between cells, or the word tab [default: detected]
    #[arg(hide_short_help = true, long, value_name = "CHAR", allow_hyphen_values = true)]
    pub(crate) delimiter: Option<String>,

    /// The encoding of the file, such as utf-8, utf-16 or windows-1252 [default: detected]
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub(crate) encoding: Option<String>,

    /// Which column holds what, such as msisdn=Tel or sender=From; can be repeated
    #[arg(long = "column", value_name = "NAME=HEADER")]
    pub(crate) columns: Vec<String>,

    /// Digits without a + begin with a calling code, whatever the country setting says
    #[arg(hide_short_help = true, long, conflicts_with = "country")]
    pub(crate) international: bool,

    /// The first row is data, not a header; the columns are named 1, 2, 3…
    #[arg(hide_short_help = true, long)]
    pub(crate) no_header: bool,

    /// The row that names the columns, where titles stand above it
    #[arg(hide_short_help = true, long, value_name = "N", conflicts_with = "no_header", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) header_row: Option<u64>,
}

/// What becomes of the rows that a workbook hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HiddenRowsArg {
    /// They are rows like the others.
    Send,
    /// They are left out.
    Skip,
}

/// How the run goes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Run options")]
pub(crate) struct RunArgs {
    /// Check every row, show what would happen; send nothing
    #[arg(long, conflicts_with = "status")]
    pub(crate) dry_run: bool,

    /// Send, or forget, without asking
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Show how far the journal says it is; send nothing
    #[arg(long, conflicts_with_all = ["yes", "again", "skip_sent", "retry_unknown"])]
    pub(crate) status: bool,

    /// Read this file of `smspin listen`: an unknown row whose delivery report came is accepted; send nothing
    #[arg(hide_short_help = true, long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["yes", "status", "dry_run", "again", "skip_sent", "retry_unknown"])]
    pub(crate) reconcile: Option<PathBuf>,

    /// Delete the numbers of a finished batch from its journal, which still keeps the file from being sent a second time
    /// unasked; =all also where rows are unknown or still to send
    #[arg(hide_short_help = true, long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "finished", value_enum, conflicts_with_all = ["status", "dry_run", "reconcile", "limit", "again", "skip_sent", "retry_unknown"])]
    pub(crate) forget: Option<Forget>,

    /// Send nothing if any row is invalid
    #[arg(hide_short_help = true, long)]
    pub(crate) strict: bool,

    #[arg(hide_short_help = true, long, value_name = "N", help = Key::MaxSends.help())]
    pub(crate) max_sends: Option<String>,

    #[arg(long, value_name = "AMOUNT", help = Key::MaxCost.help())]
    pub(crate) max_cost: Option<String>,

    /// Never send to the numbers in this file: one a line, or a column of a table; may be repeated
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    pub(crate) exclude: Vec<PathBuf>,

    /// Stop in order after this time, as 50m or 2h; the rest stays pending
    #[arg(hide_short_help = true, long, value_name = "DURATION")]
    pub(crate) max_duration: Option<String>,

    /// Write a report at the end: .html, .md, .xml (JUnit), .prom (OpenMetrics) or .json
    ///
    /// May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Vec<String>,

    /// Numbers in full in the reports; they are masked otherwise
    #[arg(hide_short_help = true, long, requires = "report")]
    pub(crate) show_numbers: bool,

    /// Send even if the balance is less than the estimate, until it is used up
    #[arg(hide_short_help = true, long)]
    pub(crate) partial: bool,

    /// Send at most this many rows in this run; the rest stay pending
    ///
    /// 0 is a dry run.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,

    /// How many requests are made at the same time, 1 to 512
    #[arg(hide_short_help = true, long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) concurrency: u16,

    /// The highest rate of requests, such as 100/s, 5000/min or 500000/h [default: no limit]
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<String>,

    /// Stop after this many failures in a row: unknown, not sent, or refused for a reason other than the number
    #[arg(hide_short_help = true, long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_failures: u32,

    #[command(flatten)]
    pub(crate) journal: JournalArgs,

    /// If the journal has lost its last records: go on, and count every number that they may have been about as unknown
    #[arg(hide_short_help = true, long)]
    pub(crate) accept_lost_records: bool,

    /// Where to write the results [default: beside the file, as NAME.results]
    ///
    /// `-` prints this run's rows as JSON lines.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Which batches `--forget` forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Forget {
    /// Those with nothing left to find out.
    Finished,
    /// As they are.
    All,
}

impl RunArgs {
    /// True for a run that may send nothing, and so records nothing.
    pub(crate) fn is_dry(&self) -> bool {
        self.dry_run || self.limit == Some(0)
    }
}

/// What to do about numbers that got an SMS, or may have.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options for numbers that were already sent to")]
pub(crate) struct RepeatArgs {
    /// Send to every number again: each gets a second SMS, and its first PIN stops working
    ///
    /// Once that is finished, another time needs its number, as in --again=2.
    #[arg(long, value_name = "ROUND", num_args = 0..=1, require_equals = true, default_missing_value = "next", conflicts_with_all = ["skip_sent", "retry_unknown"])]
    pub(crate) again: Option<AgainRound>,

    /// With a changed file or changed settings: skip the numbers that were already sent to
    #[arg(hide_short_help = true, long)]
    pub(crate) skip_sent: bool,

    /// Send again the unknown rows whose PIN has expired; =all: every unknown row
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "expired", value_parser = ["expired", "all"], hide_possible_values = true)]
    pub(crate) retry_unknown: Option<String>,
}

/// Which time everybody is sent to again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AgainRound {
    /// The one after those that are finished.
    Next,
    /// From 1.
    Number(u32),
}

impl std::str::FromStr for AgainRound {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            _ if text == "next" => Ok(Self::Next),
            Ok(0) | Err(_) => Err("a round is a number from 1: --again=2 is the second one"),
            Ok(number) => Ok(Self::Number(number)),
        }
    }
}

impl BatchArgs {
    pub(crate) fn given(&self) -> Given {
        let mut given = self.parameters.given();
        give(&mut given, Key::MaxSends, self.run.max_sends.as_ref());
        give(&mut given, Key::MaxCost, self.run.max_cost.as_ref());
        self.run.journal.add_to(&mut given);
        self.connection.add_to(&mut given);
        given
    }

    /// The file as it was named.
    pub(crate) fn file(&self) -> &Path {
        self.file
            .as_deref()
            .expect("only --status and --forget may do without a file")
    }

    /// The same for people to read.
    pub(crate) fn file_in_words(&self) -> String {
        match self.file() {
            file if file == Path::new("-") => "standard input".to_owned(),
            file => file.display().to_string(),
        }
    }
}
