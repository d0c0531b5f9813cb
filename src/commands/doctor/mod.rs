//! `smspin doctor`: checks step by step whether PINs could be sent, and says what to do about a step that fails.

mod checks;
mod ci;
mod configuration;
mod privacy;

use super::Context;
use super::step_summary;
use crate::answers::DoctorReport;
use crate::cli::DoctorArgs;
use crate::domain::duration;
use crate::domain::money::Money;
use crate::failure::{Exit, Failure, Fault, Kind};
use crate::files;
use crate::output::AnswerTo;
use crate::report;
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, Write};
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
    context.reject_with_sandbox(&args.given(), args.connection.api_key_file.is_some())?;
    // A place that can't be written to is told before anything is done.
    let junit = args.junit.as_deref().map(Junit::create).transpose()?;
    let steps = checks::run(context, args, &limits);
    let report = DoctorReport::new(sandbox, steps);
    let written = junit.map_or(Ok(()), |junit| junit.write(&report));
    step_summary::append(context, &ci::markdown(&report));
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

/// The JUnit report for a CI server, which only its owner can read.
struct Junit<'a> {
    path: &'a Path,
    file: File,
    began: Timestamp,
}

impl<'a> Junit<'a> {
    fn create(path: &'a Path) -> Result<Self, Failure> {
        let directory = path
            .parent()
            .filter(|directory| !directory.as_os_str().is_empty());
        let made = directory.map_or(Ok(()), std::fs::create_dir_all);
        let free = made.and_then(|()| report::refuse_to_replace_by_junit(path));
        match free.and_then(|()| files::truncate(path)) {
            Ok(file) => Ok(Self {
                path,
                file,
                began: crate::clock::now(),
            }),
            Err(error) => Err(Self::failed(path, error).doing("nothing was checked")),
        }
    }

    fn write(mut self, report: &DoctorReport) -> Result<(), Failure> {
        let text = ci::junit(report, self.began);
        let written = self.file.write_all(text.as_bytes());
        written
            .and_then(|()| self.file.flush())
            .map_err(|error| Self::failed(self.path, error))
    }

    fn failed(path: &Path, error: io::Error) -> Failure {
        Failure::new(Kind::Disk, error).doing(format!("cannot write the report {}", path.display()))
    }
}
