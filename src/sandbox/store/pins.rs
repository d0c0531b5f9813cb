//! PINs and the SMS that carry them: recording one, and checking a guess (the gateway's contract §1 and §3).

use super::Millis;
use super::accounts::AccountId;
use crate::domain::msisdn::Msisdn;
use rusqlite::{Connection, OptionalExtension as _};
use std::time::Duration;

/// An SMS with its PIN, before it has a place in the store.
#[derive(Clone, Debug)]
pub(crate) struct NewMessage {
    pub(crate) account: AccountId,
    pub(crate) msisdn: Msisdn,
    pub(crate) sms_id: [u8; 16],
    pub(crate) sender: Option<String>,
    /// With the PIN in it.
    pub(crate) text: String,
    pub(crate) pin: String,
    pub(crate) at: Millis,
    /// `None` is never.
    pub(crate) expires_in: Option<Duration>,
    /// 0 is unlimited.
    pub(crate) max_tries: u32,
    /// The delivery status until `settled_at`, and from then on.
    pub(crate) status: &'static str,
    pub(crate) settled: &'static str,
    pub(crate) settled_at: Millis,
}

/// What a guess came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) verified: bool,
    pub(crate) previously_verified: bool,
    /// `None` is unlimited.
    pub(crate) tries_remaining: Option<u32>,
    pub(crate) message: &'static str,
}

/// A number as SQLite keeps it: at most 15 digits and no leading zero, so nothing is lost.
pub(super) fn number(msisdn: Msisdn) -> i64 {
    i64::try_from(msisdn.as_u64()).expect("15 digits fit in 63 bits")
}

/// Records an SMS; its PIN replaces every earlier one of the same account and number. Returns the row's id.
pub(crate) fn record(state: &Connection, message: &NewMessage) -> rusqlite::Result<i64> {
    state
        .prepare_cached(
            "INSERT INTO message (sms_id, account, msisdn, sender, text, pin, at, expires_at, max_tries,
                                  status, settled, settled_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .insert(rusqlite::params![
            message.sms_id,
            message.account,
            number(message.msisdn),
            message.sender,
            message.text,
            message.pin,
            message.at.0,
            message.expires_in.map(|duration| message.at.plus(duration).0),
            message.max_tries,
            message.status,
            message.settled,
            message.settled_at.0,
        ])
}

/// The last PIN of a number, which alone counts.
struct Last {
    id: i64,
    pin: String,
    max_tries: u32,
    failures: u32,
    expires_at: Option<i64>,
    verified_at: Option<i64>,
}

/// Checks a guess and counts it.
///
/// `max_tries` failures end a PIN for good, also one that was verified before; digits are compared exactly, letters
/// without their case.
pub(crate) fn guess(
    state: &Connection,
    account: AccountId,
    msisdn: Msisdn,
    guess: &str,
    now: Millis,
) -> rusqlite::Result<Guess> {
    let no = |tries_remaining, message| Guess {
        verified: false,
        previously_verified: false,
        tries_remaining,
        message,
    };
    let Some(last) = last(state, account, msisdn)? else {
        return Ok(no(Some(0), "No PIN was requested for this number."));
    };
    let previously_verified = last.verified_at.is_some();
    let no = |tries_remaining, message| Guess {
        previously_verified,
        ..no(tries_remaining, message)
    };
    if last.max_tries != 0 && last.failures >= last.max_tries {
        return Ok(no(Some(0), "The PIN has no tries left."));
    }
    if last.expires_at.is_some_and(|at| at <= now.0) {
        return Ok(no(Some(0), "The PIN has expired."));
    }
    let remaining = |failures| (last.max_tries != 0).then(|| last.max_tries - failures);
    if !last.pin.eq_ignore_ascii_case(guess) {
        let failed = "UPDATE message SET failures = failures + 1 WHERE id = ?1";
        state.prepare_cached(failed)?.execute([last.id])?;
        return Ok(no(remaining(last.failures + 1), "The PIN is not right."));
    }
    if !previously_verified {
        let verified = "UPDATE message SET verified_at = ?2 WHERE id = ?1";
        state.prepare_cached(verified)?.execute((last.id, now.0))?;
    }
    Ok(Guess {
        verified: true,
        previously_verified,
        tries_remaining: remaining(last.failures),
        message: if previously_verified {
            "The PIN was verified before."
        } else {
            "The PIN is right."
        },
    })
}

fn last(state: &Connection, account: AccountId, msisdn: Msisdn) -> rusqlite::Result<Option<Last>> {
    state
        .prepare_cached(
            "SELECT id, pin, max_tries, failures, expires_at, verified_at FROM message
             WHERE msisdn = ?1 AND account = ?2 ORDER BY id DESC LIMIT 1",
        )?
        .query_row((number(msisdn), account), |row| {
            Ok(Last {
                id: row.get(0)?,
                pin: row.get(1)?,
                max_tries: row.get(2)?,
                failures: row.get(3)?,
                expires_at: row.get(4)?,
                verified_at: row.get(5)?,
            })
        })
        .optional()
}

/// The last PIN that went to a number, whatever became of it; of several accounts, the latest.
pub(crate) fn last_pin(state: &Connection, msisdn: Msisdn) -> rusqlite::Result<Option<String>> {
    state
        .prepare_cached("SELECT pin FROM message WHERE msisdn = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([number(msisdn)], |row| row.get(0))
        .optional()
}
