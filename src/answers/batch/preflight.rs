//! What the preflight found, before anything is sent.

use super::known::KnownPart;
use crate::batch::Batch;
use crate::batch::plan::BatchPlan;
use crate::batch::preflight::{Outlook, SampleSms, Survey};
use crate::batch::row_fault::InvalidRow;
use crate::batch::standings::NumberCounts;
use crate::rows::Counts;
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the preflight found.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct PreflightPart {
    pub(crate) file: String,
    /// Format, delimiter and encoding, as recognised.
    pub(crate) format: String,
    /// Of a workbook, the sheet: a `line` is one of its rows then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sheet: Option<String>,
    /// Columns that mean something to a batch, as in `Tel as msisdn`. The others fill templates alone.
    pub(crate) columns: Vec<String>,
    #[serde(flatten)]
    pub(crate) rows: Counts,
    pub(crate) invalid: u64,
    pub(crate) duplicates: u64,
    /// Numbers in ranges that the numbering plan doesn't know as mobile.
    pub(crate) doubtful: u64,
    /// What the journal has already, from whichever list, and is left alone.
    #[serde(flatten)]
    pub(crate) numbers: NumberCounts,
    #[serde(flatten)]
    pub(crate) known: KnownPart,
    #[serde(flatten)]
    pub(crate) outlook: Outlook,
    /// What is odd about the texts, though they may be sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<String>,
    /// The first invalid rows, with at most 100,000 faults between them.
    pub(crate) faults: Vec<InvalidRow>,
    /// How many rows have a fault, by its kind. A row with several is counted for each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) reasons: BTreeMap<&'static str, u64>,
    /// Where the requests would go.
    pub(crate) gateway: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile: Option<String>,
    /// What the first valid row would send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sample: Option<SampleSms>,
    /// The text before a row fills it in; `None` where the rows bring their own, or the gateway does.
    #[serde(skip)]
    pub(crate) template: Option<String>,
    /// The first characters outside GSM-7, where a text has any: the gateway may replace them, or send UCS-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outside_gsm7: Option<String>,
}

impl PreflightPart {
    /// What would be sent, as it is planned.
    pub(crate) fn of(batch: &Batch, survey: &Survey, plan: &BatchPlan) -> Self {
        Self {
            file: batch.options.asked.file.display().to_string(),
            format: batch.input.described(),
            sheet: batch.input.sheet().map(|sheet| sheet.name().to_owned()),
            columns: batch.input.meanings(),
            rows: survey.counts,
            invalid: survey.invalid,
            duplicates: batch.numbers.duplicates(),
            warnings: survey.warnings.clone(),
            doubtful: survey.doubtful,
            numbers: plan.standings.counts,
            known: KnownPart::of(batch, plan),
            outlook: plan.outlook.clone(),
            faults: survey.faults.clone(),
            reasons: survey.reasons.clone(),
            gateway: batch.options.gateway_name(),
            profile: batch.options.profile.clone(),
            sample: survey.sample.clone(),
            template: batch.template(),
            outside_gsm7: survey
                .accent
                .as_ref()
                .map(|accent| format!("{} in {}", accent.characters, batch.input.row_name(accent.line))),
        }
    }

    /// The same as it may be passed on: with the text as it was written, without the cells of a person, and with the numbers of
    /// the rows masked unless they are to be shown.
    #[must_use]
    pub(crate) fn for_report(mut self, show_numbers: bool) -> Self {
        if let Some(text) = self.sample.as_mut().and_then(|sample| sample.text.as_mut()) {
            *text = self
                .template
                .take()
                .unwrap_or_else(|| "each row has its own".to_owned());
        }
        if !show_numbers {
            self.faults = self.faults.iter().map(InvalidRow::masked).collect();
        }
        self
    }

    /// A row as it is named to people.
    pub(crate) fn row_name(&self, line: u64) -> String {
        text::row_name(self.sheet.as_deref(), line)
    }
}
