//! The tables of the journals in a database: made at the first use, and checked at every start.

use super::session::DatabaseSession;
use crate::batch::journal::database_error::DatabaseError;
use tokio_postgres::error::SqlState;

/// The version of the tables below.
const VERSION: i32 = 1;

/// Every statement that makes the tables. What they hold is what the tables of a journal in a file hold, with one row for each
/// attempt: its outcome is an update of it. The key (campaign, epoch, msisdn, nth) is the promise: of two runs that want the same
/// attempt, one gets the row.
pub(super) const TABLES: &str = "\
CREATE SCHEMA smspin;
CREATE TABLE smspin.version (version int4 NOT NULL);
INSERT INTO smspin.version VALUES (1);
CREATE TABLE smspin.campaign ( -- one journal; everybody who names it shares it
  id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  formerly text, -- the name that it had before it was set aside
  system_identifier int8 NOT NULL, -- of the server that it was last written on
  timeline int8 NOT NULL,
  account_refusals int8 NOT NULL DEFAULT 0, -- how often the gateway refused the key or the funds
  account_error text
);
CREATE TABLE smspin.epoch ( -- one fingerprint, and the attempts since it was taken
  campaign int4 NOT NULL,
  epoch int4 NOT NULL,
  kind int2 NOT NULL, -- 0 first, 1 skip-sent, 2 again, 3 forgotten: the numbers were deleted
  begun_at int8 NOT NULL, -- all times are milliseconds since 1970, UTC
  concluded bool NOT NULL, -- a run has said that it is finished
  PRIMARY KEY (campaign, epoch)
);
CREATE TABLE smspin.fingerprint (
  campaign int4 NOT NULL,
  epoch int4 NOT NULL,
  part text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (campaign, epoch, part)
);
CREATE TABLE smspin.run (
  id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- its session holds the advisory lock of this number while it is alive
  campaign int4 NOT NULL,
  epoch int4 NOT NULL,
  begun_at int8 NOT NULL,
  host text NOT NULL,
  pid int4 NOT NULL,
  input text, -- the digest of what it read
  command text, -- what it was begun with, for a person to paste
  after_attempt int8 NOT NULL,
  row_count int8 NOT NULL,
  invalid int8 NOT NULL,
  duplicates int8 NOT NULL,
  open int8 NOT NULL, -- numbers that it had to send, those to be retried not counted
  seen_at int8 NOT NULL DEFAULT 0 -- the last sign of life of its process, given while requests are under way for long
);
CREATE INDEX ON smspin.run (campaign);
CREATE TABLE smspin.attempt ( -- committed before its first byte leaves
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  campaign int4 NOT NULL,
  epoch int4 NOT NULL,
  msisdn int8 NOT NULL,
  nth int4 NOT NULL, -- of this number in this epoch
  run int4 NOT NULL,
  started_at int8 NOT NULL,
  expires_in int4 NOT NULL, -- of its PIN, in seconds; 0 never
  repeat bool NOT NULL, -- somebody agreed that it may be a second SMS
  report_id bytea NOT NULL, -- 16 random bytes, in hex in the report URL of this attempt
  state int2, -- NULL none yet: unknown, or under way; 1 accepted, 2 refused, 3 refused for account reasons, 4 unsent, 5 unknown
  ended_at int8,
  http int4,
  error_id text,
  error_msg text,
  detail text,
  settled_at int8, -- it was unknown, and a delivery report showed then that it was accepted
  UNIQUE (campaign, epoch, msisdn, nth)
) WITH (fillfactor = 70); -- an outcome then fits on the page of its attempt
CREATE TABLE smspin.report ( -- a delivery report
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  campaign int4 NOT NULL,
  digest bytea NOT NULL, -- of what it says, so that reading it twice counts once
  attempt int8,
  report_id bytea,
  msisdn int8,
  status text NOT NULL,
  dlr_date text,
  sms_id text,
  arrived_at int8 NOT NULL,
  UNIQUE (campaign, digest)
);
CREATE TABLE smspin.request ( -- the last request for a number that was made with --once-per
  sandbox bool NOT NULL,
  msisdn int8 NOT NULL,
  claim int8 NOT NULL, -- random: whoever knows it may record the outcome
  begun_at int8 NOT NULL, -- by the server's clock, or as late as the latest before it
  state int2, -- NULL none yet: it may be taken; 1 accepted, 5 unknown
  before_begun_at int8, -- the request before it, which holds again if this one was certainly not taken
  before_state int2,
  PRIMARY KEY (sandbox, msisdn)
);
CREATE INDEX ON smspin.request (begun_at);
CREATE TABLE smspin.request_server ( -- one row: the server that requests were last recorded on
  one bool PRIMARY KEY DEFAULT true CHECK (one),
  system_identifier int8 NOT NULL,
  timeline int8 NOT NULL,
  since int8 -- when it was noticed to be another one than before; NULL: it never was, or no claim was lost
);";

/// Makes sure that the tables are there and of this version. Two runs that find none make them once.
pub(super) fn ensure(session: &DatabaseSession, place: &str) -> Result<(), DatabaseError> {
    if check(session, place)? {
        return Ok(());
    }
    let made = session
        .batch(
            "make the tables in",
            "BEGIN; SELECT pg_advisory_xact_lock(1936552816, 0)",
        )
        .and_then(|()| {
            if check(session, place)? {
                return Ok(());
            }
            session.batch("make the tables in", TABLES)
        });
    match made {
        Ok(()) => session.batch("make the tables in", "COMMIT"),
        Err(error) => {
            // The session is of no more use than before if this fails too.
            let _ = session.batch("make the tables in", "ROLLBACK");
            Err(match error {
                DatabaseError::Query { source, .. }
                    if source.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) =>
                {
                    DatabaseError::NoTables {
                        place: place.to_owned(),
                        statements: for_the_owner(),
                    }
                }
                error => error,
            })
        }
    }
}

/// The statements that somebody who owns the database has to run.
fn for_the_owner() -> String {
    format!(
        "{TABLES}\nGRANT USAGE ON SCHEMA smspin TO the_role;\nGRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA smspin TO the_role;"
    )
}

/// False where there are no tables. An error where they are of another version.
pub(super) fn check(session: &DatabaseSession, place: &str) -> Result<bool, DatabaseError> {
    // Not `to_regnamespace`, which may remember that there was none before another run made it.
    let exists = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'smspin')";
    let found = session.one("look at", exists, &[]);
    match found {
        Ok(row) if !row.get::<_, bool>(0) => return Ok(false),
        Ok(_) => {}
        Err(error) => return Err(error),
    }
    let found: i32 = session
        .one("read", "SELECT version FROM smspin.version", &[])?
        .get(0);
    if found == VERSION {
        return Ok(true);
    }
    Err(DatabaseError::Version {
        place: place.to_owned(),
        found,
        known: VERSION,
    })
}
