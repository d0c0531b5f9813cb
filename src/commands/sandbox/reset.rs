//! `smspin sandbox reset`: back to the beginning.

use crate::answers::SandboxResetReport;
use crate::cli::ResetArgs;
use crate::failure::{Exit, Failure};
use crate::session::Context;

pub(super) fn run(context: &Context, args: &ResetArgs) -> Result<Exit, Failure> {
    super::source(&args.source)?.reset().map_err(super::unasked)?;
    let report = SandboxResetReport {
        outcome: "done",
        sandbox: true,
    };
    Ok(context.ui.report(&report, Exit::Done, false))
}
