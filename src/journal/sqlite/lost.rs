//! Runs by what their lock files say: which of them the journal has lost records of, and which have nothing more to say.

use super::fault::SqliteFault;
use super::lock::{self, LockNote};
use super::rows;
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::run::{CutRun, RunName};
use rusqlite::Connection;
use std::path::Path;

/// The runs of a campaign whose lock files count more groups than the journal has: its last records are lost, or it is an older
/// copy. One that is at work counts as well: it has noticed, or will before its next group, and what it has under way is not in the
/// journal.
pub(super) fn find(
    connection: &Connection,
    journal: &Path,
    campaign: &str,
) -> Result<Vec<CutRun>, SqliteFault> {
    let mut lost = Vec::new();
    let of_campaign = |(_, note): &(RunName, LockNote)| note.campaign == campaign;
    for (name, note) in noted(journal)?.into_iter().filter(of_campaign) {
        let known = rows::run_of_name(connection, &name)?;
        // One that had not begun has left nothing behind.
        let recorded = known.as_ref().map_or(0, |run| run.groups);
        let now = || LockNote::read(journal, &name).map(|note| note.groups);
        if lacks(recorded, note.groups, now) {
            lost.push(CutRun {
                name,
                began: note.began,
                last_seen: known.map_or(note.began, |run| run.last_seen),
                list: note.list,
                groups: note.groups,
            });
        }
    }
    Ok(lost)
}

/// Whether a journal lacks groups that a lock file counted before the journal was read, and counts now. A single request takes its
/// count back before its record leaves the journal, so that one which ends at this moment is not taken for lost.
fn lacks(recorded: u64, before: u64, now: impl FnOnce() -> Option<u64>) -> bool {
    before > recorded && now().is_some_and(|groups| groups > recorded)
}

/// Removes the lock files that have nothing more to say: those of runs whose numbers are forgotten.
pub(super) fn tidy(connection: &Connection, journal: &Path) -> Result<(), SqliteFault> {
    let dead = |(name, _): &(RunName, LockNote)| !lock::is_held(journal, name);
    for (name, note) in noted(journal)?.into_iter().filter(dead) {
        let known = rows::run_of_name(connection, &name)?;
        if known.is_some_and(|run| run.forgotten.is_some() && note.groups <= run.groups) {
            lock::remove(journal, &name).map_err(|error| failed(journal, &error))?;
        }
    }
    Ok(())
}

/// What the lock files say. What is in the journal is read after this, so that it is not older than they are: a group is in the
/// journal before its run counts it.
fn noted(journal: &Path) -> Result<Vec<(RunName, LockNote)>, JournalError> {
    let names = lock::all(journal)
        .map_err(|error| failed(journal, &error))?
        .into_iter();
    Ok(names
        .filter_map(|name| LockNote::read(journal, &name).map(|note| (name, note)))
        .collect())
}

fn failed(journal: &Path, error: &std::io::Error) -> JournalError {
    let message = format!("can't look at the lock files of {}: {error}", journal.display());
    JournalError::new(JournalFault::Unusable, message)
}

#[cfg(test)]
mod tests {
    use super::lacks;

    #[test]
    fn a_request_that_ends_while_the_journal_is_read_is_not_lost() {
        for (recorded, before, now, expected) in [
            (1, 1, Some(1), false),
            (0, 1, Some(1), true),
            (2, 3, Some(4), true),
            // It has taken its count back, or is gone.
            (0, 1, Some(0), false),
            (0, 1, None, false),
        ] {
            let found = lacks(recorded, before, || now);
            assert_eq!(found, expected, "{recorded} recorded, {before}, then {now:?}");
        }
    }
}
