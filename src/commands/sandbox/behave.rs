//! `smspin sandbox behave`: faults, fixed PINs and other answers from now on.

use crate::cli::BehaveArgs;
use crate::failure::{Exit, Failure};
use crate::sandbox::{Behaviour, Behaviours};
use crate::session::Context;

pub(super) fn run(context: &Context, args: BehaveArgs) -> Result<Exit, Failure> {
    let account = super::account(&args.account)?;
    let (source, clear) = (args.source.clone(), args.clear);
    let behaviour = behaviour(args)?;
    let adds = !clear && behaviour != Behaviour::default();
    let sandbox = super::sandbox(&source, adds)?;
    let behaviours = if adds {
        sandbox.behave(&behaviour).map(|added| Behaviours {
            behaviours: vec![added],
        })
    } else if clear {
        sandbox
            .behave_as_usual(&account)
            .and_then(|()| sandbox.behaviours())
    } else {
        sandbox.behaviours()
    };
    Ok(context.ui.answer(&behaviours.map_err(super::unasked)?))
}

fn behaviour(args: BehaveArgs) -> Result<Behaviour, Failure> {
    let msisdn = args.msisdn.as_deref().map(super::number).transpose()?;
    Ok(Behaviour {
        id: None,
        account: args.account.account,
        msisdn: msisdn.map(|msisdn| msisdn.to_string()),
        call: args.call,
        times: args.times,
        fault: args.fault,
        http: args.http,
        latency: args.latency,
        pin: args.pin,
        hlr: args.hlr,
        delivery: args.delivery,
    })
}
