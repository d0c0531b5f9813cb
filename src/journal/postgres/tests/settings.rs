//! What a session sets for itself, whatever its role or its server say.

use super::Database;
use crate::domain::database_url::WrittenUrl;
use crate::env::Environment;
use crate::journal::postgres::session::get;
use crate::journal::postgres::{DatabasePlace, PostgresStore};

/// The server gives up a client that is gone within two minutes, and nothing that a role sets changes what the promises rest on.
#[test]
#[ignore = "needs PostgreSQL"]
fn a_session_sets_what_it_depends_on() {
    let database = Database::new();
    for setting in [
        "client_min_messages = error",
        "synchronous_commit = off",
        "statement_timeout = 1000",
        "default_transaction_isolation = serializable",
    ] {
        database
            .cluster
            .sql("postgres", &format!("ALTER ROLE me SET {setting}"));
    }
    let url = WrittenUrl::parse(&database.cluster.tcp_url("me")).unwrap();
    let url = url.complete(|_| None).unwrap();
    let place = DatabasePlace::new(url, None, &Environment::default()).unwrap();
    let mut store = PostgresStore::open(&place).unwrap();
    for (setting, value) in [
        ("client_min_messages", "warning"),
        ("synchronous_commit", "on"),
        ("statement_timeout", "0"),
        ("transaction_isolation", "read committed"),
        ("tcp_keepalives_idle", "30"),
        ("tcp_keepalives_interval", "10"),
        ("tcp_keepalives_count", "3"),
        ("tcp_user_timeout", "60000"),
        ("client_connection_check_interval", "10s"),
    ] {
        let found = store.reading(|session, _| {
            let row = session.one("look at", "SELECT current_setting($1)", &[&setting])?;
            get::<String>(&row, 0)
        });
        assert_eq!(found.unwrap(), value, "{setting}");
    }
}
