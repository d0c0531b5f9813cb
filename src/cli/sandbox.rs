//! `smspin sandbox`.

use clap::{Args, Subcommand};

/// Look into the gateway that is built in
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
    Pin(PinArgs),
}

/// Print the last PIN that the sandbox sent to a number, alone
#[derive(Args, Clone, Debug)]
#[command(after_help = "\
Example:
  smspin --sandbox verify 12025550100 \"$(smspin sandbox pin 12025550100)\"")]
pub(crate) struct PinArgs {
    /// The number that the PIN was sent to
    pub(crate) msisdn: String,
}
