//! A group of outcomes and first attempts, in one statement.

use super::clock::ServerClock;
use super::fault::{PostgresFault, not_ours};
use super::rows::{self, number};
use super::session::DatabaseSession;
use super::write::{DatabaseOwner, code, seconds, tickets};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::AttemptState;
use crate::journal::attempt::Ticket;
use crate::journal::store::{Claim, Closing, Group, closed};
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};

/// Closes attempts of the run, takes back others that never left, and claims first attempts at numbers that have none; of two runs
/// that want the same, the key lets one have it. All of it is one statement, so it is durable as a whole or not at all: where an
/// outcome finds no attempt, where the run's record is gone, or where another session answers, the division fails and nothing is
/// written. Each attempt is looked up in the index by itself: a server without statistics of a new campaign takes it for empty,
/// and would read all of it. So a campaign is a column of what is looked up, and numbers are counted one by one.
const GROUP: &str = "
WITH closing AS MATERIALIZED (
  SELECT $1::int4 AS campaign, * FROM unnest($3::int8[], $4::int4[], $5::int2[], $6::int8[], $7::int4[], $8::text[], $9::text[], $10::text[], $11::int8[])
    AS c (msisdn, nth, state, answered_at, http, error_id, error_msg, detail, latency)
), closed AS (
  UPDATE smspin.attempts a SET state = CASE a.state WHEN 1 THEN 1 ELSE c.state END, answered_at = c.answered_at, http = c.http,
    error_id = c.error_id, error_msg = c.error_msg, detail = c.detail, latency = c.latency
  FROM closing c
  WHERE a.campaign = c.campaign AND a.msisdn = c.msisdn AND a.nth = c.nth AND a.run = $2 AND (a.state IN (0, 1) OR a.state = c.state)
  RETURNING 1
), unused AS MATERIALIZED (
  SELECT $1::int4 AS campaign, * FROM unnest($12::int8[], $13::int4[]) AS t (msisdn, nth)
), taken_back AS (
  DELETE FROM smspin.attempts a USING unused t
  WHERE a.campaign = t.campaign AND a.msisdn = t.msisdn AND a.nth = t.nth AND a.run = $2 AND a.state = 0
), counted AS (
  UPDATE smspin.runs SET group_count = group_count + 1, last_seen = greatest(last_seen, $14::int8) WHERE id = $2 RETURNING 1
), granted AS (
  INSERT INTO smspin.attempts (campaign, msisdn, nth, run, at, expires_in, state)
  SELECT $1, w.msisdn, 1, $2, $14::int8, w.expires_in, 0
  FROM unnest($15::int8[], $16::int4[]) AS w (msisdn, expires_in)
  WHERE (SELECT count(*) FROM smspin.attempts p WHERE p.campaign = $1 AND p.msisdn = w.msisdn) = 0
    AND (SELECT count(*) FROM smspin.excluded e WHERE e.msisdn = w.msisdn) = 0
  ORDER BY w.msisdn
  ON CONFLICT DO NOTHING
  RETURNING msisdn
)
SELECT msisdn FROM granted
UNION ALL
SELECT nullif(1 / ((SELECT count(*) FROM closed) = $17::int8 AND (SELECT count(*) FROM counted) = 1 AND pg_backend_pid() = $18::int4)::int4, 1)::int8";

/// The columns of outcomes.
#[derive(Default)]
struct ClosingColumns<'a> {
    msisdn: Vec<i64>,
    nth: Vec<i32>,
    state: Vec<i16>,
    answered_at: Vec<i64>,
    http: Vec<Option<i32>>,
    error_id: Vec<Option<&'a str>>,
    error_msg: Vec<Option<&'a str>>,
    detail: Vec<Option<&'a str>>,
    latency: Vec<Option<i64>>,
}

impl<'a> ClosingColumns<'a> {
    /// An outcome that is there twice is written once.
    fn of(closings: &'a [Closing], clock: ServerClock) -> Result<Self, PostgresFault> {
        let mut columns = Self::default();
        let mut places = HashMap::new();
        for Closing { ticket, outcome } in closings {
            let place = *places.entry(*ticket).or_insert(columns.msisdn.len());
            let state = if place == columns.msisdn.len() {
                columns.add(*ticket);
                outcome.state
            } else {
                let before = AttemptState::from_code(columns.state[place].into());
                let both = before.and_then(|before| closed(before, outcome.state));
                both.ok_or_else(not_ours)?
            };
            let answer = &outcome.answer;
            columns.state[place] = code(state);
            columns.answered_at[place] = clock.written(outcome.at);
            columns.http[place] = answer.http.map(i32::from);
            columns.error_id[place] = answer.error_id.as_deref();
            columns.error_msg[place] = answer.error_msg.as_deref();
            columns.detail[place] = answer.detail.as_deref();
            columns.latency[place] = answer.latency_ms.map(i64::from);
        }
        Ok(columns)
    }

    fn add(&mut self, ticket: Ticket) {
        self.msisdn.push(number(ticket.msisdn));
        self.nth.push(rows::id(ticket.nth.into()));
        self.state.push(0);
        self.answered_at.push(0);
        self.http.push(None);
        self.error_id.push(None);
        self.error_msg.push(None);
        self.detail.push(None);
        self.latency.push(None);
    }
}

/// A group, as the statement takes it.
pub(super) struct PlannedGroup<'a> {
    closings: &'a [Closing],
    taken_back: Vec<Ticket>,
    /// First attempts that can be claimed without a look at what is there.
    pub(super) firsts: Vec<&'a Claim>,
}

impl<'a> PlannedGroup<'a> {
    /// Which of the group's claims may be the first attempts at their numbers: one that was planned as such, of a number that the
    /// group does nothing else with.
    pub(super) fn of(group: &'a Group) -> Self {
        let closed: HashSet<Ticket> = group.closings.iter().map(|closing| closing.ticket).collect();
        let mut uses: HashMap<Msisdn, u32> = HashMap::new();
        let changed = closed.iter().chain(&group.taken_back).map(|ticket| ticket.msisdn);
        for msisdn in changed.chain(group.claims.iter().map(|claim| claim.msisdn)) {
            *uses.entry(msisdn).or_default() += 1;
        }
        let is_first = |claim: &&Claim| !claim.is_repeat && uses[&claim.msisdn] == 1;
        Self {
            closings: &group.closings,
            taken_back: group
                .taken_back
                .iter()
                .filter(|ticket| !closed.contains(ticket))
                .copied()
                .collect(),
            firsts: group.claims.iter().filter(is_first).collect(),
        }
    }

    /// Writes it, in one trip. Returns the numbers whose first attempt is the run's now.
    pub(super) fn write(
        &self,
        session: &DatabaseSession,
        owner: DatabaseOwner,
        now: Timestamp,
    ) -> Result<HashSet<Msisdn>, PostgresFault> {
        let (campaign, run) = owner.ids();
        let columns = ClosingColumns::of(self.closings, owner.clock)?;
        let (back_msisdn, back_nth) = tickets(&self.taken_back);
        let wanted: Vec<i64> = self.firsts.iter().map(|claim| number(claim.msisdn)).collect();
        let expires_in: Vec<i32> = self
            .firsts
            .iter()
            .map(|claim| seconds(claim.expires_in))
            .collect();
        let closing_count = i64::try_from(columns.msisdn.len()).unwrap_or(i64::MAX);
        let answered = session.rows(
            "write to",
            GROUP,
            &[
                &campaign,
                &run,
                &columns.msisdn,
                &columns.nth,
                &columns.state,
                &columns.answered_at,
                &columns.http,
                &columns.error_id,
                &columns.error_msg,
                &columns.detail,
                &columns.latency,
                &back_msisdn,
                &back_nth,
                &owner.clock.written(now),
                &wanted,
                &expires_in,
                &closing_count,
                &session.backend,
            ],
        )?;
        rows::msisdns(&answered)
    }
}
