//! A list that is looked at: its rows are checked, its numbers looked up, and nothing is sent.

use super::OpenedJournal;
use crate::batch::Batch;
use crate::batch::errors::journal_failure;
use crate::batch::preflight::Survey;
use crate::batch::standings::Standings;
use crate::cli::ListArg;
use crate::commands::batch::asked;
use crate::failure::{Failure, Kind};
use crate::journal::Rules;
use std::path::Path;

/// A list, and how its rows stand now.
pub(super) struct LookedAt {
    pub(super) batch: Batch,
    pub(super) survey: Survey,
    pub(super) standings: Standings,
}

impl LookedAt {
    /// An error where there is no journal, or where the country of the numbers is in doubt.
    pub(super) fn new(
        opened: &OpenedJournal<'_>,
        list: &ListArg,
        output: Option<&Path>,
    ) -> Result<Self, Failure> {
        let ui = &opened.context().ui;
        drop(opened.look()?);
        let file = list.file.display();
        let asked = asked::by_list(list, output);
        let mut batch = ui.saying_if_slow(format!("opening {file} and the journal…"), || {
            Batch::open(opened.session, &asked, opened.place.clone())
        })?;
        let survey = ui.saying_if_slow(format!("checking the rows of {file}…"), || batch.survey())?;
        if let Some(doubt) = survey.column_doubt() {
            return Err(doubt);
        }
        let standings = batch
            .look(&Rules::plain(crate::clock::now()), None)
            .map_err(journal_failure)?;
        Ok(Self {
            batch,
            survey,
            standings,
        })
    }

    /// An error where no number of the list is known to the campaign.
    pub(super) fn require_attempts(&self, opened: &OpenedJournal<'_>) -> Result<(), Failure> {
        if self.standings.is_known() {
            return Ok(());
        }
        let error = format!(
            "no number of {} is known to the campaign {}",
            self.batch.options.file.display(),
            self.batch.options.campaign
        );
        Err(Failure::message(Kind::NotFound, error).hint(opened.campaigns_hint()))
    }
}
