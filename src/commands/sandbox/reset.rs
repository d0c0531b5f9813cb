//! `smspin sandbox reset`: back to the beginning.

use crate::answers::SandboxResetReport;
use crate::cli::ResetArgs;
use crate::failure::{Exit, Failure};
use crate::output::AnswerTo;
use crate::session::Context;

pub(super) fn run(context: &Context, args: &ResetArgs) -> Result<Exit, Failure> {
    let account = super::account(&args.account)?;
    super::sandbox(&args.source, false)?
        .reset(&account)
        .map_err(super::unasked)?;
    let report = SandboxResetReport {
        outcome: "done",
        sandbox: true,
    };
    Ok(context.ui.report(&report, Exit::Done, AnswerTo::Local))
}
