//! The lock that keeps a second run out of a journal: an OS lock on a sidecar, which dies with its process.
//!
//! The sidecar is never removed: that it exists means nothing, and removing it would let two runs lock two files.

use super::place::JournalPath;
use crate::batch::journal::error::JournalError;
use crate::files;
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
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
        write_pid(&mut file).map_err(JournalError::io("write", &path))?;
        Ok(Self { _file: file })
    }
}

/// Whether a run holds the lock. It looks by taking a shared one for an instant, so [`Lock::take`] tries more than once.
pub(super) fn is_held(place: &JournalPath) -> bool {
    let Ok(file) = File::open(place.beside(".lock")) else {
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

fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

fn pid_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
