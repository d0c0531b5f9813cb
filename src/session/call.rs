//! One call to the gateway from start to end: its attempts, the waits between those that were not sent, and signals.

use super::OpenGateway;
use super::signals::{self, ProgressRequests};
use crate::client::Passing;
use crate::failure::{Failure, Signal};
use crate::outcome::{AnswerBody, Exchange, NotSent, Verdict, judge};
use crate::output::{SLOW, Ui};
use crate::retry::{self, Next};
use crate::wire::{Answer, Body};
use std::time::Instant;

/// How one call ended.
pub(crate) struct CallResult<T> {
    pub(crate) verdict: Verdict<T>,
    pub(crate) attempts: u32,
    /// The signal that interrupted it.
    pub(crate) signal: Option<Signal>,
}

/// Makes the call. A request that certainly was not sent is tried again, at most `retries` times.
pub(crate) fn call<T>(
    ui: &Ui,
    gateway: &OpenGateway,
    body: &Body,
    retries: u32,
    read: impl Fn(&Answer) -> Option<T>,
) -> Result<CallResult<T>, Failure> {
    let runtime =
        crate::runtime::current_thread().map_err(|error| Failure::system("nothing was sent", error))?;
    let ended = runtime.block_on(attempts(ui, gateway, body, retries, read));
    // A name resolution that hangs must not keep the program from ending.
    runtime.shutdown_background();
    Ok(ended)
}

/// The attempts of one call, within a runtime of the caller's.
pub(crate) async fn attempts<T>(
    ui: &Ui,
    gateway: &OpenGateway,
    body: &Body,
    retries: u32,
    read: impl Fn(&Answer) -> Option<T>,
) -> CallResult<T> {
    let mut signal = std::pin::pin!(signals::next());
    let mut asked = ProgressRequests::new();
    let mut attempts = 0;
    loop {
        attempts += 1;
        let started = Instant::now();
        let tell = |passing: Passing<'_>| trace(ui, &passing);
        let mut verdict = std::pin::pin!(gateway.client.call(body, &gateway.key, &read, tell));
        let (mut slow, mut told) = (std::pin::pin!(tokio::time::sleep(SLOW)), false);
        let verdict = loop {
            tokio::select! {
                verdict = &mut verdict => break verdict,
                () = &mut slow, if !told => {
                    told = ui.note_waiting();
                }
                signal = &mut signal => {
                    let detail = "interrupted while the request was under way".to_owned();
                    let verdict = judge(Exchange::NoAnswer { detail }, &read);
                    return CallResult { verdict, attempts, signal: Some(signal) };
                }
                () = asked.next() => still_waiting(ui, attempts, started),
            }
        };
        if !verdict.is_worth_a_retry() {
            return CallResult {
                verdict,
                attempts,
                signal: None,
            };
        }
        let Next::Wait(wait) = retry::after(attempts, retries, verdict.retry_after, retry::dice) else {
            return CallResult {
                verdict,
                attempts,
                signal: None,
            };
        };
        ui.warn(format_args!(
            "not sent: {}; trying again in {:.1} s",
            verdict.detail.as_deref().unwrap_or_default(),
            wait.as_secs_f32()
        ));
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            signal = &mut signal => return CallResult { verdict, attempts, signal: Some(signal) },
        }
    }
}

/// For a user who asked.
fn still_waiting(ui: &Ui, attempts: u32, started: Instant) {
    ui.to_stderr(&format!(
        "attempt {attempts}: no answer of the gateway after {} s, still waiting\n",
        started.elapsed().as_secs()
    ));
}

fn trace(ui: &Ui, passing: &Passing<'_>) {
    match passing {
        Passing::Request { url, body } => ui.trace('>', format_args!("POST {url} {}", body.masked())),
        Passing::Answer(Exchange::NotSent(NotSent { detail, .. }) | Exchange::NoAnswer { detail }) => {
            ui.trace('<', detail);
        }
        Passing::Answer(Exchange::Answered { http, body, .. }) => match body {
            AnswerBody::Broken { detail } => ui.trace('<', format_args!("HTTP {http}, but {detail}")),
            AnswerBody::Whole(received) => {
                const MOST: usize = 4096;
                let shown: String = received.shown().chars().take(MOST).collect();
                ui.trace('<', format_args!("HTTP {http} {shown}"));
            }
        },
    }
}
