//! Flags that stand before or after any subcommand.

use super::Command;
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

    /// Show more on standard error: request and answer without key and PIN, all details of a batch
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

impl Global {
    pub(crate) const fn color(&self) -> ColorChoice {
        if self.no_color {
            ColorChoice::Never
        } else {
            self.color
        }
    }

    /// A flag that was typed and means nothing to `command`.
    pub(crate) fn meaningless_to(&self, command: &Command) -> Option<&'static str> {
        let given = [
            (self.profile.is_some(), "--profile"),
            (self.sandbox, "--sandbox"),
            (self.json, "--json"),
        ];
        let meaningless = |(given, flag): &(bool, &str)| *given && !command.meaningful_flags().contains(flag);
        given.into_iter().find(meaningless).map(|(_, flag)| flag)
    }
}
