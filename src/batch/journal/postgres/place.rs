//! Which campaign in which database, with all that is needed to connect.

use super::password::DatabasePassword;
use crate::batch::journal::database_error::DatabaseError;
use crate::domain::campaign_name::CampaignName;
use crate::domain::database_url::DatabaseUrl;
use crate::env::Environment;
use std::fmt;
use std::path::PathBuf;

/// A campaign in a database. Shown without a password.
#[derive(Clone, Debug)]
pub(crate) struct DatabasePlace {
    pub(super) url: DatabaseUrl,
    pub(super) password: Option<DatabasePassword>,
    pub(super) campaign: CampaignName,
    /// PEM certificates trusted besides the platform's.
    pub(super) ca_file: Option<PathBuf>,
    /// Somebody has agreed that the server is another one than before.
    pub(super) accept_failover: bool,
}

impl DatabasePlace {
    /// Looks for the password too.
    pub(crate) fn new(
        url: DatabaseUrl,
        campaign: CampaignName,
        accept_failover: bool,
        ca_file: Option<PathBuf>,
        environment: &Environment,
    ) -> Result<Self, DatabaseError> {
        Ok(Self {
            password: DatabasePassword::find(&url, environment)?,
            url,
            campaign,
            ca_file,
            accept_failover,
        })
    }

    /// The place of what belongs to no campaign: single requests, and the list of campaigns.
    pub(crate) fn without_campaign(
        url: DatabaseUrl,
        accept_failover: bool,
        ca_file: Option<PathBuf>,
        environment: &Environment,
    ) -> Result<Self, DatabaseError> {
        // No campaign has this name.
        Self::new(
            url,
            CampaignName::kept(String::new()),
            accept_failover,
            ca_file,
            environment,
        )
    }

    /// The place of a campaign that was set aside from this one.
    pub(super) fn aside(&self, name: String) -> Self {
        Self {
            campaign: CampaignName::kept(name),
            ..self.clone()
        }
    }
}

impl fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.campaign.as_str().is_empty() {
            write!(f, "{}", self.url)
        } else {
            write!(f, "campaign {} in {}", self.campaign, self.url)
        }
    }
}
