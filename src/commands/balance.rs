//! `smspin balance`: what is left in the account.

use super::Context;
use crate::answers::{BalanceReport, CallSummary};
use crate::cli::BalanceArgs;
use crate::failure::{Exit, Failure};
use crate::outcome::Outcome;
use crate::session::call::{self, Ended};
use crate::session::{Session, read_connection};
use crate::wire::balance;

pub(super) fn run(context: &Context, args: &BalanceArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.given(), &args.connection)?;
    let reach = read_connection(&session, "nothing was sent: the settings have faults")?;
    let gateway = session.gateway(reach)?;
    let ended = call::call(&context.ui, &gateway, &balance::body(), 0, balance::read)?;
    let Ended {
        verdict,
        attempts,
        signal,
    } = ended;
    let found = match &verdict.outcome {
        Outcome::Done(found) => Some(found.clone()),
        _ => None,
    };
    let mut said = CallSummary::new(&verdict, ("answered", Exit::Done), session.in_sandbox(), attempts);
    if said.exit() == Exit::Unknown {
        said.hint = Some(
            "asking again is free; if it stays like this, check the base URL (`smspin config list`)"
                .to_owned(),
        );
    }
    if let Some(signal) = signal {
        said = said.interrupted(Exit::Signal(signal));
    }
    let (balance, currency) = found.map_or((None, None), |found| (Some(found.balance), found.currency));
    let report = BalanceReport {
        said,
        balance,
        currency,
    };
    Ok(call::answer(&context.ui, &report, &report.said))
}
