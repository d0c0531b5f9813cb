//! Where a journal lies: its path and the names beside it, the folder, and whether the file system can be trusted.
//!
//! It opens no database.

use crate::batch::journal::error::JournalError;
use crate::files;
use jiff::Timestamp;
use std::ffi::OsString;
use std::fs;
use std::io;
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

    /// True where the `-wal` file holds anything: its header alone has 32 bytes.
    pub(super) fn has_wal(&self) -> Result<bool, JournalError> {
        let wal = self.wal();
        match fs::metadata(&wal) {
            Ok(metadata) => Ok(metadata.len() >= 32),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(JournalError::io("look at", &wal)(error)),
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
