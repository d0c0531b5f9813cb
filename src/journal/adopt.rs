//! The way on after a loss: every number of a list that no attempt of the journal has reached since counts as unknown.

use super::error::{JournalError, JournalFault};
use super::marker::{LostRuns, Marker};
use super::run::{CutRun, NewRun, RunEnd, RunRecord};
use super::store::Store;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::path::Path;

/// Numbers that one transaction adopts.
const GROUP: usize = 1000;

/// What is adopted.
#[derive(Debug)]
pub(crate) struct AdoptedList<'a> {
    /// The run that makes the attempts: it begins now.
    pub(crate) run: &'a NewRun,
    pub(crate) numbers: &'a [Msisdn],
    /// The list, where a marker can be beside it, and the gateway that it is sent to.
    pub(crate) marked: Option<(&'a Path, &'a str)>,
    /// The life of a PIN in seconds where no marker tells it; 0 is for ever.
    pub(crate) expires_in: u32,
}

/// What a journal lacks of a list.
struct Losses {
    /// By the marker beside the list.
    marked: Option<LostRuns>,
    /// By the lock files beside the journal.
    cut_short: Vec<CutRun>,
    /// An attempt from then on is this journal's own.
    since: Timestamp,
}

impl AdoptedList<'_> {
    /// Makes the attempts, and silences what told of the loss. Returns how many numbers were adopted.
    pub(crate) fn make(&self, store: &mut dyn Store) -> Result<u64, JournalError> {
        let losses = self.losses(store)?;
        let marked = losses.marked.as_ref();
        let expires_in = marked.map_or(self.expires_in, LostRuns::expires_in);
        let list = self.marked.map(|(list, _)| list);
        store.begin(self.run)?;
        let mut adopted = 0;
        for group in self.numbers.chunks(GROUP) {
            adopted += store.adopt(group, losses.since, expires_in, self.run.began)?;
        }
        // Another copy of the journal may come into its place later, without the lock files.
        if let Some(list) = list {
            Marker::note_cut(list, &losses.cut_short)?;
        }
        store.accept_losses(&losses.cut_short)?;
        store.end(RunEnd {
            at: crate::clock::now(),
            exit: 0,
            left: 0,
        })?;
        if let Some(list) = list {
            Marker::adopt(
                list,
                store.identity(),
                &self.run.name,
                (marked, &losses.cut_short),
            )?;
        }
        Ok(adopted)
    }

    /// Another list's lost runs reached other people. One whose file is gone may be this one under an earlier name.
    fn is_of_this_list(&self, run: &CutRun) -> bool {
        let list = Path::new(&run.list);
        run.list == self.run.list || list.is_absolute() && !list.exists()
    }

    /// Where the marker tells of losses in other campaigns alone, one of those is meant.
    fn refuse_other_campaign(&self, store: &mut dyn Store) -> Result<(), JournalError> {
        let Some((list, gateway)) = self.marked else {
            return Ok(());
        };
        let lost = Marker::lost_campaigns(list, store, gateway)?;
        let Some(other) = lost.first() else { return Ok(()) };
        let own = &self.run.campaign;
        let error = format!(
            "this journal lacks a run of the campaign {other} that sent to the list, and none of {own}"
        );
        Err(JournalError::new(JournalFault::Unusable, error)
            .hint(format_args!("the same command with --campaign {other}")))
    }

    fn losses(&self, store: &mut dyn Store) -> Result<Losses, JournalError> {
        let marked = match self.marked {
            Some((list, gateway)) => Marker::lost(list, Some(store), gateway, &self.run.campaign)?,
            None => None,
        };
        let mut cut_short = store.lost_runs(&self.run.campaign)?;
        cut_short.retain(|run| self.is_of_this_list(run));
        let runs = store.runs()?;
        let forgotten = |run: &&RunRecord| run.forgotten.is_some() && run.digest == self.run.digest;
        let begins = cut_short
            .iter()
            .map(|run| run.began)
            .chain(runs.iter().filter(forgotten).map(|run| run.began))
            .chain(marked.as_ref().map(LostRuns::since));
        #[cfg(test)]
        let first = super::mutant::Mutant::FirstLossCounts.first_of(begins.clone());
        // An attempt from between two losses says nothing of what the later one sent.
        let since = begins.max();
        #[cfg(test)]
        let since = first.or(since);
        if since.is_none() {
            self.refuse_other_campaign(store)?;
        }
        Ok(Losses {
            // Without a known loss, every number that no attempt in the journal has reached is adopted.
            since: since.unwrap_or_default(),
            cut_short,
            marked,
        })
    }
}
