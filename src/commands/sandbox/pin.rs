//! `smspin sandbox pin`: the last PIN of a number, alone, so that a script can read it.

use crate::answers::SandboxPinReport;
use crate::cli::PinArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::session::Context;

pub(super) fn run(context: &Context, args: &PinArgs) -> Result<Exit, Failure> {
    let msisdn = super::number(&args.msisdn)?;
    let found = super::source(&args.source)?
        .pin(msisdn, args.wait)
        .map_err(super::unasked)?;
    let Some(pin) = found else {
        let text = format_args!("the sandbox has sent no PIN to {msisdn}");
        let hint = format!("smspin --sandbox request {msisdn}");
        return Err(Failure::message(Kind::NotFound, text).hint(hint));
    };
    let report = SandboxPinReport {
        outcome: "done",
        sandbox: true,
        msisdn: msisdn.to_string(),
        pin,
    };
    Ok(context.ui.report(&report, Exit::Done, false))
}
