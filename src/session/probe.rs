//! Whether the gateway has a path: asked with a call that can send nothing and costs nothing.

use super::OpenGateway;
use super::call::{self, attempts};
use super::connection::path_setting;
use crate::client::Client;
use crate::domain::duration;
use crate::failure::{Failure, Kind, Signal};
use crate::outcome::{Outcome, Verdict};
use crate::output::Ui;
use crate::settings::Key;
use crate::wire::{Call, ErrorId, Scope, balance, probe};
use jiff::SignedDuration;
use std::time::Duration;

/// Why a path is not known to be there.
#[derive(Debug)]
pub(crate) enum ProbeFailure {
    /// The gateway refused the account.
    Account {
        id: ErrorId,
        detail: String,
    },
    /// What answered did not answer as the gateway does, or nothing answered.
    NotTheGateway {
        detail: String,
        remedy: &'static str,
    },
    Interrupted(Signal),
}

/// What to do about an answer that is not the gateway's.
const BASE_URL_HINT: &str = "check base_url (`smspin config get base_url` says where it comes from): it ends before 3.0/2fa/request or 2fa/request";

/// How far this machine's clock may be from the gateway's where the age of an SMS decides whether its number gets another one.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(10);

/// Compares this machine's clock with the date of the gateway's first answer. By a clock that is ahead, an SMS of this minute would
/// be old enough for another one.
pub(crate) fn clock(ui: &Ui, gateway: &OpenGateway) -> Result<(), Failure> {
    let Some(ahead) = gateway.client.clock_ahead() else {
        ui.warn("the gateway told no date, so this machine's clock is not checked");
        return Ok(());
    };
    if ahead.abs() <= CLOCK_TOLERANCE {
        return Ok(());
    }
    let side = if ahead.is_negative() { "ahead of" } else { "behind" };
    let error = format!(
        "nothing was sent: this machine's clock is {} {side} the gateway's, and the age of an SMS decides what is sent",
        duration::human(Duration::from_secs(ahead.unsigned_abs().as_secs()))
    );
    Err(Failure::message(Kind::Config, error)
        .hint("set this machine's clock (`timedatectl` shows it), then run the same command again"))
}

/// The same, with the date of a call that sends nothing.
pub(crate) fn ask_clock(ui: &Ui, gateway: &OpenGateway) -> Result<(), Failure> {
    let asked = call::call(ui, gateway, &probe::body(Call::RequestPin), 0, |_| Some(()))?;
    match asked.signal {
        Some(signal) => Err(interrupted(signal)),
        None => clock(ui, gateway),
    }
}

pub(crate) fn interrupted(signal: Signal) -> Failure {
    Failure::message(Kind::from(signal), "nothing was sent: interrupted")
}

/// Makes the call without parameters, and expects the refusal that a gateway gives to it.
pub(crate) async fn path(ui: &Ui, gateway: &OpenGateway, call: Call) -> Result<(), ProbeFailure> {
    let result = attempts(ui, gateway, &probe::body(call), 0, |_| Some(())).await;
    if let Some(signal) = result.signal {
        return Err(ProbeFailure::Interrupted(signal));
    }
    let verdict = result.verdict;
    match &verdict.outcome {
        Outcome::Refused(id) if probe::proves_path(id) => Ok(()),
        Outcome::Refused(id) if id.scope() == Scope::Account => Err(ProbeFailure::Account {
            id: id.clone(),
            detail: verdict.error_msg.clone().unwrap_or_default(),
        }),
        _ => Err(ProbeFailure::NotTheGateway {
            detail: match &verdict.detail {
                Some(detail) if verdict.is_lasting => detail.clone(),
                _ => format!("{} {}", gateway.client.url(call), answered(&verdict)),
            },
            remedy: verdict.remedy.unwrap_or(BASE_URL_HINT),
        }),
    }
}

/// Asks for every path, the balance's too, and gives the settings of those that are not where they are looked for first.
pub(crate) async fn every_path(
    ui: &Ui,
    gateway: &OpenGateway,
) -> Result<Vec<(Key, &'static str)>, ProbeFailure> {
    for call in [Call::RequestPin, Call::VerifyPin, Call::Lookup] {
        path(ui, gateway, call).await?;
    }
    // Without a balance the others are as they are.
    attempts(ui, gateway, &balance::body(), 0, balance::read).await;
    Ok(found_paths(&gateway.client))
}

/// The settings that make fixed what was found out: only of calls that are not where they are looked for first.
pub(crate) fn found_paths(client: &Client) -> Vec<(Key, &'static str)> {
    let found = Call::ALL.into_iter().filter(|call| client.has_found_path(*call));
    found.map(|call| (path_setting(call).key, call.path())).collect()
}

fn answered(verdict: &Verdict<()>) -> String {
    match &verdict.outcome {
        Outcome::Done(()) => "accepted a request without a number, which the gateway refuses".to_owned(),
        Outcome::Refused(id) => {
            format!("refused a request without a number with {id}, which the gateway does not")
        }
        Outcome::Unsent | Outcome::Unknown => {
            format!(
                "did not answer as the gateway does: {}",
                verdict.detail.as_deref().unwrap_or_default()
            )
        }
    }
}
