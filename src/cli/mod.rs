//! The words a person can type. Parsing judges only the words themselves: whatever needs a file, the environment or a
//! terminal is another room's, so that `--help` works when everything else is broken.

mod batch;
mod calls;
mod config;
mod doctor;
mod global;
mod journal;
mod listen;
mod manual;
mod old_flags;
mod other_words;
mod request;
mod sandbox;
mod setting_flags;

pub(crate) use batch::{BatchArgs, InputArgs, ResendWhat};
pub(crate) use calls::{BalanceArgs, LookupArgs, VerifyArgs};
pub(crate) use config::{ConfigArgs, ConfigCommand, InitArgs, SetArgs};
pub(crate) use doctor::DoctorArgs;
pub(crate) use global::Global;
pub(crate) use journal::{
    AdoptArgs, ForgetArgs, ListArg, ListReading, MemoryArgs, MemoryCommand, ReadmitArgs, ReconcileArgs,
    ResultsArgs, ShowArgs, StatusArgs,
};
pub(crate) use listen::ListenArgs;
pub(crate) use manual::{CompletionsArgs, HelpArgs, ManArgs, SchemaArgs, Shell};
pub(crate) use other_words::explain;
pub(crate) use request::{RequestArgs, Show};
pub(crate) use sandbox::{
    AccountArgs, AdvanceArgs, AfterArg, BehaveArgs, InboxArgs, PinArgs, ReadyArgs, RequestsArgs, ResetArgs,
    SandboxArgs, SandboxCommand, ServeArgs, SourceArgs,
};

use crate::about;
use crate::failure::Exit;
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

/// The end of `--help`: first steps, the codes that scripts branch on, and where to turn.
fn end_of_help() -> String {
    let codes = Exit::ALL
        .iter()
        .map(|exit| format!("\n  {:<3}  {}", exit.code(), exit.doc()));
    let codes = codes.collect::<String>();
    format!(
        "{FIRST_STEPS}\n\nExit status:{codes}\n\nFaults, questions, and all pages:\n  {}",
        about::HOME
    )
}

/// Send SMS verification PINs, and check the PINs that people type back
///
/// No number gets a second SMS by accident: a request is repeated only if it certainly was not sent. If smspin can't know
/// whether it was sent, the outcome is called unknown, and has an exit status of its own.
#[derive(Debug, Parser)]
#[command(
    name = "smspin",
    version = about::VERSION,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = FIRST_STEPS,
    after_long_help = end_of_help()
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
    Journal(MemoryArgs),
    Lookup(LookupArgs),
    Balance(BalanceArgs),
    Config(ConfigArgs),
    Sandbox(SandboxArgs),
    Listen(ListenArgs),
    Doctor(DoctorArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    Schema(SchemaArgs),
    Help(HelpArgs),
}

impl Command {
    /// The global flags whose promise only some commands can keep, where this one can. Another one is refused.
    ///
    /// The others hold everywhere, since what they wish for is fulfilled even where there is nothing to do: `--no-input` where
    /// nothing is asked, `--quiet` and `--verbose` where nothing is said, `--color` where nothing is coloured, and `--config`
    /// where no setting is read. A wrapper can give them to every command.
    const fn meaningful_flags(&self) -> &'static [&'static str] {
        match self {
            Self::Config(args) => match args.command {
                ConfigCommand::List(_) | ConfigCommand::Get(_) => &["--profile", "--sandbox", "--json"],
                ConfigCommand::Init(_) | ConfigCommand::Set(_) | ConfigCommand::Unset(_) => {
                    &["--profile", "--json"]
                }
                ConfigCommand::Use(_) | ConfigCommand::Path => &["--json"],
            },
            Self::Sandbox(_) => &["--sandbox", "--json"],
            Self::Help(_) => &["--json"],
            Self::Completions(_) | Self::Man(_) | Self::Schema(_) => &[],
            _ => &["--profile", "--sandbox", "--json"],
        }
    }
}

#[cfg(test)]
mod tests {
    mod kubernetes_page;

    use super::*;
    use crate::settings::Key;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    #[test]
    fn the_flags_and_the_table_of_settings_agree() {
        let cli = Cli::command();
        let commands = cli.get_subcommands();
        let arguments: Vec<_> = commands
            .chain([&cli])
            .flat_map(clap::Command::get_arguments)
            .collect();
        let typed: BTreeSet<String> = arguments
            .iter()
            .filter_map(|argument| Some(format!("--{}", argument.get_long()?)))
            .collect();
        for key in Key::ALL {
            if let Some(flag) = key.flag() {
                assert!(typed.contains(flag), "`{key}` has no flag {flag} in any command");
            }
        }
        for argument in arguments {
            let (name, flag) = (argument.get_id().as_str(), argument.get_long());
            let Some((key, flag)) = Key::from_name(name).zip(flag) else {
                continue;
            };
            assert_eq!(
                key.flag(),
                Some(format!("--{flag}").as_str()),
                "{name} isn't called so in the table"
            );
            let switch = key == Key::HlrLookup || key == Key::Profile;
            let help = argument.get_help().map(ToString::to_string);
            assert!(
                switch || help == Some(key.help()),
                "--{flag} is not described as in the table: {help:?}"
            );
        }
    }

    #[test]
    fn what_a_flag_says_arrives_as_its_setting() {
        let command = Cli::command();
        for subcommand in ["request", "verify", "batch", "lookup", "balance", "doctor"] {
            let known = command.find_subcommand(subcommand).unwrap();
            let flags: Vec<_> = Key::ALL
                .iter()
                .filter(|key| {
                    known
                        .get_arguments()
                        .any(|argument| argument.get_id() == key.name() && argument.get_long().is_some())
                })
                .filter(|key| !matches!(key, Key::Profile))
                .collect();
            let mut line = vec!["smspin".to_owned(), subcommand.to_owned()];
            for key in &flags {
                line.push(key.flag().unwrap().to_owned());
                if **key != Key::HlrLookup {
                    line.push("1".to_owned());
                }
            }
            line.extend(known.get_positionals().map(|_| "1".to_owned()));
            let given = match Cli::try_parse_from(&line).unwrap().command {
                Command::Request(args) => args.flags.0,
                Command::Verify(args) => args.flags.0,
                Command::Batch(args) => args.given(),
                Command::Lookup(args) => args.flags.0,
                Command::Balance(args) => args.flags.0,
                Command::Doctor(args) => args.flags.0,
                _ => unreachable!("none of the six"),
            };
            let arrived: BTreeSet<_> = given.values.iter().map(|(key, _)| key).collect();
            assert_eq!(arrived, flags.into_iter().collect(), "{subcommand}");
        }
    }
}
