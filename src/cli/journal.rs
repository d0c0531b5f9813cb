//! `smspin journal`, and the flags that say where the journal is.

use super::InputArgs;
use super::setting_flags::{GLOBAL, SettingFlags, set};
use crate::settings::{Flags, Key};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// See what the journal knows, read delivery reports into it, and change what it remembers
///
/// A batch remembers every number that it sent to, and sends only to numbers that got nothing yet. Without a subcommand, this
/// lists the campaigns: how many numbers each has, how they stand, and which runs are at work. It needs no key and no network.
#[derive(Args, Clone, Debug)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Examples:
  smspin journal
  smspin journal status users.csv
  smspin journal show '+34 600 000 000'
  smspin journal reconcile reports.jsonl"
)]
pub(crate) struct MemoryArgs {
    #[command(flatten)]
    flags: SettingFlags<{ GLOBAL | set(&[Key::Journal, Key::Campaign, Key::BaseUrl]) }>,

    #[command(subcommand)]
    pub(crate) command: Option<MemoryCommand>,
}

impl MemoryArgs {
    /// All that was typed of settings.
    pub(crate) fn given(&self) -> Flags {
        let of_command = self.command.as_ref().and_then(MemoryCommand::flags);
        let flags = self.flags.0.clone();
        of_command.map_or(flags.clone(), |of_command| flags.and(&of_command.0))
    }
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum MemoryCommand {
    Status(StatusArgs),
    Results(ResultsArgs),
    Show(ShowArgs),
    Reconcile(ReconcileArgs),
    Adopt(AdoptArgs),
    Readmit(ReadmitArgs),
    Forget(ForgetArgs),
}

impl MemoryCommand {
    const fn flags(&self) -> Option<&CountryFlag> {
        match self {
            Self::Status(StatusArgs { list, .. }) | Self::Results(ResultsArgs { list, .. }) => {
                Some(&list.reading.flags)
            }
            Self::Adopt(AdoptArgs { reading, .. }) | Self::Readmit(ReadmitArgs { reading, .. }) => {
                Some(&reading.flags)
            }
            Self::Show(ShowArgs { flags, .. }) => Some(flags),
            Self::Reconcile(_) | Self::Forget(_) => None,
        }
    }
}

/// Whose numbers those without a calling code are.
type CountryFlag = SettingFlags<{ set(&[Key::Country]) }>;

/// A list, and how it is read.
#[derive(Args, Clone, Debug)]
pub(crate) struct ListArg {
    /// The list of numbers, as it was given to `smspin batch`; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) reading: ListReading,
}

/// How a list is read.
#[derive(Args, Clone, Debug)]
pub(crate) struct ListReading {
    #[command(flatten)]
    flags: CountryFlag,

    #[command(flatten)]
    pub(crate) input: InputArgs,
}

/// Show how each row of a list stands, and the command that goes on with it
///
/// It can be asked while a run is at work.
#[derive(Args, Clone, Debug)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) list: ListArg,

    /// Write a report: .html, .md, .xml (JUnit), .prom (OpenMetrics) or .json; can be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Vec<String>,
}

/// Write the results of a list again, with what delivery reports say meanwhile
#[derive(Args, Clone, Debug)]
pub(crate) struct ResultsArgs {
    #[command(flatten)]
    pub(crate) list: ListArg,

    /// Where to write them [default: beside the list, as NAME.results]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Show what one number got, when, and how it ended
#[derive(Args, Clone, Debug)]
pub(crate) struct ShowArgs {
    /// The phone number, such as +34600000000
    #[arg(allow_hyphen_values = true)]
    pub(crate) msisdn: String,

    #[command(flatten)]
    flags: CountryFlag,
}

/// Read a file of delivery reports, as `smspin listen` writes it, for all lists at once
///
/// What is unknown is settled where a report came with the id of its request.
#[derive(Args, Clone, Debug)]
pub(crate) struct ReconcileArgs {
    /// The file of reports
    #[arg(value_name = "REPORTS")]
    pub(crate) reports: PathBuf,
}

/// Go on with a list whose journal was lost, restored from an old copy, or is on another machine
///
/// Each of its numbers that this journal has not sent to since the loss counts as unknown from now on: it may have got its SMS.
/// Give the --campaign of the batch. `smspin batch FILE --resend unknown` sends to them later.
#[derive(Args, Clone, Debug)]
pub(crate) struct AdoptArgs {
    /// The list of numbers, as it was given to `smspin batch`; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "nothing_lost")]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: ListReading,

    /// Take the server of a database as it is, for all lists: the switch to it was planned, and it lacks no record
    #[arg(long, conflicts_with = "file")]
    pub(crate) nothing_lost: bool,

    /// Don't ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Let excluded numbers be sent to again
///
/// A file is read as `smspin batch` reads a list: the column of the phone numbers alone counts.
#[derive(Args, Clone, Debug)]
pub(crate) struct ReadmitArgs {
    /// A phone number, or a list of numbers
    #[arg(value_name = "NUMBER|FILE", allow_hyphen_values = true)]
    pub(crate) what: String,

    #[command(flatten)]
    pub(crate) reading: ListReading,

    /// Don't ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}

/// Forget numbers for good: they can be sent to again
///
/// Name one of --older, --number and --campaign. Exclusions stay, but for the one of --number.
#[derive(Args, Clone, Debug)]
pub(crate) struct ForgetArgs {
    /// Forget what is older than this, such as 90d, in all campaigns
    #[arg(long, value_name = "DURATION", conflicts_with = "number")]
    pub(crate) older: Option<String>,

    /// Forget one number, in all campaigns
    #[arg(long, value_name = "NUMBER")]
    pub(crate) number: Option<String>,

    /// Don't ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}
