//! `smspin batch`.

use super::setting_flags::{SENDING, SettingFlags, set};
use crate::rows::{ColumnMapping, Delimiter, EncodingName, FormatName, HiddenRows, InputOptions};
use crate::settings::{Flags, Key};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Send a PIN to every number in a file, to each at most once
///
/// A preflight checks every row and shows what would be sent before anything is sent. The journal remembers every number
/// that was sent to, from whichever list, and a batch sends only to numbers that got nothing yet. After a crash, a full disk
/// or Ctrl-C, run the same command again: it sends what is left.
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
  smspin batch users.csv --yes --once-per 25d
  smspin batch users.csv --campaign spring --yes
  zcat users.csv.gz | smspin batch - --output users.results.csv --yes
  smspin --sandbox batch users.csv --yes"
)]
pub(crate) struct BatchArgs {
    /// CSV, TSV, JSON lines, .xlsx or .ods; `-` is standard input
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) flags: SettingFlags<SENDING>,

    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) run: RunArgs,

    #[command(flatten)]
    pub(crate) repeat: RepeatArgs,
}

/// How the file is read. What isn't said is recognised.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Input options")]
pub(crate) struct InputArgs {
    /// The format of the file: csv, tsv or jsonl [default: detected]
    #[arg(hide_short_help = true, long, value_name = "FORMAT")]
    pub(crate) format: Option<FormatName>,

    /// Which sheet of a workbook to read [default: the first that is not hidden]
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub(crate) sheet: Option<String>,

    /// What to do with rows of a workbook that are hidden or filtered out [default: stop]
    #[arg(hide_short_help = true, long, value_name = "WHAT", value_enum)]
    pub(crate) hidden_rows: Option<HiddenRows>,

    /// The character between cells, or the word tab [default: detected]
    #[arg(hide_short_help = true, long, value_name = "CHAR", allow_hyphen_values = true)]
    pub(crate) delimiter: Option<Delimiter>,

    /// The encoding of the file, such as utf-8, utf-16 or windows-1252 [default: detected]
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub(crate) encoding: Option<EncodingName>,

    /// Which column holds what, such as msisdn=Tel or sender=From; can be repeated
    #[arg(long = "column", value_name = "NAME=HEADER")]
    pub(crate) columns: Vec<ColumnMapping>,

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

impl InputArgs {
    /// The same, as the rows take it.
    pub(crate) fn options(&self) -> InputOptions {
        let input = self.clone();
        InputOptions {
            format: input.format,
            delimiter: input.delimiter,
            encoding: input.encoding,
            no_header: input.no_header,
            header_row: input.header_row,
            columns: input.columns,
            sheet: input.sheet,
            hidden_rows: input.hidden_rows,
            workspace: None,
        }
    }
}

/// The settings of runs alone.
const OF_RUNS: u64 = set(&[
    Key::MaxSends,
    Key::MaxCost,
    Key::Journal,
    Key::Campaign,
    Key::BatchOncePer,
]);

/// How the run goes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Run options")]
pub(crate) struct RunArgs {
    /// Check every row, show what would happen; send nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Don't ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Send nothing if any row is invalid
    #[arg(hide_short_help = true, long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) flags: SettingFlags<OF_RUNS>,

    /// Never send to the numbers in this file: one a line, or all columns of numbers of a table; can be repeated
    #[arg(hide_short_help = true, long = "exclude", value_name = "FILE")]
    pub(crate) excluded: Vec<PathBuf>,

    /// Stop after this time, such as 50m or 2h, once what is in flight has its answers; the rest stays pending
    #[arg(hide_short_help = true, long, value_name = "DURATION")]
    pub(crate) max_duration: Option<String>,

    /// Write a report at the end: .html, .md, .xml (JUnit), .prom (OpenMetrics) or .json
    ///
    /// May be repeated.
    #[arg(hide_short_help = true, long, value_name = "FILE")]
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

    /// Where to write the results [default: beside the file, as NAME.results]
    ///
    /// `-` prints this run's rows as JSON lines.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
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
    /// Send again to numbers that may have got an SMS already
    ///
    /// unknown: those whose PIN is surely over; undelivered: those whose report says that nothing arrived; refused: those that the
    /// gateway called invalid; all-unknown: every unknown one.
    #[arg(long, value_name = "WHICH", value_delimiter = ',', value_enum)]
    pub(crate) resend: Vec<ResendWhat>,

    /// Go on with an unfinished list though people receive something else now
    #[arg(hide_short_help = true, long)]
    pub(crate) change_settings: bool,
}

/// Which numbers are sent to again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResendWhat {
    Unknown,
    Refused,
    Undelivered,
    AllUnknown,
}

impl BatchArgs {
    /// All that was typed of settings.
    pub(crate) fn given(&self) -> Flags {
        self.flags.0.clone().and(&self.run.flags.0)
    }

    /// The list as people read of it.
    pub(crate) fn file_in_words(&self) -> String {
        match &self.file {
            file if file == Path::new("-") => "standard input".to_owned(),
            file => file.display().to_string(),
        }
    }
}
