//! `smspin config`: reads and changes the configuration file. What a value may be is the domain's to say.

mod check;
mod edit;
mod init;
mod secret;
mod show;

use super::Context;
use crate::cli::{ConfigArgs, ConfigCommand};
use crate::failure::{Exit, Failure};

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
