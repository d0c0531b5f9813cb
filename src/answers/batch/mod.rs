//! What a batch is about to do, and what became of it.

mod delivery;
mod known;
mod lines;
pub(crate) mod preflight;
mod resend;
pub(crate) mod run;

pub(crate) use delivery::{DeliverySeconds, FunnelPart};
pub(crate) use lines::{planned, sample};
pub(crate) use preflight::PreflightPart;
pub(crate) use resend::ResendWay;
pub(crate) use run::{LatencyPart, RunPart};

use crate::batch::summary::Summary;
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything about a batch, at whatever point it ended.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct BatchReport {
    #[serde(skip)]
    pub(crate) outcome: OutcomeWord,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) preflight: Option<PreflightPart>,
    /// Every row of the input by its outcome, those that no row has included; nothing where the journal can't say.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rows: BTreeMap<&'static str, u64>,
    /// Rows of this run by the error id that the gateway gave.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) error_ids: BTreeMap<String, u64>,
    /// The runs that are sending a list of this journal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) other_runs: Vec<String>,
    /// What became of the SMS, once reports were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) funnel: Option<FunnelPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<RunPart>,
    /// Why nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["all_reached"]))]
    pub(crate) nothing_sent: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) journal: Option<String>,
    /// When the journal's first run began; absent where it knew no numbers before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub(crate) journal_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) results: Option<String>,
    /// The command that does what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// No SMS was sent.
    #[serde(skip)]
    pub(crate) sandbox: bool,
    /// The same as the hint about unknown rows, for a person.
    #[serde(skip)]
    pub(crate) resend: Option<ResendWay>,
    /// The commands lack the `--report-url` that was typed.
    #[serde(skip)]
    pub(crate) needs_report_url: bool,
    /// A person reads all that the preflight found.
    #[serde(skip)]
    pub(crate) detail: bool,
}

/// Where nothing is said of an end, a batch is looked at.
impl Default for OutcomeWord {
    fn default() -> Self {
        Self::Status
    }
}

impl BatchReport {
    /// What a summary says by itself; hints and the next command are the caller's to add.
    pub(crate) fn of(summary: &Summary) -> Self {
        Self {
            outcome: summary.outcome(),
            rows: summary.rows.clone(),
            error_ids: summary.error_ids.clone(),
            run: summary.run.as_ref().map(|run| RunPart::of(run, summary.open > 0)),
            nothing_sent: summary.is_all_reached().then_some("all_reached"),
            stopped_by: summary.stopped_by(),
            journal: Some(summary.journal.clone()),
            journal_since: summary.journal_since,
            results: summary.results.as_ref().map(|path| path.display().to_string()),
            ..Self::default()
        }
    }
}

impl Report for BatchReport {
    const OUTCOMES: &'static [OutcomeWord] = &[
        OutcomeWord::DryRun,
        OutcomeWord::Finished,
        OutcomeWord::Stopped,
        OutcomeWord::Pending,
        OutcomeWord::Status,
    ];

    fn outcome(&self) -> OutcomeWord {
        self.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut lines = Vec::new();
        if self.outcome == OutcomeWord::DryRun {
            lines.push(paint(Style::Strong, "dry run: nothing was sent"));
        }
        if let Some(part) = &self.preflight {
            lines.extend(planned(part, self.detail, paint));
            lines.extend(sample(part, None, ""));
        }
        lines.extend(lines::ended(self, paint));
        lines.join("\n")
    }
}

/// For fields that stand only where there is something to say.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
