//! `smspin sandbox`.

mod behave;
mod serve;

pub(crate) use behave::BehaveArgs;
pub(crate) use serve::ServeArgs;

use crate::domain::duration;
use crate::sandbox;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// Serve the built-in gateway, or show what it would have sent: no SMS is ever sent
#[derive(Args, Clone, Debug)]
#[command(
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct SandboxArgs {
    #[command(subcommand)]
    pub(crate) command: SandboxCommand,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    Serve(Box<ServeArgs>),
    Inbox(InboxArgs),
    Pin(PinArgs),
    Requests(RequestsArgs),
    Behave(Box<BehaveArgs>),
    Advance(AdvanceArgs),
    Ready(ReadyArgs),
    Reset(ResetArgs),
}

/// Which sandbox is asked
#[derive(Args, Clone, Debug)]
pub(crate) struct SourceArgs {
    /// Read this state file instead of the one that `--sandbox` uses
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub(crate) db: Option<PathBuf>,

    #[arg(
        long,
        value_name = "URL",
        help = "Ask the sandbox that is served at this URL, such as http://127.0.0.1:8465"
    )]
    pub(crate) url: Option<String>,
}

/// Whose messages and requests are meant
#[derive(Args, Clone, Debug)]
pub(crate) struct AccountArgs {
    /// Only of the account whose key has a SHA-256 that begins with this, as the inbox shows it
    #[arg(long, value_name = "DIGITS")]
    pub(crate) account: Option<String>,
}

/// What a PIN must be newer than.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterArg {
    Now,
    Revision(i64),
}

impl std::str::FromStr for AfterArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "now" => Ok(Self::Now),
            number => number
                .parse()
                .map(Self::Revision)
                .map_err(|_| "write `now`, or a revision as `smspin sandbox inbox --revision` prints it"),
        }
    }
}

/// Show the SMS that the sandbox would have sent, the newest first
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
With --wait, the exit status is 1 if no SMS has come by then.

Examples:
  smspin sandbox inbox
  smspin sandbox inbox 12025550100 --json --wait 5s")]
pub(crate) struct InboxArgs {
    /// Show only the SMS to this number
    pub(crate) msisdn: Option<String>,

    /// Print only the revision of now, which `smspin sandbox pin` takes behind --after
    #[arg(long, conflicts_with_all = ["msisdn", "wait"])]
    pub(crate) revision: bool,

    /// Wait up to this long for the first SMS
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "0", hide_default_value = true)]
    pub(crate) wait: Duration,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Print the last PIN that the sandbox sent to a number, and nothing else
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
The exit status is 1 if there is none, or with --wait if none has come by then. A wait is for a PIN that can be typed \
back: not one that has expired, or was verified, used up or cleared away.

Examples:
  smspin --sandbox verify 12025550100 \"$(smspin sandbox pin 12025550100)\"
  smspin sandbox pin 12025550100 --wait 5s --url http://127.0.0.1:8465

The second PIN of a number, and never the first one again:
  before=$(smspin sandbox inbox --revision)
  resend-the-code
  smspin sandbox pin 12025550100 --wait 5s --after \"$before\"")]
pub(crate) struct PinArgs {
    /// The number that the PIN was sent to
    pub(crate) msisdn: String,

    /// Wait up to this long for a PIN
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "0", hide_default_value = true)]
    pub(crate) wait: Duration,

    /// Take only a PIN that came after this revision, or after `now`
    #[arg(long, value_name = "REVISION")]
    pub(crate) after: Option<AfterArg>,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Show the requests that a served sandbox has seen, with the reason where one was refused
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Keys and PINs are masked. A served sandbox remembers the last 1,000 requests.

Examples:
  smspin sandbox requests --refused
  smspin sandbox requests 12025550100 --json --wait 5s")]
pub(crate) struct RequestsArgs {
    /// Show only the requests about this number
    pub(crate) msisdn: Option<String>,

    /// Show only requests that did not succeed
    #[arg(long)]
    pub(crate) refused: bool,

    /// Show only requests after the one with this id
    #[arg(long, value_name = "ID")]
    pub(crate) after: Option<u64>,

    /// Wait up to this long for the first one
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "0", hide_default_value = true)]
    pub(crate) wait: Duration,

    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[arg(long, value_name = "URL", default_value = sandbox::DEFAULT_URL, help = "Ask the sandbox that is served at this URL")]
    pub(crate) url: String,
}

/// Put the sandbox's clock forward: PINs expire and delivery reports fall due without a wait
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  smspin sandbox advance 10m
  smspin sandbox advance 2d --url http://127.0.0.1:8465")]
pub(crate) struct AdvanceArgs {
    /// By how much
    #[arg(value_name = "DURATION", value_parser = duration::parse)]
    pub(crate) by: Duration,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Say whether a served sandbox answers
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
The exit status is 0 once it answers, and 4 if it doesn't within the time of --wait.

Example:
  smspin sandbox serve --db :memory: &
  smspin sandbox ready --wait 10s")]
pub(crate) struct ReadyArgs {
    /// Wait up to this long until it answers
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "0", hide_default_value = true)]
    pub(crate) wait: Duration,

    #[arg(long, value_name = "URL", default_value = sandbox::DEFAULT_URL, help = "The URL where the sandbox is served")]
    pub(crate) url: String,
}

/// Delete all SMS, PINs, counters and behaviours, and give every account its first balance again
///
/// Without --account, --db and --url, the journal of what was sent with --sandbox is removed too.
#[derive(Args, Clone, Debug)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    pub(crate) account: AccountArgs,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
