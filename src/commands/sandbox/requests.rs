//! `smspin sandbox requests`: what a served sandbox was asked, and what it answered.

use crate::cli::RequestsArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::sandbox::TrafficQuery;
use crate::session::Context;

pub(super) fn run(context: &Context, args: &RequestsArgs) -> Result<Exit, Failure> {
    let query = TrafficQuery {
        number: args.msisdn.as_deref().map(super::number).transpose()?,
        account: super::account(&args.account)?,
        refused: args.refused,
        after: args.after,
    };
    let served = super::served(&args.url)?;
    let found = served.requests(&query, args.wait).map_err(super::unasked)?;
    if found.requests.is_empty() && !args.wait.is_zero() {
        let text = "no such request reached the sandbox within the time of --wait";
        return Err(Failure::message(Kind::NotFound, text));
    }
    Ok(context.ui.answer(&found))
}
