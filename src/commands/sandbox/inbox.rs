//! `smspin sandbox inbox`: the SMS that would have been sent, for a terminal or a script.

use crate::answers::SandboxRevisionReport;
use crate::cli::InboxArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::sandbox::InboxQuery;
use crate::session::Context;

pub(super) fn run(context: &Context, args: &InboxArgs) -> Result<Exit, Failure> {
    let sandbox = super::sandbox(&args.source, !args.wait.is_zero())?;
    if args.revision {
        let readiness = sandbox.readiness().map_err(super::unasked)?;
        let report = SandboxRevisionReport::new(readiness.revision);
        return Ok(context.ui.answer(&report));
    }
    let query = InboxQuery {
        number: args.msisdn.as_deref().map(super::number).transpose()?,
        account: super::account(&args.account)?,
    };
    let found = sandbox.messages(&query, args.wait).map_err(super::unasked)?;
    if found.messages.is_empty() && !args.wait.is_zero() {
        let text = "no SMS reached the sandbox within the time of --wait";
        return Err(Failure::message(Kind::NotFound, text));
    }
    Ok(context.ui.answer(&found))
}
