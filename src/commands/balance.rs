//! `smspin balance`: what is left in the account.

use super::Context;
use crate::answers::CallReport;
use crate::cli::BalanceArgs;
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::session::call;
use crate::session::{Session, read_connection};
use crate::wire::balance;

const UNKNOWN_HINT: &str =
    "asking again is free; if this persists, check the base URL (`smspin config list`)";

pub(super) fn run(context: &Context, args: &BalanceArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.flags.0.clone())?;
    let reach = read_connection(&session, "nothing was sent: invalid settings")?;
    let gateway = session.gateway(reach)?;
    let result = call::call(&context.ui, &gateway, &balance::body(), 0, balance::read)?;
    let (summary, answer) = result.conclude(&gateway, UNKNOWN_HINT, |_| OutcomeWord::Answered);
    let report = CallReport {
        summary,
        msisdn: None,
        answer,
    };
    Ok(report.show(&context.ui))
}
