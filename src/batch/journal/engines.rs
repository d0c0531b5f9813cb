//! The two engines behind one set of calls: nothing outside this folder knows which of them keeps a journal.

use super::error::JournalError;
use super::location::JournalLocation;
use super::order::WriteOrder;
use super::postgres::{DatabaseHistory, DatabaseJournal};
use super::records::{
    Access, AwaitedAttempt, Campaign, Committed, LostRecords, NumberHistory, ReconcileCounts, ReportToAdd,
    RowDelivery, RunPlan, RunSpan,
};
use super::sqlite::{FileHistory, FileJournal, FileReportMatcher};
use crate::batch::fingerprint::{Difference, Fingerprint, FingerprintPart};
use crate::batch::numbers::Numbers;
use crate::batch::state::CampaignKind;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// The journal of one batch: open for a run, or for reading alone.
#[derive(Debug)]
pub(crate) enum Journal {
    File(Box<FileJournal>),
    Database(Box<DatabaseJournal>),
}

impl Journal {
    /// Opens what is there. With [`Access::ReadOnly`] nothing is created or changed.
    /// `lost` is what a file does about records that its disk has lost.
    pub(crate) fn open(
        location: &JournalLocation,
        access: Access,
        lost: LostRecords,
    ) -> Result<Self, JournalError> {
        match location {
            JournalLocation::File(path) => {
                FileJournal::open(path, access, lost).map(|journal| Self::File(Box::new(journal)))
            }
            JournalLocation::Database(place) => {
                DatabaseJournal::open(place, access).map(|journal| Self::Database(Box::new(journal)))
            }
        }
    }

    /// `None` where there is no journal yet, or where no run has begun.
    pub(crate) fn campaign(&self) -> Result<Option<Campaign>, JournalError> {
        match self {
            Self::File(journal) => journal.campaign(),
            Self::Database(journal) => journal.campaign(),
        }
    }

    /// Why its first campaign began.
    pub(crate) fn first_campaign(&self) -> Result<Option<CampaignKind>, JournalError> {
        match self {
            Self::File(journal) => journal.first_campaign(),
            Self::Database(journal) => journal.first_campaign(),
        }
    }

    /// The fingerprints of all campaigns.
    pub(crate) fn fingerprints(&self) -> Result<Vec<(CampaignKind, Fingerprint)>, JournalError> {
        match self {
            Self::File(journal) => journal.fingerprints(),
            Self::Database(journal) => journal.fingerprints(),
        }
    }

    /// In what a run with the fingerprint `now` can't go on with the campaign of `earlier`.
    pub(crate) fn differences(&self, earlier: &Fingerprint, now: &Fingerprint) -> Vec<Difference> {
        let mut differences = earlier.differences(now);
        if let Self::Database(_) = self {
            // Each run has an input of its own: a shard, or another machine's copy.
            differences.retain(|difference| difference.part != FingerprintPart::Input);
        }
        differences
    }

    /// The journals of this name that were set aside, the oldest first.
    pub(crate) fn asides(&self) -> Result<Vec<JournalLocation>, JournalError> {
        match self {
            Self::File(journal) => Ok(journal.asides()?.into_iter().map(JournalLocation::File).collect()),
            Self::Database(journal) => {
                let places = journal.asides()?.into_iter().map(Box::new);
                Ok(places.map(JournalLocation::Database).collect())
            }
        }
    }

    /// True where this journal, which was set aside, was the last that had records at the place of `other`.
    pub(crate) fn was_last_at(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(aside), Self::File(journal)) => aside.was_last_at(journal),
            // One that began after it would still be in the database.
            (Self::Database(_), Self::Database(_)) => true,
            _ => false,
        }
    }

    /// What a journal that is open for reading alone knows of each number; `None` where it has no records.
    pub(crate) fn past(&self) -> Result<Option<History<'_>>, JournalError> {
        match self {
            Self::File(journal) => Ok(journal.past()?.map(History::File)),
            Self::Database(journal) => Ok(journal.past()?.map(History::Database)),
        }
    }

    /// When the last run was at work. A run has begun.
    pub(crate) fn last_run(&self) -> Result<RunSpan, JournalError> {
        match self {
            Self::File(journal) => journal.last_run(),
            Self::Database(journal) => journal.last_run(),
        }
    }

    /// How many of the numbers that the last run had to send are still to send; it reads all of that run.
    pub(crate) fn left(&self) -> Result<u64, JournalError> {
        match self {
            Self::File(journal) => journal.left(),
            Self::Database(journal) => journal.left(),
        }
    }

    /// Gives every number of `numbers`, all of them new, its state at `now` by this journal.
    pub(crate) fn fold_into(&self, numbers: &mut Numbers, now: Timestamp) -> Result<(), JournalError> {
        match self {
            Self::File(journal) => journal.fold_into(numbers, now),
            Self::Database(journal) => journal.fold_into(numbers, now),
        }
    }

    /// Every number that was ever tried, with its state at `now`: what can be said without the input.
    pub(crate) fn numbers(&self, now: Timestamp) -> Result<Numbers, JournalError> {
        match self {
            Self::File(journal) => journal.numbers(now),
            Self::Database(journal) => journal.numbers(now),
        }
    }

    /// How many numbers other processes have requests under way for; `None` where no other run is alive.
    pub(crate) fn under_way(&self) -> Result<Option<u64>, JournalError> {
        match self {
            Self::File(journal) => journal.under_way(),
            Self::Database(journal) => journal.under_way(),
        }
    }

    /// How many numbers of the last campaign met each error id, the most frequent first.
    pub(crate) fn error_ids(&self) -> Result<Vec<(String, u64)>, JournalError> {
        match self {
            Self::File(journal) => journal.error_ids(),
            Self::Database(journal) => journal.error_ids(),
        }
    }

    /// What the reports say became of the SMS of the last campaign, by number.
    pub(crate) fn deliveries(&self) -> Result<HashMap<Msisdn, RowDelivery>, JournalError> {
        match self {
            Self::File(journal) => journal.deliveries(),
            Self::Database(journal) => journal.deliveries(),
        }
    }

    /// The accepted attempts of the last campaign, with what a report for them looks like.
    pub(crate) fn awaited(&self) -> Result<Vec<AwaitedAttempt>, JournalError> {
        match self {
            Self::File(journal) => journal.awaited(),
            Self::Database(journal) => journal.awaited(),
        }
    }

    /// Reads what reports are matched with.
    pub(crate) fn matcher(&mut self, now: Timestamp) -> Result<ReportMatcher, JournalError> {
        match self {
            Self::File(journal) => journal.matcher(now).map(ReportMatcher::File),
            Self::Database(journal) => journal.unknown_numbers(now).map(ReportMatcher::Database),
        }
    }

    /// Adds reports in one transaction. A report that is there already changes nothing. The matcher is this journal's.
    pub(crate) fn add_reports(
        &mut self,
        matcher: &mut ReportMatcher,
        reports: &[ReportToAdd],
        now: Timestamp,
    ) -> Result<ReconcileCounts, JournalError> {
        match (self, matcher) {
            (Self::File(journal), ReportMatcher::File(matcher)) => journal.add_reports(matcher, reports, now),
            (Self::Database(journal), ReportMatcher::Database(unknown)) => {
                journal.add_reports(unknown, reports, now)
            }
            _ => unreachable!("a matcher is of the engine that made it"),
        }
    }

    /// True where several runs may be at work at once, each with an input of its own.
    pub(crate) const fn is_shared(&self) -> bool {
        matches!(self, Self::Database(_))
    }

    /// The other runs that are sending, as people read of them.
    pub(crate) fn others(&self) -> Result<Vec<String>, JournalError> {
        match self {
            Self::File(_) => Ok(Vec::new()),
            Self::Database(journal) => journal.others(),
        }
    }

    /// Begins a campaign, and in it a run; if there is no journal, makes one. Of an existing journal's campaigns none is
    /// [`CampaignKind::First`].
    pub(crate) fn begin(
        &mut self,
        kind: CampaignKind,
        fingerprint: &Fingerprint,
        plan: &RunPlan,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        match self {
            Self::File(journal) => journal.begin(kind, fingerprint, plan, now),
            Self::Database(journal) => journal.begin(kind, fingerprint, plan, now),
        }
    }

    /// Begins another run of the last campaign, which is not finished any more.
    pub(crate) fn resume(
        &mut self,
        fingerprint: &Fingerprint,
        plan: &RunPlan,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        match self {
            Self::File(journal) => journal.resume(plan, now),
            Self::Database(journal) => journal.resume(fingerprint, plan, now),
        }
    }

    /// Opens what is known of each number, for the results. A run has begun, now or earlier.
    pub(crate) fn history(&mut self) -> Result<History<'_>, JournalError> {
        match self {
            Self::File(journal) => journal.history().map(History::File),
            Self::Database(journal) => journal.history().map(History::Database),
        }
    }

    /// Records that a run has said of the last campaign that it is finished, and has written its results.
    pub(crate) fn conclude(&mut self) -> Result<(), JournalError> {
        match self {
            Self::File(journal) => journal.conclude(),
            Self::Database(journal) => journal.conclude(),
        }
    }

    /// Gives the journal a name with the date, and returns that: another can begin in its place.
    pub(crate) fn set_aside(&mut self, now: Timestamp) -> Result<String, JournalError> {
        match self {
            Self::File(journal) => journal.set_aside(now).map(|path| path.display().to_string()),
            Self::Database(journal) => journal.set_aside(now),
        }
    }

    /// Forgets the numbers of `campaign`, which is this journal's last, and of those before it, and closes the journal. Gives
    /// back what is left of its counts.
    pub(crate) fn forget(self, campaign: &Campaign, now: Timestamp) -> Result<RunPlan, JournalError> {
        match self {
            Self::File(journal) => journal.forget(campaign, now).map(|()| campaign.plan),
            Self::Database(journal) => journal.forget(campaign, now),
        }
    }

    /// Closes the journal.
    pub(crate) fn close(self) -> Result<(), JournalError> {
        match self {
            Self::File(journal) => journal.close(),
            Self::Database(journal) => {
                journal.close();
                Ok(())
            }
        }
    }

    pub(crate) fn location(&self) -> JournalLocation {
        match self {
            Self::File(journal) => JournalLocation::File(journal.path().to_owned()),
            Self::Database(journal) => JournalLocation::Database(Box::new(journal.place().clone())),
        }
    }

    /// Has to be called once before the first commit.
    pub(super) fn mark(&mut self) -> Result<(), JournalError> {
        match self {
            Self::File(journal) => journal.mark(),
            Self::Database(_) => Ok(()),
        }
    }

    /// Writes a group in one transaction, and says what became of each of its intents, once all of it is durable. After an
    /// error nothing of it counts as written.
    pub(super) fn commit(&mut self, group: &[WriteOrder]) -> Result<Committed, JournalError> {
        match self {
            Self::File(journal) => journal.commit(group).map(Committed::all),
            Self::Database(journal) => journal.commit(group),
        }
    }

    /// Why nothing may begin any more, though what has begun can be recorded: the files are not where they were.
    pub(super) fn moved(&mut self) -> Option<JournalError> {
        match self {
            Self::File(journal) => journal.moved(),
            Self::Database(_) => None,
        }
    }

    /// Comes back after a failed commit once outcomes can be written again. Nothing may be launched any more in any case. An error
    /// says that they can't, and why, where that is another reason than the one why the commit failed.
    pub(super) fn recover(&mut self) -> Result<(), Option<JournalError>> {
        match self {
            // After a failed sync nobody knows what the disk holds.
            Self::File(_) => Err(None),
            Self::Database(journal) => journal.recover(),
        }
    }
}

/// What reports are matched with, as the journal was when this was made.
pub(crate) enum ReportMatcher {
    File(FileReportMatcher),
    /// The numbers that a report may settle; the database itself finds the attempts.
    Database(HashSet<Msisdn>),
}

/// Looks up numbers, each once, in any order; in the order of their first attempts it is quickest.
pub(crate) enum History<'a> {
    File(FileHistory<'a>),
    Database(DatabaseHistory<'a>),
}

impl History<'_> {
    /// The history of one number; of one that was never tried, [`NumberHistory::UNTRIED`].
    pub(crate) fn of(&mut self, number: Msisdn) -> Result<NumberHistory, JournalError> {
        match self {
            Self::File(history) => history.of(number),
            Self::Database(history) => history.of(number),
        }
    }
}

/// What a journal knows of each number, and what those know that were set aside before it.
pub(crate) struct Histories<'a> {
    last: History<'a>,
    /// The latest first.
    earlier: Vec<History<'a>>,
}

impl<'a> Histories<'a> {
    pub(crate) const fn new(last: History<'a>, earlier: Vec<History<'a>>) -> Self {
        Self { last, earlier }
    }

    /// The history of one number in the journal that decides on it; of one that was never tried, [`NumberHistory::UNTRIED`].
    pub(crate) fn of(&mut self, number: Msisdn) -> Result<NumberHistory, JournalError> {
        let mut record = self.last.of(number)?;
        for earlier in &mut self.earlier {
            if record.deciding.is_some() {
                break;
            }
            let before = earlier.of(number)?;
            if before.standing.ever_sent() {
                record = before;
            }
        }
        Ok(record)
    }
}
