//! PINs and the SMS that carry them: recording one, and checking a guess (the gateway's contract §1 and §3).

use super::accounts::{AccountId, AccountPrefix};
use super::{Millis, StateView};
use crate::domain::msisdn::Msisdn;
use crate::wire::server::verify::VerifyResult;
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

/// A number as SQLite keeps it: at most 15 digits and no leading zero, so nothing is lost.
pub(super) fn number(msisdn: Msisdn) -> i64 {
    i64::try_from(msisdn.as_u64()).expect("15 digits fit in 63 bits")
}

/// Records an SMS; its PIN replaces every earlier one of the same account and number. Returns the row's id.
pub(crate) fn record(state: &Connection, message: &NewMessage) -> rusqlite::Result<i64> {
    state
        .prepare_cached(
            "INSERT INTO message (id, sms_id, account, msisdn, sender, text, pin, at, expires_at, max_tries,
                                  status, settled, settled_at, revision)
             VALUES ((SELECT max(value, (SELECT coalesce(max(id), 0) FROM message)) + 1 FROM meta WHERE name = 'last_id'),
                     ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
                     (SELECT value + 1 FROM meta WHERE name = 'revision'))",
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
) -> rusqlite::Result<VerifyResult<'static>> {
    let no = |tries_remaining, message| VerifyResult {
        verified: false,
        previously_verified: false,
        tries_remaining,
        message,
    };
    let Some(last) = last(state, account, msisdn)? else {
        return Ok(no(Some(0), "No PIN was requested for this number."));
    };
    let previously_verified = last.verified_at.is_some();
    let no = |tries_remaining, message| VerifyResult {
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
    Ok(VerifyResult {
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

/// Removes the oldest messages and their reports, so that `keep` are left after the one with this id, or a few more.
pub(crate) fn prune(state: &Connection, newest: i64, keep: u32) -> rusqlite::Result<()> {
    // The more go at once, the fewer pages of the index are written; but all that has queued waits for them.
    let step = i64::from((keep / 10).clamp(1, 128));
    let through = newest - i64::from(keep);
    if through < 1 || newest % step != 0 {
        return Ok(());
    }
    for delete in [
        "DELETE FROM report WHERE message <= ?1",
        "DELETE FROM message WHERE id <= ?1",
    ] {
        state.prepare_cached(delete)?.execute([through])?;
    }
    Ok(())
}

/// A PIN that went out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SentPin {
    pub(crate) pin: String,
    /// Of its message.
    pub(crate) id: i64,
    pub(crate) revision: i64,
}

/// Which PIN of a number is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PinQuery {
    pub(crate) account: AccountPrefix,
    /// One that came after this revision.
    pub(crate) after: Option<i64>,
    /// One that is waiting to be typed back: not expired, verified, used up or cleared away.
    pub(crate) fresh: bool,
}

/// The last PIN that went to a number; of several accounts, the latest. An older one is never given in its place.
pub(crate) fn last_pin(
    state: &StateView<'_>,
    msisdn: Msisdn,
    query: &PinQuery,
) -> rusqlite::Result<Option<SentPin>> {
    let found = state
        .prepare_cached(
            "SELECT pin, id, revision,
                    cleared = 0 AND verified_at IS NULL AND (max_tries = 0 OR failures < max_tries)
                    AND (expires_at IS NULL OR expires_at > ?3)
             FROM message WHERE msisdn = ?1
               AND account IN (SELECT id FROM account WHERE lower(hex(key_digest)) LIKE ?2)
             ORDER BY id DESC LIMIT 1",
        )?
        .query_row((number(msisdn), query.account.pattern(), state.now.0), |row| {
            let sent = SentPin {
                pin: row.get(0)?,
                id: row.get(1)?,
                revision: row.get(2)?,
            };
            Ok((sent, row.get::<_, bool>(3)?))
        })
        .optional()?;
    Ok(found
        .filter(|(sent, is_fresh)| {
            (*is_fresh || !query.fresh) && query.after.is_none_or(|after| sent.revision > after)
        })
        .map(|(sent, _)| sent))
}
