//! `smspin sandbox`: a look into the gateway that is built in.

mod pin;

use super::Context;
use crate::cli::{SandboxArgs, SandboxCommand};
use crate::failure::{Exit, Failure};

pub(super) fn run(context: &Context, args: SandboxArgs) -> Result<Exit, Failure> {
    match args.command {
        SandboxCommand::Pin(args) => pin::run(context, &args),
    }
}
