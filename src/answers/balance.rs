//! What is left in the account.

use super::CallSummary;
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::text;
use crate::wire::balance::Balance;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BalanceReport {
    #[serde(flatten)]
    pub(crate) summary: CallSummary,
    #[serde(flatten)]
    pub(crate) balance: Option<Balance>,
}

impl Report for BalanceReport {
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
        let Some(Balance { balance, currency }) = &self.balance else {
            return self.summary.trouble(paint);
        };
        match currency {
            None => balance.clone(),
            Some(currency) => format!("{balance} {}", text::line(currency)),
        }
    }
}
