//! What a run writes: its own record, and its attempts in groups.

use super::clock::ServerClock;
use super::fault::{PostgresFault, not_ours};
use super::rows::{self, RUN_LOCK, number, numbers, state_columns};
use super::session::{DatabaseSession, get};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Ticket;
use crate::journal::attempt::{Attempt, AttemptState, Detail};
use crate::journal::decision::{Rules, decide};
use crate::journal::run::{CampaignId, NewRun, RunEnd, RunId, Runs};
use crate::journal::store::{Claim, Closing, Group, closed};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The run that writes, and its campaign.
#[derive(Clone, Copy, Debug)]
pub(super) struct DatabaseOwner {
    pub(super) run: RunId,
    pub(super) campaign: CampaignId,
    pub(super) clock: ServerClock,
}

impl DatabaseOwner {
    fn ids(self) -> (i32, i32) {
        (rows::id(self.campaign.0), rows::id(self.run.0))
    }
}

/// Shared by each run while it begins; alone, no run begins. `smsr`.
pub(super) const BEGINNING_LOCK: i32 = RUN_LOCK + 1;

/// Writes the record of a run, and its campaign where the journal doesn't have it yet. The session has the run's lock before the
/// record can be seen. It is called within a transaction.
pub(super) fn begin(
    session: &DatabaseSession,
    run: &NewRun,
    clock: ServerClock,
) -> Result<DatabaseOwner, PostgresFault> {
    let doing = "begin a run in";
    session.rows(
        doing,
        "SELECT pg_advisory_xact_lock_shared($1, 0)",
        &[&BEGINNING_LOCK],
    )?;
    let insert = "INSERT INTO smspin.campaigns (name) VALUES ($1) ON CONFLICT DO NOTHING";
    session.rows(doing, insert, &[&run.campaign])?;
    let campaign = rows::campaign(session, &run.campaign)?;
    let campaign = campaign.ok_or_else(|| PostgresFault::damaged("a campaign vanished"))?;
    let inserted = session.one(
        doing,
        "INSERT INTO smspin.runs (name, campaign, began, last_seen, timeout, host, pid, version, list, digest, settings)
         VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        &[
            &run.name.as_str(),
            &rows::id(campaign.0),
            &clock.written(run.began),
            &i64::try_from(run.timeout.as_millis()).unwrap_or(i64::MAX),
            &rustix::system::uname().nodename().to_string_lossy().as_ref(),
            &i64::from(std::process::id()),
            &env!("CARGO_PKG_VERSION"),
            &plain(&run.list),
            &run.digest,
            &run.settings,
        ],
    )?;
    let run: i32 = get(&inserted, 0)?;
    if !hold(session, RunId(run.into()))? {
        return Err(PostgresFault::damaged(
            "another session has the lock of a run that has not begun",
        ));
    }
    Ok(DatabaseOwner {
        run: RunId(run.into()),
        campaign,
        clock,
    })
}

/// A database takes no character 0.
fn plain(text: &str) -> String {
    text.replace('\0', "")
}

/// Takes the lock of a run for as long as the session lasts. False while another session has it.
pub(super) fn hold(session: &DatabaseSession, run: RunId) -> Result<bool, PostgresFault> {
    let sql = "SELECT pg_try_advisory_lock($1, $2)";
    get(&session.one("lock", sql, &[&RUN_LOCK, &rows::id(run.0)])?, 0)
}

/// Closes attempts of the run, takes back others that never left, and claims first attempts at numbers that have none; of two runs
/// that want the same, the key lets one have it. All of it is one statement, so it is durable as a whole or not at all: where an
/// outcome finds no attempt, where the run's record is gone, or where another session answers, the division fails and nothing is
/// written. Numbers are counted in the index one by one: a server without statistics would join the whole table instead.
const GROUP: &str = "
WITH closing AS (
  SELECT * FROM unnest($3::int8[], $4::int4[], $5::int2[], $6::int8[], $7::int4[], $8::text[], $9::text[], $10::text[], $11::int8[])
    AS c (msisdn, nth, state, answered_at, http, error_id, error_msg, detail, latency)
), closed AS (
  UPDATE smspin.attempts a SET state = CASE a.state WHEN 1 THEN 1 ELSE c.state END, answered_at = c.answered_at, http = c.http,
    error_id = c.error_id, error_msg = c.error_msg, detail = c.detail, latency = c.latency
  FROM closing c
  WHERE a.campaign = $1 AND a.msisdn = c.msisdn AND a.nth = c.nth AND a.run = $2 AND (a.state IN (0, 1) OR a.state = c.state)
  RETURNING 1
), taken_back AS (
  DELETE FROM smspin.attempts a USING unnest($12::int8[], $13::int4[]) AS t (msisdn, nth)
  WHERE a.campaign = $1 AND a.msisdn = t.msisdn AND a.nth = t.nth AND a.run = $2 AND a.state = 0
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

pub(super) fn code(state: AttemptState) -> i16 {
    i16::try_from(state.code()).expect("the codes have one digit")
}

fn seconds(expires_in: u32) -> i32 {
    i32::try_from(expires_in).unwrap_or(i32::MAX)
}

/// The numbers and the places of attempts, as two columns.
fn tickets(all: &[Ticket]) -> (Vec<i64>, Vec<i32>) {
    let pairs = all
        .iter()
        .map(|ticket| (number(ticket.msisdn), rows::id(ticket.nth.into())));
    pairs.unzip()
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
        let mut firsts: Vec<_> = group.claims.iter().filter(is_first).collect();
        firsts.sort_unstable_by_key(|claim| claim.msisdn);
        Self {
            closings: &group.closings,
            taken_back: group
                .taken_back
                .iter()
                .filter(|ticket| !closed.contains(ticket))
                .copied()
                .collect(),
            firsts,
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
        let mut granted = HashSet::with_capacity(answered.len());
        for row in &answered {
            if get::<Option<i64>>(row, 0)?.is_some() {
                granted.insert(rows::msisdn(row, 0)?);
            }
        }
        Ok(granted)
    }
}

const LOCKED_ATTEMPTS: &str = concat!(
    "SELECT ",
    state_columns!(),
    " FROM smspin.attempts a WHERE a.campaign = $1 AND a.msisdn = ANY ($2::int8[]) ORDER BY a.msisdn, a.nth FOR UPDATE"
);

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
/// within a transaction. Returns the claims that are granted, in their order in `claims`.
pub(super) fn claim(
    session: &DatabaseSession,
    owner: DatabaseOwner,
    claims: &[Claim],
    (rules, dead): (&Rules, &Runs),
    now: Timestamp,
) -> Result<Vec<Option<Ticket>>, PostgresFault> {
    let (campaign, run) = owner.ids();
    let mut known: BTreeMap<Msisdn, Vec<Attempt>> =
        claims.iter().map(|claim| (claim.msisdn, Vec::new())).collect();
    let msisdns: Vec<i64> = known.keys().copied().map(number).collect();
    let locked = session.rows("write to", LOCKED_ATTEMPTS, &[&campaign, &msisdns])?;
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
        let decision = decide(attempts, is_excluded, dead, rules);
        if !decision.sends() || decision.is_repeat() != claim.is_repeat {
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

/// Removes attempts of the run that never left.
pub(super) fn take_back(
    session: &DatabaseSession,
    owner: DatabaseOwner,
    all: &[Ticket],
) -> Result<(), PostgresFault> {
    let (campaign, run) = owner.ids();
    let (msisdn, nth) = tickets(all);
    let sql = "DELETE FROM smspin.attempts a USING unnest($3::int8[], $4::int4[]) AS t (msisdn, nth)
        WHERE a.campaign = $1 AND a.msisdn = t.msisdn AND a.nth = t.nth AND a.run = $2 AND a.state = 0";
    session
        .rows("write to", sql, &[&campaign, &run, &msisdn, &nth])
        .map(drop)
}

/// Writes how a run ended. Of a single request the record goes, if no attempt of it is open: there are too many of them to keep.
/// Called within a transaction.
pub(super) fn end(
    session: &DatabaseSession,
    owner: DatabaseOwner,
    end: &RunEnd,
    single_request: Option<&[Msisdn]>,
) -> Result<(), PostgresFault> {
    let (campaign, run) = owner.ids();
    let sql = "UPDATE smspin.runs SET ended = $2, last_seen = greatest(last_seen, $2), exit_status = $3, rows_left = $4
        WHERE id = $1 RETURNING id";
    let left = i64::try_from(end.left).unwrap_or(i64::MAX);
    let at = owner.clock.written(end.at);
    let ended = session.rows("write to", sql, &[&run, &at, &i32::from(end.exit), &left])?;
    if ended.is_empty() {
        return Err(not_ours().into());
    }
    if let Some(claimed) = single_request {
        let sql = "DELETE FROM smspin.runs WHERE id = $2 AND NOT EXISTS (
            SELECT FROM smspin.attempts WHERE campaign = $1 AND msisdn = ANY ($3::int8[]) AND run = $2 AND state = 0)";
        session.rows("write to", sql, &[&campaign, &run, &numbers(claimed)])?;
    }
    Ok(())
}

/// Gives every one of these numbers that has no attempt since `since` one that is unknown. Returns how many.
pub(super) fn adopt(
    session: &DatabaseSession,
    owner: DatabaseOwner,
    all: &[Msisdn],
    since: Timestamp,
    (expires_in, now): (u32, Timestamp),
) -> Result<u64, PostgresFault> {
    let (campaign, run) = owner.ids();
    let sql = "INSERT INTO smspin.attempts (campaign, msisdn, nth, run, at, expires_in, state, answered_at)
        SELECT $1, w.msisdn, 1 + coalesce((SELECT max(p.nth) FROM smspin.attempts p WHERE p.campaign = $1 AND p.msisdn = w.msisdn), 0),
            $2, $4::int8, $5::int4, 6, $4::int8
        FROM (SELECT DISTINCT msisdn FROM unnest($3::int8[]) AS n (msisdn)) w
        WHERE (SELECT count(*) FROM smspin.attempts p WHERE p.campaign = $1 AND p.msisdn = w.msisdn AND p.at >= $6::int8) = 0
        ORDER BY w.msisdn ON CONFLICT DO NOTHING RETURNING 1";
    let (now, since) = (owner.clock.written(now), owner.clock.written(since));
    let adopted = session.rows(
        "write to",
        sql,
        &[&campaign, &run, &numbers(all), &now, &seconds(expires_in), &since],
    )?;
    Ok(adopted.len() as u64)
}
