//! Adds delivery reports to the attempts that they are about.

use super::fault::SqliteFault;
use super::rows::{self, number};
use crate::journal::report::{self, ReconcileCounts, ReportToAdd};
use jiff::Timestamp;
use rusqlite::Connection;
use std::path::Path;

/// Adds reports. It is called within a transaction for writing.
pub(super) fn add(
    connection: &Connection,
    journal: &Path,
    reports: &[ReportToAdd],
) -> Result<ReconcileCounts, SqliteFault> {
    let candidates = rows::candidates(connection, journal, reports)?;
    report::add(reports, candidates, |msisdn, reported| {
        let attempt = &reported.attempt;
        let delivery = attempt.delivery.as_ref();
        connection
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
    })
}
