//! The journal of single requests in a database: `--once-per` for programs on several machines.
//!
//! A number has one row. To claim it is one statement, and the database lets one process have it. Time is that of the server's
//! clock; one that goes back makes a time longer and never shorter.

use super::place::DatabasePlace;
use super::schema;
use super::session::DatabaseSession;
use crate::batch::journal::database_error::DatabaseError;
use crate::batch::journal::requests::{Claimed, RequestClaim, SentRecently, may_be_taken};
use crate::batch::state::AttemptResult;
use crate::domain::msisdn::Msisdn;
use crate::domain::once_per::OncePer;
use std::time::Duration;

/// How often a number is tried for that another process gives back at the same moment.
const TRIES: u32 = 10;

/// The server's time in milliseconds: never before a time that a row has.
const NOW: &str = "greatest((extract(epoch FROM clock_timestamp()) * 1000)::int8,
    (SELECT max(begun_at) FROM smspin.request))";

/// The same where no row matters.
const NOW_OF_SERVER: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::int8";

/// The journal of single requests.
#[derive(Debug)]
pub(crate) struct DatabaseRequests {
    session: DatabaseSession,
    place: DatabasePlace,
    sandbox: bool,
}

impl DatabaseRequests {
    /// Opens the journal, and makes its tables if they are missing.
    pub(crate) fn open(place: &DatabasePlace, sandbox: bool) -> Result<Self, DatabaseError> {
        let session = DatabaseSession::open(place)?;
        session.refuse_pooler(place)?;
        schema::ensure(&session, &place.to_string())?;
        Ok(Self {
            session,
            place: place.clone(),
            sandbox,
        })
    }

    /// Looks whether a request would be refused, and changes nothing.
    pub(crate) fn look(
        place: &DatabasePlace,
        sandbox: bool,
        msisdn: Msisdn,
        once_per: OncePer,
    ) -> Result<Option<SentRecently>, DatabaseError> {
        let session = DatabaseSession::open(place)?;
        if !schema::check(&session, &place.to_string())? {
            return Ok(None);
        }
        let journal = Self {
            session,
            place: place.clone(),
            sandbox,
        };
        journal.recent(msisdn, once_per)
    }

    /// Claims the right to send one PIN. When it is granted, the claim is on the server's disk.
    pub(crate) fn claim(&self, msisdn: Msisdn, once_per: OncePer) -> Result<Claimed, DatabaseError> {
        self.require_same_server(once_per)?;
        self.forget_old()?;
        let claim = RequestClaim { id: random(), msisdn };
        for _ in 0..TRIES {
            if self.insert(&claim, once_per)? {
                return Ok(Claimed::Granted(claim));
            }
            if let Some(recent) = self.recent(msisdn, once_per)? {
                return Ok(Claimed::Refused(recent));
            }
        }
        Err(DatabaseError::Changed {
            place: self.place.to_string(),
        })
    }

    /// False where an earlier request keeps the number.
    fn insert(&self, claim: &RequestClaim, once_per: OncePer) -> Result<bool, DatabaseError> {
        let sql = format!(
            "INSERT INTO smspin.request AS r (sandbox, msisdn, claim, begun_at) VALUES ($1, $2, $3, {NOW})
             ON CONFLICT (sandbox, msisdn) DO UPDATE
             SET claim = excluded.claim, begun_at = greatest(r.begun_at, excluded.begun_at), state = NULL,
                 before_begun_at = r.begun_at, before_state = r.state
             WHERE $4::int8 = 0 OR r.begun_at <= excluded.begun_at - $4::int8"
        );
        let inserted = self.session.execute(
            "write",
            &sql,
            &[
                &self.sandbox,
                &number(claim.msisdn),
                &claim.id,
                &millis(once_per.duration()),
            ],
        )?;
        Ok(inserted > 0)
    }

    /// The request that keeps a number from another one, if there is one.
    fn recent(&self, msisdn: Msisdn, once_per: OncePer) -> Result<Option<SentRecently>, DatabaseError> {
        let sql =
            format!("SELECT {NOW} - begun_at, state FROM smspin.request WHERE sandbox = $1 AND msisdn = $2");
        let rows = self
            .session
            .rows("read", &sql, &[&self.sandbox, &number(msisdn)])?;
        Ok(rows.first().and_then(|row| {
            let (ago, state): (i64, Option<i16>) = (row.get(0), row.get(1));
            let ago = Duration::from_millis(u64::try_from(ago).unwrap_or_default());
            let accepted =
                state.map(i64::from).and_then(AttemptResult::from_code) == Some(AttemptResult::Accepted);
            SentRecently::within(once_per, ago, accepted)
        }))
    }

    /// Records how a claimed request ended. One that was certainly not taken gives the number back to the request before it.
    pub(crate) fn settle(&self, claim: &RequestClaim, ended: AttemptResult) -> Result<(), DatabaseError> {
        const OURS: &str = "sandbox = $1 AND msisdn = $2 AND claim = $3";
        let (sandbox, msisdn) = (&self.sandbox, &number(claim.msisdn));
        if may_be_taken(ended) {
            let sql = format!("UPDATE smspin.request SET state = $4 WHERE {OURS}");
            let state = i16::try_from(ended.code()).unwrap_or_default();
            let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
                [sandbox, msisdn, &claim.id, &state];
            self.session.execute("write", &sql, &values)?;
        } else {
            let sql = format!(
                "WITH first AS (DELETE FROM smspin.request WHERE {OURS} AND before_begun_at IS NULL)
                 UPDATE smspin.request SET claim = 0, begun_at = before_begun_at, state = before_state,
                     before_begun_at = NULL, before_state = NULL
                 WHERE {OURS} AND before_begun_at IS NOT NULL"
            );
            self.session
                .execute("write", &sql, &[sandbox, msisdn, &claim.id])?;
        }
        Ok(())
    }

    /// Removes some of the rows that no `--once-per` reaches any more, whatever they were made with.
    fn forget_old(&self) -> Result<(), DatabaseError> {
        let sql = format!(
            "DELETE FROM smspin.request WHERE (sandbox, msisdn) IN (
                 SELECT sandbox, msisdn FROM smspin.request WHERE begun_at < {NOW} - $1::int8
                 ORDER BY begun_at LIMIT 100 FOR UPDATE SKIP LOCKED)"
        );
        let kept = millis(OncePer::LONGEST.duration());
        self.session.execute("write", &sql, &[&kept]).map(drop)
    }

    /// Refuses a server that was promoted, or restored, a shorter time ago than `once_per`: claims that it does not have may have
    /// been made. Once that time has passed, they no longer matter.
    fn require_same_server(&self, once_per: OncePer) -> Result<(), DatabaseError> {
        let now = &self.session.identity;
        let sql = format!(
            "INSERT INTO smspin.request_server AS s (system_identifier, timeline) VALUES ($1, $2)
             ON CONFLICT (one) DO UPDATE SET system_identifier = $1, timeline = $2, since = {NOW_OF_SERVER}
             WHERE (s.system_identifier, s.timeline) <> ($1, $2)"
        );
        self.session
            .execute("write", &sql, &[&now.system, &now.timeline])?;
        if self.place.accept_failover {
            let sql = "UPDATE smspin.request_server SET since = NULL WHERE since IS NOT NULL";
            return self.session.execute("write", sql, &[]).map(drop);
        }
        let sql = format!(
            "SELECT since + $1::int8 - {NOW_OF_SERVER} FROM smspin.request_server WHERE since IS NOT NULL"
        );
        let rows = self.session.rows("read", &sql, &[&millis(once_per.duration())])?;
        let left = rows.first().map_or(0, |row| row.get::<_, i64>(0));
        match u64::try_from(left) {
            Ok(left) if left > 0 => Err(DatabaseError::RecentFailover {
                place: self.place.to_string(),
                left: Duration::from_millis(left),
            }),
            _ => Ok(()),
        }
    }
}

fn number(msisdn: Msisdn) -> i64 {
    msisdn.as_u64().cast_signed()
}

fn millis(time: Duration) -> i64 {
    time.as_millis().try_into().unwrap_or(i64::MAX)
}

/// Whoever knows the number of a claim has made it.
fn random() -> i64 {
    let random = getrandom::u64().expect("the operating system provides secure random bytes");
    random.cast_signed()
}
