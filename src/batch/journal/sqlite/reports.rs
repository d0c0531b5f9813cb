//! Delivery reports in the journal: read in from outside, matched with the attempts whose ids came with them, and asked
//! afterwards for what became of each SMS.

use super::FileJournal;
use super::checksum::{REPORT, SETTLEMENT};
use super::rows::CampaignRow;
use super::source::{known, number, time};
use super::tables::JournalFormat;
use crate::batch::decision::RetryUnknown;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{AwaitedAttempt, ReconcileCounts, ReportId, ReportToAdd, RowDelivery};
use crate::batch::state::AttemptResult;
use crate::dlr::{DeliveryStatus, ReportClock};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Transaction};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What reports are matched with, as the journal was when this was made.
pub(crate) struct FileReportMatcher {
    attempts: HashMap<ReportId, MatchedAttempt>,
    /// Numbers that are unknown: a report may settle them.
    unknown: HashSet<Msisdn>,
    next: i64,
}

#[derive(Clone, Copy)]
struct MatchedAttempt {
    id: i64,
    msisdn: Msisdn,
    /// Nobody knows whether the gateway took it.
    unknown: bool,
}

impl FileJournal {
    /// Reads what reports are matched with. It takes some 50 bytes for each attempt.
    pub(crate) fn matcher(&mut self, now: Timestamp) -> Result<FileReportMatcher, JournalError> {
        self.mark()?;
        let numbers = self.numbers(now)?;
        let unknown = numbers
            .decisions(RetryUnknown::Never)
            .filter(|(.., decision)| decision.may_have_been_sent())
            .map(|(msisdn, ..)| msisdn)
            .collect();
        let (connection, path) = (self.connected(), self.path());
        let next = connection.query_row("SELECT coalesce(max(id), 0) + 1 FROM report", [], |row| {
            row.get(0)
        });
        Ok(FileReportMatcher {
            attempts: attempts(connection, path)?,
            unknown,
            next: next.map_err(JournalError::sqlite("read", path))?,
        })
    }

    /// Adds reports in one transaction. A report that is there already changes nothing; one that comes with the id of an
    /// attempt that is unknown settles it.
    pub(crate) fn add_reports(
        &mut self,
        matcher: &mut FileReportMatcher,
        reports: &[ReportToAdd],
        now: Timestamp,
    ) -> Result<ReconcileCounts, JournalError> {
        let campaign = CampaignRow::read_all(self.connected(), self.format, self.path())?.pop();
        self.write("add delivery reports to", |transaction| {
            let mut counts = ReconcileCounts::default();
            for report in reports {
                matcher.add(report, transaction, now, &mut counts)?;
            }
            if let Some(campaign) = campaign.filter(|campaign| campaign.concluded && counts.new > 0) {
                // Its results have to be written again.
                let concluded = false;
                CampaignRow {
                    concluded,
                    ..campaign
                }
                .write(transaction)?;
            }
            Ok(counts)
        })
    }

    /// What the reports say became of the SMS of the last campaign, by number.
    pub(crate) fn deliveries(&self) -> Result<HashMap<Msisdn, RowDelivery>, JournalError> {
        let Some(connection) = &self.connection else {
            return Ok(HashMap::new());
        };
        deliveries(connection, self.path(), self.format)
    }

    /// The accepted attempts of the last campaign, with what a report for them looks like.
    pub(crate) fn awaited(&self) -> Result<Vec<AwaitedAttempt>, JournalError> {
        let Some(connection) = &self.connection else {
            return Ok(Vec::new());
        };
        awaited(connection, self.path())
    }
}

impl FileReportMatcher {
    fn add(
        &mut self,
        new: &ReportToAdd,
        transaction: &Transaction<'_>,
        now: Timestamp,
        counts: &mut ReconcileCounts,
    ) -> rusqlite::Result<()> {
        let Some(report) = &new.report else {
            counts.foreign += 1;
            return Ok(());
        };
        counts.reports += 1;
        let mut find = transaction.prepare_cached("SELECT 1 FROM report WHERE digest = ?1")?;
        if find
            .query_row([&new.digest[..]], |_| Ok(()))
            .optional()?
            .is_some()
        {
            counts.known += 1;
            return Ok(());
        }
        counts.new += 1;
        let id = new.report_id.as_deref().map(bytes_of);
        let attempt = new.report_id.as_deref().and_then(ReportId::parse);
        let attempt = attempt.and_then(|id| self.attempts.get_mut(&id));
        // An id that comes with another number was made up.
        let attempt = attempt.filter(|attempt| attempt.msisdn == report.to);
        fn text(text: Option<&String>) -> ValueRef<'_> {
            text.map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes()))
        }
        let values = [
            ValueRef::Integer(self.next),
            ValueRef::Blob(&new.digest),
            attempt
                .as_ref()
                .map_or(ValueRef::Null, |attempt| ValueRef::Integer(attempt.id)),
            id.as_deref().map_or(ValueRef::Null, ValueRef::Blob),
            ValueRef::Integer(report.to.as_u64().cast_signed()),
            ValueRef::Text(report.status.as_bytes()),
            text(report.dlr_date.as_ref()),
            text(report.sms_id.as_ref()),
            ValueRef::Integer(new.received_at.as_millisecond()),
        ];
        REPORT.insert(transaction, &values)?;
        match attempt {
            Some(attempt) => {
                counts.matched += 1;
                if attempt.unknown && self.unknown.remove(&attempt.msisdn) {
                    settle(transaction, attempt.id, self.next, now)?;
                    attempt.unknown = false;
                    counts.settled += 1;
                }
            }
            None if new.report_id.is_none() && self.unknown.contains(&report.to) => counts.probable += 1,
            None => counts.unmatched += 1,
        }
        self.next += 1;
        Ok(())
    }
}

fn settle(transaction: &Transaction<'_>, attempt: i64, report: i64, now: Timestamp) -> rusqlite::Result<()> {
    let values = [attempt, report, now.as_millisecond()];
    SETTLEMENT.insert(transaction, &values.map(ValueRef::Integer))
}

/// An id of ours as its bytes, and any other as its text.
fn bytes_of(id: &str) -> Vec<u8> {
    ReportId::parse(id).map_or_else(|| id.as_bytes().to_vec(), |id| id.0.to_vec())
}

fn attempts(connection: &Connection, path: &Path) -> Result<HashMap<ReportId, MatchedAttempt>, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let sql = "SELECT a.id, a.msisdn, a.report_id, o.state, s.report FROM attempt a
        LEFT JOIN outcome o ON o.attempt = a.id LEFT JOIN settlement s ON s.attempt = a.id
        WHERE a.report_id IS NOT NULL";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let msisdn = known(number(row.get(1).map_err(failed)?), path, "a number")?;
        let state: Option<i64> = row.get(3).map_err(failed)?;
        let settled: Option<i64> = row.get(4).map_err(failed)?;
        let unknown = state.is_none_or(|state| state == AttemptResult::Unknown.code()) && settled.is_none();
        let attempt = MatchedAttempt {
            id: row.get(0).map_err(failed)?,
            msisdn,
            unknown,
        };
        found.insert(ReportId(row.get(2).map_err(failed)?), attempt);
    }
    Ok(found)
}

fn deliveries(
    connection: &Connection,
    path: &Path,
    format: JournalFormat,
) -> Result<HashMap<Msisdn, RowDelivery>, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let clock = ReportClock::new();
    let campaign = CampaignRow::read_all(connection, format, path)?.pop();
    let after = campaign.map_or(0, |campaign| campaign.after_attempt);
    let mut started = connection
        .prepare("SELECT started_at FROM attempt WHERE id = ?1")
        .map_err(failed)?;
    let mut statement = connection
        .prepare("SELECT * FROM report ORDER BY id")
        .map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut found: HashMap<Msisdn, RowDelivery> = HashMap::new();
    while let Some(row) = rows.next().map_err(failed)? {
        REPORT.verify(row, format, path)?;
        let attempt: Option<i64> = row.get(2).map_err(failed)?;
        let has_id = row.get_ref(3).map_err(failed)? != ValueRef::Null;
        let status = row
            .get_ref(5)
            .map_err(failed)?
            .as_str()
            .ok()
            .and_then(DeliveryStatus::of);
        let msisdn: Option<i64> = row.get(4).map_err(failed)?;
        let (Some(status), Some(msisdn)) = (status, msisdn.and_then(number)) else {
            continue;
        };
        let sent_at = match attempt {
            Some(attempt) if attempt <= after => continue,
            Some(attempt) => Some(
                started
                    .query_row([attempt], |row| row.get::<_, i64>(0))
                    .map_err(failed)?,
            ),
            // With the id of another batch it is about another SMS.
            None if has_id => continue,
            None => None,
        };
        let date: Option<String> = row.get(6).map_err(failed)?;
        let delivery = RowDelivery {
            status,
            at: date.and_then(|date| clock.read(&date)),
            received_at: time(row.get(8).map_err(failed)?, path)?,
            sent_at: sent_at.map(|at| time(at, path)).transpose()?,
        };
        found
            .entry(msisdn)
            .and_modify(|other| *other = other.or_better(delivery))
            .or_insert(delivery);
    }
    Ok(found)
}

fn awaited(connection: &Connection, path: &Path) -> Result<Vec<AwaitedAttempt>, JournalError> {
    let failed = JournalError::sqlite("read", path);
    let sql = "SELECT a.msisdn, a.report_id, a.started_at FROM attempt a
        LEFT JOIN outcome o ON o.attempt = a.id LEFT JOIN settlement s ON s.attempt = a.id
        WHERE (o.state = ?1 OR s.attempt IS NOT NULL) AND a.id > (SELECT max(after_attempt) FROM campaign)";
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let mut rows = statement
        .query([AttemptResult::Accepted.code()])
        .map_err(failed)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let id: Option<[u8; 16]> = row.get(1).map_err(failed)?;
        found.push(AwaitedAttempt {
            msisdn: known(number(row.get(0).map_err(failed)?), path, "a number")?,
            report_id: id.map(ReportId),
            started_at: time(row.get(2).map_err(failed)?, path)?,
        });
    }
    Ok(found)
}
