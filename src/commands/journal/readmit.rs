//! `smspin journal readmit`: excluded numbers may be sent to again.

use super::{OpenedJournal, list, show};
use crate::answers::journal::ChangedReport;
use crate::cli::ReadmitArgs;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::session::journal;
use crate::text::count;
use std::path::Path;

const NOT_DONE: &str = "nothing was readmitted";

pub(super) fn run(opened: &OpenedJournal<'_>, args: &ReadmitArgs) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_DONE);
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
        opened.ask(args.yes, &question, NOT_DONE)?;
        let mut store = opened.open(NOT_DONE)?;
        excluded = store.readmit(&numbers).map_err(failed)?;
        store.close().map_err(failed)?;
    }
    let report = ChangedReport {
        outcome: OutcomeWord::Readmitted,
        journal: opened.place.to_string(),
        numbers: Some(excluded),
    };
    Ok(opened.context().ui.answer(&report))
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
