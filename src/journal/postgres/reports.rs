//! Adds delivery reports to the attempts that they are about.

use super::clock::ServerClock;
use super::fault::PostgresFault;
use super::rows::{self, STATE_COLUMNS, STATE_COUNT, number};
use super::session::{DatabaseSession, get};
use super::write::code;
use crate::dlr::ReportClock;
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Ticket;
use crate::journal::attempt::{AttemptState, Detail};
use crate::journal::report::{Match, ReconcileCounts, ReportKey, ReportToAdd, ReportedAttempt, match_report};
use crate::journal::run::{CampaignId, RunId, RunName};
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio_postgres::Row;

type AttemptKey = (CampaignId, Msisdn, u32);

/// Adds reports. It is called within a transaction: the attempts that they may be about are locked, in their order.
pub(super) fn add(
    session: &DatabaseSession,
    secret: &[u8],
    reports: &[ReportToAdd],
    clock: ServerClock,
) -> Result<ReconcileCounts, PostgresFault> {
    let mut candidates = candidates(session, secret, reports, clock)?;
    let report_clock = ReportClock::new();
    let (mut counts, mut changed) = (ReconcileCounts::default(), BTreeSet::<AttemptKey>::new());
    for report in reports {
        let to = report.report.to;
        let of_number = candidates.entry(to).or_default();
        let found = match_report(report, of_number, &report_clock);
        let mut before = None;
        if let Match::Attempt {
            candidate,
            state,
            delivery,
        } = found
        {
            let ReportedAttempt {
                campaign, attempt, ..
            } = &mut of_number[candidate];
            before = Some(attempt.state);
            attempt.state = state;
            attempt.delivery = Some(delivery);
            changed.insert((*campaign, to, attempt.nth));
        }
        counts.count(&found, before);
    }
    write(session, &candidates, &changed, clock)?;
    Ok(counts)
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

/// Writes what the reports have changed.
fn write(
    session: &DatabaseSession,
    candidates: &HashMap<Msisdn, Vec<ReportedAttempt>>,
    changed: &BTreeSet<AttemptKey>,
    clock: ServerClock,
) -> Result<(), PostgresFault> {
    let sql = "UPDATE smspin.attempts SET state = $4, report_status = $5, report_at = $6, report_received_at = $7, report_has_id = $8
        WHERE campaign = $1 AND msisdn = $2 AND nth = $3";
    let all = candidates
        .iter()
        .flat_map(|(msisdn, all)| all.iter().map(|one| (*msisdn, one)));
    for (msisdn, candidate) in all {
        let attempt = &candidate.attempt;
        let Some(delivery) = &attempt.delivery else {
            continue;
        };
        if !changed.contains(&(candidate.campaign, msisdn, attempt.nth)) {
            continue;
        }
        let state: AttemptState = attempt.state;
        session.rows(
            "write to",
            sql,
            &[
                &rows::id(candidate.campaign.0),
                &number(msisdn),
                &rows::id(attempt.nth.into()),
                &code(state),
                &delivery.status.as_str(),
                &delivery.at.map(jiff::Timestamp::as_millisecond),
                &clock.written(delivery.received_at),
                &delivery.is_certain,
            ],
        )?;
    }
    Ok(())
}
