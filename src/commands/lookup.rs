//! `smspin lookup`: what the operator knows of a number.

use super::Context;
use crate::answers::{CallSummary, LookupReport};
use crate::cli::LookupArgs;
use crate::failure::{Exit, Failure};
use crate::outcome::Outcome;
use crate::session::call::{self, Ended};
use crate::session::{Session, read_connection};
use crate::settings::NumberPolicy;
use crate::wire::lookup;

pub(super) fn run(context: &Context, args: &LookupArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.given(), &args.connection)?;
    let reach = read_connection(&session, "nothing was sent: the settings have faults")?;
    let mut reader = session.reader();
    let policy = NumberPolicy::read(&mut reader, reach.target.takes_test_numbers());
    let number = match policy.admit(&args.msisdn) {
        Ok((msisdn, doubt)) => {
            if let Some(doubt) = doubt {
                context.ui.warn(doubt);
            }
            Some(msisdn)
        }
        Err(fault) => {
            reader.fault(fault.into());
            None
        }
    };
    let msisdn = reader.finish("nothing was sent: the call has faults", number)?;
    let gateway = session.gateway(reach)?;
    let ended = call::call(&context.ui, &gateway, &lookup::body(msisdn), 0, lookup::read)?;
    let Ended {
        verdict,
        attempts,
        signal,
    } = ended;
    let (hlr, exit) = match &verdict.outcome {
        Outcome::Done(hlr) => (Some(hlr.clone()), if hlr.success { Exit::Done } else { Exit::No }),
        _ => (None, Exit::No),
    };
    let mut said = CallSummary::new(&verdict, ("answered", exit), session.in_sandbox(), attempts);
    if said.exit() == Exit::Unknown {
        said.hint = Some("the query may have been made and paid for".to_owned());
    }
    if let Some(signal) = signal {
        said = said.interrupted(Exit::Signal(signal));
    }
    let report = LookupReport {
        said,
        msisdn: msisdn.to_string(),
        hlr: hlr.map(Into::into),
    };
    Ok(call::answer(&context.ui, &report, &report.said))
}
