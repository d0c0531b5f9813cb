//! What the operator says of a number.

use super::CallAnswer;
use crate::outcome::OutcomeWord;
use crate::output::Style;
use crate::text;
use crate::wire::lookup::Hlr;

impl CallAnswer for Hlr {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Answered,
        OutcomeWord::Refused,
        OutcomeWord::Unsent,
        OutcomeWord::Unknown,
    ];

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
