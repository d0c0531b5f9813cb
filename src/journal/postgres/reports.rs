//! Adds delivery reports to the attempts that they are about.

use super::clock::ServerClock;
use super::fault::PostgresFault;
use super::rows::{self, STATE_COLUMNS, STATE_COUNT, number};
use super::session::{DatabaseSession, get};
use super::write::code;
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Detail;
use crate::journal::attempt::Ticket;
use crate::journal::report::{self, ReconcileCounts, ReportKey, ReportTables, ReportToAdd, ReportedAttempt};
use crate::journal::run::{RunId, RunName};
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio_postgres::Row;

/// Adds reports. It is called within a transaction: the attempts that they may be about are locked, in their order.
pub(super) fn add(
    session: &DatabaseSession,
    secret: &[u8],
    reports: &[ReportToAdd],
    clock: ServerClock,
) -> Result<ReconcileCounts, PostgresFault> {
    let mut tables = PostgresTables {
        session,
        clock,
        candidates: candidates(session, secret, reports, clock)?,
    };
    report::add(&mut tables, reports)
}

struct PostgresTables<'a> {
    session: &'a DatabaseSession,
    clock: ServerClock,
    /// What was read at the beginning, as it was changed since.
    candidates: HashMap<Msisdn, Vec<ReportedAttempt>>,
}

impl ReportTables for PostgresTables<'_> {
    type Error = PostgresFault;

    fn candidates(&mut self, msisdn: Msisdn) -> Result<Vec<ReportedAttempt>, PostgresFault> {
        Ok(self.candidates.get(&msisdn).cloned().unwrap_or_default())
    }

    fn write(&mut self, msisdn: Msisdn, reported: &ReportedAttempt) -> Result<(), PostgresFault> {
        let attempt = &reported.attempt;
        let known = self.candidates.entry(msisdn).or_default().iter_mut();
        let is_meant =
            |one: &&mut ReportedAttempt| (one.campaign, one.attempt.nth) == (reported.campaign, attempt.nth);
        known.filter(is_meant).for_each(|one| one.clone_from(reported));
        let sql = "UPDATE smspin.attempts SET state = $4, report_status = $5, report_at = $6, report_received_at = $7, report_has_id = $8
            WHERE campaign = $1 AND msisdn = $2 AND nth = $3";
        let delivery = attempt.delivery.as_ref();
        let written = self.session.rows(
            "write to",
            sql,
            &[
                &rows::id(reported.campaign.0),
                &number(msisdn),
                &rows::id(attempt.nth.into()),
                &code(attempt.state),
                &delivery.map(|delivery| delivery.status.as_str()),
                // The gateway's own word.
                &delivery
                    .and_then(|delivery| delivery.at)
                    .map(Timestamp::as_millisecond),
                &delivery.map(|delivery| self.clock.written(delivery.received_at)),
                &delivery.map(|delivery| delivery.is_certain),
            ],
        );
        written.map(drop)
    }
}

/// All attempts at the numbers of these reports, in whichever campaign.
fn candidates(
    session: &DatabaseSession,
    secret: &[u8],
    reports: &[ReportToAdd],
    clock: ServerClock,
) -> Result<HashMap<Msisdn, Vec<ReportedAttempt>>, PostgresFault> {
    let numbers: BTreeSet<Msisdn> = reports.iter().map(|report| report.report.to).collect();
    let numbers: Vec<i64> = numbers.into_iter().map(number).collect();
    let sql = format!(
        "SELECT {STATE_COLUMNS}, c.name, r.name, r.id IS NOT NULL AND r.ended IS NULL
        FROM smspin.campaigns c JOIN smspin.attempts a ON a.campaign = c.id LEFT JOIN smspin.runs r ON r.id = a.run
        WHERE a.campaign = ANY (SELECT id FROM smspin.campaigns) AND a.msisdn = ANY ($1::int8[])
        ORDER BY a.campaign, a.msisdn, a.nth FOR UPDATE OF a"
    );
    let found = session.rows("read", &sql, &[&numbers])?;
    // After they were read: a run that ends in between has no more to say of them.
    let alive = rows::alive(session)?;
    let mut candidates: HashMap<Msisdn, Vec<ReportedAttempt>> = HashMap::new();
    for row in &found {
        let (msisdn, candidate) = candidate(row, secret, &alive, clock)?;
        candidates.entry(msisdn).or_default().push(candidate);
    }
    Ok(candidates)
}

fn candidate(
    row: &Row,
    secret: &[u8],
    alive: &HashSet<RunId>,
    clock: ServerClock,
) -> Result<(Msisdn, ReportedAttempt), PostgresFault> {
    let (msisdn, attempt) = rows::attempt(row, Detail::State, clock)?;
    let campaign: &str = get(row, STATE_COUNT)?;
    let run: Option<&str> = get(row, STATE_COUNT + 1)?;
    let may_live: bool = get(row, STATE_COUNT + 2)?;
    let ticket = Ticket {
        msisdn,
        nth: attempt.nth,
    };
    let candidate = ReportedAttempt {
        campaign: rows::campaign_id(row, 1)?,
        id: run
            .and_then(RunName::parse)
            .map(|run| ReportKey::new(secret, campaign, &run).id(&ticket)),
        is_alive: may_live && alive.contains(&attempt.run),
        attempt,
    };
    Ok((msisdn, candidate))
}
