//! What became of one PIN request.

use super::CallSummary;
use super::call_summary::outcomes;
use crate::output::{Report, Style};
use schemars::{JsonSchema, Schema};
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(transform = |schema: &mut Schema| outcomes(schema, &["accepted"]))]
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
    /// What is not recommended about this request, though it was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
}

impl Report for RequestReport {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        if !self.summary.is_answer() {
            return self.summary.trouble(paint);
        }
        let accepted = paint(Style::Good, "accepted");
        if self.summary.sandbox {
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
