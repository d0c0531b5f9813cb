//! What was asked for at run time: faults, fixed PINs and other answers, for an account, a number or a call, for all that
//! come or for the next few.

use super::accounts::AccountPrefix;
use super::pins::number;
use crate::domain::msisdn::Msisdn;
use rusqlite::{Connection, Params, Row};

/// A behaviour as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptBehaviour {
    pub(crate) id: i64,
    /// For how many more calls; `None` is all of them.
    pub(crate) times: Option<u32>,
    /// The whole behaviour, in JSON.
    pub(crate) text: String,
}

/// Keeps a behaviour and returns its id. What it is limited to stands beside its text, so that a call finds its own.
pub(crate) fn add(
    state: &Connection,
    account: Option<&str>,
    msisdn: Option<Msisdn>,
    call: Option<&str>,
    times: Option<u32>,
    text: &str,
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO behaviour (account, msisdn, call, times, effects) VALUES (?1, ?2, ?3, ?4, ?5)";
    state
        .prepare_cached(sql)?
        .insert((account, msisdn.map(number), call, times, text))
}

/// Those that are about this call, the newest first. Each is used once more by asking.
pub(crate) fn take(
    state: &Connection,
    account: &str,
    msisdn: Option<Msisdn>,
    call: &str,
) -> rusqlite::Result<Vec<KeptBehaviour>> {
    let fitting = "WHERE (account IS NULL OR ?1 LIKE account || '%' OR account LIKE ?1 || '%')
        AND (msisdn IS NULL OR msisdn = ?2) AND (call IS NULL OR call = ?3) ORDER BY id DESC";
    let found = select(state, fitting, (account, msisdn.map(number), call))?;
    for kept in found.iter().filter(|kept| kept.times.is_some()) {
        state
            .prepare_cached("UPDATE behaviour SET times = times - 1 WHERE id = ?1")?
            .execute([kept.id])?;
        state
            .prepare_cached("DELETE FROM behaviour WHERE id = ?1 AND times <= 0")?
            .execute([kept.id])?;
    }
    Ok(found)
}

/// All of them, the oldest first.
pub(crate) fn list(state: &Connection) -> rusqlite::Result<Vec<KeptBehaviour>> {
    select(state, "ORDER BY id", ())
}

/// Removes those of an account, or all.
pub(crate) fn clear(state: &Connection, account: &AccountPrefix) -> rusqlite::Result<()> {
    state
        .execute(
            "DELETE FROM behaviour WHERE ?1 = '%' OR account LIKE ?1",
            [account.pattern()],
        )
        .map(drop)
}

fn select(state: &Connection, which: &str, limits: impl Params) -> rusqlite::Result<Vec<KeptBehaviour>> {
    let read = |row: &Row<'_>| {
        Ok(KeptBehaviour {
            id: row.get(0)?,
            times: row.get(1)?,
            text: row.get(2)?,
        })
    };
    state
        .prepare_cached(&format!("SELECT id, times, effects FROM behaviour {which}"))?
        .query_map(limits, read)?
        .collect()
}
