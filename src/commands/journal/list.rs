//! A list that is looked at: its rows are checked, its numbers looked up, and nothing is sent.

use super::OpenedJournal;
use crate::batch::Batch;
use crate::batch::errors::journal_failure;
use crate::batch::preflight::Survey;
use crate::batch::standings::Standings;
use crate::cli::{ListArg, ListReading};
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

/// A list whose rows are checked. An error where the country of the numbers is in doubt.
pub(super) fn checked(
    opened: &OpenedJournal<'_>,
    file: &Path,
    reading: &ListReading,
    output: Option<&Path>,
) -> Result<(Batch, Survey), Failure> {
    let ui = &opened.context().ui;
    let shown = file.display();
    let asked = asked::by_list(file, reading, output);
    let mut batch = ui.saying_if_slow(format!("opening {shown} and the journal…"), || {
        Batch::open(opened.session, &asked, opened.place.clone())
    })?;
    let survey = ui.saying_if_slow(format!("checking the rows of {shown}…"), || batch.survey())?;
    match survey.column_doubt() {
        Some(doubt) => Err(doubt),
        None => Ok((batch, survey)),
    }
}

impl LookedAt {
    /// An error where there is no journal, or where the country of the numbers is in doubt.
    pub(super) fn new(
        opened: &OpenedJournal<'_>,
        list: &ListArg,
        output: Option<&Path>,
    ) -> Result<Self, Failure> {
        drop(opened.look()?);
        let (mut batch, survey) = checked(opened, &list.file, &list.reading, output)?;
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
