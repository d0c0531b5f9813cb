//! What can be asked of a journal, whatever keeps it. Three engines answer: SQLite, PostgreSQL, and one in memory, which is the
//! specification of the other two. One suite of tests runs against all three.

use super::attempt::{Attempt, AttemptOutcome, AttemptState, Detail, Ticket};
use super::decision::Rules;
use super::error::{JournalError, JournalFault};
use super::report::{ReconcileCounts, ReportKey, ReportToAdd};
use super::run::{
    CampaignId, CutRun, JournalIdentity, NewRun, RunEnd, RunId, RunRecord, Runs, SortedNumbers,
};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;

/// Asks for the right to make one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) msisdn: Msisdn,
    /// How long its PIN will be valid, in seconds; 0 is for ever.
    pub(crate) expires_in: u32,
    /// What was planned: true where it may be a second SMS, which the user has agreed to. A claim is granted only while the
    /// decision is still the planned one.
    pub(crate) is_repeat: bool,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claimed {
    Granted(Ticket),
    /// The number stands elsewhere than when it was planned, because of another run.
    Taken,
}

/// Records how an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) ticket: Ticket,
    pub(crate) outcome: AttemptOutcome,
}

/// What one transaction of a run writes.
#[derive(Debug, Default)]
pub(crate) struct Group {
    pub(crate) claims: Vec<Claim>,
    pub(crate) closings: Vec<Closing>,
    /// Claims of attempts that never left: not a byte was sent, not a connection was opened.
    pub(crate) taken_back: Vec<Ticket>,
}

/// Which numbers are forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Forget {
    /// Numbers whose attempts all had their last sign of life before this moment, of all campaigns.
    OlderThan(Timestamp),
    /// One number in all campaigns, and its exclusion.
    Number(Msisdn),
    Campaign(CampaignId),
}

impl Forget {
    /// True where a number with these attempts in a campaign is forgotten.
    pub(super) fn covers(&self, campaign: CampaignId, msisdn: Msisdn, attempts: &[Attempt]) -> bool {
        match self {
            Self::OlderThan(moment) => attempts.iter().all(|attempt| attempt.heard_of() < *moment),
            Self::Number(number) => msisdn == *number,
            Self::Campaign(one) => campaign == *one,
        }
    }

    /// Refused while a run is at work in a campaign that is touched: the one that is meant, or one in which numbers were found.
    pub(super) fn check_runs(
        &self,
        runs: &[RunRecord],
        has_found: impl Fn(CampaignId) -> bool,
    ) -> Result<(), JournalError> {
        let is_touched = |campaign| match self {
            Self::Campaign(one) => campaign == *one,
            Self::OlderThan(_) | Self::Number(_) => has_found(campaign),
        };
        #[cfg(test)]
        let runs = super::mutant::Mutant::ForgottenUnderARun.unless_on(runs);
        let Some(run) = runs.iter().find(|run| run.is_alive && is_touched(run.campaign)) else {
            return Ok(());
        };
        let error = format!(
            "a run is at work on these numbers, so they can't be forgotten now: process {} on {}, with {}",
            run.pid, run.host, run.list
        );
        let hint = "wait until it has ended, then run the same command again";
        Err(JournalError::new(JournalFault::Busy, error).hint(hint))
    }
}

/// A journal. Calls block; a call that has failed has changed nothing, unless it says otherwise.
pub(crate) trait Store: Send + std::fmt::Debug {
    fn identity(&self) -> &JournalIdentity;

    /// When the first run began; `None` in a journal that knows no numbers yet.
    fn knows_since(&mut self) -> Result<Option<Timestamp>, JournalError> {
        Ok(self.runs()?.iter().map(|run| run.began).min())
    }

    /// The campaign of a name; `None` where no run of it has begun.
    fn campaign(&mut self, name: &str) -> Result<Option<CampaignId>, JournalError> {
        let known = self.campaigns()?.into_iter().find(|(_, known)| known == name);
        Ok(known.map(|(id, _)| id))
    }

    /// All campaigns that a run has begun in, with their names.
    fn campaigns(&mut self) -> Result<Vec<(CampaignId, String)>, JournalError>;

    /// The next numbers of a campaign, in ascending order: the first ones, or those behind `after`. None is the end.
    fn numbers(&mut self, campaign: CampaignId, after: Option<Msisdn>) -> Result<Vec<Msisdn>, JournalError>;

    /// All runs but those of single requests that have ended. Whether a run is alive is found out after its record was read.
    fn runs(&mut self) -> Result<Vec<RunRecord>, JournalError>;

    /// Calls `each` with every attempt at one of the numbers in the campaign, number by number and in their order. Long lists
    /// are read in short transactions, so one pass may see a run's progress; all attempts at a number are of one moment.
    fn read(
        &mut self,
        campaign: CampaignId,
        numbers: SortedNumbers<'_>,
        detail: Detail,
        each: &mut dyn FnMut(Msisdn, Attempt),
    ) -> Result<(), JournalError>;

    /// Calls `each` with every one of the numbers that is excluded, and the run that excluded it.
    fn excluded(
        &mut self,
        numbers: SortedNumbers<'_>,
        each: &mut dyn FnMut(Msisdn, RunId),
    ) -> Result<(), JournalError>;

    /// Takes a run's lock and writes its record, durable when it returns. One run at a time through one store.
    fn begin(&mut self, run: &NewRun) -> Result<(RunId, CampaignId), JournalError>;

    /// What the ids in the report URLs of the run that has begun are made with.
    fn report_key(&self) -> ReportKey;

    /// Excludes numbers for good, for every campaign. A run has begun. What is excluded already stays as it was. Many are
    /// written in steps, here and in the other calls with lists of numbers: done again after an error, they go on.
    fn exclude(&mut self, numbers: &[Msisdn]) -> Result<(), JournalError>;

    /// Writes a group in one transaction: first its closings and what is taken back, then its claims, sorted by number. Says
    /// what became of each claim, in their order, once all of it is durable. `now` is the last sign of life of the run.
    ///
    /// A claim is granted where [`decide`](super::decide) says, of all attempts of the number as they stand within the
    /// transaction, that a run with these rules sends, and that it is a repeat only if a repeat was planned. `dead` are the
    /// runs that were found dead when the rules were made: an open attempt of any other run is under way.
    ///
    /// # Errors
    /// Nothing of it counts as written after an error; a commit whose answer was lost may still take effect, and the same
    /// closings may be written again. A closing of an attempt that is not this run's, or is closed otherwise, is an error.
    fn commit(
        &mut self,
        group: &Group,
        rules: &Rules,
        dead: &Runs,
        now: Timestamp,
    ) -> Result<Vec<Claimed>, JournalError>;

    /// Why no attempt may begin, or none any more, though what has begun can be recorded: another file, or none, is in the
    /// journal's place, the session with the database is gone, or its server is another one.
    fn check(&mut self) -> Result<(), JournalError>;

    /// Comes back after a failed commit once closings can be written again, if that is possible. No claim is granted after
    /// it in any case.
    fn recover(&mut self) -> Result<(), JournalError>;

    /// Writes how the run ended, and gives up its lock.
    fn end(&mut self, end: RunEnd) -> Result<(), JournalError>;

    /// Gives every one of the numbers, once, that no attempt since `since` has reached one that is unknown and dated `now`, within
    /// the run that has begun. An open attempt has not reached it yet. Returns how many.
    fn adopt(
        &mut self,
        numbers: &[Msisdn],
        since: Timestamp,
        expires_in: u32,
        now: Timestamp,
    ) -> Result<u64, JournalError>;

    /// The runs of a campaign whose lock files count more groups than the journal has: it has lost records, or is an older copy.
    fn lost_runs(&mut self, campaign: &str) -> Result<Vec<CutRun>, JournalError>;

    /// Accepts that these runs have lost records, once their numbers were adopted.
    fn accept_losses(&mut self, runs: &[CutRun]) -> Result<(), JournalError>;

    /// Takes the server of a database as it is, though it is another one: the user has said that nothing was lost.
    fn accept_server(&mut self) -> Result<(), JournalError> {
        let error = "the journal is a file, and only a database has a server to take as it is";
        Err(JournalError::new(JournalFault::Unusable, error))
    }

    /// Adds delivery reports in one transaction. One that is there already changes nothing.
    fn add_reports(&mut self, reports: &[ReportToAdd]) -> Result<ReconcileCounts, JournalError>;

    /// Writes `now` into attempts at these numbers that are dated later: a clock was wrong.
    fn correct_times(
        &mut self,
        campaign: CampaignId,
        numbers: &[Msisdn],
        now: Timestamp,
    ) -> Result<(), JournalError>;

    /// Lets excluded numbers be sent to again. Returns how many were excluded.
    fn readmit(&mut self, numbers: &[Msisdn]) -> Result<u64, JournalError>;

    /// How many numbers would be forgotten.
    fn count_to_forget(&mut self, what: &Forget) -> Result<u64, JournalError>;

    /// Forgets numbers: deletes their attempts, marks their runs, and overwrites them on the disk. Refused while a run of a
    /// campaign that it touches is alive. Returns how many numbers. Many are forgotten in steps: after an error some of them
    /// may be forgotten.
    fn forget(&mut self, what: &Forget, now: Timestamp) -> Result<u64, JournalError>;

    /// Closes the journal. A run that has not ended is dead from then on.
    fn close(self: Box<Self>) -> Result<(), JournalError>;
}

/// How an attempt stands once an outcome is recorded for it. `None` where the outcome must not be written: it is another than
/// the one that was recorded before. What a delivery report has shown to be accepted stays so.
pub(super) fn closed(stands: AttemptState, outcome: AttemptState) -> Option<AttemptState> {
    #[cfg(test)]
    if super::mutant::Mutant::ReportOverwritten.is_on() {
        return Some(outcome);
    }
    match stands {
        AttemptState::Open => Some(outcome),
        AttemptState::Accepted => Some(AttemptState::Accepted),
        _ => (stands == outcome).then_some(stands),
    }
}
