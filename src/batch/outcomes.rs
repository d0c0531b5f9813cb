//! The last pass: joins the input with the journal into the results. Derived from both, so it can always be done again.

use super::BatchError;
use super::decision::{Decision, RetryUnknown};
use super::journal::{Histories, History, JournalError, NumberHistory};
use super::numbers::{Claim, Numbers};
use super::request::Checker;
use super::results::{MOST_EXCEPTIONS, Results, RowException, RowOutcome};
use crate::domain::msisdn::Msisdn;
use crate::rows::{Input, Row};
use std::ops::ControlFlow;
use std::path::Path;

/// Writes the results of every row, in the order of the input. `numbers` has the journal folded in; without a history, the
/// columns about attempts stay empty. Returns the first rows that were not accepted.
pub(crate) fn write(
    path: &Path,
    input: &Input,
    checker: &mut Checker,
    numbers: &mut Numbers,
    mut history: Option<Histories<'_>>,
) -> Result<Vec<RowException>, BatchError> {
    let mut results = Results::create(path, input)?;
    numbers.rewind();
    checker.for_each(input, |row, request| {
        match request {
            Err(faults) => results.write_invalid(row, faults)?,
            Ok(ready) => {
                let number = ready.request.msisdn;
                let claim = numbers.claim(number, row.line());
                let decision = match claim {
                    Claim::First(state) => Ok(numbers.decide(number, state, RetryUnknown::Never)),
                    Claim::Duplicate { first_line } => {
                        Err(format!("same number as {}", input.row_name(first_line)))
                    }
                    Claim::NotInPreflight => Err("the input has changed since the preflight".to_owned()),
                };
                write_valid(&mut results, row, number, decision, history.as_mut())?;
            }
        }
        Ok::<_, BatchError>(ControlFlow::Continue(()))
    })?;
    Ok(results.finish()?)
}

fn write_valid(
    results: &mut Results,
    row: &Row<'_>,
    number: Msisdn,
    decision: Result<Decision, String>,
    history: Option<&mut Histories<'_>>,
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
    let decision = match decision {
        Ok(decision) => decision,
        Err(detail) => return Ok(duplicate(&detail, results)?),
    };
    let record = match history {
        Some(history) if decision.attempted() || decision.carried_over() => history.of(number)?,
        _ => NumberHistory::UNTRIED,
    };
    let detail = detail(decision, &record);
    Ok(results.write(row, &outcome(decision, &msisdn, &record, &detail))?)
}

/// The first numbers of a journal that were not accepted, at most 1,000, where the input isn't read. Of those that a run in
/// progress (`under_way`) waits for, nothing is known yet.
pub(crate) fn not_accepted(
    numbers: &Numbers,
    history: &mut History<'_>,
    under_way: bool,
) -> Result<Vec<RowException>, JournalError> {
    let mut exceptions = Vec::new();
    let attempted = numbers
        .decisions(RetryUnknown::Never)
        .filter(|(_, _, decision)| decision.attempted() && !decision.carried_over());
    for (number, _, decision) in attempted {
        if exceptions.len() == MOST_EXCEPTIONS {
            break;
        }
        let msisdn = number.to_string();
        if RowException::is_notable(decision.word()) {
            let record = history.of(number)?;
            let waits = record
                .deciding
                .as_ref()
                .is_some_and(|attempt| attempt.outcome.is_none());
            let detail = detail(decision, &record);
            if !(under_way && waits) {
                exceptions.extend(RowException::of(
                    None,
                    &outcome(decision, &msisdn, &record, &detail),
                ));
            }
        }
    }
    Ok(exceptions)
}

fn text(value: Option<&String>) -> &str {
    value.map_or("", String::as_str)
}

/// In words, what became of a number that was decided on.
fn detail(decision: Decision, record: &NumberHistory) -> String {
    let closing = record
        .deciding
        .as_ref()
        .and_then(|attempt| attempt.outcome.as_ref());
    let reason = match (&record.deciding, closing) {
        (Some(_), None) if decision == Decision::LeaveUnderWay => "another run is sending to this number",
        (Some(_), None) => "the run ended while the request was in flight",
        _ => text(closing.and_then(|closing| closing.detail.as_ref())),
    };
    let reason = match decision.taken_over() {
        Some(taken_over) if reason.is_empty() => taken_over,
        _ => reason,
    };
    match &record.refused_later {
        Some(_) => format!("this request was refused, but an earlier one may have been taken: {reason}"),
        None => reason.to_owned(),
    }
}

fn outcome<'a>(
    decision: Decision,
    msisdn: &'a str,
    record: &'a NumberHistory,
    detail: &'a str,
) -> RowOutcome<'a> {
    let deciding = record.deciding.as_ref();
    let closing = deciding.and_then(|attempt| attempt.outcome.as_ref());
    let said = record.refused_later.as_ref().or(closing);
    RowOutcome {
        outcome: decision.word(),
        error_id: text(said.and_then(|said| said.error_id.as_ref())),
        error_msg: text(said.and_then(|said| said.error_msg.as_ref())),
        http: said.and_then(|said| said.http),
        attempts: record.attempts,
        at: said
            .map(|said| said.at)
            .or_else(|| deciding.map(|attempt| attempt.at)),
        msisdn,
        detail,
        delivery: record.delivery,
    }
}
