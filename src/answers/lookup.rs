//! What the operator says of a number.

use super::CallSummary;
use super::call_summary::outcomes;
use crate::output::{Report, Style};
use crate::text;
use crate::wire::lookup::Hlr;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(transform = |schema: &mut Schema| outcomes(schema, &["answered"]))]
pub(crate) struct LookupReport {
    #[serde(flatten)]
    pub(crate) summary: CallSummary,
    pub(crate) msisdn: String,
    #[serde(flatten)]
    pub(crate) hlr: Option<HlrPart>,
}

/// The HLR's entry.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct HlrPart {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mccmnc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_network: Option<String>,
}

impl From<Hlr> for HlrPart {
    fn from(hlr: Hlr) -> Self {
        let Hlr {
            success,
            mccmnc,
            original_network,
        } = hlr;
        Self {
            success,
            mccmnc,
            original_network,
        }
    }
}

impl Report for LookupReport {
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
