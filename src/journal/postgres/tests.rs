//! The suite of every engine, against a real server, and what is PostgreSQL's own.

#[expect(dead_code, reason = "the tests of the program use the rest of it")]
#[path = "../../../tests/support/postgres.rs"]
mod cluster;

use super::{DatabasePlace, PostgresStore};
use crate::domain::database_url::WrittenUrl;
use crate::env::Environment;
use crate::journal::store::Store;
use crate::journal::tests::{self as suite, Engine};
use cluster::Cluster;

/// A journal in a server of its own.
struct Database {
    cluster: Cluster,
    place: DatabasePlace,
}

impl Database {
    fn new() -> Self {
        let cluster = Cluster::start();
        let url = WrittenUrl::parse(&cluster.url("me")).unwrap();
        let url = url.complete(|_| None).unwrap();
        let place = DatabasePlace::new(url, None, &Environment::default()).unwrap();
        Self { cluster, place }
    }
}

impl Engine for Database {
    fn open(&self) -> Box<dyn Store> {
        Box::new(PostgresStore::open(&self.place).unwrap())
    }

    fn look(&self) -> Box<dyn Store> {
        Box::new(PostgresStore::look(&self.place).unwrap().unwrap())
    }

    /// The server notices the end of a process after a while, and this end of a session at once.
    fn kill(&self, store: Box<dyn Store>) {
        store.close().unwrap();
    }
}

#[test]
#[ignore = "needs PostgreSQL"]
fn random_runs_leave_what_memory_says() {
    let database = Database::new();
    for seed in 0..20 {
        suite::play(&database, seed, 40);
        database.cluster.sql("sms", "DROP SCHEMA smspin CASCADE");
    }
}
