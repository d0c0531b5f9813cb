//! What the journal knows of one number after another: the join of results with the rows of the input.
//!
//! Rows are asked for in the order they were sent in, or nearly, so most answers come from one scan over the attempts of the last
//! epoch, many at a time. The rest is asked for one by one.

use super::fold;
use super::reports;
use super::session::DatabaseSession;
use super::values::{ended, time};
use crate::batch::journal::error::JournalError;
use crate::batch::journal::records::{AttemptOutcome, NumberHistory, PastAttempt, RowDelivery};
use crate::batch::state::{AttemptResult, CampaignKind, NumberState, Status};
use crate::domain::msisdn::Msisdn;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use tokio_postgres::Row;

const COLUMNS: &str =
    "SELECT id, msisdn, started_at, repeat, state, ended_at, http, error_id, error_msg, detail, settled_at, epoch
    FROM smspin.attempt WHERE campaign = $1";
/// Attempts that are read at once.
const STEP: i64 = 4096;
/// Numbers that are held at most.
const MOST: usize = 64 * 1024;

/// Looks up numbers, each once, in any order; in the order of their first attempts it is quickest.
pub(crate) struct DatabaseHistory<'a> {
    session: &'a DatabaseSession,
    campaign: i32,
    /// All epochs, in their order.
    epochs: Vec<(i32, CampaignKind)>,
    last_epoch: i32,
    deliveries: HashMap<Msisdn, RowDelivery>,
    exhausted: bool,
    /// The id of the last attempt that was read.
    after: i64,
    /// Numbers that were read and not asked for yet. `None` for a number with a second attempt.
    pending: HashMap<i64, Option<PastAttempt>>,
}

impl<'a> DatabaseHistory<'a> {
    pub(super) fn new(session: &'a DatabaseSession, campaign: i32) -> Result<Self, JournalError> {
        let epochs = fold::kinds(session, campaign)?;
        let last_epoch = epochs.last().map_or(0, |(epoch, _)| *epoch);
        let sql = "SELECT coalesce(min(after_attempt), 0) FROM smspin.run WHERE campaign = $1 AND epoch = $2";
        let row = session.one("read", sql, &[&campaign, &last_epoch])?;
        Ok(Self {
            session,
            campaign,
            epochs,
            last_epoch,
            deliveries: reports::deliveries(session, campaign)?,
            exhausted: false,
            after: row.get(0),
            pending: HashMap::new(),
        })
    }

    /// The history of one number; of one that was never tried, [`NumberHistory::UNTRIED`].
    pub(crate) fn of(&mut self, number: Msisdn) -> Result<NumberHistory, JournalError> {
        let mut history = self.attempts_of(number)?;
        let began = history.deciding.as_ref().map(|attempt| attempt.at);
        let delivery = self.deliveries.get(&number).copied();
        // A report that was there before the request is about an earlier SMS.
        history.delivery =
            delivery.filter(|delivery| began.is_some_and(|began| delivery.received_at >= began));
        Ok(history)
    }

    fn attempts_of(&mut self, number: Msisdn) -> Result<NumberHistory, JournalError> {
        let digits = number.as_u64().cast_signed();
        loop {
            if let Some(met) = self.pending.remove(&digits) {
                // Nobody tries a number again that was accepted or refused: of any other the scan doesn't know enough.
                let settled = met.filter(|attempt| {
                    let ended = attempt.outcome.as_ref().map(|outcome| outcome.ended);
                    matches!(ended, Some(AttemptResult::Accepted | AttemptResult::Refused))
                });
                let Some(attempt) = settled else {
                    return self.look_up(digits);
                };
                let mut history = NumberHistory::UNTRIED;
                add(&mut history, attempt);
                return Ok(history);
            }
            if self.exhausted || self.pending.len() > MOST {
                return self.look_up(digits);
            }
            self.step()?;
        }
    }

    /// By all its attempts, in whatever epoch.
    fn look_up(&self, digits: i64) -> Result<NumberHistory, JournalError> {
        let sql = format!("{COLUMNS} AND msisdn = $2 ORDER BY epoch, nth");
        let rows = self.session.rows("read", &sql, &[&self.campaign, &digits])?;
        let mut history = NumberHistory::UNTRIED;
        let mut begun = self.epochs.first().map_or(0, |(epoch, _)| *epoch);
        for row in &rows {
            self.begin_epochs(&mut history, &mut begun, row.get(11));
            add(&mut history, read(row)?);
        }
        self.begin_epochs(&mut history, &mut begun, self.last_epoch);
        Ok(history)
    }

    /// Moves a number on, epoch by epoch.
    fn begin_epochs(&self, history: &mut NumberHistory, begun: &mut i32, to: i32) {
        for (epoch, kind) in &self.epochs {
            if *epoch > *begun && *epoch <= to {
                history.standing = history.standing.in_next_campaign(*kind);
                if history.standing.state() == Status::Pending {
                    *history = NumberHistory {
                        standing: history.standing,
                        ..NumberHistory::UNTRIED
                    };
                }
            }
        }
        *begun = to;
    }

    fn step(&mut self) -> Result<(), JournalError> {
        let sql = format!("{COLUMNS} AND epoch = $2 AND id > $3 ORDER BY id LIMIT $4");
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&self.campaign, &self.last_epoch, &self.after, &STEP];
        let rows = self.session.rows("read", &sql, &parameters)?;
        self.exhausted = rows.is_empty();
        for row in &rows {
            self.after = row.get(0);
            match self.pending.entry(row.get(1)) {
                Entry::Vacant(free) => drop(free.insert(Some(read(row)?))),
                Entry::Occupied(mut met) => drop(met.insert(None)),
            }
        }
        Ok(())
    }
}

/// One more attempt of a number.
fn add(history: &mut NumberHistory, attempt: PastAttempt) {
    let ended = attempt.outcome.as_ref().map(|outcome| outcome.ended);
    if !history.standing.attempted() {
        history.attempts = 0;
    }
    history.attempts += 1;
    let alone = NumberState::NEW.after(ended, false).state();
    history.standing = history.standing.after(ended, false);
    if alone == history.standing.state() || history.deciding.is_none() {
        history.deciding = Some(attempt);
        history.refused_later = None;
    } else if matches!(alone, Status::Refused | Status::RefusedAccount) {
        history.refused_later = attempt.outcome;
    }
}

fn read(row: &Row) -> Result<PastAttempt, JournalError> {
    let outcome = match row.get::<_, Option<i16>>(4) {
        None => None,
        Some(state) => Some(AttemptOutcome {
            ended: ended(state)?,
            at: time(row.get::<_, Option<i64>>(5).unwrap_or_default())?,
            http: row
                .get::<_, Option<i32>>(6)
                .and_then(|http| u16::try_from(http).ok()),
            error_id: row.get(7),
            error_msg: row.get(8),
            detail: row.get(9),
        }),
    };
    let outcome = match row.get::<_, Option<i64>>(10) {
        None => outcome,
        Some(settled_at) => Some(AttemptOutcome::settled(outcome, time(settled_at)?)),
    };
    Ok(PastAttempt {
        at: time(row.get(2))?,
        repeat: row.get(3),
        outcome,
    })
}
