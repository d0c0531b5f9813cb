//! One session with the server: opened, told what the promises rest on, and its answers waited for.

use super::fault::PostgresFault;
use super::place::DatabasePlace;
use super::tls::Connector;
use crate::domain::database_url::{ServerAddress, TlsMode};
use crate::journal::error::JournalError;
use futures_util::StreamExt as _;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, ToSql};
use tokio_postgres::{AsyncMessage, Client, Config, Row, Statement};

/// How long an answer may take. A commit that waits for a standby which is gone would wait for ever.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may take until it can be used: a pool may have none to give.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// How long a session that stood idle may take to show that it is still there.
const IDLE_PATIENCE: Duration = Duration::from_secs(5);
/// How often a transaction that stood in another's way is done once more.
const MOST_CONFLICTS: u32 = 5;

/// One session with the server. The runtime is its own, so it works on whatever thread calls it, as long as that runs no tasks.
pub(super) struct DatabaseSession {
    client: Client,
    runtime: Runtime,
    /// What has been prepared, by its text.
    prepared: RefCell<HashMap<String, Statement>>,
    watch: Arc<CommitWatch>,
    /// When all waiting ends.
    until: Option<Instant>,
    /// The process of the server that works for this session.
    pub(super) backend: i32,
}

/// Hears whether the server has cancelled the wait of a commit for its standby: a warning, while a commit is under way. Other
/// warnings come at other times, and mean nothing here.
#[derive(Debug, Default)]
struct CommitWatch {
    is_under_way: AtomicBool,
    is_doubted: AtomicBool,
}

impl fmt::Debug for DatabaseSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseSession({})", self.backend)
    }
}

pub(super) type SqlValues<'a> = &'a [&'a (dyn ToSql + Sync)];

impl DatabaseSession {
    /// Opens a session, and sets it up. That takes at most a while: a pool may take the connection and have none to give.
    pub(super) fn open(place: &DatabasePlace, until: Option<Instant>) -> Result<Self, PostgresFault> {
        let runtime = crate::runtime::current_thread().map_err(|error| {
            let error = format!("can't start the runtime for a database: {error}");
            JournalError::new(crate::journal::error::JournalFault::Unusable, error)
        })?;
        let patience = patience(CONNECT_PATIENCE, until);
        let opened = Instant::now() + patience;
        let watch = Arc::<CommitWatch>::default();
        let connecting = connect(place, Arc::clone(&watch));
        let timed = async { tokio::time::timeout(patience, connecting).await };
        let client = runtime
            .block_on(timed)
            .map_err(|_| PostgresFault::NoSession(patience))??;
        let mut session = Self {
            client,
            runtime,
            prepared: RefCell::default(),
            watch,
            until: Some(opened),
            backend: 0,
        };
        session.set_up().map_err(|fault| match fault {
            PostgresFault::Silent(_) => PostgresFault::NoSession(patience),
            fault => fault,
        })?;
        session.until = until;
        Ok(session)
    }

    fn set_up(&mut self) -> Result<(), PostgresFault> {
        self.batch("set up", SET_UP)?;
        // A system without it refuses to set it.
        let _ = self.batch("set up", CHECK_CLIENT);
        self.backend = self.working_backend()?;
        Ok(())
    }

    /// The process of the server that works for this session now.
    fn working_backend(&self) -> Result<i32, PostgresFault> {
        get(&self.one("look at", "SELECT pg_backend_pid()", &[])?, 0)
    }

    /// Groups are written by the plans that were made for the first of them: to plan takes as long as to write. A plan for a
    /// table that was nearly empty then may read all of it, so plans are made anew while it grows.
    pub(super) fn keep_plans(&self) -> Result<(), PostgresFault> {
        self.batch("set up", "SET plan_cache_mode = force_generic_plan")
    }

    pub(super) fn discard_plans(&self) -> Result<(), PostgresFault> {
        self.batch("set up", "DISCARD PLANS")
    }

    /// From now on it waits as long as it does by itself.
    pub(super) const fn be_patient(&mut self) {
        self.until = None;
    }

    /// The processes of the server that work for this session and for another one, asked twice each in turns.
    pub(super) fn backends_beside(&self, place: &DatabasePlace) -> Result<[i32; 4], PostgresFault> {
        let other = Self::open(place, self.until)?;
        Ok([
            self.working_backend()?,
            other.working_backend()?,
            self.working_backend()?,
            other.working_backend()?,
        ])
    }

    /// Asks the server for nothing, and doesn't wait long: another session may be had sooner.
    pub(super) fn is_there(&self) -> bool {
        let asked = async { tokio::time::timeout(IDLE_PATIENCE, self.client.batch_execute("")).await };
        self.runtime.block_on(asked).is_ok_and(|answer| answer.is_ok())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The rows that a statement gives.
    pub(super) fn rows(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: SqlValues<'_>,
    ) -> Result<Vec<Row>, PostgresFault> {
        let mut rows = Vec::new();
        self.each_row(doing, sql, parameters, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Takes each row that a statement gives, while the server sends the next ones. The server reads the statement's text once.
    pub(super) fn each_row(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: SqlValues<'_>,
        mut take: impl FnMut(Row) -> Result<(), PostgresFault>,
    ) -> Result<(), PostgresFault> {
        let failed = PostgresFault::in_query(doing);
        let known = self.prepared.borrow().get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => {
                let statement = self.wait(self.client.prepare(sql))?.map_err(failed)?;
                self.prepared
                    .borrow_mut()
                    .insert(sql.to_owned(), statement.clone());
                statement
            }
        };
        self.wait(async {
            let parameters = parameters.iter().copied();
            let mut rows = pin!(
                self.client
                    .query_raw(&statement, parameters)
                    .await
                    .map_err(failed)?
            );
            while let Some(row) = rows.next().await {
                take(row.map_err(failed)?)?;
            }
            Ok(())
        })?
    }

    /// The one row that a statement gives.
    pub(super) fn one(
        &self,
        doing: &'static str,
        sql: &str,
        parameters: SqlValues<'_>,
    ) -> Result<Row, PostgresFault> {
        let row = self.rows(doing, sql, parameters)?.into_iter().next();
        row.ok_or_else(|| PostgresFault::damaged("a row is missing"))
    }

    /// Several statements without parameters.
    pub(super) fn batch(&self, doing: &'static str, sql: &str) -> Result<(), PostgresFault> {
        self.wait(self.client.batch_execute(sql))?
            .map_err(PostgresFault::in_query(doing))
    }

    /// Does work that commits: all that is ever written goes through here. Where it comes back, what it wrote is as durable as
    /// this server and its standby make it. It is done once more where it stood in another run's way.
    pub(super) fn durably<T>(
        &self,
        work: impl Fn(&Self) -> Result<T, PostgresFault>,
    ) -> Result<T, PostgresFault> {
        let mut conflicts = 0;
        loop {
            self.watch.is_doubted.store(false, Ordering::SeqCst);
            self.watch.is_under_way.store(true, Ordering::SeqCst);
            let result = work(self);
            self.watch.is_under_way.store(false, Ordering::SeqCst);
            conflicts += 1;
            match result {
                _ if self.watch.is_doubted.load(Ordering::SeqCst) => return Err(PostgresFault::Doubted),
                Err(fault) if fault.is_conflict() && conflicts < MOST_CONFLICTS => {}
                result => return result,
            }
        }
    }

    /// The same in one transaction of several statements.
    pub(super) fn transaction<T>(
        &self,
        work: impl Fn(&Self) -> Result<T, PostgresFault>,
    ) -> Result<T, PostgresFault> {
        self.durably(|session| {
            session.batch("write to", "BEGIN")?;
            match work(session) {
                Ok(result) => session.batch("commit to", "COMMIT").map(|()| result),
                Err(fault) => {
                    if !fault.is_lost() {
                        // The session is of no more use than before if this fails too.
                        let _ = session.batch("write to", "ROLLBACK");
                    }
                    Err(fault)
                }
            }
        })
    }

    fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, PostgresFault> {
        let patience = patience(PATIENCE, self.until);
        let timed = async { tokio::time::timeout(patience, work).await };
        self.runtime
            .block_on(timed)
            .map_err(|_| PostgresFault::Silent(patience))
    }
}

/// What is left of the time, but enough for one answer of a server that is there.
fn patience(longest: Duration, until: Option<Instant>) -> Duration {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    left.map_or(longest, |left| left.clamp(Duration::from_secs(1), longest))
}

/// The value in a column.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, PostgresFault> {
    row.try_get(column)
        .map_err(|_| PostgresFault::damaged("a column is of another type than smspin makes"))
}

/// All that the promises rest on, and what notices within two minutes that this end is gone. What this version of the server
/// doesn't know is left out. Each number is looked up by itself: without statistics a join could read the whole table.
const SET_UP: &str = "\
    SET search_path = pg_catalog;
    SELECT set_config(known.name, wanted.value, false) FROM pg_settings known JOIN (VALUES
        ('client_min_messages', 'warning'), ('default_transaction_isolation', 'read committed'),
        ('statement_timeout', '0'), ('lock_timeout', '0'), ('idle_in_transaction_session_timeout', '0'),
        ('idle_session_timeout', '0'), ('transaction_timeout', '0'), ('plan_cache_mode', 'force_custom_plan'),
        ('enable_seqscan', 'off'), ('enable_bitmapscan', 'off'), ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'), ('jit', 'off'),
        ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'),
        ('tcp_user_timeout', '60000')
    ) AS wanted (name, value) ON wanted.name = known.name;
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'";

const CHECK_CLIENT: &str = "SELECT set_config(name, '10000', false) FROM pg_settings WHERE name = 'client_connection_check_interval'";

async fn connect(place: &DatabasePlace, watch: Arc<CommitWatch>) -> Result<Client, PostgresFault> {
    let connector = Connector::new(&place.url, place.ca_file.as_deref())?;
    let connected = config(place).connect(connector).await;
    let (client, mut connection) = connected.map_err(PostgresFault::in_query("connect to"))?;
    // Its end is seen by whatever asks the client for something.
    tokio::spawn(async move {
        let mut messages = futures_util::stream::poll_fn(|context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notice(notice) = message
                && *notice.code() == SqlState::WARNING
                && watch.is_under_way.load(Ordering::SeqCst)
            {
                watch.is_doubted.store(true, Ordering::SeqCst);
            }
        }
    });
    Ok(client)
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
        .connect_timeout(CONNECT_PATIENCE)
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
