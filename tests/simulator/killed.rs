//! Kills between two statements: the files of a journal as they are at that moment, opened by another process. It finds what was
//! there before the call that was killed, or what is there after it.

use super::account::Told;
use super::process::World;
use super::step::{Chance, NUMBERS};
use crate::journal::SqliteStore;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Sees every statement of a journal in a file, and may copy the files before one.
#[derive(Clone, Debug, Default)]
pub(super) struct Camera(Arc<Mutex<Option<Shot>>>);

/// One copy that is made, or is to be made.
#[derive(Debug)]
struct Shot {
    /// So many statements come before.
    after: u64,
    made: Option<Copied>,
}

/// What a kill leaves of the files: what was written is there, synced or not.
#[derive(Debug)]
struct Copied {
    journal: Vec<u8>,
    log: Vec<u8>,
    is_commit: bool,
}

impl Copied {
    fn of(journal: &Path, sql: &str) -> Self {
        let read = |path: &Path| std::fs::read(path).unwrap_or_default();
        Self {
            journal: read(journal),
            log: read(&log_of(journal)),
            is_commit: sql == "COMMIT",
        }
    }
}

fn log_of(journal: &Path) -> PathBuf {
    journal.with_extension("db-wal")
}

impl Camera {
    pub(super) fn watch(&self, store: &mut SqliteStore, journal: &Path) {
        let (camera, journal) = (self.clone(), journal.to_owned());
        store.trace(move |sql| {
            let mut shot = camera.0.lock().unwrap();
            let Some(shot) = shot.as_mut().filter(|shot| shot.made.is_none()) else {
                return;
            };
            match shot.after.checked_sub(1) {
                Some(left) => shot.after = left,
                None => shot.made = Some(Copied::of(&journal, sql)),
            }
        });
    }
}

/// A call that may be killed in its middle, and what was in the journal before it.
pub(super) struct KillPoint {
    camera: Camera,
    journal: PathBuf,
    before: Told,
    chance: Chance,
}

impl KillPoint {
    /// `None` where the journal is not a file.
    pub(super) fn draw(world: &World, mut chance: Chance) -> Option<Self> {
        let journal = world.file()?;
        let camera = world.camera();
        *camera.0.lock().unwrap() = Some(Shot {
            after: chance.below(12),
            made: None,
        });
        Some(Self {
            camera,
            journal,
            before: world.account(|account| account.told()),
            chance,
        })
    }

    /// The call has been made, and the account knows of it.
    pub(super) fn check(mut self, world: &World) {
        let Some(Shot {
            made: Some(copied), ..
        }) = self.camera.0.lock().unwrap().take()
        else {
            return;
        };
        world.account(|account| account.count("kill between two statements"));
        let folder = super::process::in_memory();
        let journal = folder.path().join("journal.db");
        std::fs::write(&journal, &copied.journal).unwrap();
        std::fs::write(log_of(&journal), self.log(&copied, world)).unwrap();
        let mut store = SqliteStore::open(&journal).unwrap();
        world.account(|account| account.check_killed(&self.before, &mut store, NUMBERS));
    }

    /// The log, of which a kill in the middle of a commit has written a part.
    fn log(&mut self, copied: &Copied, world: &World) -> Vec<u8> {
        let after = Copied::of(&self.journal, "");
        if !copied.is_commit || after.journal != copied.journal {
            return copied.log.clone();
        }
        world.account(|account| account.count("kill within a commit"));
        let written = usize::try_from(self.chance.below(after.log.len() as u64 + 1)).unwrap();
        let old = copied.log.iter().skip(written);
        after.log[..written].iter().chain(old).copied().collect()
    }
}
