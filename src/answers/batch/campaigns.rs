//! The campaigns of a database.

use crate::batch::journal::CampaignSummary;
use crate::output::{Report, Style};
use crate::text::{self, count};
use schemars::JsonSchema;
use serde::Serialize;

/// What `smspin batch --status` says where it names a database, and no file and no campaign.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CampaignsReport {
    #[schemars(extend("enum" = ["status"]))]
    outcome: &'static str,
    sandbox: bool,
    /// The last one to begin first.
    campaigns: Vec<CampaignPart>,
}

/// One campaign.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CampaignPart {
    /// As `--campaign` takes it.
    name: String,
    /// In progress: a run is at work on it. Open: a run stopped before its end. Forgotten: its numbers were deleted.
    #[schemars(extend("enum" = ["in_progress", "open", "finished", "forgotten"]))]
    state: &'static str,
    /// Numbers that were tried.
    numbers: u64,
    /// When its last run began.
    last_run: String,
    /// Runs that are at work on it.
    runs: u64,
}

impl CampaignsReport {
    pub(crate) fn of(campaigns: Vec<CampaignSummary>, sandbox: bool) -> Self {
        Self {
            outcome: "status",
            sandbox,
            campaigns: campaigns.into_iter().map(CampaignPart::of).collect(),
        }
    }
}

impl CampaignPart {
    fn of(campaign: CampaignSummary) -> Self {
        let state = match campaign {
            CampaignSummary { runs: 1.., .. } => "in_progress",
            CampaignSummary { forgotten: true, .. } => "forgotten",
            CampaignSummary { concluded: true, .. } => "finished",
            _ => "open",
        };
        Self {
            name: campaign.name,
            state,
            numbers: campaign.numbers,
            last_run: campaign.last_run.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            runs: campaign.runs,
        }
    }
}

impl Report for CampaignsReport {
    fn human(&self, _: &dyn Fn(Style, &str) -> String) -> String {
        if self.campaigns.is_empty() {
            return "there is no campaign in this database".to_owned();
        }
        let line = |campaign: &CampaignPart| {
            let CampaignPart {
                name,
                state,
                numbers,
                last_run,
                ..
            } = campaign;
            let state = state.replace('_', " ");
            let tried = count(*numbers, "number", "numbers");
            format!("{}  {state}, {tried}, last run {last_run}", text::line(name))
        };
        self.campaigns.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}
