//! `smspin batch FILE --reconcile reports.jsonl`: what delivery reports say goes into the journal and the results.

use super::reporting::Reporting;
use crate::answers::batch::{BatchReport, ReportsPart};
use crate::batch::Batch;
use crate::cli::BatchArgs;
use crate::failure::{Exit, Failure};
use crate::output::AnswerTo;
use crate::session::Context;
use std::path::Path;

pub(super) fn run(
    context: &Context,
    args: &BatchArgs,
    mut batch: Batch,
    reports: &Path,
    reporting: &Reporting<'_>,
) -> Result<Exit, Failure> {
    let reconciled = batch.reconcile(reports)?;
    let part = ReportsPart::of(&reconciled);
    let last_run = batch.last_run()?;
    // What was read is in the journal by now. The results are of use only if they are of the rows that it knows.
    let survey = batch.survey()?;
    let same = batch.plan(&survey).is_ok_and(|plan| plan.is_same_batch());
    if !same {
        let journal = batch.options.journal.to_string();
        batch.close()?;
        context.ui.warn(
            "the file or the settings are not those of the batch in the journal: the reports are in the journal, and the results stay as they are",
        );
        let report = BatchReport {
            outcome: "reconciled",
            sandbox: context.global.sandbox,
            reports: Some(part),
            journal: Some(journal),
            ..BatchReport::empty()
        };
        reporting.summary(&report, &[]);
        return Ok(context.ui.report(&report, Exit::Done, AnswerTo::Local));
    }
    let summary = batch.reconciled(&survey)?;
    let report = BatchReport {
        outcome: "reconciled",
        reports: Some(part),
        next: super::next_after_reports(context, args, &summary),
        ..BatchReport::of(&summary, context.global.sandbox)
    };
    reporting.looks_back(last_run, summary.exit());
    reporting.summary(&report, &summary.exceptions);
    if let Some(error) = &summary.results_error {
        context.ui.warn(error);
    }
    Ok(context.ui.report(&report, summary.exit(), AnswerTo::Local))
}
