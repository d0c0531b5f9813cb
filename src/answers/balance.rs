//! What is left in the account.

use super::CallAnswer;
use crate::outcome::OutcomeWord;
use crate::output::Style;
use crate::text;
use crate::wire::balance::Balance;

impl CallAnswer for Balance {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Answered,
        OutcomeWord::Refused,
        OutcomeWord::Unsent,
        OutcomeWord::Unknown,
    ];

    fn human(&self, _: OutcomeWord, _: &str, _: &dyn Fn(Style, &str) -> String) -> String {
        match &self.currency {
            None => self.balance.clone(),
            Some(currency) => format!("{} {}", self.balance, text::line(currency)),
        }
    }
}
