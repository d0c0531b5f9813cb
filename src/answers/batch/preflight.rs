//! What the preflight found, before anything is sent.

use crate::batch::Batch;
use crate::batch::plan::BatchPlan;
use crate::batch::preflight::{RowFault, Survey};
use crate::output::Style;
use crate::text::{self, count, grouped};
use schemars::JsonSchema;
use serde::Serialize;

/// What the preflight found.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct PreflightPart {
    pub(crate) file: String,
    /// Format, delimiter and encoding, as recognised.
    pub(crate) format: String,
    /// Columns that mean something to a batch, as in `Tel as msisdn`. The others fill templates alone.
    pub(crate) columns: Vec<String>,
    pub(crate) rows: u64,
    /// Numbers that would be sent to.
    pub(crate) to_send: u64,
    pub(crate) invalid: u64,
    pub(crate) duplicates: u64,
    /// Numbers that a spreadsheet had damaged, mended without a doubt.
    pub(crate) mended: u64,
    /// Numbers in ranges that the numbering plan doesn't know as mobile.
    pub(crate) doubtful: u64,
    /// What the journal has already: accepted, refused, unknown.
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
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
    /// The first invalid rows.
    pub(crate) faults: Vec<RowFault>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CountryPart {
    pub(crate) country: String,
    pub(crate) rows: u64,
}

impl PreflightPart {
    /// What would be sent, as it is planned.
    pub(crate) fn of(batch: &Batch, survey: &Survey, plan: &BatchPlan) -> Self {
        let (outlook, tally) = (&plan.outlook, &plan.tally);
        Self {
            file: batch.options.file.display().to_string(),
            format: batch.input.shape().to_string(),
            columns: batch.input.meanings(),
            rows: survey.counts.rows,
            to_send: outlook.sends,
            invalid: survey.invalid,
            duplicates: batch.numbers.duplicates(),
            mended: survey.counts.mended,
            doubtful: survey.doubtful,
            accepted: tally.accepted + tally.carried_over,
            refused: tally.refused,
            unknown: tally.unknown,
            second_sms: outlook.second_sms,
            countries: outlook
                .countries
                .iter()
                .map(|(country, rows)| CountryPart {
                    country: country.clone(),
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
        }
    }

    /// Lines for people.
    pub(crate) fn lines(&self, paint: &dyn Fn(Style, &str) -> String) -> Vec<String> {
        let mut lines = vec![format!(
            "{}: {}, {}",
            text::line(&self.file),
            text::line(&self.format),
            count(self.rows, "row", "rows")
        )];
        if !self.columns.is_empty() {
            lines.push(format!("  read: {}", text::line(&self.columns.join(", "))));
        }
        let mut add = |number: u64, text: &str| {
            if number > 0 {
                lines.push(format!("  {:>9}  {text}", grouped(number)));
            }
        };
        add(self.invalid, "invalid, never sent");
        add(
            self.duplicates,
            if self.duplicates == 1 {
                "duplicate of an earlier row, never sent"
            } else {
                "duplicates of an earlier row, never sent"
            },
        );
        add(self.accepted, "accepted already");
        add(self.refused, "refused already");
        add(self.unknown, "unknown: may have been sent already");
        add(self.mended, "damaged by a spreadsheet, and repaired");
        add(self.doubtful, "in a range not known to be mobile");
        lines.push(paint(
            Style::Strong,
            &format!("  {:>9}  to send", grouped(self.to_send)),
        ));
        if self.to_send > 0 {
            self.sending(&mut lines);
        }
        for fault in &self.faults {
            lines.push(format!("  line {}: {}", fault.line, text::line(&fault.reason)));
        }
        if self.invalid > self.faults.len() as u64 {
            lines.push(format!(
                "  and {}",
                count(
                    self.invalid - self.faults.len() as u64,
                    "more invalid row",
                    "more invalid rows"
                )
            ));
        }
        lines
    }

    fn sending(&self, lines: &mut Vec<String>) {
        const MOST: usize = 6;
        let mut countries: Vec<String> = self
            .countries
            .iter()
            .take(MOST)
            .map(|part| format!("{} {}", part.country, grouped(part.rows)))
            .collect();
        if self.countries.len() > MOST {
            countries.push(format!("{} more", self.countries.len() - MOST));
        }
        lines.push(format!("  countries: {}", countries.join(", ")));
        let texts: Vec<String> = [
            (self.gsm7, "GSM-7"),
            (self.ucs2, "UCS-2"),
            (self.gateway_text, "the gateway's own text"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, name)| format!("{} {name}", grouped(number)))
        .collect();
        lines.push(format!(
            "  segments: {} ({})",
            grouped(self.segments),
            texts.join(", ")
        ));
        lines.push(format!("  HLR queries: {}", grouped(self.hlr_queries)));
        if let Some(estimate) = &self.estimate {
            lines.push(format!("  estimate: {estimate}"));
        }
        if self.second_sms > 0 {
            lines.push(format!(
                "  {} of them may get a second SMS, which makes their first PIN invalid",
                grouped(self.second_sms)
            ));
        }
    }
}
