//! `smspin batch`: asks, prints, and gives the exit code. The rooms of `batch` do the work.

pub(super) mod asked;
mod consent;
mod lines;
pub(super) mod reporting;

use super::Context;
use crate::answers::batch::{BatchReport, PreflightPart, ResendWay};
use crate::batch::Batch;
use crate::batch::connect::Connected;
use crate::batch::destination::Destination;
use crate::batch::plan::BatchPlan;
use crate::batch::preflight::Survey;
use crate::batch::send::StopReason;
use crate::batch::summary::Summary;
use crate::cli::BatchArgs;
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::output::{AnswerTo, Ui};
use crate::session::{Session, journal, signals};
use crate::settings::Key;
use lines::Lines;
use reporting::Reporting;
use std::cell::Cell;
use std::rc::Rc;

pub(super) fn run(context: &Context, args: &BatchArgs) -> Result<Exit, Failure> {
    let run = &args.run;
    let reporting = Reporting::new(context, args.file.clone(), &run.report, run.show_numbers)?;
    signals::end_with(&context.ui, "cancelled: nothing was sent".to_owned());
    let ended = run_batch(context, args, &reporting);
    reporting.finish(ended)
}

fn run_batch(context: &Context, args: &BatchArgs, reporting: &Reporting) -> Result<Exit, Failure> {
    let session = Session::open(context, args.given())?;
    let lost = Rc::new(Cell::new(false));
    let ui = &context.ui;
    let file = args.file_in_words();
    let opening = format!("opening {file} and the journal…");
    let journal = journal::place(&session)?;
    let mut batch = ui.saying_if_slow(opening, || Batch::open(&session, &asked::by(args), journal))?;
    let survey = ui.saying_if_slow(format!("checking the rows of {file}…"), || batch.survey())?;
    warn(ui, &batch, &survey);
    let plan = BatchPlan::new(&mut batch, &survey)?;
    if let Some(new_campaign) = &plan.new_campaign {
        ui.warn(new_campaign);
    }
    let preflight = PreflightPart::of(&batch, &survey, &plan);
    reporting.preflight(&preflight);
    if args.run.is_dry() {
        if args.run.output.is_some()
            && let Destination::File(path) = batch.options.destination.clone()
        {
            batch.write_checked(&path, &plan.standings)?;
        }
        let standing = Summary::new(&batch, &survey, Some(&plan.standings));
        return Ok(dry_run(&session, args, &standing, preflight, reporting));
    }
    let streamed = batch.options.destination == Destination::Stream;
    let summary = if plan.is_finished() {
        consent::preflight(context, &preflight);
        let summary = Summary::of_finished(batch, &survey, &plan)?;
        let words = summary.all_reached.as_deref();
        ui.note(words.unwrap_or("nothing is left to send: this batch is finished"));
        if streamed {
            ui.note("no row is printed: nothing is new");
        }
        summary
    } else {
        consent::show(context, args, &batch, &plan, &preflight)?;
        let connected = Connected::new(&batch, &session)?;
        consent::ask(context, args, &batch, &plan, &preflight, &connected)?;
        let lines = Box::new(Lines {
            ui: context.ui.clone(),
            stream: streamed,
            lost: Rc::clone(&lost),
        });
        batch.send(&session, connected, &survey, &plan, lines)?
    };
    let exit = show(&session, &summary, streamed, reporting);
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
    session: &Session<'_>,
    args: &BatchArgs,
    standing: &Summary,
    preflight: PreflightPart,
    reporting: &Reporting,
) -> Exit {
    let ui = &session.context.ui;
    let exit = if preflight.invalid > 0 {
        Exit::No
    } else {
        Exit::Done
    };
    let typed = session.context.command_line.going_on().to_shell();
    let resend = resend(session, standing, &typed).filter(|_| preflight.outlook.sends == 0);
    let results = args.run.output.as_ref().map(|path| path.display().to_string());
    let report = BatchReport {
        outcome: OutcomeWord::DryRun,
        sandbox: session.in_sandbox(),
        journal: Some(preflight.known.journal.clone()),
        preflight: Some(preflight),
        hint: resend.as_ref().map(ResendWay::hint),
        resend,
        detail: ui.is_loud(),
        results,
        ..BatchReport::default()
    };
    reporting.summary(&report, &[]);
    ui.report(&report, exit, AnswerTo::Local)
}

/// Prints how the batch stands, and gives the code to end with.
fn show(session: &Session<'_>, summary: &Summary, streamed: bool, reporting: &Reporting) -> Exit {
    let ui = &session.context.ui;
    let exit = summary.exit();
    let hint = hint(session, summary);
    let typed = session.context.command_line.going_on().to_shell();
    let resend = resend(session, summary, &typed);
    let is_left = summary.results_error.is_some() || summary.is_left();
    let report = BatchReport {
        next: is_left.then_some(typed),
        hint: hint.clone().or_else(|| resend.as_ref().map(ResendWay::hint)),
        resend,
        needs_report_url: session.reader().typed(Key::ReportUrl).is_some(),
        sandbox: session.in_sandbox(),
        ..BatchReport::of(summary)
    };
    reporting.summary(&report, &summary.exceptions);
    if let Some(error) = &summary.results_error {
        ui.problem(error);
    }
    let exit = if streamed && !ui.json {
        // Standard output has the rows.
        ui.report_aside(&report, None);
        exit
    } else {
        ui.report(&report, exit, AnswerTo::Request)
    };
    if let Some(hint) = hint.filter(|_| !ui.json) {
        ui.hint(&hint);
    }
    exit
}

fn hint(session: &Session<'_>, summary: &Summary) -> Option<String> {
    let (in_sandbox, json) = (session.in_sandbox(), session.context.ui.json);
    match summary.stop() {
        Some(StopReason::Account(id)) => Some(id.hint(in_sandbox).to_owned()),
        Some(StopReason::Journal(error)) => error.hint.clone(),
        Some(StopReason::Connection { remedy, .. }) => remedy.map(str::to_owned),
        // People read it as a warning.
        _ if summary.results_error.is_some() && json => summary.results_error.clone(),
        _ if summary.count(OutcomeWord::UnderWay) > 0 => Some(format!(
            "another run is sending to the rows that are under way (`{}` names it): run the same command again once it has ended; if \
             its machine is lost, `smspin help database` says how its run is ended",
            journal::command(session, "journal")
        )),
        _ if summary.count(OutcomeWord::Unknown) > 0 => None,
        _ if json => summary.all_reached.clone(),
        _ if summary.all_reached.is_some() && in_sandbox => {
            Some("`smspin sandbox reset` forgets whom the sandbox has reached".to_owned())
        }
        _ => None,
    }
}

/// The commands that settle unknown rows; `command` goes on with the list, and holds no flag that sends again.
pub(super) fn resend(session: &Session<'_>, summary: &Summary, command: &str) -> Option<ResendWay> {
    if summary.count(OutcomeWord::Unknown) == 0 {
        return None;
    }
    let which = match summary.pins_end {
        Some(_) => "unknown",
        None => "all-unknown",
    };
    let unknown = summary.exceptions.iter().filter(|row| row.outcome == "unknown");
    Some(ResendWay {
        resend: format!("{command} --resend {which}"),
        from: summary.pins_end,
        reconcile: summary
            .has_report_url
            .then(|| journal::command(session, "journal reconcile REPORTS")),
        rows: unknown.filter_map(|row| row.line).collect(),
        of_sheet: summary.of_sheet,
    })
}
