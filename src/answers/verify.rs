//! Whether a PIN is the right one.

use super::CallSummary;
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::text;
use crate::wire::verify::Check;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct VerifyReport {
    #[serde(flatten)]
    pub(crate) summary: CallSummary,
    pub(crate) msisdn: String,
    /// `verified` says whether the person may be let in: false for a PIN that was used before, unless --accept-used was given.
    #[serde(flatten)]
    pub(crate) check: Option<Check>,
}

impl Report for VerifyReport {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Verified,
        OutcomeWord::AlreadyUsed,
        OutcomeWord::NotVerified,
        OutcomeWord::Refused,
        OutcomeWord::Unsent,
        OutcomeWord::Unknown,
    ];

    fn outcome(&self) -> OutcomeWord {
        self.summary.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let Some(check) = &self.check else {
            return self.summary.trouble(paint);
        };
        let (style, word) = match self.summary.outcome {
            OutcomeWord::Verified => (Style::Good, "verified"),
            OutcomeWord::AlreadyUsed => (Style::Bad, "already used"),
            _ => (Style::Bad, "not verified"),
        };
        let mut text = format!("{}: {}", paint(style, word), self.msisdn);
        if check.verified && check.previously_verified {
            text.push_str(" (this PIN was verified before)");
        }
        if let (OutcomeWord::NotVerified, Some(tries)) = (self.summary.outcome, check.tries_remaining) {
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
