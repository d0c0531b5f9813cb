//! Looks numbers up: a few by the key, and a long list along with the table.

use super::access::CHUNK;
use super::clock::ServerClock;
use super::fault::PostgresFault;
use super::rows::{self, ClockedRow, number};
use super::session::{DatabaseSession, SqlValues, get};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::{Attempt, Detail};
use crate::journal::row::{self, ANSWER_COLUMNS, STATE_COLUMNS};
use crate::journal::run::{CampaignId, RunId, SortedNumbers};

/// A list from this length on is compared with the table as both stand in their order, which costs less than a look for each.
const LONG_LIST: usize = 20_000;
/// How many numbers of a long list are compared with the table in one statement.
const RANGE: usize = 65_536;
/// So many rows of the table are read in the time of one look by the key.
const ROWS_FOR_A_LOOK: usize = 4;

/// Calls `each` with the attempts at the numbers. Each group is a short transaction of its own.
pub(super) fn attempts(
    session: &DatabaseSession,
    (campaign, detail, clock): (CampaignId, Detail, ServerClock),
    numbers: SortedNumbers<'_>,
    each: &mut dyn FnMut(Msisdn, Attempt),
) -> Result<(), PostgresFault> {
    let campaign = rows::id(campaign.0);
    let in_order = is_read_in_order(session, numbers.len())?;
    let columns = match detail {
        Detail::State => STATE_COLUMNS.to_owned(),
        Detail::Full => format!("{STATE_COLUMNS}, {ANSWER_COLUMNS}"),
    };
    let (sql, most) = if in_order {
        let range = format!(
            "SELECT {columns} FROM smspin.attempts a WHERE a.campaign = $1 AND a.msisdn BETWEEN $2 AND $3
            ORDER BY a.msisdn, a.nth"
        );
        (range, RANGE)
    } else {
        (rows::of_numbers(&columns), CHUNK)
    };
    loop {
        let group: Vec<i64> = (&mut *numbers).take(most).map(number).collect();
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return Ok(());
        };
        let parameters: SqlValues<'_> = if in_order {
            &[&campaign, first, last]
        } else {
            &[&campaign, &group]
        };
        let mut wanted = group.iter().peekable();
        session.each_row("read", &sql, parameters, |row| {
            let found: i64 = get(&row, 0)?;
            while wanted.next_if(|wanted| **wanted < found).is_some() {}
            if wanted.peek() == Some(&&found) {
                let (msisdn, attempt) = row::attempt(&ClockedRow(&row, clock), detail)?;
                each(msisdn, attempt);
            }
            Ok(())
        })?;
    }
}

fn is_read_in_order(session: &DatabaseSession, length: usize) -> Result<bool, PostgresFault> {
    if length < LONG_LIST {
        return Ok(false);
    }
    let sql = "SELECT c.reltuples::int8 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'smspin' AND c.relname = 'attempts'";
    // Negative where it was never counted.
    let there: i64 = get(&session.one("read", sql, &[])?, 0)?;
    Ok(usize::try_from(there).unwrap_or_default() < ROWS_FOR_A_LOOK * length)
}

/// Calls `each` with the numbers that are excluded.
pub(super) fn excluded(
    session: &DatabaseSession,
    numbers: SortedNumbers<'_>,
    each: &mut dyn FnMut(Msisdn, RunId),
) -> Result<(), PostgresFault> {
    let any = session.one("read", "SELECT EXISTS (SELECT FROM smspin.excluded)", &[])?;
    if !get::<bool>(&any, 0)? {
        return Ok(());
    }
    let sql = "SELECT msisdn, run FROM smspin.excluded WHERE msisdn = ANY ($1::int8[]) ORDER BY msisdn";
    loop {
        let chunk: Vec<i64> = (&mut *numbers).take(CHUNK).map(number).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        for row in &session.rows("read", sql, &[&chunk])? {
            let (msisdn, run) = row::excluded(&ClockedRow(row, ServerClock::default()))?;
            each(msisdn, run);
        }
    }
}

/// The first numbers of a campaign behind `after`.
pub(super) fn numbers(
    session: &DatabaseSession,
    campaign: CampaignId,
    after: Option<Msisdn>,
) -> Result<Vec<Msisdn>, PostgresFault> {
    let sql = "SELECT DISTINCT msisdn FROM smspin.attempts WHERE campaign = $1 AND msisdn > $2 ORDER BY msisdn LIMIT $3";
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let found = session.rows(
        "read",
        sql,
        &[&rows::id(campaign.0), &after.map_or(0, number), &limit],
    )?;
    rows::msisdns(&found)
}
