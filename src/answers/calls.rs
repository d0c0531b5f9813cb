//! What every call to the gateway reports: the outcome, what was received, and what to do about it.

use crate::failure::Exit;
use crate::outcome::{Outcome, OutcomeWord};
use crate::output::{AnswerTo, Report, Style, Ui};
use crate::session::OpenGateway;
use crate::session::call::CallResult;
use crate::text;
use crate::wire::ErrorId;
use crate::wire::balance::Balance;
use crate::wire::lookup::Hlr;
use crate::wire::verify::Check;
use schemars::JsonSchema;
use serde::Serialize;

/// The part of a report that is the same for every call.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CallSummary {
    #[serde(skip)]
    pub(crate) outcome: OutcomeWord,
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

/// What a call reports: how it ended, and what the gateway gave where it answered.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CallReport<T> {
    #[serde(flatten)]
    pub(crate) summary: CallSummary,
    /// The number that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) msisdn: Option<String>,
    #[serde(flatten)]
    pub(crate) answer: Option<T>,
}

/// What a gateway gives where it answers.
pub(crate) trait CallAnswer: Serialize {
    /// The words for it, and those for the calls that got none.
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Answered,
        OutcomeWord::Refused,
        OutcomeWord::Unsent,
        OutcomeWord::Unknown,
    ];

    fn human(&self, outcome: OutcomeWord, msisdn: &str, paint: &dyn Fn(Style, &str) -> String) -> String;
}

impl<T: CallAnswer> Report for CallReport<T> {
    const OUTCOMES: &'static [OutcomeWord] = T::OUTCOMES;

    fn outcome(&self) -> OutcomeWord {
        self.summary.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        match &self.answer {
            Some(answer) if !self.summary.is_trouble() => {
                let msisdn = self.msisdn.as_deref().unwrap_or_default();
                answer.human(self.summary.outcome, msisdn, paint)
            }
            _ => self.summary.trouble(paint),
        }
    }
}

impl<T: CallAnswer> CallReport<T> {
    /// Prints how a call ended, and gives the exit code. For people, anything but an answer goes to stderr.
    pub(crate) fn show(&self, ui: &Ui) -> Exit {
        let summary = &self.summary;
        let about = if summary.outcome == OutcomeWord::Answered {
            AnswerTo::Query
        } else {
            AnswerTo::Request
        };
        if ui.json {
            return ui.report(self, summary.exit, about);
        }
        if summary.is_answer() {
            let exit = ui.report(self, summary.exit, about);
            if let Some(hint) = summary.hint {
                ui.hint(hint);
            }
            return exit;
        }
        ui.report_aside(self, summary.hint);
        summary.exit
    }
}

impl CallSummary {
    pub(crate) fn is_refused_with(&self, id: &ErrorId) -> bool {
        self.outcome == OutcomeWord::Refused && self.error_id.as_deref() == Some(id.as_str())
    }

    pub(crate) const fn exit(&self) -> Exit {
        self.exit
    }

    /// The answer is a valid "no".
    pub(crate) fn says_no(&mut self) {
        if self.exit == Exit::Done {
            self.exit = Exit::No;
        }
    }

    /// Whether the gateway answered the question, with a yes or a no; such a report goes to standard output for people too.
    pub(crate) fn is_answer(&self) -> bool {
        matches!(self.exit, Exit::Done | Exit::No)
    }

    /// Whether the gateway gave no answer.
    fn is_trouble(&self) -> bool {
        matches!(
            self.outcome,
            OutcomeWord::Refused | OutcomeWord::Unsent | OutcomeWord::Unknown
        )
    }

    /// The line for a call that did not succeed.
    pub(crate) fn trouble(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let (style, word) = match self.outcome {
            OutcomeWord::Refused => (Style::Bad, "refused"),
            OutcomeWord::Unsent => (Style::Bad, "not sent"),
            _ => (Style::Doubt, "unknown"),
        };
        let id = self.error_id.as_deref();
        let reasons = [
            id.filter(|_| self.outcome == OutcomeWord::Refused),
            self.detail.as_deref(),
            self.error_msg.as_deref(),
        ];
        let reasons: Vec<_> = reasons.into_iter().flatten().map(text::line).collect();
        let http = self
            .http
            .filter(|_| self.outcome == OutcomeWord::Refused)
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
    /// `done` gives the word for what it gave, and `unknown` is what to do where it is not known whether the request was taken.
    pub(crate) fn conclude(
        self,
        gateway: &OpenGateway,
        unknown: &'static str,
        done: impl FnOnce(&T) -> OutcomeWord,
    ) -> (CallSummary, Option<T>) {
        let verdict = self.verdict;
        let (outcome, hint) = match &verdict.outcome {
            Outcome::Done(answer) => (done(answer), None),
            Outcome::Refused(id) => {
                let hint = id.hint(gateway.sandbox.is_some());
                (OutcomeWord::Refused, Some(hint))
            }
            Outcome::Unsent if verdict.http.is_some() && verdict.remedy.is_none() => (
                OutcomeWord::Unsent,
                Some("the gateway is busy: the same command may be run again later"),
            ),
            Outcome::Unsent => (
                OutcomeWord::Unsent,
                verdict.remedy.or(Some(
                    "check the network, the base URL (`smspin config list`) and the proxy; the same command may be run again",
                )),
            ),
            Outcome::Unknown => (OutcomeWord::Unknown, Some(unknown)),
        };
        let exit = match &verdict.outcome {
            Outcome::Refused(id) => id.scope().into(),
            _ => outcome.exit().unwrap_or(Exit::Done),
        };
        let summary = CallSummary {
            outcome,
            http: verdict.http,
            status: verdict.status,
            error_id: verdict.error_id.as_ref().map(ToString::to_string),
            error_msg: verdict.error_msg,
            detail: verdict.detail,
            attempts: self.attempts,
            hint,
            exit: self.signal.map_or(exit, Exit::Signal),
        };
        (summary, verdict.outcome.done())
    }
}

/// What is known of a request, however it ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RequestAnswer {
    /// Whose number it is: the country by its code of two letters, where the number tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<&'static str>,
    /// The country for people.
    #[serde(skip)]
    pub(crate) place: String,
    /// Whether the built-in gateway answered.
    #[serde(skip)]
    pub(crate) in_sandbox: bool,
    /// What is not recommended about this request, though it was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
}

impl CallAnswer for RequestAnswer {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Accepted,
        OutcomeWord::Refused,
        OutcomeWord::Unsent,
        OutcomeWord::Unknown,
    ];

    fn human(&self, _: OutcomeWord, msisdn: &str, paint: &dyn Fn(Style, &str) -> String) -> String {
        let accepted = paint(Style::Good, "accepted");
        if self.in_sandbox {
            format!("{accepted}: the sandbox made a PIN for {msisdn}; no SMS was sent")
        } else {
            format!("{accepted}: the gateway sends a PIN to {msisdn} ({})", self.place)
        }
    }
}

impl CallAnswer for Check {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Verified,
        OutcomeWord::AlreadyUsed,
        OutcomeWord::NotVerified,
        OutcomeWord::Refused,
        OutcomeWord::Unsent,
        OutcomeWord::Unknown,
    ];

    fn human(&self, outcome: OutcomeWord, msisdn: &str, paint: &dyn Fn(Style, &str) -> String) -> String {
        let (style, word) = match outcome {
            OutcomeWord::Verified => (Style::Good, "verified"),
            OutcomeWord::AlreadyUsed => (Style::Bad, "already used"),
            _ => (Style::Bad, "not verified"),
        };
        let mut text = format!("{}: {}", paint(style, word), msisdn);
        if self.verified && self.previously_verified {
            text.push_str(" (this PIN was verified before)");
        }
        if let (OutcomeWord::NotVerified, Some(tries)) = (outcome, self.tries_remaining) {
            text.push_str(&match tries {
                0 => ", no tries left".to_owned(),
                tries => format!(", {} left", text::count(tries, "try", "tries")),
            });
        }
        if let Some(message) = self.message.as_deref().filter(|message| !message.is_empty()) {
            text.push_str(&format!(" ({})", text::line(message)));
        }
        text
    }
}

impl CallAnswer for Hlr {
    fn human(&self, _: OutcomeWord, msisdn: &str, paint: &dyn Fn(Style, &str) -> String) -> String {
        if !self.success {
            return format!("{}: the operator does not know {msisdn}", paint(Style::Bad, "no"));
        }
        let mut text = format!("{}: {msisdn} is known to its operator", paint(Style::Good, "yes"));
        for (name, value) in [
            ("mccmnc", &self.mccmnc),
            ("original network", &self.original_network),
        ] {
            if let Some(value) = value {
                text.push_str(&format!("\n  {name}: {}", text::line(value)));
            }
        }
        text
    }
}

impl CallAnswer for Balance {
    fn human(&self, _: OutcomeWord, _: &str, _: &dyn Fn(Style, &str) -> String) -> String {
        match &self.currency {
            None => self.balance.clone(),
            Some(currency) => format!("{} {}", self.balance, text::line(currency)),
        }
    }
}

/// A request that passed every check and was not sent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct DryRunReport {
    pub(crate) url: String,
    /// Whose number it is: the country by its code of two letters, where the number tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<&'static str>,
    /// The country for people.
    #[serde(skip)]
    pub(crate) place: String,
    /// The JSON that would be sent, the key masked.
    pub(crate) body: serde_json::Value,
    /// `None` where the gateway's own text would be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encoding: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) segments: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
    #[serde(skip)]
    pub(crate) body_text: String,
}

impl Report for DryRunReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::DryRun];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut text = format!(
            "{}\nPOST {}\n{}\na number of {}",
            paint(Style::Strong, "dry run: nothing was sent"),
            self.url,
            text::line(&self.body_text),
            self.place,
        );
        if let (Some(encoding), Some(segments)) = (self.encoding, self.segments) {
            let plural = if segments == 1 { "" } else { "s" };
            // What becomes of characters outside GSM-7 is the gateway's to decide.
            text.push_str(&if encoding == "GSM-7" {
                format!("\n{encoding}, {segments} segment{plural}")
            } else {
                format!("\nat most {segments} segment{plural}, as {encoding}")
            });
        }
        text
    }
}

/// The equivalent curl command.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CurlReport {
    /// Takes the key from `$SMSPIN_API_KEY`, and puts it into no argument list.
    pub(crate) command: String,
}

impl Report for CurlReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Curl];

    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        self.command.clone()
    }
}
