//! What is SQLite's own: files, locks, other processes. What every engine does is in `suite`.

use super::{Access, SqliteStore};
use crate::journal::store::Store;
use crate::journal::suite::{self, Engine};
use std::path::PathBuf;
use tempfile::TempDir;

/// A journal in a folder of its own.
struct Journal {
    folder: TempDir,
}

impl Journal {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }
}

impl Engine for Journal {
    /// Without syncs, which take most of the time, and which no test can tell.
    fn open(&self) -> Box<dyn Store> {
        let store = SqliteStore::open(&self.path()).unwrap();
        if let Access::Write(connection) = &store.access {
            connection.pragma_update(None, "synchronous", "off").unwrap();
        }
        Box::new(store)
    }

    fn look(&self) -> Box<dyn Store> {
        Box::new(SqliteStore::look(&self.path()).unwrap().unwrap())
    }
}

#[test]
fn random_runs_leave_what_memory_says() {
    for seed in 0..200 {
        suite::play(&Journal::new(), seed, 40);
    }
}
