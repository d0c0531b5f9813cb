//! Whether a PIN is the right one.

use super::CallSummary;
use super::call_summary::outcomes;
use crate::output::{Report, Style};
use crate::text;
use crate::wire::verify::Check;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(transform = |schema: &mut Schema| outcomes(schema, &["verified", "not_verified"]))]
pub(crate) struct VerifyReport {
    #[serde(flatten)]
    pub(crate) summary: CallSummary,
    pub(crate) msisdn: String,
    #[serde(flatten)]
    pub(crate) check: Option<CheckPart>,
}

/// What the gateway says of the PIN.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CheckPart {
    verified: bool,
    previously_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_remaining: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<Check> for CheckPart {
    fn from(check: Check) -> Self {
        let Check {
            verified,
            previously_verified,
            tries_remaining,
            message,
        } = check;
        Self {
            verified,
            previously_verified,
            tries_remaining,
            message,
        }
    }
}

impl Report for VerifyReport {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let Some(check) = &self.check else {
            return self.summary.trouble(paint);
        };
        let mut text = match (check.verified, check.previously_verified) {
            (true, false) => format!("{}: {}", paint(Style::Good, "verified"), self.msisdn),
            (true, true) => {
                format!(
                    "{}: {} (this PIN was verified before)",
                    paint(Style::Good, "verified"),
                    self.msisdn
                )
            }
            (false, _) => format!("{}: {}", paint(Style::Bad, "not verified"), self.msisdn),
        };
        if let (false, Some(tries)) = (check.verified, check.tries_remaining) {
            text.push_str(&match tries {
                0 => ", no tries left".to_owned(),
                1 => ", 1 try left".to_owned(),
                tries => format!(", {tries} tries left"),
            });
        }
        if let Some(message) = check.message.as_deref().filter(|message| !message.is_empty()) {
            text.push_str(&format!(" ({})", text::line(message)));
        }
        text
    }
}
