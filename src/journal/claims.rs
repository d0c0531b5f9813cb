//! Which claims of a group are granted, and as which attempts, by what an engine has read within its transaction.

use super::attempt::{Attempt, AttemptState, Ticket};
use super::decision::{Rules, may_claim};
use super::run::{RunId, Runs};
use super::store::Claim;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// An attempt that may be written, in the place of an unsent one where there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlannedClaim {
    pub(super) ticket: Ticket,
    pub(super) expires_in: u32,
}

/// Decides each claim of a run by the attempts that there are, each with its number and in their order, and by the claims before
/// it. `None` where the number stands elsewhere than planned.
pub(super) fn plan(
    (run, claims): (RunId, &[Claim]),
    attempts: impl IntoIterator<Item = (Msisdn, Attempt)>,
    excluded: &HashSet<Msisdn>,
    (rules, dead): (&Rules, &Runs),
    now: Timestamp,
) -> Vec<Option<PlannedClaim>> {
    let mut known: HashMap<Msisdn, Vec<Attempt>> = HashMap::with_capacity(claims.len());
    for (msisdn, attempt) in attempts {
        known.entry(msisdn).or_default().push(attempt);
    }
    let one = |claim: &Claim| {
        let Claim {
            msisdn, expires_in, ..
        } = *claim;
        let attempts = known.entry(msisdn).or_default();
        if !may_claim(
            (attempts, excluded.contains(&msisdn)),
            (rules, dead),
            claim.is_repeat,
        ) {
            return None;
        }
        let ticket = Ticket {
            msisdn,
            nth: next(attempts),
        };
        attempts.push(Attempt::claimed(ticket.nth, run, now, expires_in));
        Some(PlannedClaim { ticket, expires_in })
    };
    claims.iter().map(one).collect()
}

/// Which attempt at a number comes after these: an unsent last one makes room for it.
fn next(attempts: &[Attempt]) -> u32 {
    match attempts.last() {
        None => 1,
        Some(last) if last.state == AttemptState::Unsent => last.nth,
        Some(last) => last.nth + 1,
    }
}
