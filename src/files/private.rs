//! Opens files that their owner alone may read and write, one function for each way of opening.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the file. `AlreadyExists` if anything has its name, be it a link that leads nowhere.
pub(crate) fn create_new(path: &Path) -> io::Result<File> {
    private().create_new(true).open(path)
}

/// Opens the file, with what it holds, or makes it.
pub(crate) fn open_or_create(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(path)
}

/// Opens a file to append to it and to read it, or creates it.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    private().append(true).create(true).open(path)
}

/// Opens a file whose name was made from that of another, such as a lock, with what it holds, or makes it. Follows no link
/// and takes nothing but a regular file, so that what another user has put under that name is neither written nor waited for.
pub(crate) fn open_side_file(path: &Path) -> io::Result<File> {
    let mut options = private();
    options.create(true).truncate(false);
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, no_follow());
    open_regular(&options, path)
}

/// Opens such a file to append to it and to read it. It makes none.
pub(crate) fn open_side_file_to_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true);
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, no_follow());
    open_regular(&options, path)
}

/// Opens a file whose name was made from that of another, to look at it. Refuses what [`open_side_file`] does.
pub(crate) fn look_at_side_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, no_follow());
    open_regular(&options, path)
}

/// Opens what the user named for reading, whatever it is, and doesn't wait for it: a pipe that no process writes to would keep the
/// program for ever.
pub(crate) fn open_without_waiting(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    {
        let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    }
    options.open(path)
}

/// Opens a file that is there, to append to it. Neither waits for the reader of a pipe nor writes into one.
pub(crate) fn open_regular_to_append(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let mut options = OpenOptions::new();
    options.append(true);
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags);
    super::refuse_to_replace(path)?;
    open_regular(&options, path)
}

fn open_regular(options: &OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.open(path).map_err(|error| {
        if path.is_symlink() {
            io::Error::other("it is a symbolic link, which is not followed")
        } else {
            error
        }
    })?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it exists and is not a regular file"))
    }
}

fn no_follow() -> i32 {
    use rustix::fs::OFlags;
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

/// Takes a file from everybody but its owner. By its path and not by a handle: to close a second handle on a database gives
/// up the locks that SQLite holds on it in this process.
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

/// Makes the directory, and those above it, where they don't exist: each for its owner alone.
pub(crate) fn create_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// How a function of this file opens a path.
    type Opener = fn(&Path) -> io::Result<File>;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn whatever_is_made_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let openers: [Opener; 3] = [create_new, open_or_create, open_side_file];
        for (number, open) in openers.into_iter().enumerate() {
            let path = dir.path().join(number.to_string());
            open(&path).unwrap();
            assert_eq!(mode(&path), 0o600, "{number}");
        }
        create_directory(&dir.path().join("a/b")).unwrap();
        assert_eq!(
            (mode(&dir.path().join("a")), mode(&dir.path().join("a/b"))),
            (0o700, 0o700)
        );
    }

    #[test]
    fn each_way_of_opening_does_its_own_thing_with_a_file_that_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let kept = |open: Opener| {
            fs::write(&path, "kept").unwrap();
            open(&path).map_err(|error| error.kind())?;
            Ok(fs::read_to_string(&path).unwrap())
        };
        assert_eq!(kept(create_new), Err(io::ErrorKind::AlreadyExists));
        assert_eq!(kept(open_or_create).as_deref(), Ok("kept"));
        assert_eq!(kept(open_side_file).as_deref(), Ok("kept"));
    }

    #[test]
    fn a_side_file_is_read_and_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        open_side_file(&path).unwrap().write_all(b"1").unwrap();
        let mut text = String::new();
        open_side_file(&path).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "1");
    }

    #[test]
    fn a_side_file_is_never_a_link_nor_anything_special() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, path) = (dir.path().join("mine"), dir.path().join("lock"));
        let openers: [Opener; 3] = [open_side_file, open_side_file_to_append, look_at_side_file];
        for target in [&mine, &dir.path().join("nothing")] {
            fs::write(&mine, "kept").unwrap();
            symlink(target, &path).unwrap();
            for open in openers {
                let error = open(&path).unwrap_err().to_string();
                assert_eq!(error, "it is a symbolic link, which is not followed");
            }
            assert_eq!(fs::read_to_string(&mine).unwrap(), "kept");
            assert!(!dir.path().join("nothing").exists());
            fs::remove_file(&path).unwrap();
        }
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &path, fifo, 0o600.into(), 0).unwrap();
        for open in openers {
            let error = open(&path).unwrap_err().to_string();
            assert_eq!(error, "it exists and is not a regular file");
        }
        let opened = open_without_waiting(&path).unwrap();
        assert!(
            !opened.metadata().unwrap().is_file(),
            "it has no writer, and opening it must not wait"
        );
    }

    #[test]
    fn a_looser_mode_is_tightened_and_a_tighter_one_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        for (before, after) in [(0o644, 0o600), (0o620, 0o600), (0o600, 0o600), (0o400, 0o400)] {
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(before)).unwrap();
            make_private(&path).unwrap();
            assert_eq!(mode(&path), after, "{before:o}");
            fs::remove_file(&path).unwrap();
        }
    }
}
