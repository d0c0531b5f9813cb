//! What a batch is about to do, and what became of it.

use crate::batch::preflight::RowFault;
use crate::output::{Report, Style};
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

/// Everything about a batch, at whatever point it ended.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct BatchReport {
    #[schemars(extend("enum" = ["dry_run", "finished", "stopped", "pending", "status"]))]
    pub(crate) outcome: &'static str,
    pub(crate) sandbox: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preflight: Option<PreflightPart>,
    /// Every row of the input by its outcome.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rows: BTreeMap<&'static str, u64>,
    /// Rows that a run, which goes on meanwhile, has under way: they are in no count of `rows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) under_way: Option<u64>,
    /// Rows of this batch by the error id that the gateway gave.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) error_ids: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<RunPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) results: Option<String>,
    /// The command that does what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl BatchReport {
    /// To be filled in.
    pub(crate) fn empty() -> Self {
        Self {
            outcome: "",
            sandbox: false,
            preflight: None,
            rows: BTreeMap::new(),
            under_way: None,
            error_ids: BTreeMap::new(),
            run: None,
            stopped_by: None,
            journal: None,
            results: None,
            next: None,
            hint: None,
        }
    }
}

/// This run alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RunPart {
    pub(crate) sent: u64,
    pub(crate) seconds: f64,
    pub(crate) per_second: f64,
    /// What kept it from being faster.
    pub(crate) limited_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latency_ms: Option<LatencyPart>,
}

/// From sending a request to the end of its answer, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct LatencyPart {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Report for BatchReport {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut lines = Vec::new();
        if self.outcome == "dry_run" {
            lines.push(paint(Style::Strong, "dry run: nothing was sent"));
        }
        lines.extend(self.preflight.iter().flat_map(|part| part.lines(paint)));
        if let Some(reason) = &self.stopped_by {
            lines.push(format!(
                "{}: {}",
                paint(Style::Bad, "stopped"),
                text::line(reason)
            ));
        }
        if !self.rows.is_empty() {
            let style = if self.outcome == "finished" {
                Style::Good
            } else {
                Style::Doubt
            };
            lines.push(paint(
                style,
                if self.outcome == "status" {
                    "so far"
                } else {
                    self.outcome
                },
            ));
            for (outcome, number) in &self.rows {
                lines.push(format!("  {:>9}  {outcome}", grouped(*number)));
            }
            if let Some(number) = self.under_way {
                lines.push(format!(
                    "  {:>9}  in flight, in a run that is in progress",
                    grouped(number)
                ));
            }
        }
        if !self.error_ids.is_empty() {
            lines.push("  by error id".to_owned());
        }
        for (id, number) in &self.error_ids {
            lines.push(format!("  {:>9}  {}", grouped(*number), text::line(id)));
        }
        if let Some(run) = &self.run {
            lines.extend(run.lines());
        }
        for (name, value) in [
            ("results", &self.results),
            ("journal", &self.journal),
            ("next", &self.next),
        ] {
            lines.extend(value.iter().map(|value| format!("{name}: {}", text::line(value))));
        }
        lines.join("\n")
    }
}

impl RunPart {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} in {:.1} s, {:.0}/s, limited by {}",
            count(self.sent, "request", "requests"),
            self.seconds,
            self.per_second,
            self.limited_by
        )];
        if let Some(latency) = &self.latency_ms {
            lines.push(format!(
                "latency: p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
                latency.p50, latency.p95, latency.p99, latency.max
            ));
        }
        lines
    }
}

/// A count with its noun: `1 row`, `1,234 rows`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
