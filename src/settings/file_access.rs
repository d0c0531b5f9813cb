//! Opening the configuration file: its size, its encoding, and who else can read it. What it says is not looked at here.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::files;
use crate::settings::error::FileError;
use crate::settings::paths::{ConfigPath, NamedBy, shell_word};

/// No configuration is near this; a device or a wrong file is.
const LIMIT: u64 = 1 << 20;

/// The text of a configuration file, without a byte order mark, and the permission bits of the file it was read from.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) text: String,
    pub(crate) had_bom: bool,
    /// `None` where the platform has none, or for what is no regular file (a pipe is read by us alone).
    pub(crate) mode: Option<u32>,
    /// The id of the user that the file belongs to; `None` as for `mode`.
    pub(crate) owner: Option<u32>,
}

/// Reads the file. `None` if it does not exist, whoever named it.
pub(crate) fn open(file: &ConfigPath) -> Result<Option<Opened>, FileError> {
    let failed = |source| FileError::Read {
        file: file.to_string(),
        source,
    };
    let mut handle = match open_handle(file.path()) {
        Ok(handle) => handle,
        Err(error) if is_absent(&error, file) => return absent(file).map(|()| None),
        Err(error) => return Err(failed(error)),
    };
    if is_named_pipe(&handle).map_err(failed)? && !is_open_already(file.path()) {
        return Err(FileError::Pipe {
            file: file.to_string(),
        });
    }
    let mode = mode_of(&handle).map_err(failed)?;
    let owner = owner_of(&handle).map_err(failed)?;
    let mut bytes = Vec::new();
    handle
        .by_ref()
        .take(LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LIMIT {
        return Err(FileError::TooBig {
            file: file.to_string(),
            limit: LIMIT,
        });
    }
    let had_bom = bytes.starts_with(b"\xef\xbb\xbf");
    if had_bom {
        bytes.drain(..3);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        FileError::NotUtf8 {
            place: format!("{file}:{line}"),
        }
    })?;
    Ok(Some(Opened {
        text,
        had_bom,
        mode,
        owner,
    }))
}

/// Reads a small file that holds a secret, and gives its permission bits if others can read or write it.
pub(crate) fn read_secret_file(path: &Path) -> io::Result<(String, Option<u32>)> {
    let mut file = File::open(path)?;
    let exposed = mode_of(&file)?.filter(|mode| is_exposed(*mode));
    let mut text = String::new();
    file.by_ref().take(LIMIT).read_to_string(&mut text)?;
    Ok((text, exposed))
}

/// A pipe that a shell has handed over, as `--config <(…)` does, has its writer and is waited for; a named one may never get
/// any.
fn open_handle(path: &Path) -> io::Result<File> {
    if is_open_already(path) {
        File::open(path)
    } else {
        files::open_without_waiting(path)
    }
}

/// Whether the path leads to a file that this process was given open.
fn is_open_already(path: &Path) -> bool {
    ["/dev/fd", "/proc/self/fd", "/dev/stdin"]
        .iter()
        .any(|place| path.starts_with(place))
}

#[cfg(unix)]
fn is_named_pipe(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::FileTypeExt;
    Ok(file.metadata()?.file_type().is_fifo())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
fn is_named_pipe(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// A home directory that is no directory (`/dev/null`) means "no file" for the default place.
fn is_absent(error: &io::Error, file: &ConfigPath) -> bool {
    match error.kind() {
        io::ErrorKind::NotFound => true,
        io::ErrorKind::NotADirectory => file.named_by() == NamedBy::Default,
        _ => false,
    }
}

/// A link to a file that does not exist is a mistake, not an absent file: the limits in it would be silently ignored.
fn absent(file: &ConfigPath) -> Result<(), FileError> {
    match file.path().symlink_metadata() {
        Ok(found) if found.is_symlink() => Err(FileError::Dangling {
            file: file.to_string(),
        }),
        _ => Ok(()),
    }
}

/// Refuses a file with a key in it that others can read or change.
pub(crate) fn refuse_exposed(file: &ConfigPath, mode: Option<u32>) -> Result<(), FileError> {
    match mode {
        Some(mode) if is_exposed(mode) => Err(FileError::Exposed {
            file: file.to_string(),
            path_word: shell_word(file.path()),
            mode,
        }),
        _ => Ok(()),
    }
}

/// Refuses a file that others can change, whatever is in it: they could write a program to run into it, or another gateway.
pub(crate) fn refuse_writable(file: &ConfigPath, mode: Option<u32>) -> Result<(), FileError> {
    match mode {
        Some(mode) if mode & 0o022 != 0 => Err(FileError::Writable {
            file: file.to_string(),
            path_word: shell_word(file.path()),
            mode,
        }),
        _ => Ok(()),
    }
}

/// Whether the group or everyone can read or write.
pub(crate) fn is_exposed(mode: u32) -> bool {
    mode & 0o066 != 0
}

/// The permission bits of an open regular file. Asked of the handle, so that they are those of what is read.
#[cfg(unix)]
pub(crate) fn mode_of(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then(|| metadata.permissions().mode() & 0o7777))
}

#[cfg(unix)]
fn owner_of(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then(|| metadata.uid()))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
fn owner_of(_: &File) -> io::Result<Option<u32>> {
    Ok(None)
}

/// Other platforms keep a user's directory from other users by themselves.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same shape on every platform")]
pub(crate) fn mode_of(_: &File) -> io::Result<Option<u32>> {
    Ok(None)
}
