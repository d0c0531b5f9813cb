//! `smspin doctor`: checks step by step whether PINs could be sent, and says what to do about a step that fails.

mod checks;
mod ci;
mod configuration;
mod privacy;

use super::Context;
use super::step_summary::StepSummary;
use crate::answers::DoctorReport;
use crate::cli::DoctorArgs;
use crate::domain::duration;
use crate::domain::money::Money;
use crate::failure::{Exit, Failure, Fault, Kind};
use crate::files::AtomicFileError;
use crate::output::AnswerTo;
use crate::report::ReportOutput;
use std::path::Path;
use std::time::Duration;

/// What the balance and the latency are held against.
struct DoctorLimits {
    min_balance: Option<Money>,
    max_latency: Option<Duration>,
}

pub(super) fn run(context: &Context, args: &DoctorArgs) -> Result<Exit, Failure> {
    let limits = limits(args)?;
    let sandbox = context.global.sandbox;
    context.with_profile(&args.flags.0)?;
    let junit = args.junit.as_deref().map(junit).transpose()?;
    let began = crate::clock::now();
    let steps = checks::run(context, args, &limits);
    let report = DoctorReport::new(sandbox, steps);
    let written = junit.map_or(Ok(()), |junit| {
        junit.write_text(&ci::junit(&report, began)).map_err(unwritten)
    });
    if let Some(summary) = StepSummary::of(&context.environment) {
        summary.append(&context.ui, &ci::markdown(&report), None);
    }
    let about = if args.send_to.is_some() {
        AnswerTo::Request
    } else {
        AnswerTo::Local
    };
    let exit = context.ui.report(&report, report.exit(), about);
    match written {
        // What the checks found weighs more than the file about it.
        Err(failure) if exit == Exit::Done => {
            context.ui.warn(&failure.error);
            Ok(Exit::Disk)
        }
        Err(failure) => {
            context.ui.warn(&failure.error);
            Ok(exit)
        }
        Ok(()) => Ok(exit),
    }
}

fn limits(args: &DoctorArgs) -> Result<DoctorLimits, Failure> {
    let mut faults = Vec::new();
    let mut fault = |what: &str, message: String| {
        faults.push(Fault {
            what: what.to_owned(),
            message,
            hint: None,
        });
    };
    let min_balance = args.min_balance.as_deref().and_then(|text| {
        let amount = text.parse::<Money>();
        amount
            .map_err(|error| fault("--min-balance", error.to_string()))
            .ok()
    });
    let max_latency = args.max_latency.as_deref().and_then(|text| {
        let limit = duration::parse(text);
        limit
            .map_err(|error| fault("--max-latency", error.to_string()))
            .ok()
    });
    if faults.is_empty() {
        Ok(DoctorLimits {
            min_balance,
            max_latency,
        })
    } else {
        Err(Failure::faults("nothing was checked: invalid arguments", faults))
    }
}

/// The JUnit report for a CI server. A place that can't be written to is told before anything is done.
fn junit(path: &Path) -> Result<ReportOutput, Failure> {
    let output = ReportOutput::junit(path.to_owned());
    output
        .check()
        .map_err(|error| unwritten(error).doing("nothing was checked"))?;
    Ok(output)
}

fn unwritten(error: AtomicFileError) -> Failure {
    Failure::new(Kind::Disk, error)
}
