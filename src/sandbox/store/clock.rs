//! The sandbox's clock: the system's, and how far it was put forward. All processes that use a state file share it.

use super::Millis;
use rusqlite::Connection;
use std::time::Duration;

/// How far the clock is ahead of the system's, in milliseconds.
pub(crate) fn offset(state: &Connection) -> rusqlite::Result<i64> {
    state
        .prepare_cached("SELECT value FROM meta WHERE name = 'clock_offset'")?
        .query_row([], |row| row.get(0))
}

/// Puts the clock forward.
pub(crate) fn advance(state: &Connection, by: Duration) -> rusqlite::Result<()> {
    let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
    // Beyond a few million years nothing is left to test.
    let sum = offset(state)?.saturating_add(by).min(i64::MAX / 4);
    set(state, "clock_offset", sum)
}

/// Makes it `at` now, and again after every reset.
pub(crate) fn start_at(state: &Connection, at: Millis) -> rusqlite::Result<()> {
    let offset = at.0.saturating_sub(Millis::now().0);
    set(state, "clock_start", offset)?;
    set(state, "clock_offset", offset)
}

fn set(state: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    state
        .execute(
            "UPDATE meta SET value = ?2 WHERE name = ?1 AND value <> ?2",
            (name, value),
        )
        .map(drop)
}
