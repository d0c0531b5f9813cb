//! How the numbers of a campaign stand.

use super::decision::Standing;
use super::run::CampaignId;
use schemars::JsonSchema;
use serde::Serialize;

/// How many numbers of a campaign stand in each way, as [`Standing`] says of all attempts at each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct CampaignCounts {
    #[serde(skip)]
    pub(crate) id: CampaignId,
    #[serde(rename = "campaign")]
    pub(crate) name: String,
    pub(crate) numbers: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unsent: u64,
    /// Unknown, and open in runs that are dead.
    pub(crate) unknown: u64,
    /// Open in runs that are at work.
    pub(crate) under_way: u64,
}

impl CampaignCounts {
    /// A campaign without numbers.
    pub(super) const fn new(id: CampaignId, name: String) -> Self {
        Self {
            id,
            name,
            numbers: 0,
            accepted: 0,
            refused: 0,
            unsent: 0,
            unknown: 0,
            under_way: 0,
        }
    }

    /// Counts one number.
    pub(super) const fn add(&mut self, standing: Standing) {
        self.numbers += 1;
        match standing {
            Standing::Accepted | Standing::Undelivered => self.accepted += 1,
            Standing::Refused(_) => self.refused += 1,
            Standing::Unsent | Standing::Untried => self.unsent += 1,
            Standing::Unknown => self.unknown += 1,
            Standing::UnderWay => self.under_way += 1,
        }
    }
}
