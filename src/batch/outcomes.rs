//! The last pass: joins the input with the journal into the results. Derived from both, so it can always be done again.

use super::BatchError;
use super::destination::short_name;
use super::numbers::{Numbers, Occurrence};
use super::request::{self, Checker};
use super::results::{Results, RowException, RowOutcome};
use crate::domain::msisdn::Msisdn;
use crate::journal::{
    AnswerRecord, Attempt, AttemptState, CampaignId, Decision, Detail, Runs, Standing, Store, deciding,
};
use crate::outcome::OutcomeWord;
use crate::rows::{Input, Row, Rows};
use crate::settings::NumberPolicy;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

/// Where the attempts of rows are read.
pub(super) struct JournalRows<'a> {
    /// `None` where no run of it has begun.
    pub(super) campaign: Option<(&'a mut dyn Store, CampaignId)>,
    pub(super) runs: &'a Runs,
    /// The list whose results these are.
    pub(super) list: &'a str,
}

/// Writes the results of every row, in the order of the input. `numbers` holds what becomes of each number. Returns the first
/// rows that were not accepted.
pub(super) fn write(
    path: &Path,
    input: &Input,
    checker: &mut Checker,
    numbers: &mut Numbers,
    journal: JournalRows<'_>,
) -> Result<Vec<RowException>, BatchError> {
    let mut results = Results::create(path, input)?;
    numbers.rewind();
    let mut attempts = AttemptsAhead::new(input, checker.policy().clone(), journal)?;
    checker.for_each(input, |row, request| {
        attempts.next_row()?;
        match request {
            Err(faults) => results.write_invalid(row, faults)?,
            Ok(ready) => {
                let number = ready.request.msisdn;
                let decision = match numbers.meet(number, row.line()) {
                    Occurrence::First(decision) => Ok(decision),
                    Occurrence::Duplicate { first_line } => {
                        Err(format!("same number as {}", input.row_name(first_line)))
                    }
                    Occurrence::NotInPreflight => Err("the input has changed since the preflight".to_owned()),
                };
                write_valid(&mut results, row, number, decision, &attempts)?;
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
    attempts: &AttemptsAhead<'_>,
) -> Result<(), BatchError> {
    let msisdn = number.to_string();
    match decision {
        Ok(decision) => {
            let outcome = outcome(decision, &msisdn, attempts.of(number), &attempts.journal);
            Ok(results.write(row, &outcome)?)
        }
        Err(detail) => {
            let outcome = RowOutcome {
                outcome: OutcomeWord::Duplicate.as_str(),
                msisdn: &msisdn,
                detail: &detail,
                ..RowOutcome::default()
            };
            Ok(results.write(row, &outcome)?)
        }
    }
}

/// The attempts of the next rows: a second reader runs ahead of the one that writes, so that the journal is asked for many
/// numbers at once, in ascending order.
struct AttemptsAhead<'a> {
    rows: Rows,
    policy: NumberPolicy,
    journal: JournalRows<'a>,
    /// How many rows the second reader is ahead.
    ahead: usize,
    of_group: HashMap<Msisdn, Vec<Attempt>>,
}

impl<'a> AttemptsAhead<'a> {
    /// How far it runs ahead at most.
    const ROWS: usize = 8192;

    fn new(input: &Input, policy: NumberPolicy, journal: JournalRows<'a>) -> Result<Self, BatchError> {
        Ok(Self {
            rows: input.rows()?,
            policy,
            journal,
            ahead: 0,
            of_group: HashMap::new(),
        })
    }

    /// Comes along with the reader that writes, before each of its rows.
    fn next_row(&mut self) -> Result<(), BatchError> {
        if self.ahead == 0 {
            self.read_group()?;
            self.ahead = Self::ROWS;
        }
        self.ahead -= 1;
        Ok(())
    }

    fn read_group(&mut self) -> Result<(), BatchError> {
        self.of_group.clear();
        let Some((store, campaign)) = &mut self.journal.campaign else {
            return Ok(());
        };
        let mut numbers = Vec::with_capacity(Self::ROWS);
        for _ in 0..Self::ROWS {
            let Some(row) = self.rows.next()? else { break };
            numbers.extend(request::number_of(&row, &self.policy).map(|(found, _)| found.msisdn));
        }
        numbers.sort_unstable();
        numbers.dedup();
        let of_group = &mut self.of_group;
        store.read(
            *campaign,
            &mut numbers.into_iter(),
            Detail::Full,
            &mut |number, attempt| of_group.entry(number).or_default().push(attempt),
        )?;
        Ok(())
    }

    fn of(&self, number: Msisdn) -> &[Attempt] {
        self.of_group.get(&number).map_or(&[], Vec::as_slice)
    }
}

fn text(value: Option<&String>) -> &str {
    value.map_or("", String::as_str)
}

fn outcome<'a>(
    decision: Decision,
    msisdn: &'a str,
    attempts: &'a [Attempt],
    journal: &'a JournalRows<'_>,
) -> RowOutcome<'a> {
    let deciding = deciding(attempts);
    // A later refusal says nothing of the request that may have been taken, but it is what the gateway said last.
    let said = match decision.standing {
        Standing::Unknown => attempts.last(),
        _ => deciding,
    };
    let is_settled = deciding.is_some_and(is_settled_by_report);
    // What the gateway said then is not what became of the request.
    let answer = said
        .and_then(|attempt| attempt.answer.as_deref())
        .filter(|_| !is_settled);
    RowOutcome {
        outcome: decision.word().as_str(),
        error_id: text(answer.and_then(|answer| answer.error_id.as_ref())),
        error_msg: text(answer.and_then(|answer| answer.error_msg.as_ref())),
        http: answer.and_then(|answer| answer.http),
        attempts: u32::try_from(attempts.len()).unwrap_or(u32::MAX),
        at: said.map(|attempt| attempt.answered_at.unwrap_or(attempt.at)),
        msisdn,
        detail: if is_settled {
            "a delivery report shows that the SMS was sent, whatever the answer was"
        } else {
            detail(decision, deciding, answer)
        },
        delivery: deciding.and_then(|attempt| attempt.delivery),
        list: deciding.map_or("", |attempt| other_list(attempt, journal)),
    }
}

/// The list that reached a number, where it is another one.
fn other_list<'a>(attempt: &Attempt, journal: &'a JournalRows<'_>) -> &'a str {
    let run = journal
        .runs
        .get(attempt.run)
        .filter(|_| attempt.state.is_reached());
    let other = run.filter(|run| run.list != journal.list);
    other.map_or("", |run| short_name(&run.list))
}

/// True where the answer was lost or another one, and a delivery report shows that the request was taken.
fn is_settled_by_report(attempt: &Attempt) -> bool {
    let is_accepted = attempt.state == AttemptState::Accepted;
    let was_said = |answer: &AnswerRecord| answer.detail.is_none() && answer.error_id.is_none();
    is_accepted && !attempt.answer.as_deref().is_some_and(was_said)
}

/// In words, what became of a number that was decided on.
fn detail<'a>(decision: Decision, deciding: Option<&Attempt>, answer: Option<&'a AnswerRecord>) -> &'a str {
    let is_open = deciding.is_some_and(|attempt| attempt.state == AttemptState::Open);
    match decision.standing {
        _ if decision.is_excluded() => "in a list of --exclude",
        Standing::UnderWay => "another run is sending to this number",
        Standing::Unknown if is_open && answer.is_none() => "the run ended while the request was in flight",
        _ => text(answer.and_then(|answer| answer.detail.as_ref())),
    }
}
