//! What counts up per number until a reset: the test numbers that refuse some times and then accept.

use super::accounts::AccountId;
use crate::domain::msisdn::Msisdn;
use rusqlite::Connection;

/// Counts one more call for this number and says how many there were before it.
pub(crate) fn count(state: &Connection, account: AccountId, msisdn: Msisdn) -> rusqlite::Result<u32> {
    let count: u32 = state
        .prepare_cached(
            "INSERT INTO counter (account, msisdn, count) VALUES (?1, ?2, 1)
             ON CONFLICT DO UPDATE SET count = count + 1 RETURNING count",
        )?
        .query_row((account, super::pins::number(msisdn)), |row| row.get(0))?;
    Ok(count - 1)
}
