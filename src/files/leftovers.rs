//! The temporary files that files are written to before they get their name: how they are made, and how the next run knows
//! those that a killed one has left, which may hold a key.
//!
//! The process that writes such a file holds an OS lock on it, which dies with its process: one that no process holds is a leftover.

use super::{directory, private};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::NamedTempFile;

const SUFFIX: &str = ".tmp";
/// The random characters between prefix and suffix.
const RANDOM: usize = 6;

/// Removes what killed runs have left of new contents for this file.
pub(crate) fn remove_leftovers(file: &Path) {
    if let Some(name) = file.file_name() {
        remove_all(directory(file), &prefix(name), None);
    }
}

fn prefix(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    prefix
}

/// Makes a temporary file for the file `name` in `directory`, locked, with this mode as far as the umask allows; removes the
/// leftovers of earlier ones.
pub(super) fn temporary(directory: &Path, name: &OsStr, mode: u32) -> io::Result<NamedTempFile> {
    let prefix = prefix(name);
    loop {
        let temp = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(SUFFIX)
            .rand_bytes(RANDOM)
            .permissions(fs::Permissions::from_mode(mode))
            .tempfile_in(directory)?;
        // On a file system without locks, a leftover can't be told from a file in use.
        let locked = temp.as_file().lock().is_ok();
        // Before it was locked, another run may have taken it for a leftover.
        if has_a_name(temp.as_file())? {
            if locked {
                remove_all(directory, &prefix, Some(temp.path()));
            }
            return Ok(temp);
        }
    }
}

/// Removes what no process is writing. What can't be looked at or removed stays: it must not keep a file from being written.
fn remove_all(directory: &Path, prefix: &OsStr, ours: Option<&Path>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if Some(path.as_path()) != ours && is_temporary(&entry.file_name(), prefix) {
            let _ = remove(&path);
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    let file = private::look_at_side_file(path)?;
    file.try_lock()?;
    fs::remove_file(path)
}

fn is_temporary(name: &OsStr, prefix: &OsStr) -> bool {
    name.as_encoded_bytes()
        .strip_prefix(prefix.as_encoded_bytes())
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()))
        .is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric))
}

fn has_a_name(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.nlink() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_written_any_more_goes_and_everything_else_stays() {
        let dir = tempfile::tempdir().unwrap();
        let stay = [
            ".out.csv.aB3dE.tmp",
            ".out.csv.aB3dEf.new",
            ".out.csv.aB3d-f.tmp",
            ".other.csv.aB3dEf.tmp",
            "out.csv",
        ];
        for name in stay.iter().chain(&[".out.csv.aB3dEf.tmp", ".out.csv.000000.tmp"]) {
            fs::write(dir.path().join(name), "left").unwrap();
        }
        let name = OsStr::new("out.csv");
        let first = temporary(dir.path(), name, 0o600).unwrap();
        let second = temporary(dir.path(), name, 0o600).unwrap();
        for temp in [&first, &second] {
            assert!(temp.path().exists(), "it is being written");
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), stay.len() + 2);
        for name in stay {
            assert!(dir.path().join(name).exists(), "{name}");
        }
    }

    #[test]
    fn a_link_under_such_a_name_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let mine = dir.path().join("mine");
        fs::write(&mine, "kept").unwrap();
        let link = dir.path().join(".out.csv.aB3dEf.tmp");
        std::os::unix::fs::symlink(&mine, &link).unwrap();
        temporary(dir.path(), OsStr::new("out.csv"), 0o600).unwrap();
        assert!(mine.exists() && link.is_symlink());
    }
}
