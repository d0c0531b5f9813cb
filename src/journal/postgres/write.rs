//! What a run writes of itself, and of attempts beside its groups.

use super::clock::ServerClock;
use super::fault::{PostgresFault, not_ours};
use super::rows::{self, RUN_LOCK, number, numbers};
use super::session::{DatabaseSession, get};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::AttemptState;
use crate::journal::attempt::Ticket;
use crate::journal::run::{CampaignId, NewRun, RunEnd, RunId};
use jiff::Timestamp;

/// The run that writes, and its campaign.
#[derive(Clone, Copy, Debug)]
pub(super) struct DatabaseOwner {
    pub(super) run: RunId,
    pub(super) campaign: CampaignId,
    pub(super) clock: ServerClock,
}

impl DatabaseOwner {
    pub(super) fn ids(self) -> (i32, i32) {
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
    let known = "SELECT id FROM smspin.campaigns WHERE name = $1";
    let campaign: i32 = get(&session.one(doing, known, &[&run.campaign])?, 0)?;
    let inserted = session.one(
        doing,
        "INSERT INTO smspin.runs (name, campaign, began, last_seen, timeout, host, pid, version, list, digest, settings)
         VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        &[
            &run.name.as_str(),
            &campaign,
            &clock.written(run.began),
            &i64::try_from(run.timeout.as_millis()).unwrap_or(i64::MAX),
            &crate::process::hostname(),
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
        campaign: CampaignId(campaign.into()),
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

pub(super) fn code(state: AttemptState) -> i16 {
    i16::try_from(state.code()).expect("the codes have one digit")
}

pub(super) fn seconds(expires_in: u32) -> i32 {
    i32::try_from(expires_in).unwrap_or(i32::MAX)
}

/// The numbers and the places of attempts, as two columns.
pub(super) fn tickets(all: &[Ticket]) -> (Vec<i64>, Vec<i32>) {
    let pairs = all
        .iter()
        .map(|ticket| (number(ticket.msisdn), rows::id(ticket.nth.into())));
    pairs.unzip()
}

/// Records that attempts of the run never left. Another run may have taken this one for dead and have claimed attempts behind
/// them, so none is deleted: the key would give the same place to a third run, whose look at the table is older than both.
pub(super) fn call_unsent(
    session: &DatabaseSession,
    owner: DatabaseOwner,
    all: &[Ticket],
) -> Result<(), PostgresFault> {
    let (campaign, run) = owner.ids();
    let (msisdn, nth) = tickets(all);
    let sql = "WITH unused AS MATERIALIZED (
            SELECT $1::int4 AS campaign, * FROM unnest($3::int8[], $4::int4[]) AS t (msisdn, nth)
        ) UPDATE smspin.attempts a SET state = $5 FROM unused t
        WHERE a.campaign = t.campaign AND a.msisdn = t.msisdn AND a.nth = t.nth AND a.run = $2 AND a.state = 0";
    let unsent = code(AttemptState::Unsent);
    session
        .rows("write to", sql, &[&campaign, &run, &msisdn, &nth, &unsent])
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

/// Gives every one of these numbers that no attempt has reached since, as `Attempt::reached_since` says, one that is unknown.
/// Returns how many.
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
        WHERE (SELECT count(*) FROM smspin.attempts p WHERE p.campaign = $1 AND p.msisdn = w.msisdn AND p.at > $6::int8
            AND p.state IN (1, 6)) = 0
        ORDER BY w.msisdn ON CONFLICT DO NOTHING RETURNING 1";
    let (now, since) = (owner.clock.written(now), owner.clock.written(since));
    let adopted = session.rows(
        "write to",
        sql,
        &[&campaign, &run, &numbers(all), &now, &seconds(expires_in), &since],
    )?;
    Ok(adopted.len() as u64)
}
