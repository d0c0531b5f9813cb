//! What was asked for at run time: faults, fixed PINs and other answers, for an account, a number or a call, for all that
//! come or for the next few.

use super::accounts::AccountPrefix;
use crate::domain::msisdn::Msisdn;
use rusqlite::{Connection, Row};

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BehaviourRow {
    pub(crate) id: i64,
    pub(crate) account: Option<String>,
    pub(crate) msisdn: Option<i64>,
    pub(crate) call: Option<String>,
    pub(crate) times: Option<u32>,
    /// JSON.
    pub(crate) effects: String,
}

/// Adds a line and returns its id.
pub(crate) fn add(
    state: &Connection,
    account: &AccountPrefix,
    msisdn: Option<Msisdn>,
    call: Option<&str>,
    times: Option<u32>,
    effects: &str,
) -> rusqlite::Result<i64> {
    state
        .prepare_cached(
            "INSERT INTO behaviour (account, msisdn, call, times, effects) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .insert((
            account.as_str(),
            msisdn.map(super::pins::number),
            call,
            times,
            effects,
        ))
}

/// The lines that are about this call, the newest first. Each is used once more by asking.
pub(crate) fn take(
    state: &Connection,
    account: &str,
    msisdn: Option<Msisdn>,
    call: &str,
) -> rusqlite::Result<Vec<BehaviourRow>> {
    let found: Vec<BehaviourRow> = state
        .prepare_cached(
            "SELECT id, account, msisdn, call, times, effects FROM behaviour
             WHERE (account IS NULL OR ?1 LIKE account || '%' OR account LIKE ?1 || '%')
               AND (msisdn IS NULL OR msisdn = ?2) AND (call IS NULL OR call = ?3) ORDER BY id DESC",
        )?
        .query_map((account, msisdn.map(super::pins::number), call), read)?
        .collect::<rusqlite::Result<_>>()?;
    for row in found.iter().filter(|row| row.times.is_some()) {
        state
            .prepare_cached("UPDATE behaviour SET times = times - 1 WHERE id = ?1")?
            .execute([row.id])?;
        state
            .prepare_cached("DELETE FROM behaviour WHERE id = ?1 AND times <= 0")?
            .execute([row.id])?;
    }
    Ok(found)
}

/// All lines, the oldest first.
pub(crate) fn list(state: &Connection) -> rusqlite::Result<Vec<BehaviourRow>> {
    state
        .prepare_cached("SELECT id, account, msisdn, call, times, effects FROM behaviour ORDER BY id")?
        .query_map([], read)?
        .collect()
}

/// Removes the lines of an account, or all.
pub(crate) fn clear(state: &Connection, account: &AccountPrefix) -> rusqlite::Result<()> {
    state
        .execute(
            "DELETE FROM behaviour WHERE ?1 = '%' OR account LIKE ?1",
            [account.pattern()],
        )
        .map(drop)
}

fn read(row: &Row<'_>) -> rusqlite::Result<BehaviourRow> {
    Ok(BehaviourRow {
        id: row.get(0)?,
        account: row.get(1)?,
        msisdn: row.get(2)?,
        call: row.get(3)?,
        times: row.get(4)?,
        effects: row.get(5)?,
    })
}
