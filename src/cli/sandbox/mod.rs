//! `smspin sandbox`.

mod serve;

pub(crate) use serve::ServeArgs;

use crate::domain::duration;
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

    /// Wait up to this long for the first SMS
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "0", hide_default_value = true)]
    pub(crate) wait: Duration,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Print the last PIN that the sandbox sent to a number, and nothing else
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
The exit status is 1 if there is none, or with --wait if none has come by then.

Examples:
  smspin --sandbox verify 12025550100 \"$(smspin sandbox pin 12025550100)\"
  smspin sandbox pin 12025550100 --wait 5s --url http://127.0.0.1:8465")]
pub(crate) struct PinArgs {
    /// The number that the PIN was sent to
    pub(crate) msisdn: String,

    /// Wait up to this long for the first PIN
    #[arg(long, value_name = "DURATION", value_parser = duration::parse, default_value = "0", hide_default_value = true)]
    pub(crate) wait: Duration,

    #[command(flatten)]
    pub(crate) source: SourceArgs,
}

/// Delete all SMS, PINs and counters, and give every account its first balance again
#[derive(Args, Clone, Debug)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,
}
