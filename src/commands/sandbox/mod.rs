//! `smspin sandbox`: the gateway that is built in, served, looked into and reset.

mod ask;
mod serve;

use super::Context;
use crate::cli::{AccountArgs, SandboxArgs, SandboxCommand, SourceArgs};
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure, Kind};
use crate::sandbox::{AccountPrefix, AskError, Db, Embedded, Served};
use crate::session;
use crate::settings::Directories;
use std::ops::Deref;
use std::path::PathBuf;

pub(super) fn run(context: &Context, args: SandboxArgs) -> Result<Exit, Failure> {
    match args.command {
        SandboxCommand::Serve(args) => serve::run(context, *args),
        SandboxCommand::Inbox(args) => ask::inbox(context, &args),
        SandboxCommand::Pin(args) => ask::pin(context, &args),
        SandboxCommand::Requests(args) => ask::requests(context, &args),
        SandboxCommand::Behave(args) => ask::behave(context, *args),
        SandboxCommand::Advance(args) => ask::advance(context, &args),
        SandboxCommand::Ready(args) => ask::ready(context, &args),
        SandboxCommand::Reset(args) => ask::reset(context, &args),
    }
}

/// The state file that `--sandbox` uses.
fn default_db() -> Result<PathBuf, Failure> {
    Directories::of_system().sandbox_db()
}

/// The sandbox that the arguments mean, as long as this lives.
struct AskedSandbox {
    served: Served,
    /// The one inside this command, where a state file is meant.
    _embedded: Option<Embedded>,
}

impl Deref for AskedSandbox {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.served
    }
}

/// Starts a sandbox on the state file, where none is named by its URL. `makes` says whether a state file is made where there is
/// none: to look at one must not make it.
fn sandbox(args: &SourceArgs, makes: bool) -> Result<AskedSandbox, Failure> {
    if let Some(url) = &args.url {
        return Ok(AskedSandbox {
            served: served(url)?,
            _embedded: None,
        });
    }
    let path = args.db.clone().map_or_else(default_db, Ok)?;
    let db = if makes || path.exists() {
        Db::File(path)
    } else {
        Db::Memory
    };
    let embedded = Embedded::for_control(&db).map_err(|error| session::sandbox_failure(error, &db))?;
    Ok(AskedSandbox {
        served: embedded.served(),
        _embedded: Some(embedded),
    })
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
fn unasked(error: AskError) -> Failure {
    match error {
        AskError::Refused(_) => Failure::new(Kind::Usage, error),
        AskError::Answer { code: 500, .. } | AskError::Io(_) => {
            Failure::new(Kind::Disk, error).doing("cannot use the sandbox's state")
        }
        AskError::Http { .. } | AskError::Answer { .. } => {
            Failure::new(Kind::Unreachable, error).hint("is it running? `smspin sandbox serve` starts one")
        }
    }
}
