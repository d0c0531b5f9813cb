//! The words a person can type. Parsing judges only the words themselves: whatever needs a file, the environment or a
//! terminal is another room's, so that `--help` works when everything else is broken.

mod balance;
mod batch;
mod completions;
mod config;
mod connection;
mod doctor;
mod global;
mod lookup;
mod manual;
mod parameters;
mod request;
mod sandbox;
mod verify;

pub(crate) use balance::BalanceArgs;
pub(crate) use batch::{BatchArgs, InputArgs};
pub(crate) use completions::{CompletionsArgs, Shell};
pub(crate) use config::{ConfigArgs, ConfigCommand, InitArgs, SetArgs};
pub(crate) use connection::ConnectionArgs;
pub(crate) use doctor::DoctorArgs;
pub(crate) use global::Global;
pub(crate) use lookup::LookupArgs;
pub(crate) use manual::{HelpArgs, ManArgs, SchemaArgs};
pub(crate) use parameters::ParameterArgs;
pub(crate) use request::{RequestArgs, Show};
pub(crate) use sandbox::{InboxArgs, PinArgs, ResetArgs, SandboxArgs, SandboxCommand, ServeArgs, SourceArgs};
pub(crate) use verify::VerifyArgs;

use crate::failure::Exit;
use crate::settings::Key;
use clap::{Parser, Subcommand};

const FIRST_STEPS: &str = "\
First steps, without an account (no SMS is sent):
  smspin --sandbox request 12025550100
  smspin --sandbox verify 12025550100 PIN

With an account:
  smspin config init
  smspin doctor
  smspin request '+34 600 000 000'

More to read:
  smspin help COMMAND
  smspin help TOPIC        (`smspin help topics` lists them)";

/// The end of `--help`: first steps, and the codes that scripts branch on.
fn first_steps_and_exit_codes() -> String {
    let codes = Exit::ALL
        .iter()
        .map(|exit| format!("\n  {:<3}  {}", exit.code(), exit.doc()));
    format!("{FIRST_STEPS}\n\nExit status:{}", codes.collect::<String>())
}

/// Send SMS verification PINs, and check the PINs that people type back
///
/// Nobody gets a second SMS by accident: a request is repeated only if it certainly was not sent. If smspin can't know
/// whether it was sent, the outcome is called unknown, and has an exit status of its own.
#[derive(Debug, Parser)]
#[command(
    name = "smspin",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = FIRST_STEPS,
    after_long_help = first_steps_and_exit_codes()
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a process")]
pub(crate) enum Command {
    Request(RequestArgs),
    Verify(VerifyArgs),
    Batch(BatchArgs),
    Lookup(LookupArgs),
    Balance(BalanceArgs),
    Config(ConfigArgs),
    Sandbox(SandboxArgs),
    Doctor(DoctorArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    Schema(SchemaArgs),
    Help(HelpArgs),
}

/// A setting as the command line gave it: the text is judged when settings are resolved, so that all faults of a call
/// can be told at once.
pub(crate) type Given = Vec<(Key, String)>;

fn give(given: &mut Given, key: Key, value: Option<&String>) {
    given.extend(value.map(|text| (key, text.clone())));
}
