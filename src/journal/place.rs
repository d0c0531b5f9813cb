//! Where a journal is, whether the file system there can be trusted with it, and how it is opened.

use super::error::{JournalError, JournalFault};
use super::postgres::{DatabasePlace, PostgresStore};
use super::sqlite::{SqliteStore, real_path};
use super::store::Store;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// How it came to be where it is, and so what is asked of its file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceChoice {
    /// The user named it: it may be created on any file system of this machine.
    Named,
    /// The user named none: it is created only where files last.
    Default,
    /// It is the sandbox's: no number in it belongs to a person.
    Sandbox,
}

/// Where a journal is. Shown as people name it, without a user or a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JournalPlace {
    File { path: PathBuf, choice: PlaceChoice },
    Database(Box<DatabasePlace>),
}

impl JournalPlace {
    /// Opens it for a run, and creates it where it is missing.
    pub(crate) fn open(&self) -> Result<Box<dyn Store>, JournalError> {
        self.check()?;
        match self {
            Self::File { path, .. } => Ok(Box::new(SqliteStore::open(path)?)),
            Self::Database(place) => Ok(Box::new(PostgresStore::open(place)?)),
        }
    }

    /// Opens it to look at it, and creates nothing. `None` where there is no journal.
    pub(crate) fn look(&self) -> Result<Option<Box<dyn Store>>, JournalError> {
        match self {
            Self::File { path, .. } => match real_path(path)? {
                Some(path) if path.exists() => {
                    self.check()?;
                    let store = SqliteStore::look(&path)?;
                    Ok(store.map(|store| Box::new(store) as Box<dyn Store>))
                }
                _ => Ok(None),
            },
            Self::Database(place) => {
                let store = PostgresStore::look(place)?;
                Ok(store.map(|store| Box::new(store) as Box<dyn Store>))
            }
        }
    }

    /// Removes the journal of the sandbox, where there is one. A file that is not a journal stays.
    pub(crate) fn remove_rehearsals(path: &Path) -> Result<(), JournalError> {
        SqliteStore::remove(path)
    }

    /// The file, where it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Database(_) => None,
        }
    }

    /// Why no journal may be kept there. A run that asks before it plans anything says the same as one that sends.
    pub(crate) fn check(&self) -> Result<(), JournalError> {
        let Self::File { path, choice } = self else {
            return Ok(());
        };
        if *choice == PlaceChoice::Sandbox {
            return Ok(());
        }
        let file = real_path(path)?;
        // That folder may be on a disk that is not there now, with a journal that knows numbers.
        if *choice == PlaceChoice::Named && file.is_none() {
            return Err(JournalError::new(
                JournalFault::Unusable,
                format_args!("the journal {self} can't be created: its folder does not exist"),
            )
            .hint("create that folder, or name another file: --journal FILE"));
        }
        let is_there = file.as_ref().is_some_and(|file| file.exists());
        let folder = nearest_folder(file.as_deref().unwrap_or(path));
        let kind = file_system(folder)
            .map_err(|error| JournalError::io("look at the file system of", path, &error))?;
        match kind {
            FileSystem::Network(kind) => Err(JournalError::new(
                JournalFault::Unusable,
                format_args!("{self} would be on a network file system ({kind}), where a journal can't be kept safely"),
            )
            .hint("keep it on a disk of this machine: `smspin config set journal FILE`, or --journal FILE for one command")),
            FileSystem::Passing(kind) if *choice == PlaceChoice::Default && !is_there => Err(JournalError::new(
                JournalFault::Unusable,
                format_args!(
                    "the journal would be created in {self}, on a file system that does not last ({kind}): once it is gone, \
                     every number would get another SMS"
                ),
            )
            .hint("name a file on a volume that lasts, or a database: SMSPIN_JOURNAL=FILE, or --journal FILE")),
            FileSystem::Local | FileSystem::Passing(_) => Ok(()),
        }
    }
}

impl fmt::Display for JournalPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => f.write_str(&crate::text::line(&path.to_string_lossy())),
            Self::Database(place) => place.fmt(f),
        }
    }
}

/// The lowest folder on the way to a file that exists: what is created below it lies on the same file system.
fn nearest_folder(path: &Path) -> &Path {
    let above = path
        .ancestors()
        .skip(1)
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut existing = above.filter(|folder| folder.exists());
    existing.next().unwrap_or(Path::new("."))
}

/// What a file system is to a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FileSystem {
    Local,
    /// Its locks and its shared memory can't be relied on.
    Network(String),
    /// It is gone with the machine or the container.
    Passing(&'static str),
}

#[cfg(target_os = "linux")]
fn file_system(folder: &Path) -> io::Result<FileSystem> {
    let magic = u32::try_from(rustix::fs::statfs(folder)?.f_type & 0xFFFF_FFFF).unwrap_or_default();
    if magic == FUSE {
        Ok(of_fuse(&mount_type(folder)?))
    } else {
        Ok(of_magic(magic))
    }
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems share the signature")]
fn file_system(_: &Path) -> io::Result<FileSystem> {
    Ok(FileSystem::Local)
}

#[cfg(target_os = "linux")]
const FUSE: u32 = 0x6573_5546;

/// By the `f_type` of statfs(2).
#[cfg(target_os = "linux")]
fn of_magic(magic: u32) -> FileSystem {
    let network = match magic {
        0x794C_7630 => return FileSystem::Passing("overlay"),
        0x0102_1994 => return FileSystem::Passing("tmpfs"),
        0x8584_58F6 => return FileSystem::Passing("ramfs"),
        0x6969 => "NFS",
        0x517B => "SMB",
        0xFF53_4D42 => "CIFS",
        0xFE53_4D42 => "SMB2",
        0x564C => "NCP",
        0x0102_1997 => "9P",
        0x5346_414F | 0x6B41_4653 => "AFS",
        0x7375_7245 => "Coda",
        0x00C3_6400 => "Ceph",
        0x0BD0_0BD0 => "Lustre",
        0x0116_1970 => "GFS2",
        0x7461_636F => "OCFS2",
        0x4750_4653 => "GPFS",
        _ => return FileSystem::Local,
    };
    FileSystem::Network(network.to_owned())
}

/// By the name that a FUSE file system is mounted under. Only those that are known to keep files on a disk of this machine are
/// local: one that isn't known may be another machine's. The root of a container without privileges is `fuse-overlayfs`.
#[cfg(target_os = "linux")]
fn of_fuse(name: &str) -> FileSystem {
    match name.strip_prefix("fuse.").unwrap_or(name) {
        "fuse-overlayfs" => FileSystem::Passing("fuse-overlayfs"),
        "fuseblk" | "gocryptfs" | "mergerfs" => FileSystem::Local,
        _ => FileSystem::Network(crate::text::line(name).into_owned()),
    }
}

/// The type of the file system that a folder is on, as it was mounted. `fuse` where the system doesn't say.
#[cfg(target_os = "linux")]
fn mount_type(folder: &Path) -> io::Result<String> {
    use rustix::fs::{Mode, OFlags};
    use std::os::fd::AsRawFd;
    let opened = rustix::fs::open(folder, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let about = fs::read_to_string(format!("/proc/self/fdinfo/{}", opened.as_raw_fd())).unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    Ok(type_in(&about, &mounts).unwrap_or("fuse").to_owned())
}

/// From what proc(5) says of an open file, and of all mounts.
#[cfg(target_os = "linux")]
fn type_in<'a>(about_file: &str, mounts: &'a str) -> Option<&'a str> {
    let mut fields = about_file.lines().filter_map(|line| line.split_once(':'));
    let id = fields.find(|(name, _)| *name == "mnt_id")?.1.trim();
    let of_id = |line: &&str| line.split(' ').next() == Some(id);
    let (_, after) = mounts.lines().find(of_id)?.split_once(" - ")?;
    after.split(' ').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: impl Into<PathBuf>, choice: PlaceChoice) -> JournalPlace {
        JournalPlace::File {
            path: path.into(),
            choice,
        }
    }

    #[test]
    fn a_look_creates_nothing_and_a_missing_folder_is_created_only_where_it_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("state/journal");
        for choice in [PlaceChoice::Named, PlaceChoice::Sandbox] {
            assert!(place(below.join("a.db"), choice).look().unwrap().is_none());
            assert!(!below.exists());
        }
        let error = place(below.join("a.db"), PlaceChoice::Named).open().unwrap_err();
        assert!(
            error.to_string().ends_with("its folder does not exist"),
            "{error}"
        );
        assert!(!below.exists());
        let journal = place(below.join("a.db"), PlaceChoice::Sandbox);
        journal.open().unwrap();
        assert!(journal.look().unwrap().is_some());
    }

    /// Every Linux has this folder in memory.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_journal_begins_in_memory_only_where_the_user_says_so() {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let path = folder.path().join("smspin/journal/a.db");
        let error = place(&path, PlaceChoice::Default).check().unwrap_err();
        assert_eq!(error.fault, JournalFault::Unusable);
        assert!(error.to_string().contains("(tmpfs)"), "{error}");
        place(&path, PlaceChoice::Default).open().unwrap_err();
        assert!(!folder.path().join("smspin").exists());
        place(&path, PlaceChoice::Sandbox).check().unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        place(&path, PlaceChoice::Named).check().unwrap();
        fs::write(&path, "").unwrap();
        place(&path, PlaceChoice::Default).check().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn file_systems_are_told_apart() {
        let network = |name: &str| FileSystem::Network(name.to_owned());
        for (magic, kind) in [
            (0xEF53, FileSystem::Local),
            (0x9123_683E, FileSystem::Local),
            (0x6969, network("NFS")),
            (0x0102_1994, FileSystem::Passing("tmpfs")),
            (0x8584_58F6, FileSystem::Passing("ramfs")),
            (0x794C_7630, FileSystem::Passing("overlay")),
        ] {
            assert_eq!(of_magic(magic), kind, "{magic:x}");
        }
        for (name, kind) in [
            ("fuseblk", FileSystem::Local),
            ("fuse.gocryptfs", FileSystem::Local),
            ("fuse.mergerfs", FileSystem::Local),
            ("fuse.fuse-overlayfs", FileSystem::Passing("fuse-overlayfs")),
            ("fuse.sshfs", network("fuse.sshfs")),
            ("virtiofs", network("virtiofs")),
            ("fuse", network("fuse")),
        ] {
            assert_eq!(of_fuse(name), kind, "{name}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_type_of_a_mount_is_found_by_the_id_of_an_open_file() {
        let mounts = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
            127 27 0:50 / /home/ada/my\\040files rw shared:7 master:1 - fuse.sshfs ada@example.com: rw,user_id=0\n";
        for (about, found) in [
            (
                "pos:\t0\nflags:\t012000000\nmnt_id:\t127\nino:\t2\n",
                Some("fuse.sshfs"),
            ),
            ("mnt_id:\t27\n", Some("ext4")),
            ("mnt_id:\t7\n", None),
            ("pos:\t0\n", None),
        ] {
            assert_eq!(type_in(about, mounts), found, "{about}");
        }
        let of_root = mount_type(Path::new("/")).unwrap();
        assert!(!of_root.is_empty() && of_root != "fuse", "{of_root}");
    }
}
