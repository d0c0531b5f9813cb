//! The commands that change what the journal remembers of numbers, after the user has agreed.

use super::OpenedJournal;
use super::list;
use super::show;
use crate::answers::journal::ChangedReport;
use crate::cli::{AdoptArgs, ForgetArgs, ReadmitArgs};
use crate::domain::duration;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure, Kind};
use crate::journal::{AdoptedList, Forget, NewRun, RunName, RunRecord, Store};
use crate::outcome::OutcomeWord;
use crate::session::journal;
use crate::settings::Key;
use crate::text;
use crate::text::count;
use std::path::Path;
use std::time::Duration;

/// Prints what became of the numbers.
fn changed(opened: &OpenedJournal<'_>, outcome: OutcomeWord, numbers: Option<u64>) -> Exit {
    let report = ChangedReport {
        outcome,
        journal: opened.place.to_string(),
        numbers,
    };
    opened.context().ui.answer(&report)
}

const NOT_ADOPTED: &str = "nothing was adopted";

pub(super) fn adopt(opened: &OpenedJournal<'_>, args: &AdoptArgs) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_ADOPTED);
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
    opened.ask(args.yes, &question, NOT_ADOPTED)?;
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
    Ok(changed(opened, OutcomeWord::Adopted, Some(adopted)))
}

/// Takes the server of a database as it is: the user says that it lacks no record.
fn take_server(opened: &OpenedJournal<'_>, yes: bool) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_ADOPTED);
    let question = format!(
        "Take the server of {} as it is? Every SMS of which it lacks the record would be sent once more.",
        opened.place
    );
    opened.ask(yes, &question, NOT_ADOPTED)?;
    let mut store = opened.open(NOT_ADOPTED)?;
    store.accept_server().map_err(failed)?;
    store.close().map_err(failed)?;
    Ok(changed(opened, OutcomeWord::Adopted, None))
}

const NOT_READMITTED: &str = "nothing was readmitted";

pub(super) fn readmit(opened: &OpenedJournal<'_>, args: &ReadmitArgs) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_READMITTED);
    let numbers = numbers(opened, args)?;
    let mut excluded = 0;
    let mut store = opened.look()?;
    store
        .excluded(&mut numbers.iter().copied(), &mut |_, _| excluded += 1)
        .map_err(failed)?;
    drop(store);
    if excluded > 0 {
        let which = count(excluded, "excluded number", "excluded numbers");
        let question = format!("Let {which} be sent to again, in every campaign?");
        opened.ask(args.yes, &question, NOT_READMITTED)?;
        let mut store = opened.open(NOT_READMITTED)?;
        excluded = store.readmit(&numbers).map_err(failed)?;
        store.close().map_err(failed)?;
    }
    Ok(changed(opened, OutcomeWord::Readmitted, Some(excluded)))
}

/// The numbers of a file, or the one that was typed. A row that can't be read stays excluded, and is told.
fn numbers(opened: &OpenedJournal<'_>, args: &ReadmitArgs) -> Result<Vec<Msisdn>, Failure> {
    let path = Path::new(&args.what);
    if !path.exists() {
        return Ok(vec![show::number(opened.session, &args.what)?]);
    }
    let (batch, survey) = list::checked(opened, path, &args.reading, None)?;
    if survey.invalid > 0 {
        opened.context().ui.warn(format_args!(
            "{} of {} can't be read as phone numbers, and stay excluded",
            count(survey.invalid, "row", "rows"),
            path.display()
        ));
    }
    Ok(batch.numbers.ascending().collect())
}

const NOT_FORGOTTEN: &str = "nothing was forgotten";

pub(super) fn forget(opened: &OpenedJournal<'_>, args: &ForgetArgs) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_FORGOTTEN);
    let mut store = opened.look()?;
    let (what, shown) = wanted(opened, store.as_mut(), args)?;
    // One number of several campaigns is one.
    let most = if matches!(what, Forget::Number(_)) {
        1
    } else {
        u64::MAX
    };
    let numbers = store.count_to_forget(&what).map_err(failed)?.min(most);
    drop(store);
    let question = format!(
        "Forget {} ({shown})? These numbers can be sent to again, and what they got is deleted for good.",
        count(numbers, "number", "numbers")
    );
    opened.ask(args.yes, &question, NOT_FORGOTTEN)?;
    let mut store = opened.open(NOT_FORGOTTEN)?;
    let numbers = store.forget(&what, crate::clock::now()).map_err(failed)?;
    store.close().map_err(failed)?;
    Ok(changed(opened, OutcomeWord::Forgotten, Some(numbers.min(most))))
}

/// What is to be forgotten, and how the question names it.
fn wanted(
    opened: &OpenedJournal<'_>,
    store: &mut dyn Store,
    args: &ForgetArgs,
) -> Result<(Forget, String), Failure> {
    let campaign = opened.session.flags.get(Key::Campaign);
    match (&args.older, &args.number, campaign) {
        (Some(older), None, None) => {
            let age = duration::parse(older)
                .map_err(|error| Failure::message(Kind::Usage, format_args!("--older: {error}")))?;
            let moment = crate::clock::now().checked_sub(age).unwrap_or_default();
            Ok((
                Forget::OlderThan(moment),
                format!("older than {}", duration::human(age)),
            ))
        }
        (None, Some(number), None) => {
            let msisdn = show::number(opened.session, number)?;
            Ok((Forget::Number(msisdn), format!("all that {msisdn} got")))
        }
        (None, None, Some(name)) => {
            let found = store
                .campaign(name)
                .map_err(|error| journal::failure(error, NOT_FORGOTTEN))?;
            let campaign = found.ok_or_else(|| {
                let error = format!(
                    "{NOT_FORGOTTEN}: the journal has no campaign {}",
                    text::quote(name)
                );
                Failure::message(Kind::NotFound, error).hint(opened.campaigns_hint())
            })?;
            Ok((Forget::Campaign(campaign), format!("the campaign {name}")))
        }
        _ => {
            let error = format!("{NOT_FORGOTTEN}: name one of --older, --number and --campaign");
            Err(Failure::message(Kind::Usage, error)
                .hint(journal::command(opened.session, "journal forget --older 90d")))
        }
    }
}
