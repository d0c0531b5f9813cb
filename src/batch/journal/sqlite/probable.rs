//! Which numbers probably had their SMS: those that a delivery report without an attempt's id is about.

use crate::batch::journal::error::JournalError;
use rusqlite::Connection;
use std::collections::HashMap;
use std::path::Path;

/// Numbers as the journal has them, each with the time at which the last report about it came.
pub(super) struct ProbablySent(HashMap<i64, i64>);

impl ProbablySent {
    pub(super) fn read(connection: &Connection, path: &Path) -> Result<Self, JournalError> {
        let failed = JournalError::sqlite("read", path);
        let sql = "SELECT msisdn, arrived_at FROM report
            WHERE attempt IS NULL AND report_id IS NULL AND msisdn IS NOT NULL ORDER BY arrived_at";
        let mut statement = connection.prepare(sql).map_err(failed)?;
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(failed)?;
        Ok(Self(rows.collect::<Result<_, _>>().map_err(failed)?))
    }

    /// Whether a report about the number came after an attempt that began at `started_at`.
    pub(super) fn has(&self, number: i64, started_at: i64) -> bool {
        self.0
            .get(&number)
            .is_some_and(|arrived_at| *arrived_at >= started_at)
    }
}
