//! A batch: a PIN for every row of a file, each at most once. Each module below has one job, and imports between them point
//! one way: only `journal` knows SQL, and `decision` knows neither files nor clocks.
//!
//! A batch is opened, surveyed (every row is checked), planned (with what the journal knows), connected (free calls
//! to the gateway), sent, and concluded.

pub(crate) mod asides;
pub(crate) mod column_country;
pub(crate) mod connect;
pub(crate) mod course;
pub(crate) mod decision;
pub(crate) mod errors;
mod evidence;
mod exclude;
pub(crate) mod fingerprint;
pub(crate) mod funds;
mod input;
pub(crate) mod journal;
pub(crate) mod journal_choice;
pub(crate) mod numbers;
pub(crate) mod options;
pub(crate) mod outcomes;
pub(crate) mod pace;
pub(crate) mod places;
pub(crate) mod plan;
pub(crate) mod preflight;
pub(crate) mod reconcile;
pub(crate) mod request;
pub(crate) mod results;
pub(crate) mod send;
pub(crate) mod state;
pub(crate) mod summary;

use crate::cli::BatchArgs;
use crate::failure::{Failure, Kind};
use crate::rows::{Input, InputFile, SpoolTo};
use crate::session::Session;
use connect::Connected;
use errors::journal_failure;
use exclude::ExclusionList;
use input::FoundInput;
use journal::{Access, Journal, JournalLocation, LostRecords, RunSpan};
use numbers::{Numbers, NumbersBuilder};
use options::BatchOptions;
use places::Places;
use plan::BatchPlan;
use preflight::Survey;
use reconcile::Reconciled;
use request::Checker;
use send::{Listener, RunResult};
use state::CampaignKind;
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
    Journal(#[from] journal::JournalError),
    #[error(transparent)]
    Results(#[from] results::ResultsError),
}

/// One batch, from its file to its results.
pub(crate) struct Batch {
    pub(crate) options: BatchOptions,
    pub(crate) input: Input,
    checker: Checker,
    /// The numbers of all valid rows, known once the batch is surveyed.
    pub(crate) numbers: Numbers,
    /// Locked, but for a dry run, which only looks. None once it could not be written any more.
    journal: Option<Journal>,
}

impl Batch {
    /// Opens the input and the journal. Everything that can be wrong before a row is read is wrong here.
    pub(crate) fn open(session: &Session<'_>, args: &BatchArgs) -> Result<Self, Failure> {
        options::refuse_two_answers(session, args)?;
        let places = Places::of(session, args)?;
        let found = input::find(session, args, &places)?;
        let dry = args.run.is_dry();
        let spool = places.spool();
        let (input, journal) = match found {
            FoundInput::File(input) => (*input, None),
            FoundInput::Stream(stream) if dry || places.journal_file().is_none() => (
                input::copy(args, stream, SpoolTo::Nameless(&spool), &places)?,
                None,
            ),
            FoundInput::Stream(stream) => {
                // Only a journal's run writes a spool: where there was none, a file of that name is somebody else's.
                let ours = places.journal_file().is_some_and(journal::was_here);
                if !ours && spool.exists() {
                    return Err(errors::spool_taken(&spool, &places.journal));
                }
                let journal = open_journal(args, &places.journal, Access::Locked)?;
                (
                    input::copy(args, stream, SpoolTo::Path(&spool), &places)?,
                    Some(journal),
                )
            }
        };
        let options = BatchOptions::read(session, args, &input, &places)?;
        let access = if options.dry_run {
            Access::ReadOnly
        } else {
            Access::Locked
        };
        let journal = match journal {
            Some(journal) => journal,
            None => open_journal(args, &options.journal, access)?,
        };
        let lock = if journal.is_shared() {
            InputFile::lock_shared
        } else {
            InputFile::lock
        };
        if access == Access::Locked && !lock(input.source()) {
            return Err(errors::input_in_use(args.file()));
        }
        Ok(Self {
            checker: Checker::new(options.defaults.clone()),
            options,
            input,
            numbers: NumbersBuilder::default().finish(),
            journal: Some(journal),
        })
    }

    /// Checks every row.
    pub(crate) fn survey(&mut self) -> Result<Survey, Failure> {
        let doing = format!("cannot read {}", self.options.file.display());
        let (mut survey, numbers) = preflight::survey(&self.input, &mut self.checker)
            .map_err(|error| Failure::new(Kind::Invalid, error).doing(doing))?;
        self.numbers = numbers;
        let excluded = exclude::read(&self.options.exclude, self.checker.policy())?;
        survey
            .warnings
            .extend(excluded.iter().map(|list| list.note(&self.numbers)));
        let excluded = excluded.iter().flat_map(ExclusionList::numbers).copied();
        self.numbers.exclude(excluded.collect());
        Ok(survey)
    }

    /// Decides what a run does, with what the journal knows.
    pub(crate) fn plan(&mut self, survey: &Survey) -> Result<BatchPlan, Failure> {
        BatchPlan::new(self, survey)
    }

    /// Finds out, with free calls, whether the gateway is there, takes the key, and has the path of the PIN request.
    pub(crate) fn connect(&self, session: &Session<'_>) -> Result<Connected, Failure> {
        Connected::new(self, session)
    }

    /// Sends what is to be sent. An error means that nothing of this run was.
    pub(crate) fn send(
        &mut self,
        session: &Session<'_>,
        connected: Connected,
        survey: &Survey,
        plan: &BatchPlan,
        listener: Box<dyn Listener>,
    ) -> Result<RunResult, Failure> {
        send::run(self, session, connected, survey, plan, listener)
    }

    /// Reads a file of delivery reports into the journal.
    pub(crate) fn reconcile(&mut self, reports: &Path) -> Result<Reconciled, Failure> {
        let journal = self
            .journal
            .as_mut()
            .expect("a batch has its journal until it sends");
        let campaign = journal.campaign().map_err(journal_failure)?;
        let path = journal.location();
        let error = match campaign.map(|campaign| campaign.kind) {
            None => format!("there is no journal {path}: this batch has not been started"),
            Some(CampaignKind::Forgotten) => {
                format!("the numbers of {path} were deleted with --forget, so no report can be matched")
            }
            Some(_) => return reconcile::reconcile(journal, reports),
        };
        Err(Failure::message(Kind::NotFound, error))
    }

    /// When the last run was at work that sent, or tried to.
    pub(crate) fn last_run(&self) -> Result<RunSpan, Failure> {
        let journal = self
            .journal
            .as_ref()
            .expect("a batch has its journal until it sends");
        journal.last_run().map_err(journal_failure)
    }

    /// Writes the results with what the delivery reports say, and sums up.
    pub(crate) fn reconciled(self, survey: &Survey) -> Result<Summary, Failure> {
        Summary::after_reports(self, survey)
    }

    /// Closes the journal, and leaves the results as they are.
    pub(crate) fn close(mut self) -> Result<(), Failure> {
        let journal = self.journal.take();
        journal.map_or(Ok(()), Journal::close).map_err(journal_failure)
    }

    /// Asks the journal what happened, and writes the results.
    pub(crate) fn conclude(self, survey: &Survey, run: RunResult) -> Summary {
        Summary::after_run(self, survey, run)
    }

    /// Writes the results as they would be, with what is wrong with each row, and sends nothing.
    pub(crate) fn write_checked(&mut self, path: &Path) -> Result<(), Failure> {
        let Self {
            input,
            checker,
            numbers,
            ..
        } = self;
        outcomes::write(path, input, checker, numbers, None)
            .map(drop)
            .map_err(|error| errors::failure(Kind::Input, error))
    }

    /// What there is to say of a batch with nothing left to send.
    pub(crate) fn finished(self, survey: &Survey, plan: &BatchPlan) -> Result<Summary, Failure> {
        Summary::of_finished(self, survey, plan)
    }
}

fn open_journal(args: &BatchArgs, place: &JournalLocation, access: Access) -> Result<Journal, Failure> {
    let lost = LostRecords::accepted(args.run.accept_lost_records);
    Journal::open(place, access, lost).map_err(journal_failure)
}
