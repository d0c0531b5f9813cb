//! The SMS as people and scripts look at them: what was sent, and what became of it and of its PIN.

use super::accounts::AccountPrefix;
use super::{Millis, StateView};
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
    /// The state's revision with which it came; what `after` takes to look for later ones.
    pub(crate) revision: i64,
    /// Which account asked for it; the first is 1.
    pub(crate) account: i64,
    /// The beginning of the SHA-256 of that account's key; what `account=` takes.
    pub(crate) account_name: String,
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

/// Which SMS to look at. What isn't said leaves none out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) number: Option<Msisdn>,
    /// A part of the number, the text or the sender.
    pub(crate) containing: Option<String>,
    pub(crate) account: AccountPrefix,
}

impl Filter {
    /// The digits of a text that could be a part of a number, as people write numbers.
    fn digits(&self) -> Option<String> {
        let text = self.containing.as_deref()?;
        let is_number = text.chars().all(|c| c.is_ascii_digit() || "+-() ./".contains(c));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        (is_number && !digits.is_empty()).then_some(digits)
    }
}

const COLUMNS: &str = "m.id, m.account, m.msisdn, m.sender, m.text, m.pin, m.max_tries, m.failures, m.at,
    m.expires_at, m.verified_at, m.status, m.settled, m.settled_at,
    EXISTS (SELECT 1 FROM message n WHERE n.msisdn = m.msisdn AND n.account = m.account AND n.id > m.id),
    m.revision, (SELECT lower(substr(hex(key_digest), 1, 12)) FROM account WHERE id = m.account)";

const MATCHES: &str = "m.cleared = 0 AND (?1 IS NULL OR m.msisdn = ?1)
    AND (?2 IS NULL OR instr(lower(m.text), ?2) OR instr(lower(coalesce(m.sender, '')), ?2) OR instr(m.msisdn, ?3))
    AND m.account IN (SELECT id FROM account WHERE lower(hex(key_digest)) LIKE ?4)";

/// The newest SMS first, at most `limit`, without those that were cleared away; and how many there are in all.
pub(crate) fn list(state: &StateView<'_>, filter: &Filter, limit: u32) -> rusqlite::Result<(Vec<Sms>, u32)> {
    let number = filter.number.map(super::pins::number);
    let text = filter.containing.as_ref().map(|text| text.to_ascii_lowercase());
    let (digits, account) = (filter.digits(), filter.account.pattern());
    let list: Vec<Sms> = state
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM message m WHERE {MATCHES} ORDER BY m.id DESC LIMIT ?5"
        ))?
        .query_map((number, &text, &digits, &account, limit), |row| {
            read_sms(row, state.now)
        })?
        .collect::<rusqlite::Result<_>>()?;
    let shown = u32::try_from(list.len()).unwrap_or(u32::MAX);
    if shown < limit {
        return Ok((list, shown));
    }
    let total = state
        .prepare_cached(&format!("SELECT count(*) FROM message m WHERE {MATCHES}"))?
        .query_row((number, text, digits, account), |row| row.get(0))?;
    Ok((list, total))
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
        revision: row.get(15)?,
        account: row.get(1)?,
        account_name: row.get(16)?,
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

/// Takes the SMS of now out of the lists. Their PINs stay valid.
pub(crate) fn clear(state: &Connection, account: &AccountPrefix) -> rusqlite::Result<()> {
    let update = "UPDATE message SET cleared = 1 WHERE cleared = 0
        AND account IN (SELECT id FROM account WHERE lower(hex(key_digest)) LIKE ?1)";
    state.execute(update, [account.pattern()]).map(drop)
}

/// Back to the beginning: no SMS, no PIN, no report, no counter and no behaviour, and every account holds what it started
/// with. The clock goes back too, unless one account alone is meant: the others live by it.
pub(crate) fn reset(state: &Connection, account: &AccountPrefix) -> rusqlite::Result<()> {
    const ACCOUNTS: &str = "(SELECT id FROM account WHERE lower(hex(key_digest)) LIKE ?1)";
    let pattern = account.pattern();
    for change in [
        "UPDATE meta SET value = max(value, (SELECT coalesce(max(id), 0) FROM message))
         WHERE name = 'last_id' AND ?1 IS NOT NULL"
            .to_owned(),
        format!("DELETE FROM report WHERE message IN (SELECT id FROM message WHERE account IN {ACCOUNTS})"),
        format!("DELETE FROM message WHERE account IN {ACCOUNTS}"),
        format!("DELETE FROM counter WHERE account IN {ACCOUNTS}"),
        format!("UPDATE account SET balance = initial WHERE id IN {ACCOUNTS}"),
    ] {
        state.execute(&change, [&pattern])?;
    }
    super::behaviours::clear(state, account)?;
    if account.as_str().is_none() {
        state.execute_batch(
            "DELETE FROM report;
             UPDATE meta SET value = (SELECT value FROM meta WHERE name = 'clock_start') WHERE name = 'clock_offset';",
        )?;
    }
    Ok(())
}

/// A number that grows with every change of the state.
pub(crate) fn revision(state: &Connection) -> rusqlite::Result<i64> {
    state
        .prepare_cached("SELECT value FROM meta WHERE name = 'revision'")?
        .query_row([], |row| row.get(0))
}
