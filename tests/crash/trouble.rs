//! What befalls the server of a shared journal, at moments from a seed.

use crate::dice::Dice;
use crate::support::disk::SmallDisk;
use crate::support::postgres::Cluster;
use std::sync::Mutex;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// All of the server's processes are killed.
    Kill,
    /// It is stopped without a checkpoint.
    StopAtOnce,
    EndAllSessions,
    EndOneSession,
    /// What is being done is cancelled; the sessions stay.
    Cancel,
    /// The disk of the tables is full for a while.
    FullDisk,
}

const ALL: [Trouble; 6] = [
    Trouble::Kill,
    Trouble::StopAtOnce,
    Trouble::EndAllSessions,
    Trouble::EndOneSession,
    Trouble::Cancel,
    Trouble::FullDisk,
];

/// A server with trouble to come.
pub(crate) struct TroubledServer {
    // Stopped before its disk is taken away.
    pub(crate) cluster: Cluster,
    disk: SmallDisk,
    _folder: tempfile::TempDir,
    /// Held while the server is down.
    is_down: Mutex<()>,
}

impl TroubledServer {
    /// A new server, whose tables are on a disk of their own.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("smspin-disk-")
            .tempdir_in("/tmp")
            .unwrap();
        let disk = SmallDisk::mount(folder.path(), 32 * 1024).expect("the right to mount a file system");
        crate::support::postgres::give_away(folder.path());
        let cluster = Cluster::start();
        let location = folder.path().display();
        for sql in [
            &format!("CREATE TABLESPACE small LOCATION '{location}'"),
            "GRANT CREATE ON TABLESPACE small TO me",
            "ALTER ROLE me SET default_tablespace = small",
        ] {
            cluster.sql("postgres", sql);
        }
        Self {
            cluster,
            disk,
            _folder: folder,
            is_down: Mutex::default(),
        }
    }

    /// Waits until the server is up.
    pub(crate) fn wait(&self) {
        drop(self.is_down.lock().unwrap());
    }

    /// Makes trouble once.
    pub(crate) fn trouble(&self, dice: &mut Dice) {
        let sessions = |what: &str, which: &str| {
            let sql = format!("SELECT {what}(pid) FROM pg_stat_activity WHERE usename = 'me' {which}");
            self.cluster.sql("postgres", &sql);
        };
        match ALL[usize::try_from(dice.roll(ALL.len() as u64)).unwrap()] {
            Trouble::Kill => {
                let _down = self.is_down.lock().unwrap();
                self.cluster.kill();
                self.cluster.start_again();
            }
            Trouble::StopAtOnce => {
                let _down = self.is_down.lock().unwrap();
                self.cluster.stop_at_once();
                self.cluster.start_again();
            }
            Trouble::EndAllSessions => sessions("pg_terminate_backend", ""),
            Trouble::EndOneSession => sessions("pg_terminate_backend", "ORDER BY backend_start DESC LIMIT 1"),
            Trouble::Cancel => sessions("pg_cancel_backend", ""),
            Trouble::FullDisk => {
                self.disk.fill(0);
                std::thread::sleep(Duration::from_millis(dice.roll(1500)));
                self.disk.make_room();
            }
        }
    }
}
