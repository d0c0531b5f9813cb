//! Claims of attempts at numbers that have some.

use super::fault::PostgresFault;
use super::rows::{self, ClockedRow, number};
use super::session::DatabaseSession;
use super::write::{DatabaseOwner, seconds, tickets};
use crate::journal::attempt::{Detail, Ticket};
use crate::journal::claims::{self, PlannedClaim};
use crate::journal::decision::Rules;
use crate::journal::row::{self, STATE_COLUMNS};
use crate::journal::run::Runs;
use crate::journal::store::Claim;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};

/// Claims attempts behind those that were read. An unsent one makes room for it.
const CLAIM: &str = "
INSERT INTO smspin.attempts (campaign, msisdn, nth, run, at, expires_in, state)
SELECT $1, w.msisdn, w.nth, $2, $3::int8, w.expires_in, 0
FROM unnest($4::int8[], $5::int4[], $6::int4[]) AS w (msisdn, nth, expires_in)
WHERE 1 / (pg_backend_pid() = $7::int4)::int4 = 1
ORDER BY w.msisdn
ON CONFLICT (campaign, msisdn, nth) DO UPDATE SET run = excluded.run, at = excluded.at, expires_in = excluded.expires_in,
  state = excluded.state, answered_at = NULL, latency = NULL, http = NULL, error_id = NULL, error_msg = NULL, detail = NULL,
  report_status = NULL, report_at = NULL, report_received_at = NULL, report_has_id = NULL
WHERE attempts.state = 5
RETURNING msisdn";

/// Claims attempts at numbers that have some, if all of them still mean what was planned. They are read and locked, so none of
/// them changes until the claim is written; of two runs that want the same place behind them, the key lets one have it. Called
/// within a transaction. Returns the claims that are granted, in their order in `claims`; `tried` gets them before they are
/// written, since the answer to the commit may be lost.
pub(super) fn claim(
    session: &DatabaseSession,
    owner: DatabaseOwner,
    claims: &[Claim],
    rules: (&Rules, &Runs),
    now: Timestamp,
    tried: &RefCell<Vec<Ticket>>,
) -> Result<Vec<Option<Ticket>>, PostgresFault> {
    let (campaign, run) = owner.ids();
    let numbers: BTreeSet<i64> = claims.iter().map(|claim| number(claim.msisdn)).collect();
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let lock = format!("{} FOR UPDATE OF a", rows::of_numbers(STATE_COLUMNS));
    let locked = session.rows("write to", &lock, &[&campaign, &numbers])?;
    let attempts = locked
        .iter()
        .map(|row| row::attempt(&ClockedRow(row, owner.clock), Detail::State));
    let attempts = attempts.collect::<Result<Vec<_>, _>>()?;
    let excluded = "SELECT msisdn FROM smspin.excluded WHERE msisdn = ANY ($1::int8[])";
    let excluded = rows::msisdns(&session.rows("write to", excluded, &[&numbers])?)?;
    let planned = claims::plan((owner.run, claims), attempts, &excluded, rules, now);
    let wanted: Vec<PlannedClaim> = planned.iter().flatten().copied().collect();
    tried.replace(wanted.iter().map(|planned| planned.ticket).collect());
    let (msisdn, nth) = tickets(&tried.borrow());
    let expires_in: Vec<i32> = wanted.iter().map(|planned| seconds(planned.expires_in)).collect();
    let inserted = session.rows(
        "write to",
        CLAIM,
        &[
            &campaign,
            &run,
            &owner.clock.written(now),
            &msisdn,
            &nth,
            &expires_in,
            &session.backend,
        ],
    )?;
    let granted: HashSet<i64> = rows::column(&inserted)?.into_iter().collect();
    let is_granted = |ticket: &Ticket| granted.contains(&number(ticket.msisdn));
    Ok(planned
        .into_iter()
        .map(|planned| planned.map(|planned| planned.ticket).filter(is_granted))
        .collect())
}
