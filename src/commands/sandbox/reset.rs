//! `smspin sandbox reset`: back to the beginning.

use crate::cli::ResetArgs;
use crate::commands::Context;
use crate::failure::{Exit, Failure};
use crate::reports::SandboxResetReport;

pub(super) fn run(context: &Context, args: &ResetArgs) -> Result<Exit, Failure> {
    super::source(&args.source)?.reset().map_err(super::unasked)?;
    let report = SandboxResetReport {
        outcome: "done",
        sandbox: true,
    };
    Ok(context.ui.report(&report, Exit::Done, false))
}
