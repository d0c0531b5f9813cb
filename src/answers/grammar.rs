//! `smspin help --json`: the commands and what each takes, as one document.

use crate::output::{Report, Style};
use clap::{Arg, ArgAction, Command, Id};
use schemars::JsonSchema;
use serde::Serialize;

/// A command, what it takes, and the commands below it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GrammarReport {
    version: &'static str,
    #[serde(flatten)]
    command: CommandPart,
}

/// One command.
#[derive(Debug, Serialize, JsonSchema)]
struct CommandPart {
    /// Its words, such as `smspin config set`.
    name: String,
    /// What it does, in one sentence.
    about: String,
    /// The same at length, where there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<String>,
    /// The form of its command line.
    usage: String,
    /// Flags and values, in the order of the help; those of a whole group stand at the group alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    arguments: Vec<ArgumentPart>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<CommandPart>,
}

/// A flag, or a value that stands without one.
#[derive(Debug, Serialize, JsonSchema)]
struct ArgumentPart {
    /// Such as `--sender`; a value without a flag has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    flag: Option<String>,
    /// Such as `-o`.
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<String>,
    /// What stands for its value in the help; a switch has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    help: String,
    /// The heading that it stands under in the help.
    #[serde(skip_serializing_if = "Option::is_none")]
    heading: Option<String>,
    /// The words that it takes, where it takes these alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    /// Whether the command can't do without it.
    required: bool,
    /// Whether it may be given several times.
    repeats: bool,
    /// Whether it may stand before or after any command.
    global: bool,
}

impl GrammarReport {
    /// Of a command in a tree that is built, whose words are `name`.
    pub(crate) fn of(command: &Command, name: &str) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            command: CommandPart::of(command, name, &[]),
        }
    }
}

impl CommandPart {
    fn of(command: &Command, name: &str, said_above: &[&Id]) -> Self {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let details = command.get_long_about().map(ToString::to_string);
        let usage = command.clone().render_usage().to_string();
        let shown = |argument: &&Arg| !argument.is_hide_set() && !said_above.contains(&argument.get_id());
        let is_global =
            |argument: &&Arg| argument.is_global_set() || matches!(argument.get_action(), ArgAction::Help);
        let mut said: Vec<&Id> = command
            .get_arguments()
            .filter(is_global)
            .map(Arg::get_id)
            .collect();
        said.extend(said_above);
        let below = |command: &Command| Self::of(command, &format!("{name} {}", command.get_name()), &said);
        Self {
            name: name.to_owned(),
            details: details.filter(|details| *details != about),
            about,
            usage: usage.trim_start_matches("Usage: ").to_owned(),
            arguments: command
                .get_arguments()
                .filter(shown)
                .map(ArgumentPart::of)
                .collect(),
            commands: command.get_subcommands().map(below).collect(),
        }
    }
}

impl ArgumentPart {
    fn of(argument: &Arg) -> Self {
        let takes_value = argument.get_action().takes_values();
        let values: Vec<String> = argument
            .get_possible_values()
            .iter()
            .map(|value| value.get_name().to_owned())
            .collect();
        let names = argument.get_value_names().unwrap_or_default();
        let default = argument.get_default_values().first();
        Self {
            flag: argument.get_long().map(|name| format!("--{name}")),
            short: argument.get_short().map(|letter| format!("-{letter}")),
            value: names.first().filter(|_| takes_value).map(ToString::to_string),
            help: argument.get_help().map(ToString::to_string).unwrap_or_default(),
            heading: argument.get_help_heading().map(str::to_owned),
            values: if takes_value { values } else { Vec::new() },
            default: default
                .filter(|_| takes_value)
                .map(|value| value.to_string_lossy().into_owned()),
            required: argument.is_required_set(),
            repeats: matches!(argument.get_action(), ArgAction::Append),
            global: argument.is_global_set(),
        }
    }
}

impl Report for GrammarReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        self.command.usage.clone()
    }
}
