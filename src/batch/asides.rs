//! The journals of this batch's name that were set aside: read as if they and the journal were one.

use super::decision::RetryUnknown;
use super::journal::{Access, Histories, Journal, JournalError, LostRecords};
use super::numbers::Numbers;
use super::state::CampaignKind;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::collections::BTreeSet;

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

    /// The numbers that they sent to, or may have, each once.
    pub(crate) fn reached(&self, now: Timestamp) -> Result<BTreeSet<Msisdn>, JournalError> {
        let mut reached = BTreeSet::new();
        for aside in &self.0 {
            let numbers = aside.numbers(now)?;
            let decisions = numbers.decisions(RetryUnknown::Never);
            let sent = decisions.filter(|(_, _, decision)| decision.ever_sent());
            reached.extend(sent.map(|(number, _, _)| number));
        }
        Ok(reached)
    }

    /// True where the last journal that was at the place of `journal` is one of these: none has begun there since, and none is lost.
    pub(super) fn hold_the_last(&self, journal: &Journal) -> bool {
        self.0.iter().any(|aside| aside.was_last_at(journal))
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
