//! `smspin journal results FILE`: the results of a list again, with what delivery reports say meanwhile.

use super::OpenedJournal;
use super::list::LookedAt;
use crate::answers::batch::BatchReport;
use crate::batch::summary::Summary;
use crate::cli::ResultsArgs;
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::output::AnswerTo;

pub(super) fn run(opened: &OpenedJournal<'_>, args: &ResultsArgs) -> Result<Exit, Failure> {
    let mut list = LookedAt::new(opened, &args.list, args.output.as_deref())?;
    list.require_attempts(opened)?;
    let results = list.batch.rewrite_results(&list.survey, &list.standings)?;
    let summary = Summary::new(&list.batch, &list.survey, Some(&list.standings));
    let report = BatchReport {
        outcome: OutcomeWord::Status,
        results: Some(results.display().to_string()),
        sandbox: opened.session.in_sandbox(),
        ..BatchReport::of(&summary)
    };
    Ok(opened
        .context()
        .ui
        .report(&report, summary.exit(), AnswerTo::Local))
}
