//! `smspin sandbox behave`: faults, fixed PINs and other answers from now on.

use crate::answers::SandboxBehaviourReport;
use crate::cli::BehaveArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::output::AnswerTo;
use crate::sandbox::{Behaviour, BehaviourText, Source};
use crate::session::Context;

pub(super) fn run(context: &Context, args: BehaveArgs) -> Result<Exit, Failure> {
    let source = super::source(&args.source)?;
    if args.clear {
        let account = super::account(&args.account)?;
        source.behave_as_usual(&account).map_err(super::unasked)?;
        return show(context, &source);
    }
    let behaviour = behaviour(args)?;
    if behaviour == Behaviour::default() {
        return show(context, &source);
    }
    let checked = behaviour
        .clone()
        .check()
        .map_err(|error| Failure::new(Kind::Usage, error).doing("this is no behaviour"))?;
    let added = source.behave(&behaviour, checked).map_err(super::unasked)?;
    let report = SandboxBehaviourReport::new(vec![added]);
    Ok(context.ui.report(&report, Exit::Done, AnswerTo::Local))
}

fn show(context: &Context, source: &Source) -> Result<Exit, Failure> {
    let behaviours = source.behaviours().map_err(super::unasked)?;
    let report = SandboxBehaviourReport::new(behaviours);
    Ok(context.ui.report(&report, Exit::Done, AnswerTo::Local))
}

fn behaviour(args: BehaveArgs) -> Result<Behaviour, Failure> {
    let msisdn = args.msisdn.as_deref().map(super::number).transpose()?;
    Ok(Behaviour {
        id: None,
        account: args.account.account,
        msisdn: msisdn.map(|msisdn| msisdn.to_string()),
        call: args.call,
        times: args.times,
        effects: BehaviourText {
            fault: args.fault,
            http: args.http,
            latency: args.latency,
            pin: args.pin,
            hlr: args.hlr,
            delivery: args.delivery,
            replace_accents: args.replace_accents.then_some(true),
        },
    })
}
