//! `smspin lookup`: an HLR query, which asks the operator about a number.

use super::Context;
use crate::answers::CallReport;
use crate::cli::LookupArgs;
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::session::call;
use crate::session::{Session, read_connection};
use crate::settings::NumberPolicy;
use crate::wire::{ErrorId, lookup};

const UNKNOWN_HINT: &str = "the query may have been made, and charged to the account";

pub(super) fn run(context: &Context, args: &LookupArgs) -> Result<Exit, Failure> {
    let session = Session::open(context, args.flags.0.clone())?;
    let reach = read_connection(&session, "nothing was sent: invalid settings")?;
    let mut reader = session.reader();
    let policy = NumberPolicy::read(&mut reader, reach.target.takes_test_numbers());
    let number = match policy.admit(&args.msisdn) {
        Ok((found, doubt)) => {
            if let Some(doubt) = doubt {
                context.ui.warn(doubt);
            }
            Some(found.msisdn)
        }
        Err(fault) => {
            reader.fault(fault.into());
            None
        }
    };
    let msisdn = reader.finish("nothing was sent: invalid arguments", number)?;
    let gateway = session.gateway(reach)?;
    let result = call::call(&context.ui, &gateway, &lookup::body(msisdn), 0, lookup::read)?;
    let (mut summary, hlr) = result.conclude(&gateway, UNKNOWN_HINT, |_| OutcomeWord::Answered);
    if hlr.as_ref().is_some_and(|hlr| !hlr.success) {
        summary.says_no();
    }
    // The gateway's own way to say that the number is unknown.
    let unknown = summary.is_refused_with(&ErrorId::InvalidNumber);
    if unknown {
        summary.hint = Some("no operator knows the number, or none answered the query");
    }
    let report = CallReport {
        summary,
        msisdn: Some(msisdn.to_string()),
        answer: hlr,
    };
    let exit = report.show(&context.ui);
    Ok(if unknown { Exit::No } else { exit })
}
