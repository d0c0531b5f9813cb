//! The lock that keeps a second run out of a journal: an OS lock on a sidecar, which dies with its process. Beside the process
//! id, the sidecar counts the journal's commits, so that a journal that has lost some is told from one that is whole.
//!
//! The sidecar is never removed: that it exists means nothing, and removing it would let two runs lock two files.

use super::place::JournalPath;
use super::rows::{JournalId, RunRow};
use crate::batch::journal::error::JournalError;
use crate::files;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
    boot: Option<String>,
    /// The bytes that were written last, if any.
    length: usize,
}

impl Lock {
    pub(super) fn take(place: &JournalPath) -> Result<Self, JournalError> {
        let path = place.beside(".lock");
        let mut file = files::open_side_file(&path).map_err(JournalError::io("create", &path))?;
        match try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(JournalError::Held {
                    path: place.main().into(),
                    pid: pid_in(&mut file),
                });
            }
            Err(TryLockError::Error(error)) => return Err(JournalError::io("lock", &path)(error)),
        }
        let count = CommitCount::read(&mut file);
        let mut lock = Self {
            file,
            path,
            boot: boot_id(),
            length: 0,
        };
        lock.write(count.as_ref())?;
        Ok(lock)
    }

    /// Notes how many commits the journal has. Not synced, for it costs nothing then: a killed process leaves it behind as it
    /// is, and after a power cut it may be late, but is never ahead of the journal.
    pub(super) fn note(&mut self, journal: JournalId, run: &RunRow) -> Result<(), JournalError> {
        let count = CommitCount {
            journal,
            commits: run.commits,
            boot: self.boot.clone(),
        };
        self.write(Some(&count))
    }

    fn write(&mut self, count: Option<&CommitCount>) -> Result<(), JournalError> {
        let mut text = format!("{}\n", std::process::id());
        if let Some(count) = count {
            text.push_str(&count.to_line());
        }
        let written = (|| {
            self.file.seek(SeekFrom::Start(0))?;
            self.file.write_all(text.as_bytes())?;
            if self.length == text.len() {
                return Ok(());
            }
            // Not before: at no moment may a kill find it empty.
            self.file.set_len(text.len() as u64)
        })();
        written.map_err(JournalError::io("write", &self.path))?;
        self.length = text.len();
        Ok(())
    }
}

/// How many commits a journal has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommitCount {
    pub(super) journal: JournalId,
    pub(super) commits: i64,
    /// Since which start of the machine they were counted.
    boot: Option<String>,
}

impl CommitCount {
    /// What stands beside a journal, whoever holds the lock.
    pub(super) fn beside(place: &JournalPath) -> Option<Self> {
        Self::read(&mut files::look_at_side_file(&place.beside(".lock")).ok()?)
    }

    /// True where no commit can have been made and not counted: the machine has run all the time since.
    pub(super) fn is_exact(&self) -> bool {
        self.boot.is_some() && self.boot == boot_id()
    }

    fn to_line(&self) -> String {
        format!(
            "commits {:010} of {:032x} boot {}\n",
            self.commits,
            u128::from_be_bytes(self.journal),
            self.boot.as_deref().unwrap_or("-")
        )
    }

    fn read(file: &mut File) -> Option<Self> {
        let mut text = String::new();
        file.seek(SeekFrom::Start(0)).ok()?;
        file.take(256).read_to_string(&mut text).ok()?;
        let words: Vec<&str> = text.lines().nth(1)?.split(' ').collect();
        let ["commits", commits, "of", journal, "boot", boot] = words[..] else {
            return None;
        };
        Some(Self {
            journal: u128::from_str_radix(journal, 16).ok()?.to_be_bytes(),
            commits: commits.parse().ok()?,
            boot: (boot != "-").then(|| boot.to_owned()),
        })
    }
}

/// Names the time since the machine was started; `None` where the system has no such name.
pub(super) fn boot_id() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// Whether a run holds the lock. It looks by taking a shared one for an instant, so [`Lock::take`] tries more than once.
pub(super) fn is_held(place: &JournalPath) -> bool {
    let Ok(file) = files::look_at_side_file(&place.beside(".lock")) else {
        return false;
    };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// A `--status` that looks at this very instant is gone by the second attempt.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    let first = file.try_lock();
    if !matches!(first, Err(TryLockError::WouldBlock)) {
        return first;
    }
    std::thread::sleep(std::time::Duration::from_millis(20));
    file.try_lock()
}

fn pid_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(256).read_to_string(&mut text).ok()?;
    text.lines().next()?.trim().parse().ok()
}
