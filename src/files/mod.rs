//! How the program writes files, laid down once: readable by their owner alone, replaced as a whole, and synced.
//!
//! Four rules hold for every file that it makes:
//! - Only its owner can read it (mode 0600), and look into a directory that was made for it (mode 0700).
//! - What is replaced was a regular file, or nothing: never a device, a pipe or a directory ([`refuse_to_replace`]).
//! - A file whose name the program chose and not the user, such as a lock, is opened without following a link, which
//!   another user may have put there ([`open_side_file`]).
//! - What a killed run has left half written is removed by the next that writes the same file.
//!
//! It knows nothing of what the files hold.

mod atomic;
mod leftovers;
mod private;
mod side_files;

pub(crate) use atomic::{AtomicFile, AtomicFileError};
pub(crate) use leftovers::remove_leftovers;
pub(crate) use private::{
    create_directory, create_new, look_at_side_file, make_private, open_or_create, open_regular_to_append,
    open_side_file, open_side_file_to_append, open_to_append, open_without_waiting,
};
pub(crate) use side_files::{SideFileTaken, refuse_foreign, refuse_strangers};

use std::fs;
use std::io;
use std::path::Path;

/// Refuses what exists and is not a regular file, such as `/dev/null` as root: a rename would put a file in its place.
pub(crate) fn refuse_to_replace(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(io::Error::other("it exists and is not a regular file")),
        _ => Ok(()),
    }
}

/// Whether two paths lead to one file, by whatever names. False where one of them leads to none.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    identity(one).is_some_and(|found| identity(other) == Some(found))
}

/// The directory that holds `path`; a bare name stands in the current one.
pub(crate) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// After this, a file that was made, renamed or removed in `directory` stays so through a power cut.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    fs::File::open(directory)?.sync_all()
}
