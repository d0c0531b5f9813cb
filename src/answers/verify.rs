//! Whether a PIN is the right one.

use super::CallAnswer;
use crate::outcome::OutcomeWord;
use crate::output::Style;
use crate::text;
use crate::wire::verify::Check;

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
