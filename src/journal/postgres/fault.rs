//! What goes wrong with a database, made a fault of the journal. It gets its words here, once for all statements.

use super::place::DatabasePlace;
use crate::journal::error::{JournalError, JournalFault};
use crate::tls::{self, TlsError};
use std::fmt::Write as _;
use std::time::Duration;
use tokio_postgres::error::SqlState;

/// Why a piece of work with the database failed.
#[derive(Debug)]
pub(super) enum PostgresFault {
    /// `doing` is as in “read”.
    Server {
        doing: &'static str,
        error: ServerError,
    },
    /// It gave no answer for so long.
    Silent(Duration),
    /// It gave no session that works for so long.
    NoSession(Duration),
    Lost,
    /// A commit was answered though it may be on this server alone: its wait for the standby was cancelled.
    Doubted,
    /// It has its words already.
    Said(JournalError),
}

/// What the server or the driver said. Without the statement and its values, which hold phone numbers.
#[derive(Debug)]
pub(super) struct ServerError {
    text: String,
    code: Option<SqlState>,
    is_lost: bool,
    /// What to do, where TLS is to blame.
    remedy: Option<&'static str>,
}

impl From<tokio_postgres::Error> for ServerError {
    fn from(error: tokio_postgres::Error) -> Self {
        let code = error.code().cloned();
        let fault = tls::fault(&error, "the database");
        let text = match (error.as_db_error(), &fault) {
            (Some(said), _) => format!("{} ({})", said.message(), said.code().code()),
            (None, Some(fault)) => fault.detail.clone(),
            (None, None) => with_causes(&error),
        };
        let class = code.as_ref().map(|code| &code.code()[..2]);
        let stays = fault
            .as_ref()
            .map_or_else(|| is_settled(&text), |fault| fault.is_lasting);
        Self {
            text: crate::text::line(&text).into_owned(),
            is_lost: matches!(class, Some("08" | "57")) || (class.is_none() && !stays),
            code,
            remedy: fault.map(|fault| fault.remedy),
        }
    }
}

fn with_causes(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        let _ = write!(text, ": {next}");
        cause = next.source();
    }
    text
}

/// These stay as they are, however often one tries again.
fn is_settled(text: &str) -> bool {
    ["TLS handshake", "password", "invalid configuration"]
        .iter()
        .any(|sign| text.contains(sign))
}

impl ServerError {
    fn hint(&self) -> Option<&'static str> {
        match self.code.as_ref().map(SqlState::code) {
            Some("28P01" | "28000") => Some(
                "give the password in PGPASSWORD, or in ~/.pgpass (mode 0600); see whether pg_hba.conf lets this role in",
            ),
            Some("25006") => Some("the role or the database is read-only: use one that may write"),
            Some("3D000") => Some("create the database, or name another one in the URL"),
            Some("53100") => Some("free some space on the server's disk, then run the same command again"),
            Some("53300") => Some(NO_SESSION),
            None if self.remedy.is_some() => self.remedy,
            None if self.text.contains("password") => {
                Some("give the password in PGPASSWORD, or in ~/.pgpass (mode 0600)")
            }
            _ if self.is_lost => Some(AGAIN),
            _ => None,
        }
    }
}

/// What the owner of the tables types where a role may not use them.
pub(super) fn grants(place: &DatabasePlace) -> String {
    let role = identifier(&place.url.user);
    format!(
        "the owner of the tables runs: GRANT USAGE ON SCHEMA smspin TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA smspin TO {role};"
    )
}

/// A name as a statement has it, whatever word of SQL it may be.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

const AGAIN: &str = "see whether the server is running and reachable from here; then run the same command again: it goes on where this one stopped";

/// A run reads with one, writes with another, and looks with a third whether a pooler shares them.
const NO_SESSION: &str = "see whether the server is running and reachable from here, and has a session left for this role: a run opens three at most \
    (max_connections of the server, CONNECTION LIMIT of the role, default_pool_size of PgBouncer)";

impl From<JournalError> for PostgresFault {
    fn from(error: JournalError) -> Self {
        Self::Said(error)
    }
}

impl PostgresFault {
    /// For `map_err`: what was being done.
    pub(super) fn in_query(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> Self + Copy {
        move |error| {
            let error = ServerError::from(error);
            match error.code.as_ref().map(SqlState::code) {
                // What this session has prepared is known to another session, or was prepared by one.
                Some("26000" | "42P05") => Self::Said(pooler()),
                // So a statement of ours fails where what it has to find is not there.
                Some("22012") => Self::Said(not_ours()),
                _ => Self::Server { doing, error },
            }
        }
    }

    /// A value in the tables that smspin never writes.
    pub(super) fn damaged(what: &str) -> Self {
        let error = format!("the journal in the database is damaged: {what}");
        Self::Said(JournalError::new(JournalFault::Unusable, error))
    }

    /// True where the session is gone, and another one may take its place.
    pub(super) const fn is_lost(&self) -> bool {
        match self {
            Self::Server { error, .. } => error.is_lost,
            Self::Silent(_) | Self::NoSession(_) | Self::Lost | Self::Doubted => true,
            Self::Said(_) => false,
        }
    }

    /// True where two runs stood in each other's way: nothing was written, and the same may be done once more.
    pub(super) fn is_conflict(&self) -> bool {
        let code = match self {
            Self::Server { error, .. } => error.code.as_ref(),
            _ => None,
        };
        code.is_some_and(|code| {
            [
                SqlState::T_R_DEADLOCK_DETECTED,
                SqlState::T_R_SERIALIZATION_FAILURE,
            ]
            .contains(code)
        })
    }

    pub(super) fn is_refused_right(&self) -> bool {
        let Self::Server { error, .. } = self else {
            return false;
        };
        error.code.as_ref() == Some(&SqlState::INSUFFICIENT_PRIVILEGE)
    }

    /// With the database's name, and with what to try.
    pub(super) fn at(self, place: &DatabasePlace) -> JournalError {
        match self {
            Self::Said(error) => error,
            Self::Lost => JournalError::new(
                JournalFault::Outage,
                format_args!("the connection to {place} was lost"),
            )
            .hint(AGAIN),
            Self::Silent(time) => JournalError::new(
                JournalFault::Outage,
                format_args!("{place} did not answer within {} s", time.as_secs().max(1)),
            )
            .hint(AGAIN),
            Self::NoSession(time) => JournalError::new(
                JournalFault::Outage,
                format_args!("{place} gave no session within {} s", time.as_secs().max(1)),
            )
            .hint(NO_SESSION),
            Self::Doubted => JournalError::new(
                JournalFault::Outage,
                format_args!("{place} gave up waiting for its synchronous standby"),
            )
            .hint(AGAIN),
            Self::Server { doing, error } => {
                let is_refused_right = error.code.as_ref() == Some(&SqlState::INSUFFICIENT_PRIVILEGE);
                let is_full = error
                    .code
                    .as_ref()
                    .is_some_and(|code| code.code().starts_with("53"));
                let fault = if error.is_lost || is_full {
                    JournalFault::Outage
                } else {
                    JournalFault::Unusable
                };
                let said = JournalError::new(fault, format_args!("can't {doing} {place}: {}", error.text));
                match error.hint() {
                    _ if is_refused_right => said.hint(grants(place)),
                    Some(hint) => said.hint(hint),
                    None => said,
                }
            }
        }
    }
}

pub(super) fn unusable_tls(error: &TlsError) -> JournalError {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    JournalError::new(JournalFault::Unusable, format_args!("{error}{cause}"))
        .hint("see sslrootcert, sslcert and sslkey in the URL of the database, and the setting ca_file")
}

pub(super) fn pooler() -> JournalError {
    let error = "the database is reached through a pooler that shares sessions between transactions";
    JournalError::new(JournalFault::Unusable, error)
        .hint("connect to the server itself, or use pool_mode = session for this database and user")
}

/// Another program has changed rows of a run under it.
pub(super) fn not_ours() -> JournalError {
    let error = "the database has no open attempt of this run to record an outcome of: its rows were changed by another program";
    JournalError::new(JournalFault::Gone, error)
}
