//! What became of one PIN request.

use super::CallSummary;
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RequestReport {
    #[serde(flatten)]
    pub(crate) summary: CallSummary,
    pub(crate) msisdn: String,
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

impl Report for RequestReport {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Accepted,
        OutcomeWord::Refused,
        OutcomeWord::Unsent,
        OutcomeWord::Unknown,
    ];

    fn outcome(&self) -> OutcomeWord {
        self.summary.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        if !self.summary.is_answer() {
            return self.summary.trouble(paint);
        }
        let accepted = paint(Style::Good, "accepted");
        if self.in_sandbox {
            format!(
                "{accepted}: the sandbox made a PIN for {}; no SMS was sent",
                self.msisdn
            )
        } else {
            format!(
                "{accepted}: the gateway sends a PIN to {} ({})",
                self.msisdn, self.place
            )
        }
    }
}
