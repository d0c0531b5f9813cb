//! Adds delivery reports to the attempts that they are about.

use super::clock::ServerClock;
use super::fault::PostgresFault;
use super::rows::{self, ClockedRow, number};
use super::session::DatabaseSession;
use super::write::code;
use crate::domain::msisdn::Msisdn;
use crate::journal::report::{self, Candidates, ReconcileCounts, ReportToAdd};
use crate::journal::row::{self, REPORTED_COLUMNS, STATE_COLUMNS};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Adds reports. It is called within a transaction: the attempts that they may be about are locked, in their order.
pub(super) fn add(
    session: &DatabaseSession,
    secret: &[u8],
    reports: &[ReportToAdd],
    clock: ServerClock,
) -> Result<ReconcileCounts, PostgresFault> {
    let sql = "UPDATE smspin.attempts SET state = $4, report_status = $5, report_at = $6, report_received_at = $7, report_has_id = $8
        WHERE campaign = $1 AND msisdn = $2 AND nth = $3";
    let candidates = candidates(session, secret, reports, clock)?;
    report::add(reports, candidates, |msisdn, reported| {
        let attempt = &reported.attempt;
        let delivery = attempt.delivery.as_ref();
        let written = session.rows(
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
                &delivery.map(|delivery| clock.written(delivery.received_at)),
                &delivery.map(|delivery| delivery.is_certain),
            ],
        );
        written.map(drop)
    })
}

/// All attempts at the numbers of these reports, in whichever campaign.
fn candidates(
    session: &DatabaseSession,
    secret: &[u8],
    reports: &[ReportToAdd],
    clock: ServerClock,
) -> Result<Candidates, PostgresFault> {
    let numbers: BTreeSet<Msisdn> = reports.iter().map(|report| report.report.to).collect();
    let numbers: Vec<i64> = numbers.into_iter().map(number).collect();
    let sql = format!(
        "SELECT {STATE_COLUMNS}, {REPORTED_COLUMNS}
        FROM smspin.campaigns c JOIN smspin.attempts a ON a.campaign = c.id LEFT JOIN smspin.runs r ON r.id = a.run
        WHERE a.campaign = ANY (SELECT id FROM smspin.campaigns) AND a.msisdn = ANY ($1::int8[])
        ORDER BY a.campaign, a.msisdn, a.nth FOR UPDATE OF a"
    );
    let found = session.rows("read", &sql, &[&numbers])?;
    // After they were read: a run that ends in between has no more to say of them.
    let alive = rows::alive(session)?;
    let mut candidates = Candidates::new();
    for row in &found {
        let row = ClockedRow(row, clock);
        let (msisdn, candidate) = row::reported(&row, secret, |run, _| alive.contains(&run))?;
        candidates.entry(msisdn).or_default().push(candidate);
    }
    Ok(candidates)
}
