//! The tables of a journal in a database: made at the first use, and looked at each time.

use super::check;
use super::fault::{PostgresFault, identifier};
use super::place::DatabasePlace;
use super::session::{DatabaseSession, get};
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::run::random_hex;

/// The format of the tables below.
const FORMAT: i32 = 1;

/// They hold what the tables of a journal in a file hold. The primary key of `attempts` is the promise: of two runs that want the
/// same attempt, one gets the row. No index is on what an outcome changes, and there is room for it on the page of its attempt.
pub(super) const TABLES: &str = "\
CREATE SCHEMA smspin;
CREATE TABLE smspin.meta (
  one bool PRIMARY KEY DEFAULT true CHECK (one), -- there is one row
  format int4 NOT NULL,
  journal text NOT NULL, -- 32 hexadecimal digits, which no other journal has
  secret bytea NOT NULL, -- makes the ids in report URLs
  server text NOT NULL, -- what the server was when the journal was last written, or taken as it is
  earlier text[] NOT NULL DEFAULT '{}', -- what it was before
  accepted text[] NOT NULL DEFAULT '{}' -- those of them of which nothing was lost
);
CREATE TABLE smspin.campaigns (
  id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE
);
CREATE TABLE smspin.runs ( -- times are milliseconds since 1970
  id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- its session holds the advisory lock of this number while it is alive
  name text NOT NULL UNIQUE,
  campaign int4 NOT NULL,
  began int8 NOT NULL,
  last_seen int8 NOT NULL,
  ended int8, -- these three are NULL where it is at work, or was killed
  exit_status int4,
  rows_left int8,
  group_count int8 NOT NULL DEFAULT 0, -- groups of claims and outcomes that it has committed
  timeout int8 NOT NULL, -- in milliseconds
  host text NOT NULL,
  pid int8 NOT NULL,
  version text NOT NULL, -- of smspin
  list text NOT NULL,
  digest text,
  settings text NOT NULL,
  forgotten int8 -- when its numbers were forgotten
);
CREATE TABLE smspin.attempts ( -- committed before its first byte leaves
  msisdn int8 NOT NULL,
  campaign int4 NOT NULL,
  nth int4 NOT NULL, -- 1, 2, 3 of this number in this campaign
  at int8 NOT NULL,
  run int4 NOT NULL,
  expires_in int4 NOT NULL, -- in seconds; 0 is for ever
  answered_at int8,
  latency int8, -- in milliseconds
  http int4,
  state int2 NOT NULL, -- 0 open, 1 accepted, 2 refused for the number, 3 the request, 4 the account, 5 unsent, 6 unknown
  report_has_id bool, -- the delivery report that counts: whether it came with the id of this attempt
  report_at int8,
  report_received_at int8,
  report_status text,
  error_id text,
  error_msg text,
  detail text,
  PRIMARY KEY (campaign, msisdn, nth)
) WITH (fillfactor = 80);
CREATE TABLE smspin.excluded ( -- never sent to, and the run that was told so
  msisdn int8 PRIMARY KEY,
  run int4 NOT NULL
);";

/// The lock of whatever makes the tables. `smsp`.
const MAKING: &str = "SELECT pg_advisory_xact_lock(1936552816, 0)";

/// Makes sure that the tables are there. Any number of runs may find none, and they are made once.
pub(super) fn ensure(session: &DatabaseSession, place: &DatabasePlace) -> Result<(), PostgresFault> {
    if is_there(session)? {
        return Ok(());
    }
    let made = session.transaction(|session| {
        session.batch("make the tables in", MAKING)?;
        if is_there(session)? {
            return Ok(());
        }
        session.batch("make the tables in", TABLES)?;
        let mut secret = [0_u8; 32];
        getrandom::fill(&mut secret).expect("the operating system provides secure random bytes");
        let server = check::identity(session)?;
        session.rows(
            "make the tables in",
            "INSERT INTO smspin.meta (format, journal, secret, server) VALUES ($1, $2, $3, $4)",
            &[&FORMAT, &random_hex(), &secret.as_slice(), &server],
        )?;
        Ok(())
    });
    match made {
        Err(fault) if fault.is_refused_right() => {
            let error = format!("{place} has no tables of smspin, and the role may not create them");
            let hint = format!(
                "let it make them once: the owner of the database runs: GRANT CREATE ON DATABASE {} TO {};",
                identifier(&place.url.database),
                identifier(&place.url.user)
            );
            Err(JournalError::new(JournalFault::Unusable, error).hint(hint).into())
        }
        made => made,
    }
}

/// Whether there are tables.
pub(super) fn is_there(session: &DatabaseSession) -> Result<bool, PostgresFault> {
    // Not `to_regnamespace`, which may remember that there was none before another run made it.
    let exists = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'smspin')";
    get(&session.one("look at", exists, &[])?, 0)
}

/// The one row of `meta`.
#[derive(Debug)]
pub(super) struct Meta {
    pub(super) journal: String,
    pub(super) secret: Vec<u8>,
    pub(super) server: String,
    pub(super) accepted: Vec<String>,
}

/// Reads what the journal is, and refuses another format.
pub(super) fn meta(session: &DatabaseSession, place: &DatabasePlace) -> Result<Meta, PostgresFault> {
    let unusable = |error: String, hint: &str| -> PostgresFault {
        JournalError::new(JournalFault::Unusable, error).hint(hint).into()
    };
    let there = "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'smspin' AND c.relname = 'meta')";
    let is_there: bool = get(&session.one("look at", there, &[])?, 0)?;
    let select = "SELECT format, journal, secret, server, accepted FROM smspin.meta";
    let found = if is_there {
        session.rows("read", select, &[])?
    } else {
        Vec::new()
    };
    let Some(row) = found.first() else {
        let error = format!("the schema smspin in {place} is not a whole journal: smspin.meta has no row");
        let hint =
            "restore it from a copy that is whole, or rename the schema: a new journal knows no numbers";
        return Err(unusable(error, hint));
    };
    let format: i32 = get(row, 0)?;
    if format != FORMAT {
        let error =
            format!("the journal in {place} is of format {format}, and this smspin knows format {FORMAT}");
        return Err(unusable(error, "use the smspin that made it, or a newer one"));
    }
    Ok(Meta {
        journal: get(row, 1)?,
        secret: get(row, 2)?,
        server: get(row, 3)?,
        accepted: get(row, 4)?,
    })
}
