//! The last pass: joins the input with the journal into the results. Derived from both, so it can always be done again.

use super::BatchError;
use super::decision::{Decision, RetryUnknown, decide};
use super::journal::{History, NumberHistory};
use super::numbers::{Claim, Numbers};
use super::request::Checker;
use super::results::{Results, ResultsError, RowOutcome};
use super::rows::{Input, Row};
use crate::domain::msisdn::Msisdn;
use std::ops::ControlFlow;
use std::path::Path;

/// Writes the results of every row, in the order of the input. `numbers` has the journal folded in.
pub(crate) fn write(
    path: &Path,
    input: &Input,
    checker: &mut Checker,
    numbers: &mut Numbers,
    history: &mut History<'_>,
) -> Result<(), BatchError> {
    let mut results = Results::create(path, input)?;
    numbers.rewind();
    checker.for_each(input, |row, request| {
        match request {
            Err(reason) => {
                let outcome = RowOutcome {
                    outcome: "invalid",
                    detail: &reason,
                    ..RowOutcome::default()
                };
                results.write(row, &outcome)?;
            }
            Ok(ready) => {
                let number = ready.request.msisdn;
                let claim = numbers.claim(number, row.line());
                write_valid(&mut results, row, number, claim, history)?;
            }
        }
        Ok::<_, BatchError>(ControlFlow::Continue(()))
    })?;
    results.finish()?;
    Ok(())
}

fn write_valid(
    results: &mut Results,
    row: &Row<'_>,
    number: Msisdn,
    claim: Claim,
    history: &mut History<'_>,
) -> Result<(), BatchError> {
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
    let decision = match claim {
        Claim::Duplicate { first_line } => {
            return Ok(duplicate(&format!("same number as line {first_line}"), results)?);
        }
        Claim::NotInPreflight => {
            return Ok(duplicate("the input has changed since the preflight", results)?);
        }
        Claim::First(number) => decide(number, RetryUnknown::Never),
    };
    if let Some(detail) = decision.duplicate_of() {
        return Ok(duplicate(detail, results)?);
    }
    let record = if decision.attempted() {
        history.of(number)?
    } else {
        NumberHistory::UNTRIED
    };
    Ok(write_record(results, row, decision, &msisdn, &record)?)
}

fn write_record(
    results: &mut Results,
    row: &Row<'_>,
    decision: Decision,
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
            outcome: decision.word(),
            error_id: text(closing.and_then(|closing| closing.error_id.as_ref())),
            error_msg: text(closing.and_then(|closing| closing.error_msg.as_ref())),
            http: closing.and_then(|closing| closing.http),
            attempts: record.attempts,
            at,
            msisdn,
            detail: if interrupted {
                "the run ended while the request was in flight"
            } else {
                text(closing.and_then(|closing| closing.detail.as_ref()))
            },
        },
    )
}
