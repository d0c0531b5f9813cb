//! A group of intents and outcomes in one statement: it is durable as a whole, or not at all.

use super::session::DatabaseSession;
use super::{DatabaseJournal, OwnRun};
use crate::batch::journal::database_error::DatabaseError;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::order::WriteOrder;
use crate::batch::journal::records::{AttemptOutcome, Committed, Grant, Intent, ReportId, Ticket};
use crate::batch::state::AttemptResult;
use std::collections::HashMap;
use tokio_postgres::Row;

/// Closes attempts of this run, takes back others that never left, and claims the next attempts. A claim is granted where
/// - nobody has refused the account since this run began,
/// - no attempt of this epoch was taken, may have been, or was refused; of what may have been taken, a repeat that somebody agreed to
///   passes over the attempts of runs that had ended before this one was planned,
/// - and nobody else inserts the same attempt: then one of the two has it.
///
/// An outcome that was written by a commit whose answer never came may be written again.
const GROUP: &str = "
WITH closing AS (
  SELECT * FROM unnest($4::int8[], $5::int2[], $6::int8[], $7::int4[], $8::text[], $9::text[], $10::text[])
    AS c(id, state, ended_at, http, error_id, error_msg, detail)
), closed AS (
  UPDATE smspin.attempt a SET state = c.state, ended_at = c.ended_at, http = c.http, error_id = c.error_id,
    error_msg = c.error_msg, detail = c.detail
  FROM closing c WHERE a.id = c.id AND a.run = $3 AND (a.state IS NULL OR (a.state = c.state AND a.ended_at = c.ended_at))
  RETURNING a.id
), refusing AS (
  UPDATE smspin.campaign SET account_refusals = account_refusals + 1,
    account_error = (SELECT error_id FROM closing WHERE state = 3 LIMIT 1)
  WHERE id = $1 AND EXISTS (SELECT FROM closing WHERE state = 3)
), seen AS (
  UPDATE smspin.run SET seen_at = greatest(seen_at, $21::int8) WHERE id = $3 AND $21::int8 IS NOT NULL
), taken_back AS (
  DELETE FROM smspin.attempt a USING unnest($11::int8[]) AS t(id) WHERE a.id = t.id AND a.run = $3 AND a.state IS NULL
), wanted AS (
  SELECT * FROM unnest($12::int8[], $13::int8[], $14::int4[], $15::bool[], $16::bytea[])
    AS w(msisdn, started_at, expires_in, repeat, report_id)
), granted AS (
  INSERT INTO smspin.attempt (campaign, epoch, msisdn, nth, run, started_at, expires_in, repeat, report_id)
  SELECT $1, $2, w.msisdn, 1 + (
      SELECT coalesce(max(p.nth), 0) FROM smspin.attempt p WHERE p.campaign = $1 AND p.epoch = $2 AND p.msisdn = w.msisdn
    ), $3, w.started_at, w.expires_in, w.repeat, w.report_id
  FROM wanted w
  WHERE (SELECT account_refusals FROM smspin.campaign WHERE id = $1) = $17 AND pg_backend_pid() = $18
    -- An aggregate is looked up in the index for each number; a server without statistics would join the whole epoch instead.
    AND NOT coalesce((
      SELECT bool_or(
        (p.state IS NULL OR p.state NOT IN (3, 4))
        AND NOT (w.repeat AND coalesce(p.state, 5) IN (2, 5) AND p.settled_at IS NULL AND p.run <= $20 AND NOT p.run = ANY ($19::int4[]))
      ) FROM smspin.attempt p WHERE p.campaign = $1 AND p.epoch = $2 AND p.msisdn = w.msisdn
    ), false)
  ON CONFLICT DO NOTHING
  RETURNING id, report_id
)
SELECT id, report_id, NULL::int8, NULL::text, NULL::int4 FROM granted
UNION ALL
SELECT (SELECT count(*) FROM closed), NULL, c.account_refusals, c.account_error, pg_backend_pid()
  FROM (SELECT 1) one LEFT JOIN smspin.campaign c ON c.id = $1";

/// The columns of a group's outcomes.
#[derive(Default)]
struct Closing {
    ids: Vec<i64>,
    states: Vec<i16>,
    ended_at: Vec<i64>,
    http: Vec<Option<i32>>,
    error_ids: Vec<Option<String>>,
    error_msgs: Vec<Option<String>>,
    details: Vec<Option<String>>,
}

impl Closing {
    fn add(&mut self, ticket: &Ticket, outcome: &AttemptOutcome) {
        self.ids.push(ticket.attempt);
        self.states.push(code(outcome.ended));
        self.ended_at.push(outcome.at.as_millisecond());
        self.http.push(outcome.http.map(i32::from));
        self.error_ids.push(cut(outcome.error_id.as_ref()));
        self.error_msgs.push(cut(outcome.error_msg.as_ref()));
        self.details.push(cut(outcome.detail.as_ref()));
    }
}

pub(super) fn code(ended: AttemptResult) -> i16 {
    i16::try_from(ended.code()).expect("the codes have one digit")
}

/// The beginning of a text, as much as a record may hold. A database takes no character 0.
fn cut(text: Option<&String>) -> Option<String> {
    let plain = text?.chars().filter(|c| *c != '\0');
    Some(plain.take(AttemptOutcome::LONGEST_TEXT).collect())
}

/// The columns of a group's intents.
#[derive(Default)]
struct Wanted {
    numbers: Vec<i64>,
    started_at: Vec<i64>,
    expires_in: Vec<i32>,
    repeats: Vec<bool>,
    report_ids: Vec<Vec<u8>>,
    ids: Vec<ReportId>,
}

impl Wanted {
    fn add(&mut self, intent: &Intent) {
        self.numbers.push(intent.number.as_u64().cast_signed());
        self.started_at.push(intent.at.as_millisecond());
        self.expires_in
            .push(i32::try_from(intent.expires_in).unwrap_or(i32::MAX));
        self.repeats.push(intent.repeat);
        self.report_ids.push(intent.report_id.0.to_vec());
        self.ids.push(intent.report_id);
    }
}

impl DatabaseJournal {
    /// Writes a group, and says what became of each of its intents, once all of it is durable. After an error nothing of it
    /// counts as written.
    pub(in crate::batch::journal) fn commit(
        &mut self,
        group: &[WriteOrder],
    ) -> Result<Committed, JournalError> {
        let run = self.run.expect("a run has begun");
        let (mut closing, mut wanted, mut back) = (Closing::default(), Wanted::default(), Vec::new());
        let mut seen_at = None;
        for order in group {
            match order {
                WriteOrder::Intend(intents, _) => intents.iter().for_each(|intent| wanted.add(intent)),
                WriteOrder::Close(ticket, outcome, _) => closing.add(ticket, outcome),
                WriteOrder::TakeBack(tickets, _) => back.extend(tickets.iter().map(|ticket| ticket.attempt)),
                WriteOrder::SignOfLife(at) => seen_at = seen_at.max(Some(at.as_millisecond())),
                WriteOrder::Finish => {}
            }
        }
        let written = self.write(run, &closing, &back, &wanted, seen_at);
        let doubted = self.session().is_ok_and(DatabaseSession::is_doubted);
        let written = if doubted {
            Err(DatabaseError::Unreplicated {
                place: self.place.to_string(),
            })
        } else {
            written
        };
        if written.as_ref().is_err_and(DatabaseError::is_lost) {
            // The commit may have been made: none of these is ever launched, and they are taken back once that is possible.
            self.unanswered.extend(wanted.report_ids);
            self.session = None;
        }
        Ok(written?)
    }

    fn write(
        &self,
        run: OwnRun,
        closing: &Closing,
        back: &Vec<i64>,
        wanted: &Wanted,
        seen_at: Option<i64>,
    ) -> Result<Committed, DatabaseError> {
        let alive: Vec<i32> = self.earlier_runs.alive.iter().copied().collect();
        let session = self.session()?;
        let id = self.campaign.expect("a run has begun");
        let rows = session.prepared_rows(
            "write",
            GROUP,
            &[
                &id,
                &run.epoch,
                &run.id,
                &closing.ids,
                &closing.states,
                &closing.ended_at,
                &closing.http,
                &closing.error_ids,
                &closing.error_msgs,
                &closing.details,
                back,
                &wanted.numbers,
                &wanted.started_at,
                &wanted.expires_in,
                &wanted.repeats,
                &wanted.report_ids,
                &run.account_refusals,
                &session.backend,
                &alive,
                &self.earlier_runs.last,
                &seen_at,
            ],
        )?;
        self.read_answer(run, &rows, closing, wanted)
    }

    /// What the rows of the statement's answer say.
    fn read_answer(
        &self,
        run: OwnRun,
        rows: &[Row],
        closing: &Closing,
        wanted: &Wanted,
    ) -> Result<Committed, DatabaseError> {
        let session = self.session()?;
        let place = || self.place.to_string();
        let mut granted: HashMap<Vec<u8>, i64> = HashMap::with_capacity(rows.len());
        let mut account_refused = None;
        for row in rows {
            let id: i64 = row.get(0);
            if let Some(report_id) = row.get(1) {
                granted.insert(report_id, id);
                continue;
            }
            let Some(refusals) = row.get::<_, Option<i64>>(2) else {
                // Somebody has deleted the campaign.
                return Err(DatabaseError::NotOurs { place: place() });
            };
            if row.get::<_, i32>(4) != session.backend {
                return Err(DatabaseError::Pooler { place: place() });
            }
            if id != i64::try_from(closing.ids.len()).unwrap_or(i64::MAX) {
                return Err(DatabaseError::NotOurs { place: place() });
            }
            if refusals != run.account_refusals && !wanted.numbers.is_empty() {
                account_refused = Some(row.get::<_, Option<String>>(3).unwrap_or_default());
            }
        }
        let grant = |report_id: &ReportId| match granted.get(report_id.0.as_slice()) {
            Some(attempt) => Grant::Granted(Ticket {
                attempt: *attempt,
                report_id: *report_id,
            }),
            None => Grant::Taken,
        };
        Ok(Committed {
            grants: wanted.ids.iter().map(grant).collect(),
            account_refused,
        })
    }
}
