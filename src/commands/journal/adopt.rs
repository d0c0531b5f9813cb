//! `smspin journal adopt FILE`: the way on where the journal that knew the people of a list is lost, an older copy, or
//! another machine's. Each of them that no attempt of this journal has reached since then counts as unknown.

use super::{OpenedJournal, list};
use crate::answers::journal::ChangedReport;
use crate::batch::Batch;
use crate::batch::preflight::Survey;
use crate::cli::AdoptArgs;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure};
use crate::journal::{JournalError, LostRuns, Marker, NewRun, RunEnd, RunId, RunName, RunRecord, Store};
use crate::outcome::OutcomeWord;
use crate::session::journal;
use crate::text::count;
use jiff::Timestamp;
use std::time::Duration;

const NOT_DONE: &str = "nothing was adopted";

/// Numbers that one transaction adopts.
const GROUP: usize = 1000;

pub(super) fn run(opened: &OpenedJournal<'_>, args: &AdoptArgs) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_DONE);
    let Some(file) = args.file.as_deref().filter(|_| !args.nothing_lost) else {
        return take_server(opened, args.yes);
    };
    let (mut batch, survey) = list::checked(opened, file, &args.reading, None)?;
    let numbers: Vec<Msisdn> = batch.numbers.look().0.collect();
    let question = format!(
        "Count the numbers of {} that this journal knows nothing of as unknown ({} at most)? Each may have got its SMS.",
        file.display(),
        count(numbers.len() as u64, "number", "numbers")
    );
    opened.ask(args.yes, &question, NOT_DONE)?;
    let mut store = opened.place.open().map_err(failed)?;
    let losses = Losses::of(opened, &batch, &survey, store.as_mut())?;
    let adopted = adopt(&batch, &survey, store.as_mut(), &numbers, &losses).map_err(failed)?;
    store.close().map_err(failed)?;
    let report = ChangedReport {
        outcome: OutcomeWord::Adopted,
        journal: opened.place.to_string(),
        numbers: adopted,
    };
    Ok(opened.context().ui.answer(&report))
}

/// Takes the server of a database as it is: the user says that it lacks no record.
fn take_server(opened: &OpenedJournal<'_>, yes: bool) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_DONE);
    let question = format!(
        "Take the server of {} as it is? Every SMS of which it lacks the record would be sent once more.",
        opened.place
    );
    opened.ask(yes, &question, NOT_DONE)?;
    let mut store = opened.open(NOT_DONE)?;
    store.accept_server().map_err(failed)?;
    store.close().map_err(failed)?;
    let report = ChangedReport {
        outcome: OutcomeWord::Adopted,
        journal: opened.place.to_string(),
        numbers: 0,
    };
    Ok(opened.context().ui.answer(&report))
}

/// What this journal lacks of the list.
struct Losses {
    /// By the marker beside the list.
    marked: Option<LostRuns>,
    /// Runs of which the journal has lost records.
    cut_short: Vec<RunId>,
    /// An attempt from then on is this journal's own.
    since: Timestamp,
    /// The longest life of a PIN that may have been sent, in seconds; 0 is for ever.
    expires_in: u32,
}

impl Losses {
    fn of(
        opened: &OpenedJournal<'_>,
        batch: &Batch,
        survey: &Survey,
        store: &mut dyn Store,
    ) -> Result<Self, Failure> {
        let failed = |error: JournalError| journal::failure(error, NOT_DONE);
        let marked = match batch.marked_list() {
            Some(list) => {
                let identity = store.identity().clone();
                let gateway = journal::gateway(opened.session)?;
                Marker::lost(list, &identity, &gateway, &batch.options.campaign, store).map_err(failed)?
            }
            None => None,
        };
        let cut_short = store.lost_runs().map_err(failed)?;
        let digest = survey.digest();
        let runs = store.runs().map_err(failed)?;
        let forgotten = |run: &&RunRecord| run.forgotten.is_some() && run.digest.as_deref() == Some(&digest);
        let begins = cut_short
            .iter()
            .chain(runs.iter().filter(forgotten))
            .map(|run| run.began);
        // An attempt from between two losses says nothing of what the later one sent.
        let since = begins.chain(marked.as_ref().map(LostRuns::since)).max();
        Ok(Self {
            // Without a known loss, every number that no attempt in the journal has reached is adopted.
            since: since.unwrap_or_default(),
            expires_in: marked
                .as_ref()
                .map_or_else(|| batch.options.expires_in(), LostRuns::expires_in),
            cut_short: cut_short.iter().map(|run| run.id).collect(),
            marked,
        })
    }
}

fn adopt(
    batch: &Batch,
    survey: &Survey,
    store: &mut dyn Store,
    numbers: &[Msisdn],
    losses: &Losses,
) -> Result<u64, JournalError> {
    let now = crate::clock::now();
    let run = NewRun {
        name: RunName::random(),
        campaign: batch.options.campaign.clone(),
        began: now,
        timeout: Duration::ZERO,
        list: batch.list().to_owned(),
        digest: Some(survey.digest()),
        settings: batch.options.settings(),
    };
    store.begin(&run)?;
    let mut adopted = 0;
    for group in numbers.chunks(GROUP) {
        adopted += store.adopt(group, losses.since, losses.expires_in, now)?;
    }
    store.accept_losses(&losses.cut_short)?;
    let identity = store.identity().clone();
    store.end(RunEnd {
        at: crate::clock::now(),
        exit: 0,
        left: 0,
    })?;
    if let (Some(list), Some(lost)) = (batch.marked_list(), &losses.marked) {
        Marker::adopt(list, &identity, &run.name, lost)?;
    }
    Ok(adopted)
}
