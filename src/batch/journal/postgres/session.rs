//! One session with the server: opened, checked for everything that the promises rest on, and its answers waited for.

use super::place::DatabasePlace;
use super::tls::Connector;
use crate::batch::journal::database_error::{DatabaseError, ServerError};
use crate::domain::database_url::{ServerAddress, TlsMode};
use futures_util::StreamExt;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{AsyncMessage, Client, Config, Row, RowStream, Statement};

/// How long connecting, and a commit, may take. A commit that waits for a standby which is gone would wait for ever.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// The oldest server that is known to keep the promises: it is the oldest that its makers tested these statements' rules on.
const OLDEST: i32 = 130_000;

/// What tells one server from a copy of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerIdentity {
    /// Given at `initdb`; the same on all standbys.
    pub(super) system: i64,
    /// Counts the promotions.
    pub(super) timeline: i64,
}

/// One session with the server. The runtime is its own, so it works on whatever thread calls it, as long as that runs no tasks.
pub(super) struct DatabaseSession {
    runtime: Runtime,
    client: Client,
    /// What has been prepared, by its text.
    prepared: RefCell<HashMap<&'static str, Statement>>,
    /// Set by a warning: a commit was given up waiting for its standby.
    doubted: Arc<AtomicBool>,
    place: String,
    pub(super) backend: i32,
    pub(super) identity: ServerIdentity,
}

impl fmt::Debug for DatabaseSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseSession({})", self.place)
    }
}

impl DatabaseSession {
    /// Opens a session that may write.
    pub(super) fn open(place: &DatabasePlace) -> Result<Self, DatabaseError> {
        let runtime = crate::runtime::current_thread().map_err(|source| DatabaseError::File {
            doing: "start the runtime for",
            path: place.to_string().into(),
            source,
        })?;
        let (client, doubted) = runtime.block_on(connect(place))?;
        let mut session = Self {
            runtime,
            client,
            prepared: RefCell::default(),
            doubted,
            place: place.to_string(),
            backend: 0,
            identity: ServerIdentity {
                system: 0,
                timeline: 0,
            },
        };
        session.check()?;
        Ok(session)
    }

    /// Sets what a commit has to be, and reads it back.
    fn check(&mut self) -> Result<(), DatabaseError> {
        self.batch("set up", SET_UP)?;
        let row = self.one("look at", FACTS, &[])?;
        let version: i32 = row.get(0);
        let place = || self.place.clone();
        if version < OLDEST {
            let found = (version / 10_000).to_string();
            return Err(DatabaseError::OldServer {
                place: place(),
                found,
            });
        }
        if row.get::<_, bool>(1) {
            return Err(DatabaseError::Standby { place: place() });
        }
        for (setting, column) in [("fsync", 2), ("full_page_writes", 3)] {
            let found: String = row.get(column);
            if found != "on" {
                return Err(DatabaseError::NotDurable {
                    place: place(),
                    setting,
                    found,
                });
            }
        }
        let found: String = row.get(4);
        if !["on", "remote_apply"].contains(&found.as_str()) {
            let setting = "synchronous_commit";
            return Err(DatabaseError::NotDurable {
                place: place(),
                setting,
                found,
            });
        }
        self.backend = row.get(5);
        let file: String = self.one("look at", TIMELINE, &[])?.get(0);
        let timeline = file
            .get(..8)
            .and_then(|digits| i64::from_str_radix(digits, 16).ok());
        self.identity = ServerIdentity {
            system: self
                .one(
                    "look at",
                    "SELECT system_identifier FROM pg_control_system()",
                    &[],
                )?
                .get(0),
            timeline: timeline.ok_or_else(|| DatabaseError::Damaged {
                place: place(),
                what: "the server's timeline can't be read".to_owned(),
            })?,
        };
        if version >= 140_000 {
            self.batch("set up", "SET idle_session_timeout = 0")?;
        }
        Ok(())
    }

    /// A pooler that shares sessions gives both of two sessions the same backend, one after the other. Advisory locks are worth
    /// nothing then.
    pub(super) fn refuse_pooler(&self, place: &DatabasePlace) -> Result<(), DatabaseError> {
        let (other, _) = self.runtime.block_on(connect(place))?;
        let backend = "SELECT pg_backend_pid()";
        let mut seen = Vec::new();
        for _ in 0..2 {
            seen.push(self.one("look at", backend, &[])?.get::<_, i32>(0));
            let row = self.runtime.block_on(other.simple_query(backend));
            let rows = row.map_err(|error| self.failed("look at")(error))?;
            let text = rows.iter().find_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
                _ => None,
            });
            seen.extend(text.and_then(|text| text.parse::<i32>().ok()));
        }
        let apart = seen.len() == 4 && seen[0] == seen[2] && seen[1] == seen[3] && seen[0] != seen[1];
        if apart && seen[0] == self.backend {
            return Ok(());
        }
        Err(DatabaseError::Pooler {
            place: self.place.clone(),
        })
    }

    pub(super) fn failed(&self, doing: &'static str) -> impl Fn(tokio_postgres::Error) -> DatabaseError + '_ {
        move |error| {
            let source = ServerError::from(error);
            let place = self.place.clone();
            // What this session has prepared is known to another session, or was prepared by one.
            match source.code().map(SqlState::code) {
                Some("26000" | "42P05") => DatabaseError::Pooler { place },
                _ => DatabaseError::Query { doing, place, source },
            }
        }
    }

    pub(super) fn rows(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DatabaseError> {
        self.wait(self.client.query(sql, parameters))?
            .map_err(self.failed(doing))
    }

    /// The same of a statement that is asked again and again: the server reads its text once.
    pub(super) fn prepared_rows(
        &self,
        doing: &'static str,
        sql: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DatabaseError> {
        let known = self.prepared.borrow().get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => self.wait(self.client.prepare(sql))?.map_err(self.failed(doing))?,
        };
        self.prepared.borrow_mut().insert(sql, statement.clone());
        self.wait(self.client.query(&statement, parameters))?
            .map_err(self.failed(doing))
    }

    /// The one row that a statement gives.
    pub(super) fn one(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Row, DatabaseError> {
        self.wait(self.client.query_one(sql, parameters))?
            .map_err(self.failed(doing))
    }

    /// How many rows a statement changed.
    pub(super) fn execute(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, DatabaseError> {
        self.wait(self.client.execute(sql, parameters))?
            .map_err(self.failed(doing))
    }

    /// Several statements without parameters.
    pub(super) fn batch(&self, doing: &'static str, sql: &str) -> Result<(), DatabaseError> {
        self.wait(self.client.batch_execute(sql))?
            .map_err(self.failed(doing))
    }

    /// Calls `each` with one row after another, without ever holding them all.
    pub(super) fn each<E: From<DatabaseError>>(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
        mut each: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<(), E> {
        use futures_util::TryStreamExt;
        let failed = self.failed("read");
        self.runtime.block_on(async {
            let parameters = parameters.iter().copied();
            let rows: RowStream = self.client.query_raw(sql, parameters).await.map_err(&failed)?;
            let mut rows = std::pin::pin!(rows);
            while let Some(row) = rows.try_next().await.map_err(&failed)? {
                each(&row)?;
            }
            Ok(())
        })
    }

    /// True once a commit may be on this server alone, though it was answered: somebody made it wait for its standby no longer.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubted.load(Ordering::SeqCst)
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, DatabaseError> {
        let timed = async { tokio::time::timeout(PATIENCE, work).await };
        self.runtime.block_on(timed).map_err(|_| DatabaseError::Silent {
            place: self.place.clone(),
            seconds: PATIENCE.as_secs(),
        })
    }
}

const SET_UP: &str = "\
    SET search_path = pg_catalog;
    SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    -- The tables grow under a statement that is prepared.
    SET plan_cache_mode = force_custom_plan;
    SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'";

const FACTS: &str =
    "SELECT current_setting('server_version_num')::int4, pg_is_in_recovery(), current_setting('fsync'),
    current_setting('full_page_writes'), current_setting('synchronous_commit'), pg_backend_pid()";

/// The name of the file that is being written begins with the timeline.
const TIMELINE: &str = "SELECT pg_walfile_name(pg_current_wal_lsn())";

async fn connect(place: &DatabasePlace) -> Result<(Client, Arc<AtomicBool>), DatabaseError> {
    let failed = |error| DatabaseError::Connect {
        place: place.to_string(),
        source: ServerError::from(error),
    };
    let connector = Connector::new(&place.url, place.ca_file.as_deref()).map_err(|source| {
        let place = place.to_string();
        DatabaseError::Tls { place, source }
    })?;
    let config = config(place);
    let connected = tokio::time::timeout(PATIENCE, config.connect(connector));
    let (client, mut connection) = connected
        .await
        .map_err(|_| DatabaseError::Silent {
            place: place.to_string(),
            seconds: PATIENCE.as_secs(),
        })?
        .map_err(failed)?;
    let doubted = Arc::new(AtomicBool::new(false));
    let doubts = Arc::clone(&doubted);
    // Its end is seen by whoever asks the client for something.
    tokio::spawn(async move {
        let mut messages = futures_util::stream::poll_fn(|context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notice(notice) = message
                && *notice.code() == SqlState::WARNING
            {
                doubts.store(true, Ordering::SeqCst);
            }
        }
    });
    Ok((client, doubted))
}

fn config(place: &DatabasePlace) -> Config {
    let url = &place.url;
    let mut config = Config::new();
    match &url.address {
        ServerAddress::Host(name) => config.host(name.as_str()),
        ServerAddress::Socket(directory) => config.host_path(directory),
    };
    config
        .port(url.port)
        .user(&url.user)
        .dbname(&url.database)
        .application_name("smspin")
        .connect_timeout(Duration::from_secs(10))
        .tcp_user_timeout(PATIENCE)
        .keepalives_idle(PATIENCE)
        .ssl_mode(match (&url.tls, &url.address) {
            (TlsMode::Disable, _) | (_, ServerAddress::Socket(_)) => SslMode::Disable,
            (TlsMode::Prefer, _) => SslMode::Prefer,
            _ => SslMode::Require,
        });
    if let Some(password) = &place.password {
        config.password(password.expose());
    }
    config
}
