//! Adds delivery reports to the attempts that they are about.

use super::fault::SqliteFault;
use super::lock;
use super::rows::{self, ATTEMPT_COLUMNS, attempt_columns, number};
use crate::dlr::ReportClock;
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Ticket;
use crate::journal::attempt::{AttemptState, Delivery, Detail};
use crate::journal::report::{Candidate, Match, ReconcileCounts, ReportKey, ReportToAdd, match_report};
use crate::journal::run::CampaignId;
use jiff::Timestamp;
use rusqlite::Connection;
use std::path::Path;

/// Adds reports. It is called within a transaction for writing.
pub(super) fn add(
    connection: &Connection,
    journal: &Path,
    reports: &[ReportToAdd],
) -> Result<ReconcileCounts, SqliteFault> {
    let secret: Vec<u8> = connection.query_row("SELECT secret FROM meta", [], |row| row.get(0))?;
    let clock = ReportClock::new();
    let mut counts = ReconcileCounts::default();
    for report in reports {
        let candidates = candidates(connection, journal, &secret, report.report.to)?;
        let found = match_report(report, &candidates, &clock);
        let mut before = None;
        if let Match::Attempt {
            candidate,
            state,
            delivery,
        } = found
        {
            let candidate = &candidates[candidate];
            before = Some(candidate.attempt.state);
            write(connection, report.report.to, candidate, state, &delivery)?;
        }
        counts.count(&found, before);
    }
    Ok(counts)
}

/// All attempts at a number, in whichever campaign.
fn candidates(
    connection: &Connection,
    journal: &Path,
    secret: &[u8],
    msisdn: Msisdn,
) -> Result<Vec<Candidate>, SqliteFault> {
    const SELECT: &str = concat!(
        "SELECT ",
        attempt_columns!(),
        ", campaigns.id, campaigns.name, runs.name IS NOT NULL, runs.name, ended IS NULL
         FROM campaigns CROSS JOIN attempts ON attempts.campaign = campaigns.id AND msisdn = ?1
         LEFT JOIN runs ON runs.id = attempts.run
         ORDER BY campaigns.id, nth"
    );
    let mut statement = connection.prepare_cached(SELECT)?;
    let candidates = statement.query_map([number(msisdn)], |row| {
        let attempt = rows::attempt(row, Detail::State)?;
        let name: String = row.get(ATTEMPT_COLUMNS + 1)?;
        let has_run: bool = row.get(ATTEMPT_COLUMNS + 2)?;
        let run = if has_run {
            Some(rows::run_name(row, ATTEMPT_COLUMNS + 3)?)
        } else {
            None
        };
        let may_live = attempt.state == AttemptState::Open && row.get(ATTEMPT_COLUMNS + 4)?;
        let ticket = Ticket {
            msisdn,
            nth: attempt.nth,
        };
        Ok(Candidate {
            campaign: CampaignId(row.get(ATTEMPT_COLUMNS)?),
            id: run
                .as_ref()
                .map(|run| ReportKey::new(secret, &name, run).id(&ticket)),
            is_alive: may_live && run.is_some_and(|run| lock::is_held(journal, &run)),
            attempt,
        })
    })?;
    Ok(candidates.collect::<Result<_, _>>()?)
}

fn write(
    connection: &Connection,
    msisdn: Msisdn,
    candidate: &Candidate,
    state: AttemptState,
    delivery: &Delivery,
) -> Result<(), SqliteFault> {
    connection
        .prepare_cached(
            "UPDATE attempts SET state = ?4, report_status = ?5, report_at = ?6, report_received_at = ?7, report_has_id = ?8
             WHERE campaign = ?1 AND msisdn = ?2 AND nth = ?3",
        )?
        .execute((
            candidate.campaign.0,
            number(msisdn),
            candidate.attempt.nth,
            state.code(),
            delivery.status.as_str(),
            delivery.at.map(Timestamp::as_millisecond),
            delivery.received_at.as_millisecond(),
            delivery.is_certain,
        ))?;
    Ok(())
}
