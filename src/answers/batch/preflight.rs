//! What the preflight found, before anything is sent.

use super::known::KnownPart;
use crate::batch::Batch;
use crate::batch::plan::BatchPlan;
use crate::batch::preflight::{SampleSms, Survey};
use crate::batch::row_fault::InvalidRow;
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
    pub(crate) rows: u64,
    /// Numbers that would be sent to.
    pub(crate) to_send: u64,
    pub(crate) invalid: u64,
    pub(crate) duplicates: u64,
    /// Numbers that a spreadsheet had damaged, mended without a doubt.
    pub(crate) mended: u64,
    /// Rows of empty cells, which were left out and are not among `rows`.
    pub(crate) empty_rows: u64,
    /// Numbers in ranges that the numbering plan doesn't know as mobile.
    pub(crate) doubtful: u64,
    /// What the journal has already, from whichever list, and is left alone: accepted, refused, unknown.
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    /// Accepted, and left alone though their reports say for good that nothing arrived.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub(crate) undelivered: u64,
    /// In a list of `--exclude`, of this run or an earlier one, and never sent to.
    pub(crate) excluded: u64,
    /// Numbers that other runs are sending to.
    #[serde(skip_serializing_if = "super::is_zero")]
    pub(crate) under_way: u64,
    #[serde(flatten)]
    pub(crate) known: KnownPart,
    /// How many of those to be sent may be getting a second SMS.
    pub(crate) second_sms: u64,
    pub(crate) countries: Vec<CountryPart>,
    pub(crate) segments: u64,
    pub(crate) gsm7: u64,
    pub(crate) ucs2: u64,
    /// Rows with the gateway's own text, counted as one segment each.
    pub(crate) gateway_text: u64,
    pub(crate) hlr_queries: u64,
    /// A decimal, where prices are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) estimate: Option<String>,
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

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CountryPart {
    pub(crate) country: String,
    pub(crate) rows: u64,
}

impl PreflightPart {
    /// What would be sent, as it is planned.
    pub(crate) fn of(batch: &Batch, survey: &Survey, plan: &BatchPlan) -> Self {
        let (outlook, counts) = (&plan.outlook, plan.standings.counts);
        Self {
            file: batch.options.file.display().to_string(),
            format: batch.input.described(),
            sheet: batch.input.sheet().map(|sheet| sheet.name().to_owned()),
            columns: batch.input.meanings(),
            rows: survey.counts.rows,
            to_send: outlook.sends,
            invalid: survey.invalid,
            duplicates: batch.numbers.duplicates(),
            mended: survey.counts.mended,
            empty_rows: survey.counts.empty,
            warnings: survey.warnings.clone(),
            doubtful: survey.doubtful,
            accepted: counts.accepted,
            refused: counts.refused,
            unknown: counts.unknown,
            undelivered: counts.undelivered,
            excluded: counts.excluded,
            under_way: counts.under_way,
            known: KnownPart::of(batch, plan),
            second_sms: outlook.second_sms,
            countries: outlook
                .countries
                .iter()
                .map(|(country, rows)| CountryPart {
                    country: (*country).to_owned(),
                    rows: *rows,
                })
                .collect(),
            segments: outlook.segments,
            gsm7: outlook.gsm7,
            ucs2: outlook.ucs2,
            gateway_text: outlook.own_text,
            hlr_queries: outlook.hlr_queries,
            estimate: outlook.estimate.map(|money| money.to_string()),
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
