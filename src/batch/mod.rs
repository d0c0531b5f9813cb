//! A batch: a PIN for every number of a list, each at most once. Each module below has one job, and imports between them
//! point one way. What becomes of a number, the journal decides.
//!
//! A batch is opened, surveyed (every row is checked), planned (with what the journal knows), connected (free calls
//! to the gateway), sent, and concluded. Without a key and without a network it can be looked at.

pub(crate) mod asked;
pub(crate) mod column_country;
pub(crate) mod connect;
pub(crate) mod destination;
pub(crate) mod errors;
pub(crate) mod exclude;
pub(crate) mod funds;
mod input;
pub(crate) mod numbers;
pub(crate) mod options;
pub(crate) mod outcomes;
pub(crate) mod pace;
pub(crate) mod plan;
pub(crate) mod preflight;
pub(crate) mod receives;
pub(crate) mod request;
pub(crate) mod results;
pub(crate) mod row_fault;
pub(crate) mod send;
pub(crate) mod standings;
pub(crate) mod summary;

use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use crate::journal::{CampaignId, Detail, JournalError, JournalPlace, Lookup, Rules, RunId, Store};
use crate::rows::{Input, Role};
use crate::session::Session;
use asked::BatchRequest;
use connect::Connected;
use destination::Places;
use errors::journal_failure;
use numbers::{Numbers, NumbersBuilder};
use options::BatchOptions;
use plan::BatchPlan;
use preflight::Survey;
use request::Checker;
use send::Listener;
use standings::Standings;
use std::path::Path;
use summary::Summary;

/// Why a pass over the input after the preflight ended early, or why the results are not there. The journal is true
/// whichever it is, and the same command goes on from it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BatchError {
    #[error(transparent)]
    Read(#[from] crate::rows::ReadError),
    #[error("line {line} differs from what the preflight read: the input has changed")]
    Changed { line: u64 },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Results(#[from] results::ResultsError),
}

/// One batch, from its list to its results.
pub(crate) struct Batch {
    pub(crate) options: BatchOptions,
    pub(crate) input: Input,
    /// The list, as the journal keeps it.
    list: String,
    checker: Checker,
    /// The numbers of all valid rows, known once the batch is surveyed.
    pub(crate) numbers: Numbers,
    /// The numbers that this command is told to exclude, in ascending order.
    excluded: Vec<Msisdn>,
    /// To look with. A run that sends opens another one. `None` where there is no journal yet.
    journal: Option<Box<dyn Store>>,
    /// `None` where no run of it has begun.
    campaign: Option<CampaignId>,
}

impl Batch {
    /// Opens the list and the journal to look at them. Everything that can be wrong before a row is read is wrong here.
    pub(crate) fn open(
        session: &Session<'_>,
        asked: &BatchRequest,
        journal: JournalPlace,
    ) -> Result<Self, Failure> {
        options::refuse_two_answers(session, asked)?;
        let places = Places::of(asked, &journal, session.in_sandbox())?;
        let input = input::open(session, asked, &places)?;
        let options = BatchOptions::read(session, asked, &input, &places, journal)?;
        let mut batch = Self {
            checker: Checker::new(options.defaults.clone()),
            options,
            input,
            list: places.list(),
            numbers: NumbersBuilder::default().finish(),
            excluded: Vec::new(),
            journal: None,
            campaign: None,
        };
        batch.look_at_journal().map_err(journal_failure)?;
        Ok(batch)
    }

    /// Opens the journal to look at it, if there is one by now.
    pub(crate) fn look_at_journal(&mut self) -> Result<(), JournalError> {
        if let Some(mut journal) = self.options.journal.look()? {
            self.campaign = journal.campaign(&self.options.campaign)?;
            self.journal = Some(journal);
        }
        Ok(())
    }

    /// Checks every row.
    pub(crate) fn survey(&mut self) -> Result<Survey, Failure> {
        let doing = format!("cannot read {}", self.options.asked.file.display());
        let (mut survey, numbers) = preflight::survey(&self.input, &mut self.checker)
            .map_err(|error| Failure::new(Kind::Invalid, error).doing(doing))?;
        self.numbers = numbers;
        let lists = exclude::read(&self.options.exclude, self.checker.policy())?;
        survey
            .warnings
            .extend(lists.iter().map(|list| list.note(&self.numbers)));
        self.excluded = exclude::all_numbers(&lists);
        Ok(survey)
    }

    /// How the numbers stand by these rules; `ended` is a run of this process that sends nothing more.
    pub(crate) fn look(&mut self, rules: &Rules, ended: Option<RunId>) -> Result<Standings, JournalError> {
        let lookup = Lookup {
            campaign: self.campaign,
            rules,
            exclude: &self.excluded,
            ended,
            detail: Detail::State,
        };
        Standings::look(&lookup, store_of(&mut self.journal), &mut self.numbers)
    }

    /// True where the journal knows all numbers that this command is told to exclude.
    fn remembers_exclusions(&mut self) -> Result<bool, JournalError> {
        let mut known = 0;
        let mut numbers = self.excluded.iter().copied();
        if let Some(journal) = &mut self.journal {
            journal.excluded(&mut numbers, &mut |_, _| known += 1)?;
        }
        Ok(known == self.excluded.len())
    }

    /// The list as the journal keeps it.
    pub(crate) fn list(&self) -> &str {
        &self.list
    }

    /// The text before a row fills it in, unless the rows bring their own.
    pub(crate) fn template(&self) -> Option<String> {
        let text = self.options.receives.sms_text.clone();
        text.filter(|_| !self.input.has(Role::SmsText))
    }

    /// The list that a marker stands beside; none in the sandbox, and where the rows come through a pipe.
    pub(crate) fn marked_list(&self) -> Option<&Path> {
        let is_file = !destination::is_nameless(&self.list);
        (is_file && !self.options.in_sandbox).then(|| Path::new(&self.list))
    }

    /// Sends what is to be sent, and sums up. An error means that nothing of this run was sent.
    pub(crate) fn send(
        mut self,
        session: &Session<'_>,
        connected: Connected,
        survey: &Survey,
        plan: &BatchPlan,
        listener: Box<dyn Listener>,
    ) -> Result<Summary, Failure> {
        let sent = send::run(&mut self, session, connected, survey, plan, listener)?;
        let concluding = || {
            let looked = summary::look_once_settled(&mut self, plan, &sent);
            Summary::after_run(self, survey, plan, sent, looked)
        };
        Ok(session
            .context
            .ui
            .saying_if_slow("writing the results…", concluding))
    }

    /// Writes the results as they would be, with what is wrong with each row, and sends nothing.
    pub(crate) fn write_checked(&mut self, path: &Path, standings: &Standings) -> Result<(), Failure> {
        self.write_results(path, standings)
            .map(drop)
            .map_err(|error| errors::failure(Kind::Input, error))
    }

    /// Writes what became of every row, by what was found when the numbers were looked up.
    pub(crate) fn write_results(
        &mut self,
        path: &Path,
        standings: &Standings,
    ) -> Result<Vec<results::RowException>, BatchError> {
        let journal = outcomes::JournalRows {
            campaign: store_of(&mut self.journal).zip(self.campaign),
            runs: &standings.runs,
            list: &self.list,
        };
        outcomes::write(path, &self.input, &mut self.checker, &mut self.numbers, journal)
    }
}

/// The journal to look at, if there is one by now.
fn store_of(journal: &mut Option<Box<dyn Store>>) -> Option<&mut dyn Store> {
    match journal {
        Some(store) => Some(store.as_mut()),
        None => None,
    }
}
