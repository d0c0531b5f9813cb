//! `smspin config`: reads and changes the configuration file. Which values are valid, `settings` and `domain` decide.

mod find_paths;
mod init;
mod secret;
mod secret_store;
mod values;

use super::Context;
use crate::cli::{ConfigArgs, ConfigCommand};
use crate::failure::{Exit, Failure, Kind};
use crate::settings::Key;
use crate::text;

pub(super) fn run(context: &Context, args: ConfigArgs) -> Result<Exit, Failure> {
    match args.command {
        ConfigCommand::Init(args) => init::run(context, &args),
        ConfigCommand::List(args) => values::list(context, args.all),
        ConfigCommand::Get(args) => values::get(context, &args.key),
        ConfigCommand::Path => values::path(context),
        ConfigCommand::Set(args) => values::set(context, &args),
        ConfigCommand::Unset(args) => values::unset(context, &args.key),
        ConfigCommand::Use(args) => values::use_profile(context, &args.name),
    }
}

/// The setting of this name, or the nearest one in the hint.
fn key(name: &str) -> Result<Key, Failure> {
    if let Some(key) = Key::from_name(name) {
        return Ok(key);
    }
    if let Some((name, _)) = name.split_once('=') {
        return Err(match Key::from_name(name) {
            Some(Key::ApiKey) => {
                key_in_an_argument("run `smspin config set api_key` and type it, or pipe it in")
            }
            // The value may be a secret too: a proxy's password.
            found => Failure::message(
                Kind::Usage,
                "name and value of a setting are two words, without `=`",
            )
            .hint(match found {
                Some(key) => format!("smspin config set {} VALUE", key.name()),
                None => "smspin config set sender SHOP".to_owned(),
            }),
        });
    }
    let failure = Failure::message(
        Kind::Usage,
        format_args!("there is no setting {}", text::quote(name)),
    );
    Err(match Key::nearest(name) {
        Some(nearest) => failure.hint(crate::domain::suggest::question(format_args!("`{nearest}`"))),
        None => failure.hint("`smspin config list --all` shows every setting with its meaning"),
    })
}

/// The user has typed the key, and `instead` says what to do. By now it is in the process list and in the shell's history.
fn key_in_an_argument(instead: &str) -> Failure {
    Failure::message(
        Kind::Usage,
        "the API key is never an argument: every user of this machine can read the arguments of a process",
    )
    .hint(format!("{instead}; this key is exposed now: replace it"))
}

/// The command that gives a setting a value. A key has no place in one.
fn how_to_set(key: Key) -> String {
    if key.is_secret() {
        return format!("smspin config set {key}");
    }
    format!("smspin config set {key} '{}'", key.example().trim_matches('"'))
}
