//! A file system of a test's own, so small that it can be filled. It needs the right to mount one.

use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it on a folder until it is dropped. `None` where mounting isn't allowed.
    pub(crate) fn mount(folder: &Path, kibibytes: u64) -> Option<Self> {
        mount(folder, &format!("size={kibibytes}k")).then(|| Self(folder.to_owned()))
    }

    pub(crate) fn resize(&self, kibibytes: u64) {
        assert!(mount(&self.0, &format!("remount,size={kibibytes}k")));
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Takes all the room but this much.
    pub(crate) fn fill(&self, leaving: u64) {
        let stat = rustix::fs::statvfs(&self.0).unwrap();
        let free = stat.f_bavail * stat.f_frsize;
        let taken = usize::try_from(free.saturating_sub(leaving)).unwrap();
        // Another process may have taken some of it meanwhile.
        let _ = std::fs::write(self.0.join("ballast"), vec![0; taken]);
    }

    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

fn mount(folder: &Path, options: &str) -> bool {
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder);
    command.status().is_ok_and(|status| status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "can't unmount");
    }
}
