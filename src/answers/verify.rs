//! Whether a PIN is the right one.

use super::CallSummary;
use super::call_summary::outcomes;
use crate::output::{Report, Style};
use crate::text;
use crate::wire::verify::{Check, PinVerdict};
use schemars::{JsonSchema, Schema};
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(transform = |schema: &mut Schema| outcomes(schema, &["verified", "already_used", "not_verified"]))]
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
    /// Whether the person may be let in: false for a PIN that was used before, unless --accept-used was given.
    verified: bool,
    /// Whether the gateway says that the PIN was verified before.
    previously_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_remaining: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip)]
    verdict: PinVerdict,
}

impl CheckPart {
    pub(crate) fn new(check: Check, verdict: PinVerdict) -> Self {
        Self {
            verified: verdict == PinVerdict::Right,
            previously_verified: check.previously_verified,
            tries_remaining: check.tries_remaining,
            message: check.message,
            verdict,
        }
    }
}

impl Report for VerifyReport {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let Some(check) = &self.check else {
            return self.summary.trouble(paint);
        };
        let (style, word) = match check.verdict {
            PinVerdict::Right => (Style::Good, "verified"),
            PinVerdict::Used => (Style::Bad, "already used"),
            PinVerdict::Wrong => (Style::Bad, "not verified"),
        };
        let mut text = format!("{}: {}", paint(style, word), self.msisdn);
        if check.verdict == PinVerdict::Right && check.previously_verified {
            text.push_str(" (this PIN was verified before)");
        }
        if let (PinVerdict::Wrong, Some(tries)) = (check.verdict, check.tries_remaining) {
            text.push_str(&match tries {
                0 => ", no tries left".to_owned(),
                tries => format!(", {} left", text::count(tries, "try", "tries")),
            });
        }
        if let Some(message) = check.message.as_deref().filter(|message| !message.is_empty()) {
            text.push_str(&format!(" ({})", text::line(message)));
        }
        text
    }
}
