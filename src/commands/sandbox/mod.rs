//! `smspin sandbox`: the gateway that is built in, served, looked into and reset.

mod advance;
mod behave;
mod inbox;
mod pin;
mod ready;
mod requests;
mod reset;
mod serve;

use super::Context;
use crate::cli::{AccountArgs, SandboxArgs, SandboxCommand, SourceArgs};
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure, Kind};
use crate::sandbox::{AccountPrefix, Served, Source, SourceError};
use crate::settings::{Directories, SettingsError};
use std::path::PathBuf;

pub(super) fn run(context: &Context, args: SandboxArgs) -> Result<Exit, Failure> {
    match args.command {
        SandboxCommand::Serve(args) => serve::run(context, *args),
        SandboxCommand::Inbox(args) => inbox::run(context, &args),
        SandboxCommand::Pin(args) => pin::run(context, &args),
        SandboxCommand::Requests(args) => requests::run(context, &args),
        SandboxCommand::Behave(args) => behave::run(context, *args),
        SandboxCommand::Advance(args) => advance::run(context, &args),
        SandboxCommand::Ready(args) => ready::run(context, &args),
        SandboxCommand::Reset(args) => reset::run(context, &args),
    }
}

/// The state file that `--sandbox` uses.
fn default_db() -> Result<PathBuf, Failure> {
    Directories::of_system()
        .sandbox_db()
        .map_err(|error| Failure::from(SettingsError::from(error)))
}

/// Which sandbox the arguments mean.
fn source(args: &SourceArgs) -> Result<Source, Failure> {
    match (&args.url, &args.db) {
        (Some(url), _) => served(url).map(Source::Served),
        (None, Some(path)) => Ok(Source::File(path.clone())),
        (None, None) => default_db().map(Source::File),
    }
}

/// The sandbox that is served at a URL.
fn served(url: &str) -> Result<Served, Failure> {
    Served::parse(url)
        .map_err(|error| Failure::new(Kind::Usage, error).doing("--url is not the URL of a sandbox"))
}

/// The account that is meant; all where none is named.
fn account(args: &AccountArgs) -> Result<AccountPrefix, Failure> {
    let Some(text) = &args.account else {
        return Ok(AccountPrefix::default());
    };
    AccountPrefix::parse(text).ok_or_else(|| {
        let text = "--account takes 4 to 64 hexadecimal digits, the beginning of the SHA-256 of a key";
        Failure::message(Kind::Usage, text)
            .hint("`smspin sandbox inbox --json` shows each message's account_name")
    })
}

fn number(text: &str) -> Result<Msisdn, Failure> {
    Msisdn::parse(text, None)
        .map_err(|error| Failure::new(Kind::Invalid, error).doing("invalid phone number"))
}

/// The error of a question to the sandbox that failed.
fn unasked(error: SourceError) -> Failure {
    match error {
        SourceError::Store(error) if error.hint().is_some() => {
            let hint = error.hint().unwrap_or_default();
            Failure::new(Kind::Usage, error)
                .doing("cannot use the sandbox's state")
                .hint(hint)
        }
        SourceError::Store(_) | SourceError::Io(_) => {
            Failure::new(Kind::Disk, error).doing("cannot use the sandbox's state")
        }
        SourceError::Http { .. } | SourceError::Answer { .. } => {
            Failure::new(Kind::Unreachable, error).hint("is it running? `smspin sandbox serve` starts one")
        }
    }
}
