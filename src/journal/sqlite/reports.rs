//! Adds delivery reports to the attempts that they are about.

use super::fault::SqliteFault;
use super::lock;
use super::rows::{self, ATTEMPT_COLUMNS, attempt_columns, number};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Ticket;
use crate::journal::attempt::{AttemptState, Detail};
use crate::journal::report::{self, ReconcileCounts, ReportKey, ReportTables, ReportToAdd, ReportedAttempt};
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
    let secret = connection.query_row("SELECT secret FROM meta", [], |row| row.get(0))?;
    let mut tables = SqliteTables {
        connection,
        journal,
        secret,
    };
    report::add(&mut tables, reports)
}

struct SqliteTables<'a> {
    connection: &'a Connection,
    journal: &'a Path,
    secret: Vec<u8>,
}

impl ReportTables for SqliteTables<'_> {
    type Error = SqliteFault;

    fn candidates(&mut self, msisdn: Msisdn) -> Result<Vec<ReportedAttempt>, SqliteFault> {
        candidates(self.connection, self.journal, &self.secret, msisdn)
    }

    fn write(&mut self, msisdn: Msisdn, reported: &ReportedAttempt) -> Result<(), SqliteFault> {
        let attempt = &reported.attempt;
        let delivery = attempt.delivery.as_ref();
        self.connection
            .prepare_cached(
                "UPDATE attempts SET state = ?4, report_status = ?5, report_at = ?6, report_received_at = ?7, report_has_id = ?8
                 WHERE campaign = ?1 AND msisdn = ?2 AND nth = ?3",
            )?
            .execute((
                reported.campaign.0,
                number(msisdn),
                attempt.nth,
                attempt.state.code(),
                delivery.map(|delivery| delivery.status.as_str()),
                delivery.and_then(|delivery| delivery.at).map(Timestamp::as_millisecond),
                delivery.map(|delivery| delivery.received_at.as_millisecond()),
                delivery.map(|delivery| delivery.is_certain),
            ))?;
        Ok(())
    }
}

/// All attempts at a number, in whichever campaign.
fn candidates(
    connection: &Connection,
    journal: &Path,
    secret: &[u8],
    msisdn: Msisdn,
) -> Result<Vec<ReportedAttempt>, SqliteFault> {
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
        Ok(ReportedAttempt {
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
