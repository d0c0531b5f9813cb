//! `smspin journal forget`: numbers leave the journal for good, after the user has agreed.

use super::{OpenedJournal, show};
use crate::answers::journal::ChangedReport;
use crate::cli::ForgetArgs;
use crate::domain::duration;
use crate::failure::{Exit, Failure, Kind};
use crate::journal::{Forget, Store};
use crate::outcome::OutcomeWord;
use crate::session::journal;
use crate::settings::Key;
use crate::text::{self, count};

const NOT_DONE: &str = "nothing was forgotten";

pub(super) fn run(opened: &OpenedJournal<'_>, args: &ForgetArgs) -> Result<Exit, Failure> {
    let failed = |error| journal::failure(error, NOT_DONE);
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
    opened.ask(args.yes, &question, NOT_DONE)?;
    let mut store = opened.open(NOT_DONE)?;
    let numbers = store.forget(&what, crate::clock::now()).map_err(failed)?;
    store.close().map_err(failed)?;
    let report = ChangedReport {
        outcome: OutcomeWord::Forgotten,
        journal: opened.place.to_string(),
        numbers: Some(numbers.min(most)),
    };
    Ok(opened.context().ui.answer(&report))
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
                .map_err(|error| journal::failure(error, NOT_DONE))?;
            let campaign = found.ok_or_else(|| {
                let error = format!("{NOT_DONE}: the journal has no campaign {}", text::quote(name));
                Failure::message(Kind::NotFound, error).hint(opened.campaigns_hint())
            })?;
            Ok((Forget::Campaign(campaign), format!("the campaign {name}")))
        }
        _ => {
            let error = format!("{NOT_DONE}: name one of --older, --number and --campaign");
            Err(Failure::message(Kind::Usage, error)
                .hint(journal::command(opened.session, "journal forget --older 90d")))
        }
    }
}
