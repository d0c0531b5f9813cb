//! Rows of the tables, whatever keeps them, as the journal's own types. Both engines select the same columns in the same order.

use super::attempt::{AnswerRecord, Attempt, AttemptState, Delivery, Detail, Ticket};
use super::report::{ReportKey, ReportedAttempt};
use super::run::{CampaignId, RunEnd, RunId, RunName, RunRecord};
use crate::dlr::DeliveryStatus;
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::time::Duration;

/// The columns of `attempts a` that [`attempt`] reads for a decision.
pub(super) const STATE_COLUMNS: &str = "a.msisdn, a.campaign, a.nth, a.run, a.at, a.expires_in, a.state, a.answered_at, \
    a.report_status, a.report_at, a.report_received_at, a.report_has_id";

/// What it reads behind them for the words of a result.
pub(super) const ANSWER_COLUMNS: &str = "a.http, a.error_id, a.error_msg, a.detail, a.latency";

/// What [`reported`] reads behind those for a decision, of `campaigns c` and of `runs r`, which may be missing.
pub(super) const REPORTED_COLUMNS: &str = "c.name, r.name, r.id IS NOT NULL AND r.ended IS NULL";

/// The columns of `runs` that [`run`] reads.
pub(super) const RUN_COLUMNS: &str = "id, name, campaign, began, last_seen, ended, exit_status, rows_left, group_count, timeout, \
    host, pid, list, digest, settings, forgotten";

/// A row as an engine gives it. A column is counted from 0.
pub(super) trait JournalRow {
    type Error;

    /// A whole number, or a truth as 1 or 0.
    fn whole(&self, column: usize) -> Result<Option<i64>, Self::Error>;

    fn text(&self, column: usize) -> Result<Option<String>, Self::Error>;

    /// A point in time by this machine's clock.
    fn moment(&self, column: usize) -> Result<Option<Timestamp>, Self::Error>;

    /// Why a row can't be used: it holds what smspin never writes.
    fn damaged(column: usize) -> Self::Error;
}

/// The whole number in a column, where there is one.
pub(super) fn optional<R: JournalRow, T: TryFrom<i64>>(
    row: &R,
    column: usize,
) -> Result<Option<T>, R::Error> {
    let found = row.whole(column)?.map(T::try_from).transpose();
    found.map_err(|_| R::damaged(column))
}

/// The whole number in a column.
pub(super) fn number<R: JournalRow, T: TryFrom<i64>>(row: &R, column: usize) -> Result<T, R::Error> {
    optional(row, column)?.ok_or_else(|| R::damaged(column))
}

fn text<R: JournalRow>(row: &R, column: usize) -> Result<String, R::Error> {
    row.text(column)?.ok_or_else(|| R::damaged(column))
}

fn moment<R: JournalRow>(row: &R, column: usize) -> Result<Timestamp, R::Error> {
    row.moment(column)?.ok_or_else(|| R::damaged(column))
}

pub(super) fn msisdn<R: JournalRow>(row: &R, column: usize) -> Result<Msisdn, R::Error> {
    Msisdn::from_u64(number(row, column)?).ok_or_else(|| R::damaged(column))
}

fn run_name<R: JournalRow>(row: &R, column: usize) -> Result<RunName, R::Error> {
    RunName::parse(&text(row, column)?).ok_or_else(|| R::damaged(column))
}

/// A campaign: its id and its name.
pub(super) fn campaign<R: JournalRow>(row: &R) -> Result<(CampaignId, String), R::Error> {
    Ok((CampaignId(number(row, 0)?), text(row, 1)?))
}

/// A number that is excluded, and the run that has excluded it.
pub(super) fn excluded<R: JournalRow>(row: &R) -> Result<(Msisdn, RunId), R::Error> {
    Ok((msisdn(row, 0)?, RunId(number(row, 1)?)))
}

/// An attempt, with its number.
pub(super) fn attempt<R: JournalRow>(row: &R, detail: Detail) -> Result<(Msisdn, Attempt), R::Error> {
    let answered_at = row.moment(7)?;
    let attempt = Attempt {
        nth: number(row, 2)?,
        run: RunId(number(row, 3)?),
        at: moment(row, 4)?,
        expires_in: number(row, 5)?,
        state: AttemptState::from_code(number(row, 6)?).ok_or_else(|| R::damaged(6))?,
        answered_at,
        delivery: delivery(row)?,
        answer: match answered_at {
            Some(_) if detail == Detail::Full => Some(Box::new(answer(row)?)),
            _ => None,
        },
    };
    Ok((msisdn(row, 0)?, attempt))
}

fn delivery<R: JournalRow>(row: &R) -> Result<Option<Delivery>, R::Error> {
    let Some(status) = row.text(8)? else {
        return Ok(None);
    };
    // The gateway's own word, by no clock of ours.
    let at = row.whole(9)?.map(Timestamp::from_millisecond).transpose();
    Ok(Some(Delivery {
        status: DeliveryStatus::of(&status).ok_or_else(|| R::damaged(8))?,
        at: at.map_err(|_| R::damaged(9))?,
        received_at: moment(row, 10)?,
        is_certain: number::<_, i64>(row, 11)? != 0,
    }))
}

fn answer<R: JournalRow>(row: &R) -> Result<AnswerRecord, R::Error> {
    Ok(AnswerRecord {
        http: optional(row, 12)?,
        error_id: row.text(13)?,
        error_msg: row.text(14)?,
        detail: row.text(15)?,
        latency_ms: optional(row, 16)?,
    })
}

/// An attempt that a report may be about, with its number. `is_alive` tells of a run that has not ended.
pub(super) fn reported<R: JournalRow>(
    row: &R,
    secret: &[u8],
    is_alive: impl FnOnce(RunId, &RunName) -> bool,
) -> Result<(Msisdn, ReportedAttempt), R::Error> {
    let (msisdn, attempt) = attempt(row, Detail::State)?;
    let ticket = Ticket {
        msisdn,
        nth: attempt.nth,
    };
    let campaign = text(row, 12)?;
    let run = row.text(13)?.map(|_| run_name(row, 13)).transpose()?;
    let may_live = attempt.state == AttemptState::Open && number::<_, i64>(row, 14)? != 0;
    let reported = ReportedAttempt {
        campaign: CampaignId(number(row, 1)?),
        id: run
            .as_ref()
            .map(|run| ReportKey::new(secret, &campaign, run).id(&ticket)),
        is_alive: may_live && run.is_some_and(|run| is_alive(attempt.run, &run)),
        attempt,
    };
    Ok((msisdn, reported))
}

/// A run, which counts as dead.
pub(super) fn run<R: JournalRow>(row: &R) -> Result<RunRecord, R::Error> {
    let end = match row.moment(5)? {
        None => None,
        Some(at) => Some(RunEnd {
            at,
            exit: number(row, 6)?,
            left: number(row, 7)?,
        }),
    };
    Ok(RunRecord {
        id: RunId(number(row, 0)?),
        name: run_name(row, 1)?,
        campaign: CampaignId(number(row, 2)?),
        began: moment(row, 3)?,
        last_seen: moment(row, 4)?,
        end,
        groups: number(row, 8)?,
        timeout: Duration::from_millis(number(row, 9)?),
        host: text(row, 10)?,
        pid: number(row, 11)?,
        list: text(row, 12)?,
        digest: row.text(13)?,
        settings: text(row, 14)?,
        forgotten: row.moment(15)?,
        is_alive: false,
    })
}
