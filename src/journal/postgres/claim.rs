//! Claims of attempts at numbers that have some.

use super::fault::PostgresFault;
use super::rows::{self, STATE_COLUMNS, number};
use super::session::DatabaseSession;
use super::write::{DatabaseOwner, seconds, tickets};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Ticket;
use crate::journal::attempt::{Attempt, AttemptState, Detail};
use crate::journal::decision::{Rules, may_claim};
use crate::journal::run::Runs;
use crate::journal::store::Claim;
use jiff::Timestamp;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

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
    (rules, dead): (&Rules, &Runs),
    now: Timestamp,
    tried: &RefCell<Vec<Ticket>>,
) -> Result<Vec<Option<Ticket>>, PostgresFault> {
    let (campaign, run) = owner.ids();
    let mut known: BTreeMap<Msisdn, Vec<Attempt>> =
        claims.iter().map(|claim| (claim.msisdn, Vec::new())).collect();
    let msisdns: Vec<i64> = known.keys().copied().map(number).collect();
    // Each number is looked up by itself, as in a group.
    let lock = format!(
        "WITH wanted AS MATERIALIZED (SELECT $1::int4 AS campaign, * FROM unnest($2::int8[]) AS w (msisdn))
        SELECT {STATE_COLUMNS} FROM wanted w JOIN smspin.attempts a ON a.campaign = w.campaign AND a.msisdn = w.msisdn
        ORDER BY a.msisdn, a.nth FOR UPDATE OF a"
    );
    let locked = session.rows("write to", &lock, &[&campaign, &msisdns])?;
    rows::grouped(&locked, Detail::State, owner.clock, |msisdn, attempts| {
        known.insert(msisdn, attempts);
    })?;
    let excluded = "SELECT msisdn FROM smspin.excluded WHERE msisdn = ANY ($1::int8[])";
    let excluded: Vec<i64> = rows::column(&session.rows("write to", excluded, &[&msisdns])?)?;
    let planned = plan(owner, claims, known, &excluded, (rules, dead), now);
    let mut wanted: Vec<(Ticket, u32)> = planned.iter().flatten().copied().collect();
    wanted.sort_unstable_by_key(|(ticket, _)| ticket.msisdn);
    let (msisdn, nth) = tickets(&wanted.iter().map(|(ticket, _)| *ticket).collect::<Vec<_>>());
    let expires_in: Vec<i32> = wanted
        .iter()
        .map(|(_, expires_in)| seconds(*expires_in))
        .collect();
    tried.replace(wanted.iter().map(|(ticket, _)| *ticket).collect());
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
        .map(|planned| planned.map(|(ticket, _)| ticket).filter(is_granted))
        .collect())
}

/// Decides each claim by the attempts that there are, and by the claims before it.
fn plan(
    owner: DatabaseOwner,
    claims: &[Claim],
    mut known: BTreeMap<Msisdn, Vec<Attempt>>,
    excluded: &[i64],
    (rules, dead): (&Rules, &Runs),
    now: Timestamp,
) -> Vec<Option<(Ticket, u32)>> {
    let mut planned = Vec::with_capacity(claims.len());
    for claim in claims {
        let attempts = known.entry(claim.msisdn).or_default();
        let is_excluded = excluded.contains(&number(claim.msisdn));
        if !may_claim((attempts, is_excluded), (rules, dead), claim.is_repeat) {
            planned.push(None);
            continue;
        }
        let nth = match attempts.last() {
            None => 1,
            Some(last) if last.state == AttemptState::Unsent => last.nth,
            Some(last) => last.nth + 1,
        };
        attempts.push(Attempt {
            nth,
            run: owner.run,
            at: now,
            expires_in: claim.expires_in,
            state: AttemptState::Open,
            answered_at: None,
            delivery: None,
            answer: None,
        });
        planned.push(Some((
            Ticket {
                msisdn: claim.msisdn,
                nth,
            },
            claim.expires_in,
        )));
    }
    planned
}
