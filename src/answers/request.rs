//! What became of one PIN request.

use super::CallAnswer;
use crate::outcome::OutcomeWord;
use crate::output::Style;
use schemars::JsonSchema;
use serde::Serialize;

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
