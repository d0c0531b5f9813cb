//! The checksum that ends every row: what is read is what was written, or the journal is damaged.
//!
//! A CRC-32 finds every flip of up to 32 neighbouring bits. It is no seal: whoever edits a journal by hand can compute it.

use super::tables::JournalFormat;
use crate::batch::journal::error::JournalError;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row};
use std::path::Path;

/// A table whose rows are only written and read here, so that none goes without its checksum.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) insert: &'static str,
}

/// No table has more columns.
pub(super) const MOST_COLUMNS: usize = 12;

pub(super) const JOURNAL: Table = Table {
    name: "journal",
    insert: "INSERT OR REPLACE INTO main.journal (rowid, id, clean, checksum) VALUES (1, ?1, ?2, ?3)",
};
pub(super) const CAMPAIGN: Table = Table {
    name: "campaign",
    insert: "INSERT OR REPLACE INTO main.campaign VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
};
pub(super) const FINGERPRINT: Table = Table {
    name: "fingerprint",
    insert: "INSERT INTO main.fingerprint VALUES (?1, ?2, ?3, ?4)",
};
pub(super) const RUN: Table = Table {
    name: "run",
    insert: "INSERT OR REPLACE INTO main.run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
};
pub(super) const ATTEMPT: Table = Table {
    name: "attempt",
    insert: "INSERT INTO main.attempt VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
};
pub(super) const OUTCOME: Table = Table {
    name: "outcome",
    insert: "INSERT INTO main.outcome VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
};
pub(super) const REPORT: Table = Table {
    name: "report",
    insert: "INSERT INTO main.report VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
};
pub(super) const SETTLEMENT: Table = Table {
    name: "settlement",
    insert: "INSERT INTO main.settlement VALUES (?1, ?2, ?3, ?4)",
};

impl Table {
    /// Writes a row: its values in the order of the columns, and then its checksum.
    pub(super) fn insert(&self, connection: &Connection, values: &[ValueRef<'_>]) -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(self.insert)?;
        for (index, value) in values.iter().enumerate() {
            insert.raw_bind_parameter(index + 1, ToSqlOutput::Borrowed(*value))?;
        }
        insert.raw_bind_parameter(values.len() + 1, self.checksum(values))?;
        insert.raw_execute().map(drop)
    }

    /// Refuses a row, read with `SELECT *`, that is not what was written. Rows of format 1 have nothing to compare with.
    pub(super) fn verify(
        &self,
        row: &Row<'_>,
        format: JournalFormat,
        path: &Path,
    ) -> Result<(), JournalError> {
        if self
            .is_whole(row, format)
            .map_err(JournalError::sqlite("read", path))?
        {
            return Ok(());
        }
        Err(JournalError::Damaged {
            path: path.into(),
            what: format!("a row of its table {} does not have its checksum", self.name),
        })
    }

    fn is_whole(&self, row: &Row<'_>, format: JournalFormat) -> rusqlite::Result<bool> {
        if format == JournalFormat::One {
            return Ok(true);
        }
        let mut values = [ValueRef::Null; MOST_COLUMNS];
        let columns = row.as_ref().column_count();
        for (index, value) in values.iter_mut().enumerate().take(columns) {
            *value = row.get_ref(index)?;
        }
        let (values, checksum) = values[..columns].split_at(columns - 1);
        Ok(checksum == [ValueRef::Integer(self.checksum(values))])
    }

    /// Of the table's name and the values, each with its type. Signed, since SQLite keeps those numbers in four bytes.
    fn checksum(&self, values: &[ValueRef<'_>]) -> i64 {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(self.name.as_bytes());
        for value in values {
            match value {
                ValueRef::Null => bytes.push(0),
                ValueRef::Integer(number) => {
                    bytes.push(1);
                    bytes.extend_from_slice(&number.to_le_bytes());
                }
                ValueRef::Real(number) => {
                    bytes.push(2);
                    bytes.extend_from_slice(&number.to_le_bytes());
                }
                ValueRef::Text(text) => push(&mut bytes, 3, text),
                ValueRef::Blob(blob) => push(&mut bytes, 4, blob),
            }
        }
        i64::from(crc32fast::hash(&bytes).cast_signed())
    }
}

fn push(bytes: &mut Vec<u8>, kind: u8, content: &[u8]) {
    bytes.push(kind);
    bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
    bytes.extend_from_slice(content);
}
