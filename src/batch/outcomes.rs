//! The last pass: joins the input with the journal into the results. Derived from both, so it can always be done again.

use super::check::Checker;
use super::input::{Input, ReadError, Row};
use super::journal::{History, JournalError, Record};
use super::preflight::number_of;
use super::results::{Results, ResultsError, RowOutcome};
use super::roster::{Claim, Roster};
use super::standing::{Number, State};
use jiff::Timestamp;
use std::path::Path;

/// Why the results are not there. The journal is, and the same command writes them later.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutcomesError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Results(#[from] ResultsError),
}

/// Writes the results of every row, in the order of the input. `roster` has the journal folded in.
pub(crate) fn write(
    path: &Path,
    input: &Input,
    checker: &mut Checker,
    roster: &mut Roster,
    history: &mut History<'_>,
) -> Result<(), OutcomesError> {
    let mut results = Results::create(path, input)?;
    let mut rows = input.rows()?;
    roster.rewind();
    while let Some(row) = rows.next()? {
        match checker.check(&row) {
            Err(reason) => {
                let outcome = RowOutcome { outcome: "invalid", detail: &reason, ..RowOutcome::default() };
                results.write(&row, &outcome)?;
            }
            Ok(ready) => {
                let number = number_of(&ready.request);
                let claim = roster.claim(number, row.line());
                write_valid(&mut results, &row, number, claim, history)?;
            }
        }
    }
    results.finish()?;
    Ok(())
}

fn write_valid(
    results: &mut Results,
    row: &Row<'_>,
    number: Number,
    claim: Claim,
    history: &mut History<'_>,
) -> Result<(), OutcomesError> {
    let msisdn = number.get().to_string();
    let duplicate = |detail: &str, results: &mut Results| {
        let outcome = RowOutcome { outcome: "duplicate", msisdn: &msisdn, detail, ..RowOutcome::default() };
        results.write(row, &outcome)
    };
    let standing = match claim {
        Claim::Duplicate { first_line } => {
            return Ok(duplicate(&format!("line {first_line} has this number"), results)?);
        }
        Claim::Stranger => {
            return Ok(duplicate("the input has changed since the preflight", results)?);
        }
        Claim::First(standing) => standing,
    };
    if standing.taken_over() {
        let detail = match standing.state() {
            State::Accepted => "sent by an earlier run",
            _ => "may have been sent by an earlier run",
        };
        return Ok(duplicate(detail, results)?);
    }
    let record = history.of(number)?;
    Ok(write_record(results, row, standing.state(), &msisdn, &record)?)
}

fn write_record(
    results: &mut Results,
    row: &Row<'_>,
    state: State,
    msisdn: &str,
    record: &Record,
) -> Result<(), ResultsError> {
    let closing = record.deciding.as_ref().and_then(|attempt| attempt.closing.as_ref());
    let at = record.deciding.as_ref().map(|attempt| closing.map_or(attempt.at, |closing| closing.at));
    let said = closing.and_then(|closing| closing.detail.as_deref()).unwrap_or_default();
    let error_id = closing.and_then(|closing| closing.error_id.as_deref()).unwrap_or_default();
    let interrupted = record.deciding.is_some() && closing.is_none();
    results.write(
        row,
        &RowOutcome {
            outcome: word(state),
            error_id,
            // The journal keeps one text: with an error id it is the gateway's message, else our own reason.
            error_msg: if error_id.is_empty() { "" } else { said },
            http: closing.and_then(|closing| closing.http),
            attempts: record.attempts,
            at: at.and_then(|at| Timestamp::from_millisecond(at.millis()).ok()),
            msisdn,
            detail: match (interrupted, error_id.is_empty()) {
                (true, _) => "the run ended while the request was under way",
                (false, true) => said,
                (false, false) => "",
            },
        },
    )
}

/// The word for a state in results and summaries.
pub(crate) const fn word(state: State) -> &'static str {
    match state {
        State::Pending => "pending",
        State::Unsent => "unsent",
        State::RefusedAccount | State::Refused => "refused",
        State::Unknown => "unknown",
        State::Accepted => "accepted",
    }
}
