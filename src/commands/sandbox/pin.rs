//! `smspin sandbox pin`: the last PIN of a number, alone, so that a script can read it.

use crate::answers::SandboxPinReport;
use crate::cli::{AfterArg, PinArgs};
use crate::failure::{Exit, Failure, Kind};
use crate::sandbox::PinQuery;
use crate::session::Context;

pub(super) fn run(context: &Context, args: &PinArgs) -> Result<Exit, Failure> {
    let msisdn = super::number(&args.msisdn)?;
    let sandbox = super::sandbox(&args.source, !args.wait.is_zero())?;
    let after = match args.after {
        None => None,
        Some(AfterArg::Revision(revision)) => Some(revision),
        Some(AfterArg::Now) => Some(sandbox.readiness().map_err(super::unasked)?.revision),
    };
    let query = PinQuery {
        account: super::account(&args.account)?,
        after,
        fresh: !args.wait.is_zero(),
    };
    let found = sandbox.pin(msisdn, &query, args.wait).map_err(super::unasked)?;
    let Some(pin) = found else {
        let which = match (query.fresh, after) {
            (false, None) => "the sandbox has sent no PIN",
            (true, None) => "within the time of --wait the sandbox has had no valid PIN",
            (_, Some(_)) => "the sandbox has sent no later PIN",
        };
        let failure = Failure::message(Kind::NotFound, format_args!("{which} to {msisdn}"));
        return Err(match &args.source.url {
            Some(_) => failure.hint("see that the program under test uses this sandbox as its gateway"),
            None => failure.hint(format!("smspin --sandbox request {msisdn}")),
        });
    };
    let report = SandboxPinReport {
        msisdn: msisdn.to_string(),
        pin,
    };
    Ok(context.ui.answer(&report))
}
