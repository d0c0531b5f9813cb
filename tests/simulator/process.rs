//! The processes of a simulated world, and what they share.

use super::account::Account;
use super::killed::{Camera, KillPoint};
use super::step::{Chance, JournalTrouble, Moment};
use crate::journal::{Memory, NewRun, RunId, RunName, SqliteStore, Store, Ticket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// What all processes share: the journal, the lists with their markers, and the account that is kept of them.
#[derive(Clone, Debug)]
pub(super) struct World {
    disk: Arc<Mutex<Disk>>,
    kind: Kind,
    /// The folder of the lists and of the journal, where they are files.
    folder: Option<Arc<TempDir>>,
    /// Where the journal is a file.
    camera: Camera,
    account: Arc<Mutex<Account>>,
}

/// Which of its things a world has as files: they take time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    InMemory,
    /// The lists, with their markers: journals are lost, or come back from copies.
    Lists,
    /// The journal, in SQLite.
    Journal,
}

/// What stands beside each other on a disk.
#[derive(Debug)]
struct Disk {
    journal: Memory,
    /// How often another journal was put in its place.
    replaced: usize,
    copies: Vec<Memory>,
    locks: Vec<LockFile>,
    /// How many calls that write were made.
    writes: u64,
}

/// The lock file of a run, which stays where the run was killed.
#[derive(Clone, Debug)]
pub(super) struct LockFile {
    pub(super) run: NewRun,
    pub(super) groups: u64,
}

impl World {
    pub(super) fn new(kind: Kind) -> Self {
        let disk = Disk {
            journal: Memory::new(),
            replaced: 0,
            copies: Vec::new(),
            locks: Vec::new(),
            writes: 0,
        };
        Self {
            disk: Arc::new(Mutex::new(disk)),
            kind,
            folder: (kind != Kind::InMemory).then(|| Arc::new(folder())),
            camera: Camera::default(),
            account: Arc::default(),
        }
    }

    pub(super) fn account<T>(&self, with: impl FnOnce(&mut Account) -> T) -> T {
        with(&mut self.account.lock().unwrap())
    }

    fn disk<T>(&self, with: impl FnOnce(&mut Disk) -> T) -> T {
        with(&mut self.disk.lock().unwrap())
    }

    /// Another store of the journal that is in its place now.
    pub(super) fn open(&self) -> Box<dyn Store> {
        match self.file() {
            Some(file) => {
                let mut store = SqliteStore::open(&file).unwrap();
                self.camera.watch(&mut store, &file);
                Box::new(store)
            }
            None => Box::new(self.memory().open()),
        }
    }

    /// The next call that writes may be killed in its middle, where the journal is a file.
    pub(super) fn might_kill(&self) -> Option<KillPoint> {
        let writes = self.disk(|disk| {
            disk.writes += 1;
            disk.writes
        });
        KillPoint::draw(self, Chance(writes))
    }

    pub(super) fn camera(&self) -> Camera {
        self.camera.clone()
    }

    /// Where the journal is, if it is a file.
    pub(super) fn file(&self) -> Option<PathBuf> {
        let folder = self.folder.as_ref().filter(|_| self.kind == Kind::Journal)?;
        Some(folder.path().join("journal.db"))
    }

    /// The journal that is in its place now, which is no file.
    pub(super) fn memory(&self) -> Memory {
        self.disk(|disk| disk.journal.clone())
    }

    /// How often another journal was put in the place of the first.
    pub(super) fn replaced(&self) -> usize {
        self.disk(|disk| disk.replaced)
    }

    /// The list of a campaign, which is empty: what its commands send to is theirs to say. `None` for single requests.
    pub(super) fn list(&self, campaign: &str) -> Option<PathBuf> {
        let is_marked = self.kind == Kind::Lists && campaign != "request";
        let folder = self.folder.as_ref().filter(|_| is_marked)?;
        Some(folder.path().join(campaign))
    }

    pub(super) fn copy_journal(&self) {
        self.disk(|disk| disk.copies.push(disk.journal.copy()));
        self.account(Account::copied);
    }

    /// The journal goes, and a copy of it comes into its place, or a new one; `is_moved`: on another machine, without the lock
    /// files.
    pub(super) fn replace_journal(&self, copy: Option<usize>, is_moved: bool) {
        let copies = self.disk(|disk| disk.copies.len());
        let copy = copy.and_then(|which| which.checked_rem(copies));
        let is_told = self.account(|account| account.markers_tell_all());
        self.account(|account| account.replaced(copy));
        self.disk(|disk| {
            let new = copy.map_or_else(Memory::new, |copy| disk.copies[copy].copy());
            new.goes_on_after(&disk.journal);
            disk.journal = new;
            disk.replaced += 1;
            // What no marker tells yet, the lock files alone do.
            if is_moved && is_told {
                disk.locks.clear();
            }
        });
    }

    pub(super) fn lock(&self, run: &NewRun) {
        let run = run.clone();
        self.disk(|disk| {
            disk.locks.push(LockFile { run, groups: 0 });
        });
    }

    pub(super) fn unlock(&self, run: &RunName) {
        self.disk(|disk| disk.locks.retain(|lock| lock.run.name != *run));
    }

    pub(super) fn count_group(&self, run: &RunName) {
        self.disk(|disk| {
            let mut locks = disk.locks.iter_mut();
            // An adoption removes the lock file of a run that has not noticed yet.
            if let Some(lock) = locks.find(|lock| lock.run.name == *run) {
                lock.groups += 1;
            }
        });
    }

    pub(super) fn locks(&self) -> Vec<LockFile> {
        self.disk(|disk| disk.locks.clone())
    }
}

/// A folder in memory, where the machine has such a place: a marker is synced for each line.
pub(super) fn in_memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.unwrap()
}

fn folder() -> TempDir {
    let folder = in_memory();
    for list in super::step::CAMPAIGNS {
        std::fs::write(folder.path().join(list), "").unwrap();
    }
    folder
}

/// How a process stands.
#[derive(Clone, Debug, Default)]
pub(super) struct ProcessState {
    pub(super) is_dead: bool,
    pub(super) is_frozen: bool,
    /// When its session with the journal was lost.
    pub(super) session_lost: Option<Duration>,
    pub(super) dies: Option<Moment>,
    pub(super) trouble: Option<JournalTrouble>,
    /// Its journal doesn't come back.
    pub(super) is_cut_off: bool,
    pub(super) run: Option<RunId>,
    /// The claims of its last group.
    pub(super) last_claims: Vec<Ticket>,
}

/// One process.
#[derive(Clone, Debug, Default)]
pub(super) struct Process(Arc<Mutex<ProcessState>>);

impl Process {
    pub(super) fn state(&self) -> ProcessState {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn change<T>(&self, with: impl FnOnce(&mut ProcessState) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }

    /// Dies if this is its moment. True for a process that is dead.
    pub(super) fn dies(&self, moment: Moment) -> bool {
        self.change(|state| {
            if state.dies == Some(moment) {
                state.is_dead = true;
            }
            state.is_dead
        })
    }

    pub(super) fn dies_after_launch(&self) -> bool {
        self.dies(Moment::AfterLaunch)
    }
}
