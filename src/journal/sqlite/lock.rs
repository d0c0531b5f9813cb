//! The lock that a run holds for its life: an OS lock on a file of its own beside the journal, which dies with its process.
//!
//! The file also counts the groups that the run has committed, so that a journal that has lost some is told from one that is
//! whole. Its own run removes it at its end; that of a killed run stays until its numbers are forgotten.

use crate::files;
use crate::journal::run::{NewRun, RunName};
use jiff::Timestamp;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = ".run-";
const SUFFIX: &str = ".lock";

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Creates the lock file of a run that no other process knows yet, and locks it.
    pub(super) fn take(journal: &Path, run: &NewRun) -> io::Result<Self> {
        let path = path_of(journal, &run.name);
        let mut file = files::create_new(&path)?;
        // It waits for no longer than another process that looks which runs are alive, and has seen the new file.
        file.lock()?;
        let (groups, campaign, began, list) = (count_line(0), &run.campaign, run.began, &run.list);
        write!(file, "{groups}campaign {campaign}\nbegan {began}\nlist {list}\n")?;
        Ok(Self { file, path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Notes how many groups are committed. It is not synced: a killed process leaves the note behind as it is, and after a
    /// power cut it may be late, but is never ahead of the journal. So a note that can't be written is not a fault either.
    pub(super) fn note(&self, groups: u64) {
        let _ = self.file.write_all_at(count_line(groups).as_bytes(), 0);
    }

    /// Removes the file of a run whose end is recorded, or whose beginning is not.
    pub(super) fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

/// What the lock file of a run says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LockNote {
    pub(super) groups: u64,
    pub(super) campaign: String,
    pub(super) began: Timestamp,
    pub(super) list: String,
}

impl LockNote {
    /// `None` where there is no such file, or a power cut has left it without its text.
    pub(super) fn read(journal: &Path, run: &RunName) -> Option<Self> {
        let mut text = String::new();
        let file = files::look_at_side_file(&path_of(journal, run)).ok()?;
        file.take(8192).read_to_string(&mut text).ok()?;
        let (groups, rest) = text.strip_prefix("groups ")?.split_once('\n')?;
        let (campaign, rest) = rest.strip_prefix("campaign ")?.split_once('\n')?;
        let (began, list) = rest.strip_prefix("began ")?.split_once('\n')?;
        Some(Self {
            groups: groups.parse().ok()?,
            campaign: campaign.to_owned(),
            began: began.parse().ok()?,
            list: list.strip_prefix("list ")?.trim_end_matches('\n').to_owned(),
        })
    }
}

/// True while the process of the run lives. A run without its lock file is dead; one whose file can't be looked at may live.
pub(super) fn is_held(journal: &Path, run: &RunName) -> bool {
    match files::look_at_side_file(&path_of(journal, run)) {
        // A shared lock for an instant: looks at the same time don't meet, and the run has had its lock since before it was
        // known.
        Ok(file) => !matches!(file.try_lock_shared(), Ok(())),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// The runs that have a lock file beside the journal, alive or dead.
pub(super) fn all(journal: &Path) -> io::Result<Vec<RunName>> {
    let mut prefix = journal.file_name().unwrap_or_default().to_owned();
    prefix.push(PREFIX);
    let mut runs = Vec::new();
    for entry in fs::read_dir(files::directory(journal))? {
        let name = entry?.file_name();
        let run = name
            .as_encoded_bytes()
            .strip_prefix(prefix.as_encoded_bytes())
            .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()))
            .and_then(|run| RunName::parse(str::from_utf8(run).ok()?));
        runs.extend(run);
    }
    Ok(runs)
}

/// Removes the lock file of a dead run.
pub(super) fn remove(journal: &Path, run: &RunName) -> io::Result<()> {
    match fs::remove_file(path_of(journal, run)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn path_of(journal: &Path, run: &RunName) -> PathBuf {
    let mut name = OsString::from(journal);
    name.push(format!("{PREFIX}{run}{SUFFIX}"));
    PathBuf::from(name)
}

/// Of one length whatever the count, so that it is overwritten in its place.
fn count_line(groups: u64) -> String {
    format!("groups {groups:020}\n")
}
