//! The journals of this batch's name that were set aside: read as if they and the journal were one.

use super::decision::RetryUnknown;
use super::journal::{Access, Histories, Journal, JournalError, LostRecords};
use super::numbers::Numbers;
use super::state::CampaignKind;
use jiff::Timestamp;

/// In the order in which they were set aside.
#[derive(Debug)]
pub(crate) struct Asides(Vec<Journal>);

impl Asides {
    /// Opens those that lie beside a journal, to look at them.
    pub(crate) fn of(journal: &Journal) -> Result<Self, JournalError> {
        let locations = journal.asides()?.into_iter();
        locations
            .map(|location| Journal::open(&location, Access::ReadOnly, LostRecords::Refuse))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// How many numbers they sent to, or may have.
    pub(crate) fn reached(&self, now: Timestamp) -> Result<u64, JournalError> {
        let mut reached = 0;
        for aside in &self.0 {
            let numbers = aside.numbers(now)?;
            let decisions = numbers.decisions(RetryUnknown::Never);
            reached += decisions.filter(|(_, _, decision)| decision.ever_sent()).count() as u64;
        }
        Ok(reached)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives every number of `numbers`, all of them new, its state at `now` by these journals and then by `journal`.
    pub(super) fn fold_into(
        &self,
        journal: &Journal,
        numbers: &mut Numbers,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        for aside in &self.0 {
            aside.fold_into(numbers, now)?;
            numbers.change_all(|state| state.in_next_campaign(CampaignKind::SkipSent));
        }
        if !self.is_empty() && journal.first_campaign()? == Some(CampaignKind::Again) {
            numbers.change_all(|state| state.in_next_campaign(CampaignKind::Again));
        }
        journal.fold_into(numbers, now)
    }

    /// What is known of each number, for the results.
    pub(super) fn histories<'a>(&'a self, journal: &'a mut Journal) -> Result<Histories<'a>, JournalError> {
        let earlier: Result<Vec<_>, _> = self
            .0
            .iter()
            .rev()
            .filter_map(|aside| aside.past().transpose())
            .collect();
        Ok(Histories::new(journal.history()?, earlier?))
    }
}
