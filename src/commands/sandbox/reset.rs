//! `smspin sandbox reset`: back to the beginning.

use crate::answers::SandboxResetReport;
use crate::cli::ResetArgs;
use crate::failure::{Exit, Failure};
use crate::session::Context;

pub(super) fn run(context: &Context, args: &ResetArgs) -> Result<Exit, Failure> {
    let account = super::account(&args.account)?;
    super::sandbox(&args.source, false)?
        .reset(&account)
        .map_err(super::unasked)?;
    let report = SandboxResetReport {};
    Ok(context.ui.answer(&report))
}
