//! What a server has to be before anything is sent by what its database says.

use super::fault::{PostgresFault, grants, pooler};
use super::place::DatabasePlace;
use super::session::{DatabaseSession, get};
use crate::journal::error::{JournalError, JournalFault};

/// The oldest server that is known to keep the promises: it is the oldest that these statements were tried on.
const OLDEST: i32 = 130_000;

const FACTS: &str = "SELECT current_setting('server_version_num')::int4, pg_is_in_recovery(), current_setting('server_encoding')";

/// What the promises rest on, with the values that keep them.
const SETTINGS: [(&str, &[&str]); 5] = [
    ("fsync", &["on"]),
    ("full_page_writes", &["on"]),
    ("synchronous_commit", &["on", "remote_apply"]),
    // A warning tells that a commit no longer waits for its standby.
    ("client_min_messages", &["warning"]),
    ("transaction_isolation", &["read committed"]),
];

/// Refuses a server that can't keep the promises. What was set for the session is read back.
pub(super) fn server(session: &DatabaseSession, place: &DatabasePlace) -> Result<(), PostgresFault> {
    let facts = session.one("look at", FACTS, &[])?;
    let version: i32 = get(&facts, 0)?;
    if version < OLDEST {
        let found = version / 10_000;
        let error = format!("{place} runs PostgreSQL {found}, and a journal needs 13 or newer");
        return Err(unusable(error, "upgrade the server"));
    }
    if get(&facts, 1)? {
        let error = format!("{place} is a standby, which can't be written");
        return Err(unusable(error, "name the primary in the URL"));
    }
    let encoding: String = get(&facts, 2)?;
    if encoding != "UTF8" {
        let error = format!("{place} is encoded in {encoding}, which can't hold what a gateway says");
        let hint = "make a database for it: CREATE DATABASE sms ENCODING 'UTF8' TEMPLATE template0";
        return Err(unusable(error, hint));
    }
    for (setting, good) in SETTINGS {
        let found: String = get(
            &session.one("look at", "SELECT current_setting($1)", &[&setting])?,
            0,
        )?;
        if !good.contains(&found.as_str()) {
            let error = format!("{place} does not make commits durable: {setting} is {found}");
            let hint = format!(
                "a crash of the server would forget which numbers got an SMS: set it to {} there",
                good[0]
            );
            return Err(unusable(error, &hint));
        }
    }
    Ok(())
}

/// A pooler that shares sessions gives both of two sessions the same process of the server, one after the other. A lock of a
/// session is worth nothing then.
pub(super) fn refuse_pooler(session: &DatabaseSession, place: &DatabasePlace) -> Result<(), PostgresFault> {
    let [ours, other, ours_again, other_again] = session.backends_beside(place)?;
    if ours == session.backend && ours == ours_again && other == other_again && ours != other {
        return Ok(());
    }
    Err(pooler().into())
}

/// Tells a server from a copy of it: given at `initdb` and the same on all standbys; counts the promotions, as the name of the
/// file that is being written begins with it; and of the tables, which a dump that is restored makes anew.
const IDENTITY: &str = "SELECT system_identifier::text || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/'
    || (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = 'smspin' AND relname = 'attempts')
    FROM pg_control_system()";

pub(super) fn identity(session: &DatabaseSession) -> Result<String, PostgresFault> {
    get(&session.one("look at", IDENTITY, &[])?, 0)
}

/// The key that gives each attempt to one run, and what would let rows vanish or hide.
const TABLES: &str = "SELECT
    EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
        AND (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k (attnum, place)
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) = '{campaign,msisdn,nth}'),
    c.relpersistence = 'p' AND NOT c.relrowsecurity
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'smspin' AND c.relname = 'attempts'";

const MISSING_RIGHTS: &str =
    "SELECT string_agg(wanted || ' on smspin.' || c.relname, ', ' ORDER BY c.relname, wanted)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS wanted
    WHERE n.nspname = 'smspin' AND c.relkind = 'r' AND NOT has_table_privilege(c.oid, wanted)";

/// Refuses tables that another program has changed, or that this role may not write.
pub(super) fn tables(session: &DatabaseSession, place: &DatabasePlace) -> Result<(), PostgresFault> {
    let missing: Option<String> = get(&session.one("look at", MISSING_RIGHTS, &[])?, 0)?;
    if let Some(missing) = missing {
        let error = format!("the role may not use the journal in {place}: it lacks {missing}");
        return Err(unusable(error, &grants(place)));
    }
    let found = session.rows("look at", TABLES, &[])?;
    let is_whole = match found.first() {
        Some(row) => get(row, 0)? && get(row, 1)?,
        None => false,
    };
    if is_whole {
        return Ok(());
    }
    let error = format!(
        "the journal in {place} can't be relied on: smspin.attempts lacks its unique key (campaign, msisdn, nth), is not logged, or hides rows"
    );
    let hint = "restore the table as smspin made it: two runs could claim the same attempt";
    Err(unusable(error, hint))
}

fn unusable(error: String, hint: &str) -> PostgresFault {
    JournalError::new(JournalFault::Unusable, error).hint(hint).into()
}
