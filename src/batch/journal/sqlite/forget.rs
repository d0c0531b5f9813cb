//! Deletes the numbers of a journal, and everything that was recorded of them, so that no file has them any more. What is
//! left says which batch it was, and that its numbers are forgotten.

use super::FileJournal;
use super::rows::CampaignRow;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{Campaign, RunPlan};
use crate::batch::state::CampaignKind;
use jiff::Timestamp;
use rusqlite::Connection;

const TABLES_WITH_NUMBERS: [&str; 4] = ["attempt", "outcome", "report", "settlement"];

impl FileJournal {
    /// Forgets the numbers of `campaign`, which is this journal's last, and of those before it, and closes the journal. Done a
    /// second time, it does what a kill or another program has kept the first from doing.
    pub(crate) fn forget(mut self, campaign: &Campaign, now: Timestamp) -> Result<(), JournalError> {
        // Before anything is deleted: freed space is then overwritten with zeros.
        self.connected()
            .pragma_update(None, "secure_delete", true)
            .map_err(JournalError::sqlite("open", self.path()))?;
        if campaign.kind == CampaignKind::Forgotten {
            self.mark()?;
        } else {
            self.begin_forgotten(campaign, now)?;
        }
        self.connected()
            .execute_batch("VACUUM")
            .map_err(JournalError::sqlite("write", self.path()))?;
        // A -wal that somebody still reads keeps what it has.
        if self.shut()? {
            Ok(())
        } else {
            Err(self.being_read())
        }
    }

    fn begin_forgotten(&mut self, campaign: &Campaign, now: Timestamp) -> Result<(), JournalError> {
        let after_attempt = self.next_attempt - 1;
        let plan = RunPlan {
            open: 0,
            ..campaign.plan
        };
        self.begin_run(plan.signed(), now, |transaction| {
            delete_numbers(transaction)?;
            let kind = CampaignKind::Forgotten;
            CampaignRow::begin(kind, &campaign.fingerprint, after_attempt, now, transaction)
        })
    }
}

fn delete_numbers(connection: &Connection) -> rusqlite::Result<()> {
    TABLES_WITH_NUMBERS
        .iter()
        .try_for_each(|table| connection.execute_batch(&format!("DELETE FROM main.{table}")))
}
