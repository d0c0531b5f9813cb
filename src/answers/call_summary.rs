//! What every call to the gateway reports: the outcome, what was received, and what to do about it.

use crate::failure::{Exit, Signal};
use crate::outcome::{Outcome, Verdict};
use crate::output::{AnswerTo, Report, Style, Ui};
use crate::session::OpenGateway;
use crate::session::call::CallResult;
use crate::text;
use crate::wire::{ErrorId, Scope};
use schemars::{JsonSchema, Schema};
use serde::Serialize;

/// The outcome of a question whose answer is what the gateway gave.
pub(crate) const ANSWERED: &str = "answered";

/// The part of a report that is the same for every call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CallSummary {
    pub(crate) outcome: &'static str,
    /// Whether the built-in gateway answered, so that nothing was sent to anyone.
    pub(crate) sandbox: bool,
    /// The HTTP code, where an answer began.
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<u16>,
    /// `status` as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    /// `error_id` as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_id: Option<String>,
    /// `error_msg` as received.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_msg: Option<String>,
    /// Why it is unsent or unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// How often the request was tried; more than once only where it certainly never left.
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<&'static str>,
    #[serde(skip)]
    exit: Exit,
}

/// Puts the words that a report's `outcome` may be into its schema: `done` is its own, the others are every call's.
pub(super) fn outcomes(schema: &mut Schema, done: &[&str]) {
    let words: Vec<&str> = done
        .iter()
        .copied()
        .chain(["refused", "unsent", "unknown"])
        .collect();
    if let Some(outcome) = schema.pointer_mut("/properties/outcome") {
        outcome["enum"] = words.into();
    }
}

impl CallSummary {
    /// Prints how a call ended, and gives the exit code. For people, anything but an answer goes to stderr.
    pub(crate) fn show(&self, ui: &Ui, report: &impl Report) -> Exit {
        let about = if self.outcome == ANSWERED {
            AnswerTo::Query
        } else {
            AnswerTo::Request
        };
        if ui.json {
            return ui.report(report, self.exit(), about);
        }
        if self.is_answer() {
            let exit = ui.report(report, self.exit(), about);
            if let Some(hint) = self.hint {
                ui.hint(hint);
            }
            return exit;
        }
        ui.report_aside(report, self.hint);
        self.exit()
    }

    pub(crate) fn is_refused_with(&self, id: &ErrorId) -> bool {
        self.outcome == "refused" && self.error_id.as_deref() == Some(id.as_str())
    }

    /// `done` gives the word and the exit code for what the gateway gave; `unknown` is what to do where it is not known
    /// whether it did what was asked; `signal` is the one that interrupted the call.
    pub(crate) fn new<T>(
        verdict: &Verdict<T>,
        done: impl FnOnce(&T) -> (&'static str, Exit),
        unknown: &'static str,
        sandbox: bool,
        attempts: u32,
        signal: Option<Signal>,
    ) -> Self {
        let (outcome, exit, hint) = match &verdict.outcome {
            Outcome::Done(answer) => {
                let (word, exit) = done(answer);
                (word, exit, None)
            }
            Outcome::Refused(id) => {
                let exit = if id.scope() == Scope::Account {
                    Exit::Account
                } else {
                    Exit::Refused
                };
                ("refused", exit, Some(id.hint()))
            }
            Outcome::Unsent if verdict.http.is_some() && verdict.remedy.is_none() => (
                "unsent",
                Exit::Unsent,
                Some("the gateway is busy: the same command may be run again later"),
            ),
            Outcome::Unsent => (
                "unsent",
                Exit::Unsent,
                verdict.remedy.or(Some(
                    "check the network, the base URL (`smspin config list`) and the proxy; the same command may be run again",
                )),
            ),
            Outcome::Unknown => ("unknown", Exit::Unknown, Some(unknown)),
        };
        Self {
            outcome,
            sandbox,
            http: verdict.http,
            status: verdict.status.clone(),
            error_id: verdict.error_id.as_ref().map(ToString::to_string),
            error_msg: verdict.error_msg.clone(),
            detail: verdict.detail.clone(),
            attempts,
            hint,
            exit: signal.map_or(exit, Exit::Signal),
        }
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether the gateway answered the question, with a yes or a no; such a report goes to standard output for people too.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.exit, Exit::Done | Exit::No)
    }

    /// The line for a call that did not succeed.
    pub(crate) fn trouble(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let (style, word) = match self.outcome {
            "refused" => (Style::Bad, "refused"),
            "unsent" => (Style::Bad, "not sent"),
            _ => (Style::Doubt, "unknown"),
        };
        let mut reasons: Vec<String> = Vec::new();
        if self.outcome == "refused" {
            reasons.extend(self.error_id.as_deref().map(|id| text::line(id).into_owned()));
        }
        reasons.extend(
            self.detail
                .as_deref()
                .map(|detail| text::line(detail).into_owned()),
        );
        reasons.extend(
            self.error_msg
                .as_deref()
                .map(|text| text::line(text).into_owned()),
        );
        let http = self
            .http
            .filter(|_| self.outcome == "refused")
            .map_or(String::new(), |code| format!(" (HTTP {code})"));
        let tries = if self.attempts > 1 {
            format!(", after {} attempts", self.attempts)
        } else {
            String::new()
        };
        format!("{}: {}{http}{tries}", paint(style, word), reasons.join(": "))
    }
}

impl<T> CallResult<T> {
    /// What there is to say about the call, and what the gateway gave, if it took the request.
    ///
    /// `done` gives the word and the exit code for what it gave, and `unknown` is what to do where it is not known whether
    /// the request was taken.
    pub(crate) fn conclude(
        self,
        gateway: &OpenGateway,
        unknown: &'static str,
        done: impl FnOnce(&T) -> (&'static str, Exit),
    ) -> (CallSummary, Option<T>) {
        let in_sandbox = gateway.sandbox.is_some();
        let summary = CallSummary::new(
            &self.verdict,
            done,
            unknown,
            in_sandbox,
            self.attempts,
            self.signal,
        );
        (summary, self.verdict.outcome.done())
    }
}
