//! An open journal to read from, and the values in its columns.

use super::tables::JournalFormat;
use crate::batch::journal::error::JournalError;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use rusqlite::Connection;
use std::path::Path;

/// A journal that is open, for reading.
#[derive(Clone, Copy, Debug)]
pub(super) struct Records<'a> {
    pub(super) connection: &'a Connection,
    pub(super) path: &'a Path,
    pub(super) format: JournalFormat,
    /// True where somebody has agreed that the last records are lost, and no run has begun since.
    pub(super) lost: bool,
}

/// A value that has to be one of those we write.
pub(super) fn known<T>(value: Option<T>, path: &Path, what: &str) -> Result<T, JournalError> {
    value.ok_or_else(|| JournalError::Damaged {
        path: path.into(),
        what: format!("{what} holds a value that smspin never writes"),
    })
}

pub(super) fn number(digits: i64) -> Option<Msisdn> {
    Msisdn::from_u64(u64::try_from(digits).ok()?)
}

pub(super) fn time(millis: i64, path: &Path) -> Result<Timestamp, JournalError> {
    known(Timestamp::from_millisecond(millis).ok(), path, "a time")
}
