//! What the preflight found, before anything is sent.

use super::known::KnownPart;
use crate::batch::Batch;
use crate::batch::plan::BatchPlan;
use crate::batch::preflight::Survey;
use crate::batch::row_fault::InvalidRow;
use crate::output::Style;
use crate::text::{self, count, grouped};
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
    pub(crate) sample: Option<SamplePart>,
    /// The first characters outside GSM-7, where a text has any: the gateway may replace them, or send UCS-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outside_gsm7: Option<String>,
}

/// One SMS as it would be sent, without the number.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SamplePart {
    pub(crate) line: u64,
    /// Absent where the account's default is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sender: Option<String>,
    /// Absent where the gateway's own text is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CountryPart {
    pub(crate) country: String,
    pub(crate) rows: u64,
}

/// How many faults people are shown.
const SHOWN_FAULTS: usize = 5;

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
            reasons: survey.reasons.clone(),
            gateway: batch.options.gateway_name(),
            profile: batch.options.profile.clone(),
            sample: survey.sample.as_ref().map(|sample| SamplePart {
                line: sample.line,
                sender: sample.sender.clone(),
                text: sample.text.clone(),
            }),
            outside_gsm7: survey
                .accent
                .as_ref()
                .map(|accent| format!("{} in {}", accent.characters, batch.input.row_name(accent.line))),
        }
    }

    /// The same as it may be passed on: with the numbers of the rows masked.
    #[must_use]
    pub(crate) fn masked(mut self) -> Self {
        self.faults = self.faults.iter().map(InvalidRow::masked).collect();
        if let Some(text) = self.sample.as_mut().and_then(|sample| sample.text.as_mut()) {
            text::mask(text);
        }
        self
    }

    /// A row as it is named to people.
    pub(crate) fn row_name(&self, line: u64) -> String {
        text::row_name(self.sheet.as_deref(), line)
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
        add(self.undelivered, "accepted already, and not delivered");
        add(self.unknown, "unknown: may have been sent already");
        add(self.excluded, "in a list of --exclude, never sent");
        add(self.empty_rows, "of empty cells, left out");
        add(self.under_way, "under way in another run");
        add(self.mended, "damaged by a spreadsheet, and repaired");
        add(self.doubtful, "in a range not known to be mobile");
        lines.push(paint(
            Style::Strong,
            &format!("  {:>9}  to send", grouped(self.to_send)),
        ));
        lines.extend(self.known.lines());
        if self.to_send > 0 {
            self.sending(&mut lines);
        }
        for fault in self.faults.iter().take(SHOWN_FAULTS) {
            lines.push(format!(
                "  {}: {}",
                self.row_name(fault.line),
                text::line(&fault.faults.to_string())
            ));
        }
        if self.invalid > SHOWN_FAULTS as u64 {
            self.all_faults(&mut lines);
        }
        lines
    }

    /// What is wrong with how many, where not every fault is shown.
    fn all_faults(&self, lines: &mut Vec<String>) {
        const MOST: usize = 8;
        let more = self.invalid - SHOWN_FAULTS as u64;
        lines.push(format!(
            "  and {}; `--dry-run -o FILE` writes every row with what is wrong with it:",
            count(more, "more invalid row", "more invalid rows")
        ));
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, rows)| std::cmp::Reverse(**rows));
        for (reason, rows) in reasons.iter().take(MOST) {
            lines.push(format!("  {:>9}  {reason}", grouped(**rows)));
        }
        if reasons.len() > MOST {
            lines.push(format!("  {:>9}  other reasons", reasons.len() - MOST));
        }
    }

    /// The gateway, the sender and one text, so that the user doesn't have to guess what would go where.
    fn what_goes_where(&self, lines: &mut Vec<String>) {
        let profile = self
            .profile
            .as_ref()
            .map(|name| format!(" (profile {})", text::line(name)));
        lines.push(format!(
            "  gateway: {}{}",
            text::line(&self.gateway),
            profile.unwrap_or_default()
        ));
        let Some(sample) = &self.sample else { return };
        lines.push(match &sample.sender {
            Some(sender) => format!("  sender: {}", text::line(sender)),
            None => "  sender: the account's default (some accounts need one: --sender)".to_owned(),
        });
        lines.push(match &sample.text {
            Some(text) => format!(
                "  text: {} ({})",
                text::quote_whole(text),
                self.row_name(sample.line)
            ),
            None => "  text: the gateway's own".to_owned(),
        });
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
        self.what_goes_where(lines);
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
        if let Some(characters) = &self.outside_gsm7 {
            lines.push(format!(
                "  outside GSM-7: {}; the gateway may replace such characters, or send UCS-2, which is counted here",
                text::line(characters)
            ));
        }
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
