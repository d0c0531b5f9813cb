//! The words a person can type. Parsing judges only the words themselves: whatever needs a file, the environment or a
//! terminal is another room's, so that `--help` works when everything else is broken.

mod balance;
mod batch;
mod config;
mod connection;
mod global;
mod lookup;
mod parameters;
mod request;
mod sandbox;
mod verify;

pub(crate) use balance::BalanceArgs;
pub(crate) use batch::{BatchArgs, InputArgs};
pub(crate) use config::{ConfigArgs, ConfigCommand, InitArgs, SetArgs};
pub(crate) use connection::ConnectionArgs;
pub(crate) use global::Global;
pub(crate) use lookup::LookupArgs;
pub(crate) use parameters::ParameterArgs;
pub(crate) use request::{RequestArgs, Show};
pub(crate) use sandbox::{InboxArgs, PinArgs, ResetArgs, SandboxArgs, SandboxCommand, ServeArgs, SourceArgs};
pub(crate) use verify::VerifyArgs;

use crate::settings::Key;
use clap::{Parser, Subcommand};

const FIRST_STEPS: &str = "\
First steps, without an account (no SMS is sent):
  smspin --sandbox request 12025550100
  smspin --sandbox verify 12025550100 PIN

With an account:
  smspin config init
  smspin request '+34 600 000 000'

Exit status: 0 done, 1 a valid no, 2 usage or configuration, 3 refused, 4 not sent, 5 unknown,
6 key or funds, 7 local disk, 70 a bug, 129/130/143 ended by a signal. Never repeat a request
that ended with 5: the SMS may have been sent, and a second one makes the first PIN invalid.";

/// Send SMS verification PINs, and check the PINs that people type back
#[derive(Debug, Parser)]
#[command(name = "smspin", version, after_help = FIRST_STEPS, subcommand_required = true, arg_required_else_help = true)]
#[command(
    max_term_width = 100,
    infer_subcommands = false,
    disable_help_subcommand = false
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Request(RequestArgs),
    Verify(VerifyArgs),
    Batch(BatchArgs),
    Lookup(LookupArgs),
    Balance(BalanceArgs),
    Config(ConfigArgs),
    Sandbox(SandboxArgs),
}

/// A setting as the command line gave it: the text is judged when settings are resolved, so that all faults of a call
/// can be told at once.
pub(crate) type Given = Vec<(Key, String)>;

fn give(given: &mut Given, key: Key, value: Option<&String>) {
    given.extend(value.map(|text| (key, text.clone())));
}
