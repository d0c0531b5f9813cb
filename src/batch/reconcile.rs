//! Reads a file of delivery reports into the journal: what is unknown is settled where a report came with the id of its
//! attempt. Sends nothing.

use super::errors::{failure, journal_failure};
use super::journal::{Journal, ReconcileCounts, ReportToAdd};
use crate::dlr::{self, StoredReport};
use crate::failure::{Failure, Kind};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Reports that one transaction adds.
const GROUP: usize = 4096;

/// Bytes of one line; a listener takes no longer post.
const LONGEST: u64 = 8 * 1024 * 1024;

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reconciled {
    pub(crate) counts: ReconcileCounts,
    /// Lines that are not as a listener writes them. An unfinished last line is none: a listener may be writing it.
    pub(crate) unreadable: u64,
}

/// Adds every report of the file to the journal.
pub(super) fn reconcile(journal: &mut Journal, reports: &Path) -> Result<Reconciled, Failure> {
    let unread = |error: std::io::Error| {
        failure(Kind::Input, error).doing(format!("cannot read the reports in {}", reports.display()))
    };
    let mut file = BufReader::new(File::open(reports).map_err(unread)?);
    let mut matcher = journal.matcher(crate::clock::now()).map_err(journal_failure)?;
    let mut reconciled = Reconciled::default();
    let mut group = Vec::with_capacity(GROUP);
    loop {
        let more = next(&mut file, &mut group, &mut reconciled).map_err(unread)?;
        if group.len() == GROUP || !more {
            let added = journal.add_reports(&mut matcher, &group, crate::clock::now());
            reconciled.counts += added.map_err(journal_failure)?;
            group.clear();
        }
        if !more {
            break;
        }
    }
    if reconciled.counts == ReconcileCounts::default() && reconciled.unreadable > 0 {
        return Err(no_reports(reports));
    }
    Ok(reconciled)
}

/// Another file was named, such as the list itself: whoever waits for its reports must not be told that they were read.
fn no_reports(reports: &Path) -> Failure {
    let error = format!(
        "no delivery report was read: no line of {} is as `smspin listen` writes it",
        reports.display()
    );
    Failure::message(Kind::Input, error)
        .hint("name the file that `smspin listen` appends to: --reconcile reports.jsonl")
}

/// Takes the next line. False at the end of the last whole one.
fn next(
    file: &mut impl BufRead,
    group: &mut Vec<ReportToAdd>,
    reconciled: &mut Reconciled,
) -> std::io::Result<bool> {
    let mut line = Vec::new();
    file.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
    if !line.ends_with(b"\n") && (line.len() as u64) < LONGEST {
        return Ok(false);
    }
    match StoredReport::read(&line) {
        Some(stored) => group.push(ReportToAdd {
            digest: dlr::digest(&line),
            report_id: stored.attempt_id,
            received_at: stored.received_at,
            report: stored.report,
        }),
        None => reconciled.unreadable += 1,
    }
    Ok(true)
}
