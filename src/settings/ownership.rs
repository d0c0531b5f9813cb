//! Who could put other settings in the place of a configuration file: its owner, and whoever can write the directories that lead
//! to it. They could have a program run by whoever uses it, and have the key sent elsewhere.

use crate::settings::error::FileError;
use crate::settings::paths::{ConfigPath, printable, shell_word};

/// Refuses a file that belongs to somebody else, or that somebody else could replace. `owner` is that of the file that was read.
#[cfg(unix)]
pub(super) fn refuse_strangers(file: &ConfigPath, owner: Option<u32>) -> Result<(), FileError> {
    let Some(owner) = owner else {
        // A pipe that this process was handed.
        return Ok(());
    };
    if is_stranger(owner) {
        return Err(FileError::Foreign {
            file: file.to_string(),
            path_word: shell_word(file.path()),
            owner,
        });
    }
    for directory in unix::directories_to(file.path()) {
        if let Some(reason) = unix::who_can_write(&directory) {
            return Err(FileError::Replaceable {
                file: file.to_string(),
                directory: printable(&directory),
                path_word: shell_word(&directory),
                reason,
            });
        }
    }
    Ok(())
}

/// Other platforms keep a user's directory from other users by themselves.
#[cfg(not(unix))]
pub(super) fn refuse_strangers(_: &ConfigPath, _: Option<u32>) -> Result<(), FileError> {
    Ok(())
}

/// Neither this process's user nor root, who can do everything anyway.
#[cfg(unix)]
fn is_stranger(owner: u32) -> bool {
    owner != 0 && owner != rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
mod unix {
    use super::is_stranger;
    use std::os::unix::fs::MetadataExt;
    use std::path::{Path, PathBuf};

    const STICKY: u32 = 0o1000;

    /// Every directory on the way to the file as it is named, and, through links, to what it is.
    pub(super) fn directories_to(path: &Path) -> Vec<PathBuf> {
        let named = std::path::absolute(path).unwrap_or_default();
        let real = path.canonicalize().unwrap_or_default();
        let mut directories: Vec<PathBuf> = Vec::new();
        for directory in named.ancestors().skip(1).chain(real.ancestors().skip(1)) {
            if !directories.iter().any(|known| known == directory) {
                directories.push(directory.to_owned());
            }
        }
        directories
    }

    /// How somebody else could rename or replace what is in a directory; `None` where nobody can.
    pub(super) fn who_can_write(directory: &Path) -> Option<String> {
        // What can't be looked at was passed through all the same.
        let found = directory.metadata().ok()?;
        if is_stranger(found.uid()) {
            return Some(format!("it belongs to the user with the id {}", found.uid()));
        }
        let mode = found.mode();
        // With that bit only the owner of a file can rename it.
        if mode & STICKY != 0 {
            return None;
        }
        // Many systems give each user a group of the same number, with nobody else in it.
        let own_group = found.gid() == found.uid();
        let shared = mode & 0o002 != 0 || (mode & 0o020 != 0 && !own_group);
        shared.then(|| format!("its mode is {:04o}", mode & 0o7777))
    }
}
