//! What is found out before the first row: whether the gateway is there and takes the key, and how many connections this
//! system allows.

use crate::failure::{Failure, Kind};
use crate::outcome::Outcome;
use crate::output::Ui;
use crate::session::{OpenGateway, call};
use crate::wire::{Scope, balance};

/// One free call before the first row: a key that isn't accepted, no connection, or an answer that isn't the gateway's.
pub(super) async fn check_account(ui: &Ui, gateway: &OpenGateway) -> Result<(), Failure> {
    let ended = call::attempts(ui, gateway, &balance::body(), 0, balance::read).await;
    if let Some(signal) = ended.signal {
        return Err(Failure::message(
            Kind::from(signal),
            "nothing was sent: interrupted",
        ));
    }
    let verdict = ended.verdict;
    let detail = verdict
        .error_msg
        .clone()
        .or(verdict.detail.clone())
        .unwrap_or_default();
    let failure = |kind, text: String| {
        Failure::message(kind, text).hint("`smspin balance` makes the same call, and is free")
    };
    match verdict.outcome {
        Outcome::Done(_) => Ok(()),
        Outcome::Refused(id) if id.scope() == Scope::Account => Err(failure(
            Kind::Account,
            format!("nothing was sent: {id}: {detail}"),
        )),
        Outcome::Refused(id) => Err(failure(
            Kind::Refused,
            format!("nothing was sent: the gateway refused the balance call: {id}: {detail}"),
        )),
        Outcome::Unsent | Outcome::Unknown => Err(failure(
            Kind::Unreachable,
            format!("nothing was sent: the gateway didn't answer the balance call: {detail}"),
        )),
    }
}

/// As many open files as the requests need; where the system gives fewer, fewer requests.
#[cfg(unix)]
pub(super) fn raise_file_limit(ui: &Ui, concurrency: usize) -> usize {
    use rustix::process::{Resource, getrlimit, setrlimit};
    /// The journal, the input, the results, the standard streams, the sandbox's side.
    const OTHERS: u64 = 64;
    let mut limit = getrlimit(Resource::Nofile);
    let needed = 2 * concurrency as u64 + OTHERS;
    if limit.current.is_none_or(|current| current >= needed) {
        return concurrency;
    }
    limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
    let raised = setrlimit(Resource::Nofile, limit).is_ok();
    let given = if raised {
        limit.current
    } else {
        getrlimit(Resource::Nofile).current
    };
    match given {
        Some(given) if given < needed => {
            let fits = usize::try_from(given.saturating_sub(OTHERS) / 2)
                .unwrap_or(1)
                .clamp(1, concurrency);
            ui.warn(format_args!(
                "this system allows {given} open files: {fits} requests at once in place of {concurrency}"
            ));
            fits
        }
        _ => concurrency,
    }
}

#[cfg(not(unix))]
pub(super) fn raise_file_limit(_: &Ui, concurrency: usize) -> usize {
    concurrency
}
