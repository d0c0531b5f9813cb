//! `smspin journal reconcile REPORTS`: a file of delivery reports goes into the journal, for all lists at once.

use super::Opened;
use crate::answers::journal::ReconciledReport;
use crate::cli::ReconcileArgs;
use crate::dlr::StoredReport;
use crate::failure::{Exit, Failure, Kind};
use crate::journal::{AttemptId, ReconcileCounts, ReportToAdd, Store};
use crate::output::AnswerTo;
use crate::session::journal;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Reports that one transaction adds.
const GROUP: usize = 4096;

/// The most bytes of one line; a listener takes no longer post.
const LONGEST: u64 = 8 * 1024 * 1024;

pub(super) fn run(opened: &Opened<'_>, args: &ReconcileArgs) -> Result<Exit, Failure> {
    let mut store = opened.open("the reports were not read")?;
    let read = read(store.as_mut(), &args.reports)?;
    store
        .close()
        .map_err(|error| journal::failure(error, "the reports were read, and the journal can't be closed"))?;
    let report = ReconciledReport::new(
        &read.counts,
        (read.foreign, read.unreadable),
        opened.session.in_sandbox(),
        opened.place.to_string(),
    );
    Ok(opened.context().ui.report(&report, Exit::Done, AnswerTo::Local))
}

/// What was read.
#[derive(Default)]
struct ReadReports {
    counts: ReconcileCounts,
    /// Posted things that are not delivery reports.
    foreign: u64,
    /// Lines that are not as a listener writes them. An unfinished last line is not counted: a listener may be writing it.
    unreadable: u64,
}

fn read(store: &mut dyn Store, reports: &Path) -> Result<ReadReports, Failure> {
    let unread = |error: io::Error| {
        Failure::new(Kind::Input, error).doing(format!("cannot read the reports in {}", reports.display()))
    };
    let mut file = BufReader::new(File::open(reports).map_err(unread)?);
    let mut read = ReadReports::default();
    let mut group = Vec::with_capacity(GROUP);
    loop {
        let more = next(&mut file, &mut group, &mut read).map_err(unread)?;
        if group.len() == GROUP || !more {
            let added = store.add_reports(&group, crate::clock::now());
            read.counts += added.map_err(|error| journal::failure(error, "not all reports were read"))?;
            group.clear();
        }
        if !more {
            break;
        }
    }
    if read.counts.reports == 0 && read.foreign == 0 && read.unreadable > 0 {
        let error = format!(
            "no delivery report was read: no line of {} is as `smspin listen` writes it",
            reports.display()
        );
        return Err(Failure::message(Kind::Input, error)
            .hint("name the file that `smspin listen` appends to: smspin journal reconcile reports.jsonl"));
    }
    Ok(read)
}

/// Takes the next line. False at the end of the last whole one.
fn next(file: &mut impl BufRead, group: &mut Vec<ReportToAdd>, read: &mut ReadReports) -> io::Result<bool> {
    let mut line = Vec::new();
    file.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
    if !line.ends_with(b"\n") && (line.len() as u64) < LONGEST {
        return Ok(false);
    }
    match StoredReport::read(&line) {
        Some(StoredReport {
            received_at,
            attempt_id,
            report: Some(report),
        }) => group.push(ReportToAdd {
            attempt_id: attempt_id.as_deref().and_then(AttemptId::parse),
            received_at,
            report,
        }),
        Some(_) => read.foreign += 1,
        None => read.unreadable += 1,
    }
    Ok(true)
}
