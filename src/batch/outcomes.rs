//! The last pass: joins the input with the journal into the results. Derived from both, so it can always be done again.

use super::journal::{History, JournalError, NumberHistory};
use super::numbers::{Claim, Numbers};
use super::request::Checker;
use super::results::{Results, ResultsError, RowOutcome};
use super::rows::{Input, ReadError, Row};
use super::state::State;
use crate::domain::msisdn::Msisdn;
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

/// Writes the results of every row, in the order of the input. `numbers` has the journal folded in.
pub(crate) fn write(
    path: &Path,
    input: &Input,
    checker: &mut Checker,
    numbers: &mut Numbers,
    history: &mut History<'_>,
) -> Result<(), OutcomesError> {
    let mut results = Results::create(path, input)?;
    let mut rows = input.rows()?;
    numbers.rewind();
    while let Some(row) = rows.next()? {
        match checker.check(&row) {
            Err(reason) => {
                let outcome = RowOutcome {
                    outcome: "invalid",
                    detail: &reason,
                    ..RowOutcome::default()
                };
                results.write(&row, &outcome)?;
            }
            Ok(ready) => {
                let number = ready.request.msisdn;
                let claim = numbers.claim(number, row.line());
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
    number: Msisdn,
    claim: Claim,
    history: &mut History<'_>,
) -> Result<(), OutcomesError> {
    let msisdn = number.to_string();
    let duplicate = |detail: &str, results: &mut Results| {
        let outcome = RowOutcome {
            outcome: "duplicate",
            msisdn: &msisdn,
            detail,
            ..RowOutcome::default()
        };
        results.write(row, &outcome)
    };
    let standing = match claim {
        Claim::Duplicate { first_line } => {
            return Ok(duplicate(&format!("line {first_line} has this number"), results)?);
        }
        Claim::NotInPreflight => {
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
    let record = if standing.attempted() {
        history.of(number)?
    } else {
        NumberHistory::UNTRIED
    };
    Ok(write_record(results, row, standing.state(), &msisdn, &record)?)
}

fn write_record(
    results: &mut Results,
    row: &Row<'_>,
    state: State,
    msisdn: &str,
    record: &NumberHistory,
) -> Result<(), ResultsError> {
    let closing = record
        .deciding
        .as_ref()
        .and_then(|attempt| attempt.outcome.as_ref());
    let at = record
        .deciding
        .as_ref()
        .map(|attempt| closing.map_or(attempt.at, |closing| closing.at));
    fn text(value: Option<&String>) -> &str {
        value.map_or("", String::as_str)
    }
    let interrupted = record.deciding.is_some() && closing.is_none();
    results.write(
        row,
        &RowOutcome {
            outcome: word(state),
            error_id: text(closing.and_then(|closing| closing.error_id.as_ref())),
            error_msg: text(closing.and_then(|closing| closing.error_msg.as_ref())),
            http: closing.and_then(|closing| closing.http),
            attempts: record.attempts,
            at,
            msisdn,
            detail: if interrupted {
                "the run ended while the request was under way"
            } else {
                text(closing.and_then(|closing| closing.detail.as_ref()))
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
