//! Where the journal is.

use super::{Given, give};
use crate::settings::Key;
use clap::Args;

/// Where the journal is.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct JournalArgs {
    #[arg(hide_short_help = true, long, value_name = "FILE|URL", help = Key::Journal.help(), help_heading = "Run options")]
    pub(crate) journal: Option<String>,

    #[arg(hide_short_help = true, long, value_name = "NAME", help = Key::Campaign.help(), help_heading = "Run options")]
    pub(crate) campaign: Option<String>,
}

impl JournalArgs {
    pub(super) fn add_to(&self, given: &mut Given) {
        give(given, Key::Journal, self.journal.as_ref());
        give(given, Key::Campaign, self.campaign.as_ref());
    }
}
