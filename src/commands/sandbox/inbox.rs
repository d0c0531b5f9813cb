//! `smspin sandbox inbox`: the SMS that would have been sent, for a terminal or a script.

use crate::answers::SandboxInboxReport;
use crate::cli::InboxArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::session::Context;

pub(super) fn run(context: &Context, args: &InboxArgs) -> Result<Exit, Failure> {
    let msisdn = args.msisdn.as_deref().map(super::number).transpose()?;
    let source = super::source(&args.source)?;
    let messages = source.messages(msisdn, args.wait).map_err(super::unasked)?;
    if messages.is_empty() && !args.wait.is_zero() {
        let text = "no SMS reached the sandbox within the time of --wait";
        return Err(Failure::message(Kind::NotFound, text));
    }
    let report = SandboxInboxReport {
        outcome: "done",
        sandbox: true,
        messages,
    };
    Ok(context.ui.report(&report, Exit::Done, false))
}
