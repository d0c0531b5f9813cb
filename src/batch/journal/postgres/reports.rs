//! Delivery reports in a database: added once, matched with the attempts whose ids came with them, and asked afterwards for what
//! became of each SMS.

use super::DatabaseJournal;
use super::session::DatabaseSession;
use super::values::{damaged, number, time};
use crate::batch::decision::RetryUnknown;
use crate::batch::journal::database_error::DatabaseError;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{AwaitedAttempt, ReconcileCounts, ReportId, ReportToAdd, RowDelivery};
use crate::dlr::{DeliveryReport, DeliveryStatus, ReportClock};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use tokio_postgres::Row;

/// Adds those reports that are not there yet, each with the attempt whose id came with it. An id that comes with another number was
/// made up.
const ADD: &str = "
WITH epochs AS (
  SELECT epoch FROM smspin.epoch WHERE campaign = $1
), new AS (
  SELECT * FROM unnest($2::bytea[], $3::bytea[], $4::int8[], $5::text[], $6::text[], $7::text[], $8::int8[])
    AS n(digest, report_id, msisdn, status, dlr_date, sms_id, arrived_at)
), matched AS (
  SELECT n.*, a.id AS attempt, a.settled_at IS NULL AND coalesce(a.state, 5) = 5 AS unknown FROM new n
  LEFT JOIN (epochs e JOIN smspin.attempt a ON a.campaign = $1 AND a.epoch = e.epoch)
    ON a.msisdn = n.msisdn AND a.report_id = n.report_id
), added AS (
  INSERT INTO smspin.report (campaign, digest, attempt, report_id, msisdn, status, dlr_date, sms_id, arrived_at)
  SELECT $1, digest, attempt, report_id, msisdn, status, dlr_date, sms_id, arrived_at FROM matched
  ON CONFLICT DO NOTHING RETURNING digest
)
SELECT DISTINCT ON (m.digest) m.attempt, coalesce(m.unknown, false), m.msisdn, m.report_id IS NOT NULL
FROM added JOIN matched m ON m.digest = added.digest";

/// The columns of a group of reports.
#[derive(Default)]
struct NewReports<'a> {
    digests: Vec<&'a [u8]>,
    report_ids: Vec<Option<Vec<u8>>>,
    numbers: Vec<i64>,
    statuses: Vec<String>,
    dates: Vec<Option<String>>,
    sms_ids: Vec<Option<String>>,
    arrived_at: Vec<i64>,
}

impl<'a> NewReports<'a> {
    fn add(&mut self, new: &'a ReportToAdd, report: &DeliveryReport) {
        // A database takes no character 0.
        let plain = |text: &String| text.replace('\0', "");
        self.digests.push(&new.digest);
        self.report_ids.push(new.report_id.as_deref().map(bytes_of));
        self.numbers.push(report.to.as_u64().cast_signed());
        self.statuses.push(plain(&report.status));
        self.dates.push(report.dlr_date.as_ref().map(plain));
        self.sms_ids.push(report.sms_id.as_ref().map(plain));
        self.arrived_at.push(new.received_at.as_millisecond());
    }
}

/// An id of ours as its bytes, and any other as its text.
fn bytes_of(id: &str) -> Vec<u8> {
    ReportId::parse(id).map_or_else(|| id.as_bytes().to_vec(), |id| id.0.to_vec())
}

impl DatabaseJournal {
    /// The numbers that are unknown: a report may settle them.
    pub(in crate::batch::journal) fn unknown_numbers(
        &self,
        now: Timestamp,
    ) -> Result<HashSet<Msisdn>, JournalError> {
        let numbers = self.numbers(now)?;
        let unknown = numbers
            .decisions(RetryUnknown::Never)
            .filter(|(.., decision)| decision.may_have_been_sent());
        Ok(unknown.map(|(msisdn, ..)| msisdn).collect())
    }

    /// Adds reports in one transaction. A report that is there already changes nothing; one that comes with the id of an attempt
    /// that is unknown settles it.
    pub(in crate::batch::journal) fn add_reports(
        &self,
        unknown: &mut HashSet<Msisdn>,
        reports: &[ReportToAdd],
        now: Timestamp,
    ) -> Result<ReconcileCounts, JournalError> {
        let Some(id) = self.id() else {
            return Ok(ReconcileCounts::default());
        };
        let mut new = NewReports::default();
        for report in reports {
            if let Some(read) = &report.report {
                new.add(report, read);
            }
        }
        let session = self.session()?;
        session.batch(ADDING, "BEGIN")?;
        let added = add(session, id, &new, unknown, now);
        let end = if added.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = session.batch(ADDING, end);
        let mut counts = added?;
        ended?;
        counts.foreign = (reports.len() - new.digests.len()) as u64;
        Ok(counts)
    }

    /// What the reports say became of the SMS of the last epoch, by number.
    pub(crate) fn deliveries(&self) -> Result<HashMap<Msisdn, RowDelivery>, JournalError> {
        self.id()
            .map_or(Ok(HashMap::new()), |id| deliveries(self.session()?, id))
    }

    /// The accepted attempts of the last epoch, with what a report for them looks like.
    pub(crate) fn awaited(&self) -> Result<Vec<AwaitedAttempt>, JournalError> {
        let Some(id) = self.id() else {
            return Ok(Vec::new());
        };
        let sql = "SELECT msisdn, report_id, started_at FROM smspin.attempt
            WHERE campaign = $1 AND epoch = (SELECT max(epoch) FROM smspin.epoch WHERE campaign = $1)
            AND (state = 1 OR settled_at IS NOT NULL)";
        let rows = self.session()?.rows("read", sql, &[&id])?;
        let attempt = |row: &Row| {
            Ok(AwaitedAttempt {
                msisdn: number(row.get(0))?,
                report_id: row.get::<_, &[u8]>(1).try_into().ok().map(ReportId),
                started_at: time(row.get(2))?,
            })
        };
        rows.iter().map(attempt).collect()
    }
}

const ADDING: &str = "add delivery reports to";

fn add(
    session: &DatabaseSession,
    id: i32,
    new: &NewReports<'_>,
    unknown: &mut HashSet<Msisdn>,
    now: Timestamp,
) -> Result<ReconcileCounts, DatabaseError> {
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &id,
        &new.digests,
        &new.report_ids,
        &new.numbers,
        &new.statuses,
        &new.dates,
        &new.sms_ids,
        &new.arrived_at,
    ];
    let rows = session.rows(ADDING, ADD, &parameters)?;
    let mut counts = ReconcileCounts {
        reports: new.digests.len() as u64,
        new: rows.len() as u64,
        ..ReconcileCounts::default()
    };
    counts.known = counts.reports - counts.new;
    let mut settled = Vec::new();
    for row in &rows {
        let msisdn = number(row.get(2))?;
        match row.get::<_, Option<i64>>(0) {
            Some(attempt) => {
                counts.matched += 1;
                if row.get(1) && unknown.remove(&msisdn) {
                    settled.push(attempt);
                }
            }
            None if !row.get::<_, bool>(3) && unknown.contains(&msisdn) => counts.probable += 1,
            None => counts.unmatched += 1,
        }
    }
    counts.settled = settled.len() as u64;
    let sql = "UPDATE smspin.attempt SET settled_at = $2 WHERE id = ANY ($1::int8[]) AND settled_at IS NULL";
    session.execute(ADDING, sql, &[&settled, &now.as_millisecond()])?;
    if counts.new > 0 {
        // The results have to be written again.
        let sql = "UPDATE smspin.epoch SET concluded = false WHERE campaign = $1 AND concluded";
        session.execute(ADDING, sql, &[&id])?;
    }
    Ok(counts)
}

pub(super) fn deliveries(
    session: &DatabaseSession,
    id: i32,
) -> Result<HashMap<Msisdn, RowDelivery>, JournalError> {
    let clock = ReportClock::new();
    let sql = "SELECT r.msisdn, r.status, r.dlr_date, r.arrived_at, a.started_at
        FROM smspin.report r LEFT JOIN smspin.attempt a ON a.id = r.attempt
        WHERE r.campaign = $1 AND (a.epoch = (SELECT max(epoch) FROM smspin.epoch WHERE campaign = $1)
          OR r.attempt IS NULL AND r.report_id IS NULL) ORDER BY r.id";
    let mut found: HashMap<Msisdn, RowDelivery> = HashMap::new();
    session.each(sql, &[&id], |row: &Row| {
        let Some(status) = DeliveryStatus::of(row.get(1)) else {
            return Ok(());
        };
        let msisdn = row.get::<_, Option<i64>>(0).ok_or_else(|| damaged("a report"))?;
        let sent_at = row.get::<_, Option<i64>>(4).map(time).transpose()?;
        let delivery = RowDelivery {
            status,
            at: row.get::<_, Option<&str>>(2).and_then(|date| clock.read(date)),
            received_at: time(row.get(3))?,
            sent_at,
        };
        found
            .entry(number(msisdn)?)
            .and_modify(|other| *other = other.or_better(delivery))
            .or_insert(delivery);
        Ok::<_, JournalError>(())
    })?;
    Ok(found)
}

/// Numbers that probably had their SMS, as a delivery report without an attempt's id says, each with the time at which the last came.
pub(super) fn probably_sent(session: &DatabaseSession, id: i32) -> Result<HashMap<i64, i64>, DatabaseError> {
    let sql = "SELECT msisdn, max(arrived_at) FROM smspin.report
        WHERE campaign = $1 AND attempt IS NULL AND report_id IS NULL AND msisdn IS NOT NULL GROUP BY msisdn";
    let rows = session.rows("read", sql, &[&id])?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
