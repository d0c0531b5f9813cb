//! `smspin config`: reads and changes the configuration file. Which values are valid, `settings` and `domain` decide.

mod edit;
mod init;
mod secret;
mod show;

use super::Context;
use crate::cli::{ConfigArgs, ConfigCommand};
use crate::failure::{Exit, Failure, Kind};
use crate::settings::Key;
use crate::text;

pub(super) fn run(context: &Context, args: ConfigArgs) -> Result<Exit, Failure> {
    match args.command {
        ConfigCommand::Init(args) => init::run(context, &args),
        ConfigCommand::List(_) => show::list(context),
        ConfigCommand::Get(args) => show::get(context, &args.key),
        ConfigCommand::Path => show::path(context),
        ConfigCommand::Set(args) => edit::set(context, &args),
        ConfigCommand::Unset(args) => edit::unset(context, &args.key),
        ConfigCommand::Use(args) => edit::use_profile(context, &args.name),
    }
}

/// The setting of this name, or the nearest one in the hint.
fn key(name: &str) -> Result<Key, Failure> {
    Key::from_name(name).ok_or_else(|| {
        let failure = Failure::message(
            Kind::Usage,
            format_args!("there is no setting {}", text::quote(name)),
        );
        match Key::nearest(name) {
            Some(nearest) => failure.hint(crate::domain::suggest::question(format_args!("`{nearest}`"))),
            None => failure.hint("`smspin config list` shows the settings that are in force"),
        }
    })
}
