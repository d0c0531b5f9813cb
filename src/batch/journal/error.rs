//! What can go wrong with a journal, said with its path and with what to try. Nothing here touches a file.

use super::database_error::DatabaseError;
use rusqlite::ErrorCode;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The way out where the last records are gone for good.
const ACCEPT_LOST_RECORDS: &str = "go on without them: with --accept-lost-records every number that the last run may have \
    sent to counts as unknown";

/// Why a journal can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    #[error("{path} is on a network file system ({kind}), where a journal can't be kept safely")]
    Network { path: ShownPath, kind: &'static str },
    #[error("another run{} is using {path}", pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    Held { path: ShownPath, pid: Option<u32> },
    #[error("{path} is not a journal of smspin: {why}")]
    NotAJournal { path: ShownPath, why: &'static str },
    #[error("{path} is not a file of smspin, and the journal {journal} needs a file of that name")]
    SideFileTaken { path: ShownPath, journal: ShownPath },
    #[error("{path} was written by a newer smspin (format {found}, this one knows {known})")]
    Newer { path: ShownPath, found: u32, known: u32 },
    #[error("{path} has been cut short")]
    CutShort { path: ShownPath },
    #[error("{path} was not closed, and {path}-wal, which holds its last records, is missing")]
    WalMissing { path: ShownPath },
    #[error("{path}-wal, which holds the last records of {path}, is damaged: {what}")]
    WalDamaged { path: ShownPath, what: String },
    #[error(
        "{path} has lost its last records: {expected} groups of them were written, and {found} are there"
    )]
    RecordsMissing {
        path: ShownPath,
        found: i64,
        expected: i64,
    },
    #[error("{path} is missing, but {log}, which holds records of it, is there")]
    MainMissing { path: ShownPath, log: ShownPath },
    #[error("{path} is damaged: {what}")]
    Damaged { path: ShownPath, what: String },
    #[error("SQLite cannot make {path} durable: {setting} is {found}, not {wanted}")]
    NotDurable {
        path: ShownPath,
        setting: &'static str,
        found: String,
        wanted: &'static str,
    },
    #[error(
        "another run has begun in {path} while this one was sending: {path}.lock was deleted or replaced"
    )]
    TakenOver { path: ShownPath },
    #[error("{path} was renamed during the run: its records are in {now}")]
    Renamed { path: ShownPath, now: ShownPath },
    #[error("{path} was deleted or replaced during the run: its records are saved in {saved}")]
    Deleted { path: ShownPath, saved: ShownPath },
    #[error("{file} was deleted or replaced during the run; the records are in {path}")]
    Replaced { path: ShownPath, file: ShownPath },
    #[error("{path} is open for reading alone")]
    ReadOnly { path: ShownPath },
    #[error("another program is reading {path}, so it can't be closed")]
    BeingRead { path: ShownPath },
    #[error("can't {doing} {path}")]
    Io {
        doing: &'static str,
        path: ShownPath,
        source: io::Error,
    },
    #[error("can't {doing} {path}")]
    Sqlite {
        doing: &'static str,
        path: ShownPath,
        source: rusqlite::Error,
    },
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl JournalError {
    /// What to try, where there is something.
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Network { .. } => Some("keep it on a local disk: --journal FILE".to_owned()),
            Self::Held { .. } => Some("wait for that run to end; --status shows its progress".to_owned()),
            Self::NotAJournal { .. } => Some("name another file: --journal FILE".to_owned()),
            Self::SideFileTaken { .. } => Some("move it away, or name another journal: --journal FILE".to_owned()),
            Self::Newer { .. } => Some("use the smspin that wrote it, or a newer one".to_owned()),
            Self::CutShort { .. } | Self::Damaged { .. } => Some(
                "restore it from a copy taken with its -wal file; without it there is no record of who was sent an SMS"
                    .to_owned(),
            ),
            Self::WalMissing { path } => Some(format!("put {path}-wal back where it was, or {ACCEPT_LOST_RECORDS}")),
            Self::WalDamaged { path, .. } | Self::RecordsMissing { path, .. } => Some(format!(
                "put the newest {path} and {path}-wal back, or {ACCEPT_LOST_RECORDS}"
            )),
            Self::MainMissing { path, log } => Some(format!(
                "put {path} back beside it; if its records are no longer needed, delete {log}"
            )),
            Self::TakenOver { path } => Some(format!(
                "leave {path}.lock alone: it is what keeps two runs apart; the other run goes on with the rows that are left"
            )),
            Self::Renamed { path, now: at } | Self::Deleted { path, saved: at } => Some(format!(
                "rename {at} to {path}, then run the same command again; without it there is no record of who was sent an SMS"
            )),
            Self::Replaced { path, .. } => {
                Some(format!("leave {path} and the files beside it alone, then run the same command again"))
            }
            Self::BeingRead { .. } => Some("close that program, then run the same command again".to_owned()),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some space on that disk, then run the same command again".to_owned())
            }
            Self::Io { .. } => Some("choose a folder that you can write to: --journal FILE".to_owned()),
            Self::Sqlite { source, .. } => match code(source) {
                Some(ErrorCode::DiskFull) => {
                    Some("free some space on that disk, then run the same command again".to_owned())
                }
                Some(ErrorCode::DatabaseBusy) => {
                    Some("another program is using it: run the same command again".to_owned())
                }
                // Where there is no room for the -shm file, SQLite says no more than this.
                Some(ErrorCode::SystemIoFailure) => Some(
                    "see whether that disk is full or failing, then run the same command again".to_owned(),
                ),
                _ => None,
            },
            Self::Database(error) => error.hint(),
            Self::NotDurable { .. } | Self::ReadOnly { .. } => None,
        }
    }

    /// How long to wait before the same can be done, where that is known.
    pub(crate) const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Database(DatabaseError::RecentFailover { left, .. }) => Some(*left),
            _ => None,
        }
    }

    /// True where the disk is full or fails, or the database can't be reached.
    pub(crate) fn is_disk(&self) -> bool {
        if let Self::Database(error) = self {
            return error.is_outage();
        }
        let Self::Sqlite { source, .. } = self else {
            return false;
        };
        matches!(
            code(source),
            Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure)
        )
    }

    pub(super) fn io<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io {
            doing,
            path: path.into(),
            source,
        }
    }

    /// An error of SQLite; what tells of a foreign or broken file becomes that.
    pub(super) fn sqlite<'a>(
        doing: &'static str,
        path: &'a Path,
    ) -> impl Fn(rusqlite::Error) -> Self + Copy + 'a {
        move |source| match code(&source) {
            Some(ErrorCode::NotADatabase) => Self::NotAJournal {
                path: path.into(),
                why: "it is not an SQLite file",
            },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged {
                path: path.into(),
                what: source.to_string(),
            },
            _ => Self::Sqlite {
                doing,
                path: path.into(),
                source,
            },
        }
    }
}

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    error.sqlite_error_code()
}

/// A record that could not be written. Final: the journal takes nothing more in this run, since after a failed sync
/// nobody knows what the disk holds.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the journal can no longer be written")]
    Failed(#[source] Arc<JournalError>),
    /// The files of the journal are not where they were. What has begun is still recorded.
    #[error("{0}")]
    Moved(Arc<JournalError>),
    /// The gateway refused the account to another run of the same campaign.
    #[error("the gateway refused the account to another run: {error_id}")]
    AccountRefused { error_id: String },
    /// The run is over, or the journal's thread has died.
    #[error("the journal is closed")]
    Closed,
}

impl Broken {
    pub(crate) fn hint(&self) -> Option<String> {
        match self {
            Self::Failed(error) | Self::Moved(error) => error.hint(),
            Self::AccountRefused { .. } | Self::Closed => None,
        }
    }
}

/// A path as it is shown to people: control characters escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownPath(PathBuf);

impl From<&Path> for ShownPath {
    fn from(path: &Path) -> Self {
        Self(path.to_owned())
    }
}

impl std::fmt::Display for ShownPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::text::line(&self.0.to_string_lossy()))
    }
}
