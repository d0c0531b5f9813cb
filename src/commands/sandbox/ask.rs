//! The commands that ask a sandbox, or tell it something: one that is served, or one on a state file.

use crate::answers::{SandboxAnswersReport, SandboxPinReport, SandboxResetReport, SandboxRevisionReport};
use crate::cli::{AdvanceArgs, AfterArg, BehaveArgs, InboxArgs, PinArgs, ReadyArgs, RequestsArgs, ResetArgs};
use crate::failure::{Exit, Failure, Kind};
use crate::journal::JournalPlace;
use crate::sandbox::{Behaviour, Behaviours, InboxQuery, PinQuery, TrafficQuery};
use crate::session::{Context, journal};
use crate::settings::Directories;
use std::time::{Duration, Instant};

pub(super) fn inbox(context: &Context, args: &InboxArgs) -> Result<Exit, Failure> {
    let sandbox = super::sandbox(&args.source, !args.wait.is_zero())?;
    if args.revision {
        let readiness = sandbox.readiness().map_err(super::unasked)?;
        let report = SandboxRevisionReport {
            revision: readiness.revision,
        };
        return Ok(context.ui.answer(&report));
    }
    let query = InboxQuery {
        number: args.msisdn.as_deref().map(super::number).transpose()?,
        account: super::account(&args.account)?,
    };
    let found = sandbox.messages(&query, args.wait).map_err(super::unasked)?;
    if found.messages.is_empty() && !args.wait.is_zero() {
        let text = "no SMS reached the sandbox within the time of --wait";
        return Err(Failure::message(Kind::NotFound, text));
    }
    Ok(context.ui.answer(&found))
}

pub(super) fn pin(context: &Context, args: &PinArgs) -> Result<Exit, Failure> {
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

pub(super) fn requests(context: &Context, args: &RequestsArgs) -> Result<Exit, Failure> {
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

pub(super) fn behave(context: &Context, args: BehaveArgs) -> Result<Exit, Failure> {
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

pub(super) fn advance(context: &Context, args: &AdvanceArgs) -> Result<Exit, Failure> {
    let now = super::sandbox(&args.source, true)?
        .advance(args.by)
        .map_err(super::unasked)?;
    Ok(context.ui.answer(&now))
}

/// How long to rest between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(50);

pub(super) fn ready(context: &Context, args: &ReadyArgs) -> Result<Exit, Failure> {
    let deadline = Instant::now() + args.wait;
    loop {
        // The name of a container may get its address only when that has started, so it is looked up each time.
        let asked = match super::served(&args.url) {
            Ok(served) => served.readiness().map_err(super::unasked),
            Err(failure) if args.url.starts_with("http://") => Err(failure),
            Err(failure) => return Err(failure),
        };
        let failure = match asked {
            Ok(readiness) => {
                let report = SandboxAnswersReport {
                    url: args.url.clone(),
                    version: readiness.version,
                    revision: readiness.revision,
                };
                return Ok(context.ui.answer(&report));
            }
            Err(failure) => failure,
        };
        let rest = deadline.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Err(failure);
        }
        std::thread::sleep(TRY_AGAIN.min(rest));
    }
}

pub(super) fn reset(context: &Context, args: &ResetArgs) -> Result<Exit, Failure> {
    let account = super::account(&args.account)?;
    let is_of_rehearsals = args.source.db.is_none() && args.source.url.is_none();
    if is_of_rehearsals && args.account.account.is_none() {
        forget_rehearsals()?;
    }
    super::sandbox(&args.source, false)?
        .reset(&account)
        .map_err(super::unasked)?;
    let report = SandboxResetReport {};
    Ok(context.ui.answer(&report))
}

/// Removes the journal of what was sent with `--sandbox`. While a batch is sending there, it refuses.
fn forget_rehearsals() -> Result<(), Failure> {
    let path = Directories::of_system().sandbox_journal()?;
    JournalPlace::remove_rehearsals(&path).map_err(|error| journal::failure(error, "nothing was reset"))
}
