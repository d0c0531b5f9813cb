//! What the operator says of a number.

use super::CallSummary;
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::text;
use crate::wire::lookup::Hlr;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LookupReport {
    #[serde(flatten)]
    pub(crate) summary: CallSummary,
    pub(crate) msisdn: String,
    #[serde(flatten)]
    pub(crate) hlr: Option<Hlr>,
}

impl Report for LookupReport {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Answered,
        OutcomeWord::Refused,
        OutcomeWord::Unsent,
        OutcomeWord::Unknown,
    ];

    fn outcome(&self) -> OutcomeWord {
        self.summary.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let Some(hlr) = &self.hlr else {
            return self.summary.trouble(paint);
        };
        if !hlr.success {
            return format!(
                "{}: the operator does not know {}",
                paint(Style::Bad, "no"),
                self.msisdn
            );
        }
        let mut text = format!(
            "{}: {} is known to its operator",
            paint(Style::Good, "yes"),
            self.msisdn
        );
        for (name, value) in [
            ("mccmnc", &hlr.mccmnc),
            ("original network", &hlr.original_network),
        ] {
            if let Some(value) = value {
                text.push_str(&format!("\n  {name}: {}", text::line(value)));
            }
        }
        text
    }
}
