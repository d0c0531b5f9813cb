//! Journals of format 1: read as if they were of the present format, and taken over when a run begins. Format 1 had no
//! checksums, no ids for delivery reports, and no sign of life of a run.

use super::checksum::{ATTEMPT, CAMPAIGN, FINGERPRINT, MOST_COLUMNS, OUTCOME, RUN, Table};
use super::rows::{JournalId, JournalRow};
use super::tables;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Transaction};

/// Views that stand before the tables of the same names. The process of a run is last seen at the latest when the next one
/// begins, or, where there is none, by the last time in the file.
const VIEWS: &str = "
PRAGMA temp_store = MEMORY;
CREATE TEMP VIEW journal AS SELECT NULL AS id, clean, NULL AS checksum FROM main.journal;
CREATE TEMP VIEW campaign AS SELECT *, NULL AS checksum FROM main.campaign;
CREATE TEMP VIEW fingerprint AS SELECT *, NULL AS checksum FROM main.fingerprint;
CREATE TEMP VIEW run AS SELECT r.*, 0 AS records_lost,
  coalesce(
    (SELECT min(next.begun_at) FROM main.run AS next WHERE next.id > r.id),
    max(r.begun_at,
        coalesce((SELECT max(started_at) FROM main.attempt), 0),
        coalesce((SELECT max(ended_at) FROM main.outcome), 0))
  ) AS seen_at,
  0 AS commits, NULL AS checksum FROM main.run AS r;
CREATE TEMP VIEW attempt AS SELECT *, NULL AS report_id, NULL AS checksum FROM main.attempt;
CREATE TEMP VIEW outcome AS SELECT *, NULL AS checksum FROM main.outcome;
CREATE TEMP VIEW settlement AS
  SELECT NULL AS attempt, NULL AS report, NULL AS settled_at, NULL AS checksum WHERE false;
CREATE TEMP VIEW report AS
  SELECT NULL AS id, NULL AS digest, NULL AS attempt, NULL AS report_id, NULL AS msisdn, NULL AS status, NULL AS dlr_date,
  NULL AS sms_id, NULL AS arrived_at, NULL AS checksum WHERE false;
";

/// The tables of format 1.
const NAMES: [&str; 6] = ["journal", "campaign", "fingerprint", "run", "attempt", "outcome"];

/// Lets this connection read the file as if it were of the present format.
pub(super) fn present(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(VIEWS)
}

/// Makes the journal one of the present format, within a transaction: after a kill it is still of format 1. The views follow
/// the tables that they stand before to their new names.
pub(super) fn take_over(transaction: &Transaction<'_>, id: &JournalId) -> rusqlite::Result<()> {
    for name in NAMES {
        transaction.execute_batch(&format!("ALTER TABLE main.{name} RENAME TO old_{name}"))?;
    }
    tables::create_tables(transaction)?;
    JournalRow::write(id, true, transaction)?;
    for table in [&CAMPAIGN, &FINGERPRINT, &RUN, &ATTEMPT, &OUTCOME] {
        copy(transaction, table)?;
    }
    for name in NAMES {
        transaction.execute_batch(&format!("DROP VIEW temp.{name}; DROP TABLE main.old_{name}"))?;
    }
    transaction.execute_batch("DROP VIEW temp.settlement; DROP VIEW temp.report")?;
    transaction.pragma_update(None, "user_version", tables::VERSION)
}

fn copy(transaction: &Transaction<'_>, table: &Table) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare(&format!("SELECT * FROM temp.{}", table.name))?;
    // The last one is the checksum, which is made anew.
    let columns = statement.column_count() - 1;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let mut values = [ValueRef::Null; MOST_COLUMNS];
        for (index, value) in values.iter_mut().enumerate().take(columns) {
            *value = row.get_ref(index)?;
        }
        table.insert(transaction, &values[..columns])?;
    }
    Ok(())
}
