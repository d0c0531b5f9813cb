//! What is left in the account.

use super::CallSummary;
use super::call_summary::outcomes;
use crate::output::{Report, Style};
use crate::text;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(transform = |schema: &mut Schema| outcomes(schema, &["answered"]))]
pub(crate) struct BalanceReport {
    #[serde(flatten)]
    pub(crate) summary: CallSummary,
    /// A decimal, digit by digit as the gateway sent it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) balance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) currency: Option<String>,
}

impl Report for BalanceReport {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        match (&self.balance, &self.currency) {
            (None, _) => self.summary.trouble(paint),
            (Some(balance), None) => balance.clone(),
            (Some(balance), Some(currency)) => format!("{balance} {}", text::line(currency)),
        }
    }
}
