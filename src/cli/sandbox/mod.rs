//! `smspin sandbox`.

mod serve;

pub(crate) use serve::ServeArgs;

use crate::domain::duration;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::time::Duration;

/// Serve the gateway that is built in, and look into it: no SMS is ever sent
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
    Reset(ResetArgs),
}

/// Which sandbox is asked
#[derive(Args, Clone, Debug)]
pub(crate) struct SourceArgs {
    /// Look into this state file in place of the one that `--sandbox` uses
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub(crate) db: Option<PathBuf>,

    #[arg(
        long,
        value_name = "URL",
        help = "Ask the sandbox that is served here, as in http://127.0.0.1:8465"
    )]
    pub(crate) url: Option<String>,
}

/// Show the SMS that the sandbox would have sent, the newest first
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
With --wait, exit 1 if the time is over and there is none.

Examples:
  smspin sandbox inbox
  smspin sandbox inbox 12025550100 --json --wait 5s")]
pub(crate) struct InboxArgs {
    /// Only what went to this number
    pub(crate) msisdn: Option<String>,

    /// Wait so long for the first SMS
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "0", hide_default_value = true)]
    pub(crate) wait: Duration,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Print the last PIN that the sandbox sent to a number, alone
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Exit 1 if there is none, with --wait once the time is over.

Examples:
  smspin --sandbox verify 12025550100 \"$(smspin sandbox pin 12025550100)\"
  smspin sandbox pin 12025550100 --wait 5s --url http://127.0.0.1:8465")]
pub(crate) struct PinArgs {
    /// The number that the PIN was sent to
    pub(crate) msisdn: String,

    /// Wait so long for the first PIN
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "0", hide_default_value = true)]
    pub(crate) wait: Duration,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Begin anew: no SMS, no PIN, no counter, and every account holds what it started with
#[derive(Args, Clone, Debug)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
