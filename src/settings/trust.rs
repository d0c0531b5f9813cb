//! Reads the configuration file and files with a key in them, and knows who else could read or change what was read: by the
//! file's mode and owner, and by the directories that lead to it. Another user who can write there can have a program run by
//! the user of smspin, and the key sent elsewhere. What a file says is not looked at here.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::files;
use crate::settings::paths::{ConfigPath, NamedBy, printable, shell_word};

/// No configuration is near this; a device or a wrong file is.
const LIMIT: u64 = 1 << 20;

/// The text of a configuration file, without a byte order mark.
#[derive(Default)]
pub(crate) struct Opened {
    pub(crate) text: String,
    pub(crate) had_bom: bool,
    /// `None` for what is not a regular file: only this process reads a pipe.
    pub(crate) access: Option<FileAccess>,
}

/// Who can get at a file or a directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileAccess {
    pub(crate) mode: u32,
    owner: u32,
    group: u32,
}

impl FileAccess {
    /// Asked of the handle, so that it is about what is read.
    pub(crate) fn of(file: &File) -> io::Result<Option<Self>> {
        let metadata = file.metadata()?;
        Ok(metadata.is_file().then(|| Self::from(&metadata)))
    }

    /// Whether the group or everyone can read or write.
    pub(crate) fn is_exposed(self) -> bool {
        self.mode & 0o066 != 0
    }

    /// Many systems give each user a group with the same number, which has no other member.
    fn others_can_write(self) -> bool {
        let own_group = self.group == self.owner;
        self.mode & 0o002 != 0 || (self.mode & 0o020 != 0 && !own_group)
    }

    /// Whether it belongs neither to this process's user nor to root, who can do everything anyway.
    fn is_strangers(self) -> bool {
        self.owner != 0 && self.owner != rustix::process::geteuid().as_raw()
    }
}

impl From<&Metadata> for FileAccess {
    fn from(metadata: &Metadata) -> Self {
        Self {
            mode: metadata.mode() & 0o7777,
            owner: metadata.uid(),
            group: metadata.gid(),
        }
    }
}

/// Reads the file. `None` if it does not exist, even where the user named it.
pub(crate) fn open(file: &ConfigPath) -> Result<Option<Opened>, Failure> {
    let failed = |error: io::Error| {
        Failure::new(Kind::Config, error).doing(format!("the configuration file {file} can't be read"))
    };
    let mut handle = match open_handle(file.path()) {
        Ok(handle) => handle,
        Err(error) if is_absent(&error, file) => return refuse_dangling(file).map(|()| None),
        Err(error) => return Err(failed(error)),
    };
    let is_pipe = handle.metadata().map_err(failed)?.file_type().is_fifo();
    if is_pipe && !is_open_already(file.path()) {
        return Err(Failure::config(format_args!(
            "{file} is a named pipe, which may never be written to: it is not read"
        ))
        .hint("name a regular file, or pass what a program prints: --config <(PROGRAM)"));
    }
    let access = FileAccess::of(&handle).map_err(failed)?;
    let mut bytes = Vec::new();
    let mut limited = handle.by_ref().take(LIMIT + 1);
    limited.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LIMIT {
        let wrong = format!("the configuration file {file} is larger than {LIMIT} bytes");
        return Err(Failure::config(wrong));
    }
    let had_bom = bytes.starts_with(b"\xef\xbb\xbf");
    if had_bom {
        bytes.drain(..3);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        Failure::config(format_args!("{file}:{line}: this line is not UTF-8 text"))
            .hint("save the file as UTF-8")
    })?;
    Ok(Some(Opened {
        text,
        had_bom,
        access,
    }))
}

/// Reads a small file that holds a secret, and gives its permission bits if others can read or write it.
pub(crate) fn read_secret_file(path: &Path) -> io::Result<(String, Option<u32>)> {
    let file = File::open(path)?;
    let exposed = FileAccess::of(&file)?.filter(|access| access.is_exposed());
    let mut text = String::new();
    file.take(LIMIT).read_to_string(&mut text)?;
    Ok((text, exposed.map(|access| access.mode)))
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

/// A home directory that is not a directory (`/dev/null`) means "no file" for the default place.
fn is_absent(error: &io::Error, file: &ConfigPath) -> bool {
    match error.kind() {
        io::ErrorKind::NotFound => true,
        io::ErrorKind::NotADirectory => file.named_by() == NamedBy::Default,
        _ => false,
    }
}

/// A link to a file that does not exist is a mistake, not an absent file: the limits in it would be silently ignored.
fn refuse_dangling(file: &ConfigPath) -> Result<(), Failure> {
    match file.path().symlink_metadata() {
        Ok(found) if found.is_symlink() => Err(Failure::config(format_args!(
            "the configuration file {file} is a symbolic link to a file that does not exist"
        ))),
        _ => Ok(()),
    }
}

/// Refuses a file that other users could read, if it `holds_key`, or change, or replace.
pub(crate) fn refuse_strangers(
    file: &ConfigPath,
    access: Option<FileAccess>,
    holds_key: bool,
) -> Result<(), Failure> {
    let Some(access) = access else {
        return Ok(());
    };
    let (mode, path) = (access.mode, shell_word(file.path()));
    let (wrong, hint) = if holds_key && access.is_exposed() {
        (
            format!(
                "{file} holds an API key, and other users of this machine can read or change it (mode {mode:04o})"
            ),
            format!("chmod 600 {path}"),
        )
    } else if access.others_can_write() {
        (
            format!(
                "other users of this machine can change {file} (mode {mode:04o}), which can name a program to run and say \
                 where the key goes"
            ),
            format!("chmod go-w {path}"),
        )
    } else if access.is_strangers() {
        (
            format!(
                "{file} belongs to another user of this machine (id {}), who can name a program to run in it and say where \
                 the key goes",
                access.owner
            ),
            format!("look at what is in it, then make it yours: chown \"$(id -u)\" {path}"),
        )
    } else if let Some((directory, reason)) = replaceable_in(file.path()) {
        (
            format!(
                "other users of this machine can replace {file}: they can write to {} ({reason})",
                printable(&directory)
            ),
            format!(
                "chmod go-w {}, if it is yours; or keep the configuration elsewhere, and name it with --config",
                shell_word(&directory)
            ),
        )
    } else {
        return Ok(());
    };
    Err(Failure::config(wrong).hint(hint))
}

/// The first directory on the way to a file that another user could write to, and why.
fn replaceable_in(path: &Path) -> Option<(PathBuf, String)> {
    const STICKY: u32 = 0o1000;
    directories_to(path).into_iter().find_map(|directory| {
        // What can't be looked at was passed through all the same.
        let access = FileAccess::from(&directory.metadata().ok()?);
        let reason = if access.is_strangers() {
            format!("it belongs to the user with the id {}", access.owner)
        // With that bit only the owner of a file can rename it.
        } else if access.mode & STICKY == 0 && access.others_can_write() {
            format!("its mode is {:04o}", access.mode)
        } else {
            return None;
        };
        Some((directory, reason))
    })
}

/// Every directory on the way to the file as it is named, and, through links, to what it is.
fn directories_to(path: &Path) -> Vec<PathBuf> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_group_is_the_user() {
        let access = |mode, group| FileAccess {
            mode,
            owner: 1000,
            group,
        };
        for (mode, group, others) in [
            (0o600, 1000, false),
            (0o660, 1000, false),
            (0o660, 100, true),
            (0o662, 1000, true),
        ] {
            assert_eq!(access(mode, group).others_can_write(), others, "{mode:o} {group}");
        }
        assert!(access(0o640, 1000).is_exposed());
    }
}
