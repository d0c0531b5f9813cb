//! Where a journal lies: its path and the names beside it, the folder, and whether the file system can be trusted.
//!
//! It opens no database.

use super::file_kind::{FileKind, SideFile};
use crate::batch::journal::error::JournalError;
use crate::files;
use jiff::Timestamp;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The absolute path of a journal, links resolved, so that one journal has one lock.
#[derive(Clone, Debug)]
pub(super) struct JournalPath {
    main: PathBuf,
}

impl JournalPath {
    pub(super) fn at(path: &Path) -> Result<Self, JournalError> {
        let failed = JournalError::io("find the folder of", path);
        let main = match fs::canonicalize(path) {
            Ok(main) => Ok(main),
            Err(error) if error.kind() == io::ErrorKind::NotFound => absent(path),
            Err(error) => Err(error),
        };
        Ok(Self {
            main: main.map_err(failed)?,
        })
    }

    pub(super) fn main(&self) -> &Path {
        &self.main
    }

    pub(super) fn folder(&self) -> &Path {
        self.main.parent().unwrap_or(Path::new("/"))
    }

    /// The path with something appended to its last name.
    pub(super) fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(&self.main);
        name.push(suffix);
        PathBuf::from(name)
    }

    pub(super) fn wal(&self) -> PathBuf {
        self.beside("-wal")
    }

    /// True where the `-wal` file holds anything.
    pub(super) fn has_wal(&self) -> Result<bool, JournalError> {
        self.has_log(&FileKind::BATCH)
    }

    /// True where the log beside a file of this kind holds anything: the header of a `-wal` has 32 bytes, and that of a
    /// rollback journal 28, in a sector of its own.
    pub(super) fn has_log(&self, kind: &FileKind) -> Result<bool, JournalError> {
        let log = self.beside(kind.log.suffix());
        match fs::metadata(&log) {
            Ok(metadata) => Ok(metadata.len() >= 32),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(JournalError::io("look at", &log)(error)),
        }
    }

    /// A free name beside the main file, with a date.
    pub(super) fn dated(&self, now: Timestamp) -> PathBuf {
        let date = now.strftime("%Y-%m-%dT%H-%M-%SZ");
        let mut names = (1..).map(|n| match n {
            1 => self.beside(&format!(".{date}")),
            n => self.beside(&format!(".{date}-{n}")),
        });
        names
            .find(|name| !name.exists())
            .expect("there are more names than files")
    }

    /// The journals of this name that were set aside, the oldest first.
    pub(super) fn asides(&self) -> Result<Vec<PathBuf>, JournalError> {
        let failed = |error| JournalError::io("look at the folder of", self.main())(error);
        let Some(name) = self.main().file_name() else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(self.folder()).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let theirs = path.file_name().unwrap_or_default().as_encoded_bytes();
            let date = theirs
                .strip_prefix(name.as_encoded_bytes())
                .and_then(|rest| rest.strip_prefix(b"."));
            if date.is_some_and(is_date_of_aside) && path.is_file() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Refuses what has the name of one of our side files and is none: it would be emptied, removed, or taken for records.
    pub(super) fn refuse_strangers(&self) -> Result<(), JournalError> {
        self.refuse_strangers_among(&SideFile::OF_BATCH)
    }

    /// The same, for a journal that needs these side files alone.
    pub(super) fn refuse_strangers_among(&self, sides: &[SideFile]) -> Result<(), JournalError> {
        for side in sides {
            let path = self.beside(side.suffix());
            let mut head = [0; 16];
            let file = match files::look_at_side_file(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(JournalError::io("use", &path)(error)),
            };
            let read = read_head(file, &mut head).map_err(JournalError::io("look at", &path))?;
            if !side.is_ours(&head[..read]) {
                return Err(JournalError::SideFileTaken {
                    path: path.as_path().into(),
                    journal: self.main().into(),
                });
            }
        }
        Ok(())
    }

    /// Removes a file beside the main one, if it is there.
    pub(super) fn remove_beside(&self, suffix: &str) -> Result<(), JournalError> {
        let path = self.beside(suffix);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(JournalError::io("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Renames the main file, for good: after this the new name survives a power cut.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), JournalError> {
        fs::rename(from, to).map_err(JournalError::io("rename", from))?;
        self.sync_folder()
    }

    pub(super) fn sync_folder(&self) -> Result<(), JournalError> {
        let folder = self.folder();
        files::sync_directory(folder).map_err(JournalError::io("sync", folder))
    }

    /// Refuses network file systems, where they can be told: their locks and their shared memory can't be relied on.
    pub(super) fn refuse_network(&self) -> Result<(), JournalError> {
        match network_kind(self.folder()) {
            Ok(None) => Ok(()),
            Ok(Some(kind)) => Err(JournalError::Network {
                path: self.main().into(),
                kind,
            }),
            Err(error) => Err(JournalError::io("look at the file system of", self.main())(error)),
        }
    }
}

/// Whether this is what [`super::Journal::set_aside`] appends: `2026-01-31T23-59-58Z`, and `-2` and so on for another in that
/// second.
fn is_date_of_aside(text: &[u8]) -> bool {
    const PATTERN: &[u8] = b"0000-00-00T00-00-00Z";
    let fits = |(byte, pattern): (&u8, &u8)| match pattern {
        b'0' => byte.is_ascii_digit(),
        _ => byte == pattern,
    };
    text.len() >= PATTERN.len()
        && text.iter().zip(PATTERN).all(fits)
        && match &text[PATTERN.len()..] {
            [] => true,
            [b'-', number @ ..] => !number.is_empty() && number.iter().all(u8::is_ascii_digit),
            _ => false,
        }
}

fn read_head(mut file: fs::File, head: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < head.len() {
        match file.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The names that a journal at this path needs for itself, its own included.
pub(crate) fn names_of(journal: &Path) -> impl Iterator<Item = PathBuf> {
    let suffixes = SideFile::OF_BATCH.into_iter().map(SideFile::suffix);
    std::iter::once("").chain(suffixes).map(move |suffix| {
        let mut name = OsString::from(journal);
        name.push(suffix);
        PathBuf::from(name)
    })
}

/// Whether a journal is or was at this path: a run leaves its lock file for ever.
pub(crate) fn was_here(journal: &Path) -> bool {
    names_of(journal).any(|name| name.exists())
}

/// A file that isn't there, in a folder that is.
fn absent(path: &Path) -> io::Result<PathBuf> {
    if fs::symlink_metadata(path).is_ok() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "it is a symbolic link to a file that does not exist",
        ));
    }
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it does not name a file"))?;
    Ok(fs::canonicalize(files::directory(path))?.join(name))
}

#[cfg(target_os = "linux")]
fn network_kind(folder: &Path) -> io::Result<Option<&'static str>> {
    let magic = rustix::fs::statfs(folder)?.f_type;
    Ok(network_name(
        u32::try_from(magic & 0xFFFF_FFFF).unwrap_or_default(),
    ))
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "the other systems share the signature")]
fn network_kind(_: &Path) -> io::Result<Option<&'static str>> {
    Ok(None)
}

/// The `f_type` of statfs(2). FUSE is not here: it is as often a local disk as a remote one.
#[cfg(target_os = "linux")]
const fn network_name(magic: u32) -> Option<&'static str> {
    Some(match magic {
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
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_journal_has_one_place_however_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap();
        let place = JournalPath::at(&folder.path().join("./a.smspin")).unwrap();
        assert_eq!(place.main(), real.join("a.smspin"));
        assert_eq!(place.wal(), real.join("a.smspin-wal"));
        fs::write(place.main(), "").unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(place.main(), real.join("link")).unwrap();
            assert_eq!(JournalPath::at(&real.join("link")).unwrap().main(), place.main());
            std::os::unix::fs::symlink(real.join("gone"), real.join("dangling")).unwrap();
            assert!(JournalPath::at(&real.join("dangling")).is_err());
        }
        assert!(JournalPath::at(&real.join("no/such/folder")).is_err());
        assert!(JournalPath::at(Path::new("/")).is_ok_and(|place| place.folder() == Path::new("/")));
    }

    #[test]
    fn what_has_the_name_of_a_side_file_and_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = JournalPath::at(&folder.path().join("a")).unwrap();
        let sides: Vec<_> = SideFile::OF_BATCH
            .into_iter()
            .chain([SideFile::Rollback])
            .collect();
        place.refuse_strangers_among(&sides).unwrap();
        for side in &sides {
            let path = place.beside(side.suffix());
            for (content, ours) in [(&b""[..], true), (&[0; 40], true), (b"Tel\n34666666111\n", false)] {
                fs::write(&path, content).unwrap();
                assert_eq!(
                    place.refuse_strangers_among(&sides).is_ok(),
                    ours,
                    "{side:?} {content:?}"
                );
            }
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn what_sqlite_and_a_run_leave_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let place = JournalPath::at(&folder.path().join("a")).unwrap();
        let connection = rusqlite::Connection::open(place.main()).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES (1)")
            .unwrap();
        fs::copy(place.wal(), place.beside(".new-wal")).unwrap();
        fs::copy(place.beside("-shm"), place.beside(".new-shm")).unwrap();
        fs::copy(place.main(), place.beside(".new")).unwrap();
        fs::write(place.beside(".new-journal"), [&[0; 12][..], b"rand"].concat()).unwrap();
        for lock in [
            "1\n",
            "4294967295\n",
            "4294967295\ncommits 0000000001 of 00 boot -\n",
            "7\ncommits 1",
        ] {
            fs::write(place.beside(".lock"), lock).unwrap();
            place.refuse_strangers().unwrap();
        }
        let mut half_written = fs::read(place.beside(".new-shm")).unwrap();
        half_written[..4].fill(0);
        assert!(half_written[..16].iter().any(|byte| *byte != 0));
        fs::write(place.beside(".new-shm"), half_written).unwrap();
        place.refuse_strangers().unwrap();
        for list in ["34600000001\n", "346000001\n346000002\n", "Tel\n1\n"] {
            fs::write(place.beside(".lock"), list).unwrap();
            place.refuse_strangers().unwrap_err();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_local_disk_is_no_network() {
        let folder = tempfile::tempdir().unwrap();
        JournalPath::at(&folder.path().join("a"))
            .unwrap()
            .refuse_network()
            .unwrap();
        assert_eq!(network_name(0x6969), Some("NFS"));
        assert_eq!(network_name(0xEF53), None);
    }
}
