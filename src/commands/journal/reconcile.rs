//! `smspin journal reconcile REPORTS`: a file of delivery reports goes into the journal, for all lists at once.

use super::OpenedJournal;
use crate::answers::journal::{ReadReports, ReconciledReport};
use crate::cli::ReconcileArgs;
use crate::dlr::StoredReport;
use crate::failure::{Exit, Failure, Kind};
use crate::journal::{AttemptId, ReportToAdd, Store};
use crate::session::journal;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Reports that one transaction adds.
const GROUP: usize = 4096;

/// The most bytes of one line; a listener takes no longer post.
const LONGEST: u64 = 8 * 1024 * 1024;

pub(super) fn run(opened: &OpenedJournal<'_>, args: &ReconcileArgs) -> Result<Exit, Failure> {
    let mut store = opened.open("the reports were not read")?;
    let read = read(store.as_mut(), &args.reports, 0)?;
    // Another file was named, such as the list itself: it must not look as if reports had been read.
    if read.counts.reports == 0 && read.foreign == 0 && read.unreadable > 0 {
        return Err(no_reports(opened, &args.reports));
    }
    store
        .close()
        .map_err(|error| journal::failure(error, "the reports were read, and the journal can't be closed"))?;
    let report = ReconciledReport {
        journal: opened.place.to_string(),
        read,
    };
    Ok(opened.context().ui.answer(&report))
}

/// Adds the reports of a file to the journal, but for those in its first bytes.
pub(in crate::commands) fn read(
    store: &mut dyn Store,
    reports: &Path,
    from: u64,
) -> Result<ReadReports, Failure> {
    let unread = |error: io::Error| {
        Failure::new(Kind::Input, error).doing(format!("cannot read the reports in {}", reports.display()))
    };
    let mut file = File::open(reports).map_err(unread)?;
    file.seek(SeekFrom::Start(from)).map_err(unread)?;
    let mut file = BufReader::new(file);
    let mut read = ReadReports::default();
    let mut group = Vec::with_capacity(GROUP);
    loop {
        let more = next(&mut file, &mut group, &mut read).map_err(unread)?;
        if group.len() == GROUP || !more {
            let added = store.add_reports(&group);
            read.counts += added.map_err(|error| journal::failure(error, "not all reports were read"))?;
            group.clear();
        }
        if !more {
            return Ok(read);
        }
    }
}

fn no_reports(opened: &OpenedJournal<'_>, reports: &Path) -> Failure {
    let error = format!(
        "no delivery report was read: no line of {} is as `smspin listen` writes it",
        reports.display()
    );
    let command = journal::command(opened.session, "journal reconcile reports.jsonl");
    Failure::message(Kind::Input, error).hint(format!(
        "name the file that `smspin listen` appends to: {command}"
    ))
}

/// Takes the next line. False at the end of the last whole one.
fn next(file: &mut impl BufRead, group: &mut Vec<ReportToAdd>, read: &mut ReadReports) -> io::Result<bool> {
    let mut line = Vec::new();
    file.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
    if !line.ends_with(b"\n") && (line.len() as u64) < LONGEST {
        return Ok(false);
    }
    read.length += line.len() as u64;
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
