//! Flags that stand before or after any subcommand, and the one table of which mean something where.

use super::Command;
use super::ConfigCommand;
use crate::output::ColorChoice;
use clap::{ArgAction, Args, ValueHint};
use std::path::PathBuf;

/// Flags of every command
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Use this profile of the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,

    /// Use the gateway that is built into smspin, offline: no SMS is sent
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,

    /// Print one JSON document on standard output, whatever happens
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print only errors on standard error
    #[arg(
        hide_short_help = true,
        long,
        short,
        global = true,
        conflicts_with = "verbose"
    )]
    pub(crate) quiet: bool,

    /// Show the request and the answer on standard error, without key and PIN
    #[arg(hide_short_help = true, long, short, global = true, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,

    /// When to use colour: auto (at a terminal, unless NO_COLOR is set), always or never
    #[arg(
        hide_short_help = true,
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true,
        hide_possible_values = true
    )]
    pub(crate) color: ColorChoice,

    /// The same as --color never, as other programs call it
    #[arg(hide = true, long, global = true, conflicts_with = "color")]
    pub(crate) no_color: bool,

    /// Never ask a question: fail if an answer is needed
    #[arg(hide_short_help = true, long, global = true)]
    pub(crate) no_input: bool,

    /// Read this configuration file instead of the default one
    #[arg(hide_short_help = true, long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}

/// The global flags whose promise only some commands can keep. A command that can't keep one refuses it.
///
/// The others hold everywhere, since what they wish for is fulfilled even where there is nothing to do: `--no-input` where
/// nothing is asked, `--quiet` and `--verbose` where nothing is said, `--color` where nothing is coloured, and `--config`
/// where no setting is read. A wrapper can give them to every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GlobalFlag {
    Profile,
    Sandbox,
    Json,
}

impl GlobalFlag {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Profile => "--profile",
            Self::Sandbox => "--sandbox",
            Self::Json => "--json",
        }
    }
}

impl Global {
    pub(crate) const fn color(&self) -> ColorChoice {
        if self.no_color {
            ColorChoice::Never
        } else {
            self.color
        }
    }

    /// The flags that were typed and mean nothing to `command`.
    pub(crate) fn meaningless_to(&self, command: &Command) -> Vec<GlobalFlag> {
        let meaningful = meaningful_to(command);
        let given = [
            (self.profile.is_some(), GlobalFlag::Profile),
            (self.sandbox, GlobalFlag::Sandbox),
            (self.json, GlobalFlag::Json),
        ];
        given
            .into_iter()
            .filter(|(given, flag)| *given && !meaningful.contains(flag))
            .map(|(_, flag)| flag)
            .collect()
    }
}

const fn meaningful_to(command: &Command) -> &'static [GlobalFlag] {
    use GlobalFlag::{Json, Profile, Sandbox};
    match command {
        Command::Request(_)
        | Command::Lookup(_)
        | Command::Balance(_)
        | Command::Batch(_)
        | Command::Journal(_)
        | Command::Verify(_)
        | Command::Listen(_)
        | Command::Doctor(_) => &[Profile, Sandbox, Json],
        Command::Config(args) => match args.command {
            ConfigCommand::List(_) | ConfigCommand::Get(_) => &[Profile, Sandbox, Json],
            ConfigCommand::Init(_) | ConfigCommand::Set(_) | ConfigCommand::Unset(_) => &[Profile, Json],
            ConfigCommand::Use(_) | ConfigCommand::Path => &[Json],
        },
        Command::Sandbox(_) => &[Sandbox, Json],
        Command::Completions(_) | Command::Man(_) | Command::Schema(_) | Command::Help(_) => &[],
    }
}
