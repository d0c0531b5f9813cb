//! What can go wrong with a journal in a database, said with the database's name and with what to try.

use crate::domain::duration;
use std::fmt::Write;
use std::io;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::error::SqlState;

/// Why a journal in a database can't be used. `place` is the URL without its password, with the campaign.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error("can't connect to {place}")]
    Connect { place: String, source: ServerError },
    #[error("can't {doing} {place}")]
    Query {
        doing: &'static str,
        place: String,
        source: ServerError,
    },
    #[error("the connection to {place} was lost")]
    Lost { place: String },
    #[error("{place} gave up waiting for its synchronous standby")]
    Unreplicated { place: String },
    #[error("{place} did not answer within {seconds} s")]
    Silent { place: String, seconds: u64 },
    #[error("can't {doing} {path}")]
    File {
        doing: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("the password file {path} can be read by others (mode {mode:o})")]
    PasswordFileMode { path: PathBuf, mode: u32 },
    #[error("{path} holds no certificate or key that can be read: {why}")]
    Certificate { path: PathBuf, why: String },
    #[error("{place} runs PostgreSQL {found}, and a journal needs 13 or newer")]
    OldServer { place: String, found: String },
    #[error("{place} is a standby, which can't be written")]
    Standby { place: String },
    #[error("{place} does not make commits durable: {setting} is {found}")]
    NotDurable {
        place: String,
        setting: &'static str,
        found: String,
    },
    #[error("{place} is reached through a pooler that shares sessions between transactions")]
    Pooler { place: String },
    #[error("{place} has no tables of smspin, and the role may not create them")]
    NoTables { place: String, statements: String },
    #[error("the tables of smspin in {place} are of version {found}, and this smspin knows version {known}")]
    Version { place: String, found: i32, known: i32 },
    #[error(
        "{place} is not the server that the journal was last written on: another one was promoted, or restored from a copy"
    )]
    OtherServer { place: String },
    #[error(
        "{place} is not the server that requests were last recorded on: another one was promoted, or restored from a copy, which may lack the last of them"
    )]
    RecentFailover { place: String, left: Duration },
    #[error("{count} at work on {place}: {}", runs.join("; "))]
    InUse {
        place: String,
        count: String,
        runs: Vec<String>,
    },
    #[error("another run changed {place} in the meantime")]
    Changed { place: String },
    #[error(
        "{place} holds no open attempt for an outcome of this run: its rows were changed by somebody else"
    )]
    NotOurs { place: String },
    #[error("{place} is damaged: {what}")]
    Damaged { place: String, what: String },
}

/// What the server or the driver said. Without the statement and its values, which hold phone numbers.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct ServerError {
    text: String,
    code: Option<SqlState>,
    lost: bool,
}

impl From<tokio_postgres::Error> for ServerError {
    fn from(error: tokio_postgres::Error) -> Self {
        let code = error.code().cloned();
        let text = match error.as_db_error() {
            Some(said) => format!("{} ({})", said.message(), said.code().code()),
            None => {
                let mut text = error.to_string();
                let mut cause = std::error::Error::source(&error);
                while let Some(next) = cause {
                    let _ = write!(text, ": {next}");
                    cause = next.source();
                }
                text
            }
        };
        let class = code.as_ref().map(|code| &code.code()[..2]);
        let gone = matches!(class, Some("08" | "57"));
        let lost = gone || (class.is_none() && !is_tls_or_password(&text));
        Self {
            text: crate::text::line(&text).into_owned(),
            code,
            lost,
        }
    }
}

/// These stay as they are, however often one tries again.
fn is_tls_or_password(text: &str) -> bool {
    [
        "certificate",
        "TLS handshake",
        "password",
        "invalid configuration",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

impl ServerError {
    pub(super) const fn is_lost(&self) -> bool {
        self.lost
    }

    pub(super) const fn code(&self) -> Option<&SqlState> {
        self.code.as_ref()
    }

    fn hint(&self) -> Option<&'static str> {
        let code = self.code.as_ref().map(SqlState::code);
        match code {
            Some("28P01" | "28000") => Some(
                "give the password in PGPASSWORD, or in ~/.pgpass (mode 0600); see whether pg_hba.conf lets this role in",
            ),
            Some("42501") => Some(
                "the role needs USAGE on the schema smspin, and SELECT, INSERT, UPDATE and DELETE on its tables",
            ),
            Some("25006") => Some("the role or the database is read-only: use one that may write"),
            Some("3D000") => Some("create the database, or name another one in the URL"),
            Some("53100") => Some("free some space on the server's disk, then run the same command again"),
            Some("53300") => Some("the server has no connection left: wait, or raise max_connections"),
            None if self.text.contains("certificate") => Some(
                "name who signed the server's certificate with ?sslrootcert=FILE, and the server as its certificate does",
            ),
            None if self.text.contains("password") => {
                Some("give the password in PGPASSWORD, or in ~/.pgpass (mode 0600)")
            }
            None if self.lost => Some("see whether the server is running and reachable from here"),
            _ => None,
        }
    }
}

impl DatabaseError {
    /// What to try, where there is something.
    pub(crate) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Connect { source, .. } | Self::Query { source, .. } => source.hint()?,
            Self::Lost { .. } | Self::Silent { .. } | Self::Unreplicated { .. } => {
                "see whether the server is running; then run the same command again: it goes on where this one stopped"
            }
            Self::PasswordFileMode { path, .. } => return Some(format!("chmod 600 {}", path.display())),
            Self::OldServer { .. } => "upgrade the server",
            Self::Standby { .. } => "name the primary in the URL",
            Self::NotDurable { .. } => {
                "a crash of the server would forget who was sent an SMS: turn it on there"
            }
            Self::Pooler { .. } => {
                "connect to the server itself, or use pool_mode = session for this database and user"
            }
            Self::NoTables { statements, .. } => {
                return Some(format!("have the owner of the database run:\n{statements}"));
            }
            Self::Version { found, known, .. } if found > known => {
                "use the smspin that made them, or a newer one"
            }
            Self::OtherServer { .. } => {
                "commits that were not on it yet are lost, and those numbers would get a second SMS: only if it was a synchronous standby, go on with --accept-failover"
            }
            Self::RecentFailover { left, .. } => {
                return Some(format!(
                    "wait {}: those that it may lack don't matter then; if it was a synchronous standby, it lacks none: --accept-failover",
                    duration::human(Duration::from_secs(left.as_secs() + 1))
                ));
            }
            Self::InUse { .. } => "wait until they have ended",
            Self::Changed { .. } => "run the same command again",
            Self::File { .. }
            | Self::Certificate { .. }
            | Self::Version { .. }
            | Self::NotOurs { .. }
            | Self::Damaged { .. } => return None,
        };
        Some(hint.to_owned())
    }

    /// True where the server, its disk or the way to it is to blame.
    pub(crate) fn is_outage(&self) -> bool {
        match self {
            Self::Connect { source, .. } | Self::Query { source, .. } => {
                source.lost || source.code().is_some_and(|code| code.code().starts_with("53"))
            }
            Self::Lost { .. } | Self::Silent { .. } | Self::Unreplicated { .. } => true,
            _ => false,
        }
    }

    /// True where the session is gone, and another one may take its place.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Connect { source, .. } | Self::Query { source, .. } => source.is_lost(),
            Self::Lost { .. } | Self::Silent { .. } | Self::Unreplicated { .. } => true,
            _ => false,
        }
    }
}
