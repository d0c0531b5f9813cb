//! `smspin journal adopt FILE`: the way on where the journal that knew the people of a list is lost, an older copy, or
//! another machine's. Each of them that no attempt of this journal has reached since then counts as unknown.

use super::{OpenedJournal, list};
use crate::answers::journal::ChangedReport;
use crate::cli::AdoptArgs;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure};
use crate::journal::{AdoptedList, NewRun, RunName, RunRecord};
use crate::outcome::OutcomeWord;
use crate::session::journal;
use crate::text::count;
use std::time::Duration;

const NOT_DONE: &str = "nothing was adopted";

pub(super) fn run(opened: &OpenedJournal<'_>, args: &AdoptArgs) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_DONE);
    let Some(file) = args.file.as_deref().filter(|_| !args.nothing_lost) else {
        return take_server(opened, args.yes);
    };
    let (batch, survey) = list::checked(opened, file, &args.reading, None)?;
    let numbers: Vec<Msisdn> = batch.numbers.ascending().collect();
    let question = format!(
        "Count the numbers of {} that this journal knows nothing of as unknown ({} at most)? Each may have got its SMS. Put back \
         first what was taken out of the list since: only what it holds now is counted.",
        file.display(),
        count(numbers.len() as u64, "number", "numbers")
    );
    opened.ask(args.yes, &question, NOT_DONE)?;
    let mut store = opened.place.open().map_err(failed)?;
    let digest = survey.digest();
    let runs = store.runs().map_err(failed)?;
    // The list goes on as its last run here began, where there was one: with its text.
    let is_of_list = |run: &&RunRecord| run.list == batch.list() && run.digest.as_ref() == Some(&digest);
    let of_list = runs.iter().filter(is_of_list);
    let last = of_list.max_by_key(|run| run.began);
    let settings = last.map_or_else(|| batch.options.settings(), |run| run.settings.clone());
    let marked = batch.marked_list();
    let gateway = marked.map(|_| journal::gateway(opened.session)).transpose()?;
    let run = NewRun {
        name: RunName::random(),
        campaign: batch.options.campaign.clone(),
        began: crate::clock::now(),
        timeout: Duration::ZERO,
        list: batch.list().to_owned(),
        digest: Some(digest),
        settings,
    };
    let adoption = AdoptedList {
        run: &run,
        numbers: &numbers,
        marked: marked.zip(gateway.as_deref()),
        expires_in: batch.options.expires_in(),
    };
    let adopted = adoption.make(store.as_mut()).map_err(failed)?;
    store.close().map_err(failed)?;
    let report = ChangedReport {
        outcome: OutcomeWord::Adopted,
        journal: opened.place.to_string(),
        numbers: Some(adopted),
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
        numbers: None,
    };
    Ok(opened.context().ui.answer(&report))
}
