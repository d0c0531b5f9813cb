//! The SMS as people and scripts look at them: what was sent, and what became of it and of its PIN.

use super::Millis;
use super::bump_revision;
use crate::domain::msisdn::Msisdn;
use crate::domain::segments::Segmentation;
use rusqlite::{Connection, OptionalExtension as _, Row};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An SMS that the sandbox would have sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Sms {
    /// Grows with every SMS of a state file.
    pub(crate) id: i64,
    /// Which account asked for it; the first is 1.
    pub(crate) account: i64,
    /// The number, digits only.
    pub(crate) to: String,
    /// The sender; null if the request named none.
    pub(crate) from: Option<String>,
    /// The text with the PIN in it.
    pub(crate) text: String,
    pub(crate) pin: String,
    pub(crate) pin_state: PinState,
    /// Failed attempts that the PIN still bears; null is unlimited.
    pub(crate) tries_remaining: Option<u32>,
    /// `GSM-7` or `UCS-2`.
    pub(crate) encoding: String,
    pub(crate) segments: usize,
    /// When it was sent, in Unix milliseconds.
    pub(crate) at: i64,
    /// When the PIN ends, in Unix milliseconds; null is never.
    pub(crate) expires_at: Option<i64>,
    /// When the PIN was first verified, in Unix milliseconds; null if it was not.
    pub(crate) verified_at: Option<i64>,
    /// The delivery status by now: `ACCEPTD`, `DELIVRD`, `UNDELIV`, and so on.
    pub(crate) delivery: String,
    /// What the delivery status becomes, and when; null once it has.
    pub(crate) next_delivery: Option<NextDelivery>,
}

/// A delivery status to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct NextDelivery {
    pub(crate) status: String,
    /// In Unix milliseconds.
    pub(crate) at: i64,
}

/// What a PIN is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PinState {
    /// Waiting to be typed back.
    Valid,
    /// Typed back, and good until it expires.
    Verified,
    /// Too many wrong guesses.
    UsedUp,
    Expired,
    /// A later PIN went to the same number.
    Replaced,
}

/// Which SMS to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    All,
    Number(Msisdn),
    /// Digits anywhere in the number, among the newest ten thousand SMS.
    Containing(String),
}

const COLUMNS: &str = "m.id, m.account, m.msisdn, m.sender, m.text, m.pin, m.max_tries, m.failures, m.at,
    m.expires_at, m.verified_at, m.status, m.settled, m.settled_at,
    EXISTS (SELECT 1 FROM message n WHERE n.msisdn = m.msisdn AND n.account = m.account AND n.id > m.id)";

/// The newest SMS first, at most `limit`, without those that were cleared away.
pub(crate) fn list(
    state: &Connection,
    filter: &Filter,
    limit: u32,
    now: Millis,
) -> rusqlite::Result<Vec<Sms>> {
    let uncleared = "m.id > (SELECT value FROM meta WHERE name = 'cleared_through')";
    let read = |row: &Row<'_>| read_sms(row, now);
    match filter {
        Filter::All => state
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM message m WHERE {uncleared} ORDER BY m.id DESC LIMIT ?1"
            ))?
            .query_map([limit], read)?
            .collect(),
        Filter::Number(msisdn) => state
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM message m WHERE m.msisdn = ?2 AND {uncleared} ORDER BY m.id DESC LIMIT ?1"
            ))?
            .query_map((limit, super::pins::number(*msisdn)), read)?
            .collect(),
        Filter::Containing(digits) => state
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM (SELECT * FROM message ORDER BY id DESC LIMIT 10000) m
                 WHERE instr(m.msisdn, ?2) > 0 AND {uncleared} ORDER BY m.id DESC LIMIT ?1"
            ))?
            .query_map((limit, digits), read)?
            .collect(),
    }
}

/// One SMS, cleared away or not.
pub(crate) fn get(state: &Connection, id: i64, now: Millis) -> rusqlite::Result<Option<Sms>> {
    state
        .prepare_cached(&format!("SELECT {COLUMNS} FROM message m WHERE m.id = ?1"))?
        .query_row([id], |row| read_sms(row, now))
        .optional()
}

fn read_sms(row: &Row<'_>, now: Millis) -> rusqlite::Result<Sms> {
    let text: String = row.get(4)?;
    let (max_tries, failures): (u32, u32) = (row.get(6)?, row.get(7)?);
    let (expires_at, verified_at): (Option<i64>, Option<i64>) = (row.get(9)?, row.get(10)?);
    let (replaced, used_up) = (row.get::<_, bool>(14)?, max_tries != 0 && failures >= max_tries);
    let (status, settled_as): (String, String) = (row.get(11)?, row.get(12)?);
    let settled_at = row.get::<_, i64>(13)?;
    let settled = settled_at <= now.0;
    let segments = Segmentation::of(&text);
    Ok(Sms {
        id: row.get(0)?,
        account: row.get(1)?,
        to: row.get::<_, i64>(2)?.to_string(),
        from: row.get(3)?,
        pin: row.get(5)?,
        pin_state: match (replaced, used_up, expires_at) {
            (true, _, _) => PinState::Replaced,
            (_, true, _) => PinState::UsedUp,
            (_, _, Some(at)) if at <= now.0 => PinState::Expired,
            _ if verified_at.is_some() => PinState::Verified,
            _ => PinState::Valid,
        },
        tries_remaining: (max_tries != 0).then(|| max_tries.saturating_sub(failures)),
        encoding: segments.encoding().to_string(),
        segments: segments.segments(),
        text,
        at: row.get(8)?,
        expires_at,
        verified_at,
        next_delivery: (!settled).then(|| NextDelivery {
            status: settled_as.clone(),
            at: settled_at,
        }),
        delivery: if settled { settled_as } else { status },
    })
}

/// Takes the SMS of now out of the lists. Their PINs stay good.
pub(crate) fn clear(state: &Connection) -> rusqlite::Result<()> {
    let update =
        "UPDATE meta SET value = (SELECT coalesce(max(id), 0) FROM message) WHERE name = 'cleared_through'";
    state.execute(update, [])?;
    bump_revision(state)
}

/// Back to the beginning: no SMS, no PIN, no report, no counter, and every account holds what it started with.
pub(crate) fn reset(state: &Connection) -> rusqlite::Result<()> {
    state.execute_batch(
        "DELETE FROM message; DELETE FROM report; DELETE FROM counter; UPDATE account SET balance = initial;
         UPDATE meta SET value = 0 WHERE name = 'cleared_through';",
    )?;
    bump_revision(state)
}

/// A number that grows with every change of the state.
pub(crate) fn revision(state: &Connection) -> rusqlite::Result<i64> {
    state
        .prepare_cached("SELECT value FROM meta WHERE name = 'revision'")?
        .query_row([], |row| row.get(0))
}
