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
    #[serde(flatten)]
    counts: CampaignCounts,
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
    pub(crate) fn new(counts: CampaignCounts, runs: &[RunRecord]) -> Self {
        let of_campaign = || runs.iter().filter(|run| run.campaign == counts.id);
        let last = of_campaign().max_by_key(|run| run.began);
        let at_work = |run: &RunRecord| {
            format!(
                "{} on {} (process {}), since {:.0}",
                run.list, run.host, run.pid, run.began
            )
        };
        Self {
            last_run: last.map(|run| format!("{:.0}", run.began)),
            last_list: last.map(|run| run.list.clone()),
            at_work: of_campaign().filter(|run| run.is_alive).map(at_work).collect(),
            counts,
        }
    }

    fn lines(&self, paint: &dyn Fn(Style, &str) -> String) -> Vec<String> {
        let counts = &self.counts;
        let shown = [
            (counts.accepted, "accepted"),
            (counts.refused, "refused"),
            (counts.unsent, "unsent"),
            (counts.unknown, "unknown"),
            (counts.under_way, "under way"),
        ];
        let shown: Vec<String> = shown
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{} {word}", grouped(*number)))
            .collect();
        let mut lines = vec![format!(
            "{}  {}: {}",
            paint(Style::Strong, &counts.name),
            count(counts.numbers, "number", "numbers"),
            if shown.is_empty() {
                "nothing yet".to_owned()
            } else {
                shown.join(", ")
            }
        )];
        if let (Some(at), Some(list)) = (&self.last_run, &self.last_list) {
            lines.push(format!("  last run: {at}, {}", text::line(list)));
        }
        let at_work = self.at_work.iter();
        lines.extend(at_work.map(|run| format!("  at work: {}", text::line(run))));
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
                "no record of {} here; a `request` without --once-per is not recorded",
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
    pub(crate) journal: String,
    #[serde(flatten)]
    pub(crate) read: ReadReports,
}

/// What was found in a listener's file.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ReadReports {
    #[serde(flatten)]
    pub(crate) counts: ReconcileCounts,
    /// Posted things that are not delivery reports.
    pub(crate) foreign: u64,
    /// Lines that are not as `smspin listen` writes them. An unfinished last line is not counted: a listener may be writing it.
    pub(crate) unreadable: u64,
    /// The bytes of the lines that were read.
    #[serde(skip)]
    pub(crate) length: u64,
}

impl Report for ReconciledReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Reconciled];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let reports = count(self.read.counts.reports, "delivery report", "delivery reports");
        let mut lines = vec![format!("{} {reports}", paint(Style::Good, "read"))];
        let counts = &self.read.counts;
        let shown = [
            (counts.matched, "with the id of a request"),
            (counts.probable, "without an id, about the only request that fits"),
            (
                counts.early,
                "about requests under way: read the file again when the run has ended",
            ),
            (counts.unmatched, "about no request of this journal, or several"),
            (counts.unreadable, "with a status that is not documented"),
            (self.read.foreign, "not a delivery report"),
            (self.read.unreadable, "not a line of `smspin listen`"),
            (counts.settled, "unknown before, and accepted now"),
        ];
        let counted = shown.iter().filter(|(number, _)| *number > 0);
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
    /// The numbers that it changed something for; absent where a database's server was taken as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) numbers: Option<u64>,
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
        let word = paint(Style::Good, self.outcome.as_str());
        let Some(numbers) = self.numbers else {
            return format!("{word} the server as it is");
        };
        let meaning = match (self.outcome, numbers) {
            (_, 0) => "",
            (OutcomeWord::Adopted, 1) => ": from now on it counts as unknown",
            (OutcomeWord::Adopted, _) => ": from now on they count as unknown",
            (OutcomeWord::Forgotten, _) => ": other lists can send to them, their own with --campaign NAME",
            (_, 1) => ": it can be sent to again",
            _ => ": they can be sent to again",
        };
        let numbers = count(numbers, "number", "numbers");
        format!("{word} {numbers}{meaning}")
    }
}
