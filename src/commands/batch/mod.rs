//! `smspin batch`: asks, prints, and gives the exit code. The rooms of `batch` do the work.

pub(super) mod asked;
mod consent;
mod lines;
pub(super) mod reporting;

use super::Context;
use crate::answers::batch::{BatchReport, PreflightPart, UNDER_WAY_HINT, UNKNOWN_HINT};
use crate::batch::Batch;
use crate::batch::destination::Destination;
use crate::batch::plan::BatchPlan;
use crate::batch::preflight::Survey;
use crate::batch::send::StopReason;
use crate::batch::summary::Summary;
use crate::cli::BatchArgs;
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::output::{AnswerTo, Ui};
use crate::session::{Session, journal};
use lines::Lines;
use reporting::Reporting;
use std::cell::Cell;
use std::rc::Rc;

pub(super) fn run(context: &Context, args: &BatchArgs) -> Result<Exit, Failure> {
    let reporting = Reporting::new(
        context,
        args.file.display().to_string(),
        &args.run.report,
        args.run.show_numbers,
    )?;
    let ended = run_batch(context, args, &reporting);
    reporting.finish(ended)
}

fn run_batch(context: &Context, args: &BatchArgs, reporting: &Reporting<'_>) -> Result<Exit, Failure> {
    let session = Session::open(context, args.given(), &args.connection)?;
    let lost = Rc::new(Cell::new(false));
    let ui = &context.ui;
    let file = args.file_in_words();
    let opening = format!("opening {file} and the journal…");
    let journal = journal::place(&session, args.run.journal.journal.as_deref())?;
    let mut batch = ui.saying_if_slow(opening, || Batch::open(&session, &asked::by(args), journal))?;
    let survey = ui.saying_if_slow(format!("checking the rows of {file}…"), || batch.survey())?;
    warn(ui, &batch, &survey);
    let plan = batch.plan(&survey)?;
    if let Some(new_campaign) = &plan.new_campaign {
        ui.warn(new_campaign);
    }
    let preflight = PreflightPart::of(&batch, &survey, &plan);
    reporting.preflight(&preflight);
    if let Some(text) = &preflight.known.still_valid {
        context.ui.note(text);
    }
    if args.run.is_dry() {
        if args.run.output.is_some()
            && let Destination::File(path) = batch.options.destination.clone()
        {
            batch.write_checked(&path, &plan.standings)?;
        }
        return Ok(dry_run(context, args, &plan, preflight, reporting));
    }
    let streamed = batch.options.destination == Destination::Stream;
    let summary = if plan.is_finished() {
        consent::preflight(context, &preflight);
        let summary = batch.finished(&survey, &plan)?;
        context.ui.note(
            summary
                .all_reached
                .as_deref()
                .unwrap_or("nothing is left to send: this batch is finished"),
        );
        summary
    } else {
        consent::show(context, args, &batch, &plan, &preflight)?;
        let connected = batch.connect(&session)?;
        consent::ask(context, args, &batch, &plan, &connected)?;
        let lines = Box::new(Lines {
            ui: context.ui.clone(),
            stream: streamed,
            lost: Rc::clone(&lost),
        });
        batch.send(&session, connected, &survey, &plan, lines)?
    };
    let exit = show(context, &summary, streamed, reporting);
    // Rows on standard output are the results.
    Ok(match exit {
        Exit::Signal(_) => exit,
        _ if lost.get() => Exit::Disk,
        _ => exit,
    })
}

fn warn(ui: &Ui, batch: &Batch, survey: &Survey) {
    for concern in batch.options.defaults.pin_params.concerns() {
        ui.warn(concern);
    }
    for warning in &survey.warnings {
        ui.warn(warning);
    }
}

fn dry_run(
    context: &Context,
    args: &BatchArgs,
    plan: &BatchPlan,
    preflight: PreflightPart,
    reporting: &Reporting<'_>,
) -> Exit {
    let exit = if preflight.invalid > 0 {
        Exit::No
    } else {
        Exit::Done
    };
    let unknown = plan.is_finished() && plan.standings.counts.unknown > 0;
    let results = args.run.output.as_ref().map(|path| path.display().to_string());
    let report = BatchReport {
        outcome: OutcomeWord::DryRun,
        journal: Some(preflight.known.journal.clone()),
        preflight: Some(preflight),
        hint: unknown.then(|| UNKNOWN_HINT.to_owned()),
        results,
        ..BatchReport::empty()
    };
    reporting.summary(&report, &[]);
    context.ui.report(&report, exit, AnswerTo::Local)
}

/// Prints how the batch stands, and gives the code to end with.
fn show(context: &Context, summary: &Summary, streamed: bool, reporting: &Reporting<'_>) -> Exit {
    let ui = &context.ui;
    let exit = summary.exit();
    let report = BatchReport {
        next: next(context, summary),
        hint: hint(context, summary),
        ..BatchReport::of(summary)
    };
    reporting.summary(&report, &summary.exceptions);
    if let Some(error) = &summary.results_error {
        ui.warn(error);
    }
    if streamed && !ui.json {
        // Standard output has the rows.
        ui.report_aside(&report, report.hint.as_deref());
        return exit;
    }
    let exit = ui.report(&report, exit, AnswerTo::Request);
    if let Some(hint) = report.hint.as_deref().filter(|_| !ui.json) {
        ui.hint(hint);
    }
    exit
}

fn hint(context: &Context, summary: &Summary) -> Option<String> {
    match summary.stop() {
        Some(StopReason::Account(id)) => Some(id.hint().to_owned()),
        Some(StopReason::Journal(error)) => error.hint.clone(),
        Some(StopReason::Connection { remedy, .. }) => remedy.map(str::to_owned),
        // People read it as a warning.
        _ if summary.results_error.is_some() && context.ui.json => summary.results_error.clone(),
        _ if summary.count(OutcomeWord::UnderWay) > 0 => Some(UNDER_WAY_HINT.to_owned()),
        _ if summary.count(OutcomeWord::Unknown) > 0 => Some(UNKNOWN_HINT.to_owned()),
        _ if context.ui.json => summary.all_reached.clone(),
        _ if summary.all_reached.is_some() && context.global.sandbox => {
            Some("`smspin sandbox reset` forgets whom the sandbox has reached".to_owned())
        }
        _ => None,
    }
}

/// The command that does what is left. It never holds a flag that sends again: those are in the hints.
fn next(context: &Context, summary: &Summary) -> Option<String> {
    let same = || context.command_line.going_on().to_shell();
    (summary.results_error.is_some() || summary.is_left()).then(same)
}
