//! `smspin batch FILE --forget`: the numbers of a finished batch leave its journal, after somebody has agreed.

use super::reporting::Reporting;
use super::status::{StatusCounts, not_begun, show_forgotten};
use crate::batch::errors::journal_failure_with;
use crate::batch::journal::{Access, Campaign, Journal, JournalError, JournalLocation, LostRecords};
use crate::batch::journal_choice;
use crate::batch::places::Places;
use crate::batch::state::CampaignKind;
use crate::cli::{BatchArgs, Forget};
use crate::failure::{Exit, Failure, Kind};
use crate::session::{Context, Questions, Session};
use crate::text::{self, count};
use jiff::Timestamp;

pub(super) fn run(
    session: &Session<'_>,
    args: &BatchArgs,
    which: Forget,
    reporting: &Reporting<'_>,
) -> Result<Exit, Failure> {
    let context = session.context;
    let places = match &args.file {
        Some(_) => Some(Places::of(session, args)?),
        None => None,
    };
    let location = &match &places {
        Some(places) => places.journal.clone(),
        None => journal_choice::required(session, &args.run.journal)?,
    };
    if !location.may_exist() {
        return Err(not_begun(location));
    }
    let lost = LostRecords::accepted(args.run.accept_lost_records);
    let journal = Journal::open(location, Access::Locked, lost).map_err(not_forgotten)?;
    let found = journal.campaign().map_err(not_forgotten)?;
    let mut campaign = found.ok_or_else(|| not_begun(location))?;
    // People are told the second.
    let now = Timestamp::from_second(crate::clock::now().as_second()).unwrap_or_default();
    if campaign.kind != CampaignKind::Forgotten {
        let counts = StatusCounts::of(&journal, &campaign).map_err(not_forgotten)?;
        if which == Forget::Finished {
            require_finished(context, &campaign, &counts)?;
        }
        ask(context, args, counts.numbers, location)?;
    }
    let asides = journal.asides().map_err(not_forgotten)?;
    campaign.plan = journal.forget(&campaign, now).map_err(not_forgotten)?;
    places
        .map_or(Ok(()), |places| places.remove_spool())
        .map_err(|error| {
            Failure::new(Kind::Disk, error).doing("the copy of the rows from the pipe is still there")
        })?;
    if campaign.kind != CampaignKind::Forgotten {
        campaign.begun_at = now;
    }
    if !asides.is_empty() {
        context.ui.warn(format_args!(
            "journals that were set aside still hold numbers: {}",
            shown(&asides)
        ));
    }
    Ok(show_forgotten(context, &campaign, location, reporting))
}

/// Refuses a batch whose journal still has something to do.
fn require_finished(context: &Context, campaign: &Campaign, counts: &StatusCounts) -> Result<(), Failure> {
    let mut left = Vec::new();
    if counts.open > 0 {
        left.push(count(
            counts.open,
            "row is still to send",
            "rows are still to send",
        ));
    }
    if counts.unknown > 0 {
        left.push(count(counts.unknown, "row is unknown", "rows are unknown"));
    }
    if left.is_empty() && !campaign.concluded {
        left.push("the results were never written".to_owned());
    }
    if left.is_empty() {
        return Ok(());
    }
    let error = format!(
        "nothing was forgotten: {}, and only the journal knows who has got an SMS",
        left.join(" and ")
    );
    let mut failure = Failure::message(Kind::Input, error);
    if counts.open > 0 || !campaign.concluded {
        let command = super::status::going_on(context, Some(&campaign.fingerprint));
        failure = failure.hint(format!("`{command}` goes on with it"));
    }
    if counts.unknown > 0 {
        failure = failure.hint(
            "--reconcile settles unknown rows whose delivery report has come, and --retry-unknown sends again to those whose PIN has expired",
        );
    }
    Err(failure.hint("--forget=all forgets it as it is"))
}

fn ask(context: &Context, args: &BatchArgs, numbers: u64, location: &JournalLocation) -> Result<(), Failure> {
    if args.run.yes {
        return Ok(());
    }
    if !context.ui.interactive {
        let error = "nothing was forgotten: there is no terminal to ask for confirmation on";
        return Err(Failure::message(Kind::Usage, error).hint("--yes forgets without asking"));
    }
    let question = format!(
        "Delete {} from {}? Nobody can know after that who has got an SMS.",
        count(numbers, "number", "numbers"),
        text::line(&location.to_string())
    );
    let questions = Questions::new(context, "cancelled: nothing was forgotten");
    questions.agreed(&question)?;
    questions.answered();
    Ok(())
}

fn not_forgotten(error: JournalError) -> Failure {
    let hint = error.hint();
    journal_failure_with(error, "the numbers are not forgotten, or not all of them", hint)
}

fn shown(locations: &[JournalLocation]) -> String {
    let names: Vec<String> = locations.iter().map(ToString::to_string).collect();
    names.join(", ")
}
