//! What `smspin journal` shows of campaigns and numbers, and what became of a change to the journal.

use crate::journal::{Attempt, AttemptState, CampaignCounts, ReconcileCounts, RunRecord, Runs};
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::text::{self, count, grouped};
use schemars::JsonSchema;
use serde::Serialize;

/// The campaigns of a journal.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct JournalReport {
    pub(crate) journal: String,
    /// When its first run began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) knows_since: Option<String>,
    pub(crate) campaigns: Vec<CampaignRow>,
}

/// How the numbers of one campaign stand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CampaignRow {
    campaign: String,
    numbers: u64,
    accepted: u64,
    refused: u64,
    unsent: u64,
    unknown: u64,
    under_way: u64,
    /// When its last run began.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_run: Option<String>,
    /// The list of that run.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_list: Option<String>,
    /// The runs that are at work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    at_work: Vec<String>,
}

impl CampaignRow {
    pub(crate) fn new(counts: &CampaignCounts, runs: &[RunRecord]) -> Self {
        let of_campaign = || runs.iter().filter(|run| run.campaign == counts.id);
        let last = of_campaign().max_by_key(|run| run.began);
        let at_work = |run: &RunRecord| {
            format!(
                "{} on {} (process {}), since {:.0}",
                run.list, run.host, run.pid, run.began
            )
        };
        Self {
            campaign: counts.name.clone(),
            numbers: counts.numbers,
            accepted: counts.accepted,
            refused: counts.refused,
            unsent: counts.unsent,
            unknown: counts.unknown,
            under_way: counts.under_way,
            last_run: last.map(|run| format!("{:.0}", run.began)),
            last_list: last.map(|run| run.list.clone()),
            at_work: of_campaign().filter(|run| run.is_alive).map(at_work).collect(),
        }
    }

    fn lines(&self, paint: &dyn Fn(Style, &str) -> String) -> Vec<String> {
        let counts = [
            (self.accepted, "accepted"),
            (self.refused, "refused"),
            (self.unsent, "unsent"),
            (self.unknown, "unknown"),
            (self.under_way, "under way"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{} {word}", grouped(*number)))
            .collect();
        let mut lines = vec![format!(
            "{}  {}: {}",
            paint(Style::Strong, &self.campaign),
            count(self.numbers, "number", "numbers"),
            if counts.is_empty() {
                "nothing yet".to_owned()
            } else {
                counts.join(", ")
            }
        )];
        if let (Some(at), Some(list)) = (&self.last_run, &self.last_list) {
            lines.push(format!("  last run: {at}, {}", text::line(list)));
        }
        lines.extend(
            self.at_work
                .iter()
                .map(|run| format!("  at work: {}", text::line(run))),
        );
        lines
    }
}

impl Report for JournalReport {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut lines: Vec<String> = self.campaigns.iter().flat_map(|row| row.lines(paint)).collect();
        let since = match &self.knows_since {
            Some(at) => format!("knows numbers since {at}"),
            None => "knows no numbers yet".to_owned(),
        };
        lines.push(format!("journal: {}, {since}", text::line(&self.journal)));
        lines.join("\n")
    }
}

/// What one number got.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NumberReport {
    pub(crate) journal: String,
    pub(crate) msisdn: String,
    /// The list of the run that excluded it, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) excluded_by: Option<String>,
    /// Nothing where no campaign has tried it.
    pub(crate) campaigns: Vec<NumberCampaignRow>,
}

/// What one number got in one campaign.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NumberCampaignRow {
    pub(crate) campaign: String,
    /// What all its attempts add up to.
    pub(crate) stands: &'static str,
    pub(crate) attempts: Vec<AttemptRow>,
}

/// One attempt at a number.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct AttemptRow {
    at: String,
    state: &'static str,
    /// The list that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_msg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The status of its newest delivery report.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<&'static str>,
}

impl AttemptRow {
    pub(crate) fn new(attempt: &Attempt, runs: &Runs) -> Self {
        let state = match attempt.state {
            AttemptState::Open if runs.dead(attempt.run).is_some() => OutcomeWord::Unknown,
            AttemptState::Open => OutcomeWord::UnderWay,
            AttemptState::Accepted => OutcomeWord::Accepted,
            AttemptState::Refused(_) => OutcomeWord::Refused,
            AttemptState::Unsent => OutcomeWord::Unsent,
            AttemptState::Unknown => OutcomeWord::Unknown,
        };
        let answer = attempt.answer.as_deref();
        Self {
            at: format!("{:.3}", attempt.at),
            state: state.as_str(),
            list: runs.get(attempt.run).map(|run| run.list.clone()),
            error_id: answer.and_then(|answer| answer.error_id.clone()),
            error_msg: answer.and_then(|answer| answer.error_msg.clone()),
            detail: answer.and_then(|answer| answer.detail.clone()),
            delivery: attempt.delivery.map(|delivery| delivery.status.as_str()),
        }
    }

    fn line(&self) -> String {
        let mut line = format!("  {}  {}", self.at, self.state);
        for part in [&self.error_id, &self.error_msg, &self.detail]
            .into_iter()
            .flatten()
        {
            line.push_str(&format!(", {}", text::line(part)));
        }
        if let Some(delivery) = self.delivery {
            line.push_str(&format!(", report {delivery}"));
        }
        if let Some(list) = &self.list {
            line.push_str(&format!("  ({})", text::line(list)));
        }
        line
    }
}

impl Report for NumberReport {
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut lines = Vec::new();
        for row in &self.campaigns {
            lines.push(format!(
                "{} in the campaign {}: {}",
                self.msisdn,
                text::line(&row.campaign),
                paint(Style::Strong, row.stands)
            ));
            lines.extend(row.attempts.iter().map(AttemptRow::line));
        }
        if lines.is_empty() {
            lines.push(format!(
                "{} was never sent to, as far as this journal knows",
                self.msisdn
            ));
        }
        if let Some(by) = &self.excluded_by {
            lines.push(format!("excluded by the run of {}", text::line(by)));
        }
        lines.push(format!("journal: {}", text::line(&self.journal)));
        lines.join("\n")
    }
}

/// What became of a file of delivery reports.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ReconciledReport {
    journal: String,
    /// Delivery reports in the file. Each is matched, probable, early, unmatched, or has a status that is not documented.
    read: u64,
    /// Came with the id of a request.
    matched: u64,
    /// Came without an id, for the only request that they can be about.
    probable: u64,
    /// Are about a request that is still under way.
    early: u64,
    /// Fit no request, or several.
    unmatched: u64,
    /// Have a status that is not documented.
    undocumented: u64,
    /// Requests that were unknown, and are accepted now.
    settled: u64,
    /// Posted things that are not delivery reports.
    foreign: u64,
    /// Lines that are not as `smspin listen` writes them.
    unreadable: u64,
}

impl ReconciledReport {
    pub(crate) fn new(counts: &ReconcileCounts, (foreign, unreadable): (u64, u64), journal: String) -> Self {
        Self {
            journal,
            read: counts.reports,
            matched: counts.matched,
            probable: counts.probable,
            early: counts.early,
            unmatched: counts.unmatched,
            undocumented: counts.unreadable,
            settled: counts.settled,
            foreign,
            unreadable,
        }
    }
}

impl Report for ReconciledReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Reconciled];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let reports = count(self.read, "delivery report", "delivery reports");
        let mut lines = vec![format!("{} {reports}", paint(Style::Good, "read"))];
        let counts = [
            (self.matched, "with the id of a request"),
            (self.probable, "without an id, about the only request that fits"),
            (
                self.early,
                "about requests under way: read the file again when the run has ended",
            ),
            (self.unmatched, "about no request of this journal, or several"),
            (self.undocumented, "with a status that is not documented"),
            (self.foreign, "not a delivery report"),
            (self.unreadable, "not a line of `smspin listen`"),
            (self.settled, "unknown before, and accepted now"),
        ];
        let counted = counts.iter().filter(|(number, _)| *number > 0);
        lines.extend(counted.map(|(number, what)| format!("  {:>9}  {what}", grouped(*number))));
        lines.push(format!("journal: {}", text::line(&self.journal)));
        lines.join("\n")
    }
}

/// A change to what the journal remembers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ChangedReport {
    #[serde(skip)]
    pub(crate) outcome: OutcomeWord,
    pub(crate) journal: String,
    /// The numbers that it changed something for.
    pub(crate) numbers: u64,
}

impl Report for ChangedReport {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::Forgotten,
        OutcomeWord::Readmitted,
        OutcomeWord::Adopted,
    ];

    fn outcome(&self) -> OutcomeWord {
        self.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let numbers = count(self.numbers, "number", "numbers");
        let meaning = match self.outcome {
            OutcomeWord::Adopted => "from now on they count as unknown",
            _ => "they can be sent to again",
        };
        format!(
            "{} {numbers}: {meaning}",
            paint(Style::Good, self.outcome.as_str())
        )
    }
}
