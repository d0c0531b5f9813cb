//! The sandbox's clock: the system's, and how far it was put forward. All processes that use a state file share it.

use super::{Millis, StateView};
use rusqlite::Connection;
use std::time::Duration;

/// Ten years, as far as the clock may be from the system's.
const FARTHEST: Millis = Millis(10 * 366 * 24 * 3_600_000);

/// How far the clock is ahead of the system's, in milliseconds.
pub(crate) fn offset(state: &Connection) -> rusqlite::Result<i64> {
    state
        .prepare_cached("SELECT value FROM meta WHERE name = 'clock_offset'")?
        .query_row([], |row| row.get(0))
}

/// Puts the clock forward and says what it shows then, or leaves it where it would be too far ahead.
pub(crate) fn advance(state: &StateView<'_>, by: Duration) -> rusqlite::Result<Option<Millis>> {
    let sum = Millis(offset(state)?).plus(by);
    if sum > FARTHEST {
        return Ok(None);
    }
    set(state, "clock_offset", sum.0)?;
    Ok(Some(state.now.plus(by)))
}

/// Whether the clock may be put to a moment: ten years back and forth at most.
pub(crate) fn is_near(at: Millis) -> bool {
    at.0.abs_diff(Millis::now().0) <= FARTHEST.0.unsigned_abs()
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
