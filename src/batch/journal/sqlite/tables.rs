//! The tables of a journal. Nothing here opens one.

use rusqlite::Connection;

/// The format of the tables below. Of format 1 only the module `format_1` knows.
pub(super) const VERSION: u32 = 2;

/// Attempts and outcomes are only ever appended: a group touches the last pages, however the numbers are strewn. Every row ends
/// with its checksum (module `checksum`), since SQLite has none: a bit that flips in a closed journal must not send
/// anybody a second SMS. The text is what SQLite keeps, and is compared with at every opening.
pub(super) const TABLES: [&str; 8] = [
    "CREATE TABLE journal (
  id BLOB NOT NULL, -- 16 random bytes
  clean INTEGER NOT NULL, -- 1: the last run closed it, and nothing is anywhere but in the main file
  checksum INTEGER NOT NULL
) STRICT",
    "CREATE TABLE campaign ( -- one fingerprint, and the attempts since it was taken
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL, -- 0 first, 1 skip-sent, 2 again
  begun_at INTEGER NOT NULL, -- all times are milliseconds since 1970, UTC
  after_attempt INTEGER NOT NULL,
  concluded INTEGER NOT NULL, -- 1: a run has said that it is finished
  checksum INTEGER NOT NULL
) STRICT",
    "CREATE TABLE fingerprint (
  campaign INTEGER NOT NULL,
  part TEXT NOT NULL,
  value TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (campaign, part)
) STRICT, WITHOUT ROWID",
    "CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  campaign INTEGER NOT NULL,
  begun_at INTEGER NOT NULL,
  after_attempt INTEGER NOT NULL,
  row_count INTEGER NOT NULL,
  invalid INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  open INTEGER NOT NULL, -- numbers that it had to send, those to be retried not counted
  records_lost INTEGER NOT NULL, -- 1: begun though records of the run before it were lost: that may have sent to any number
  seen_at INTEGER NOT NULL, -- the last sign of life of its process; the next run began after that process had ended
  commits INTEGER NOT NULL, -- the transactions of this journal so far, those of earlier runs included
  checksum INTEGER NOT NULL
) STRICT",
    "CREATE TABLE attempt ( -- committed before its first byte leaves
  id INTEGER PRIMARY KEY,
  msisdn INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  expires_in INTEGER NOT NULL, -- of its PIN, in seconds; 0 never
  repeat INTEGER NOT NULL, -- 1: somebody agreed that it may be a second SMS
  report_id BLOB, -- 16 random bytes, in hex in the report URL of this attempt; NULL: made by format 1, which had none
  checksum INTEGER NOT NULL
) STRICT",
    "CREATE TABLE outcome ( -- an attempt without one is unknown
  attempt INTEGER PRIMARY KEY,
  state INTEGER NOT NULL, -- 1 accepted, 2 refused, 3 refused for account reasons, 4 unsent, 5 unknown
  ended_at INTEGER NOT NULL,
  http INTEGER,
  error_id TEXT,
  error_msg TEXT,
  detail TEXT,
  checksum INTEGER NOT NULL
) STRICT",
    "CREATE TABLE report ( -- a delivery report
  id INTEGER PRIMARY KEY,
  digest BLOB NOT NULL UNIQUE, -- of what it says, so that reading it twice counts once
  attempt INTEGER, -- whose report_id came with it; NULL: it fits none
  report_id BLOB, -- what came with it, of whatever length; NULL: nothing did
  msisdn INTEGER, -- NULL: it has none that is a number
  status TEXT NOT NULL, -- as received
  dlr_date TEXT, -- as received: without a zone
  sms_id TEXT, -- the gateway's name of the SMS
  arrived_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT",
    "CREATE TABLE settlement ( -- an attempt that was unknown, and that a report shows to have been accepted
  attempt INTEGER PRIMARY KEY,
  report INTEGER NOT NULL,
  settled_at INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT",
];

/// How the tables of a journal are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JournalFormat {
    One,
    Two,
}

pub(super) fn create_tables(connection: &Connection) -> rusqlite::Result<()> {
    TABLES
        .iter()
        .try_for_each(|table| connection.execute_batch(table))
}
