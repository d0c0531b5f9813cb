//! A group of intents and outcomes, written in one transaction.

use super::FileJournal;
use super::checksum::{ATTEMPT, OUTCOME};
use crate::batch::journal::error::JournalError;
use crate::batch::journal::order::WriteOrder;
use crate::batch::journal::records::{AttemptOutcome, Intent, Ticket};
use rusqlite::Transaction;
use rusqlite::types::ValueRef;

impl FileJournal {
    /// Writes a group in one transaction, and returns a ticket for each of its intents, in their order, once all of it is on
    /// disk. After an error nothing of it counts as written.
    pub(in crate::batch::journal) fn commit(
        &mut self,
        group: &[WriteOrder],
    ) -> Result<Vec<Ticket>, JournalError> {
        let mut next = self.next_attempt;
        let run = self
            .last_run
            .expect("a run has begun")
            .with_commit(group.iter().filter_map(WriteOrder::latest).max());
        let written = self.transaction().and_then(|transaction| {
            let ours = run.is_last(&transaction)?;
            if ours {
                for order in group {
                    write(order, &transaction, &mut next)?;
                }
                run.write(&transaction)?;
                transaction.commit()?;
            }
            Ok(ours)
        });
        if !written.map_err(JournalError::sqlite("write", self.path()))? {
            return Err(JournalError::TakenOver {
                path: self.path().into(),
            });
        }
        self.last_run = Some(run);
        self.note_commits()?;
        let intents = group.iter().flat_map(WriteOrder::intents);
        let tickets = (self.next_attempt..next)
            .zip(intents)
            .map(|(attempt, intent)| Ticket {
                attempt,
                report_id: intent.report_id,
            });
        let tickets = tickets.collect();
        self.next_attempt = next;
        Ok(tickets)
    }
}

fn write(order: &WriteOrder, transaction: &Transaction<'_>, next: &mut i64) -> rusqlite::Result<()> {
    match order {
        WriteOrder::Intend(intents, _) => insert_intents(transaction, intents, next),
        WriteOrder::Close(ticket, outcome, _) => insert_outcome(transaction, ticket, outcome),
        WriteOrder::TakeBack(tickets, _) => {
            let mut delete = transaction.prepare_cached("DELETE FROM attempt WHERE id = ?1")?;
            tickets
                .iter()
                .try_for_each(|ticket| delete.execute([ticket.attempt]).map(drop))
        }
        // The commit itself is what it asks for.
        WriteOrder::SignOfLife(_) | WriteOrder::Finish => Ok(()),
    }
}

fn insert_intents(transaction: &Transaction<'_>, intents: &[Intent], next: &mut i64) -> rusqlite::Result<()> {
    for intent in intents {
        let values = [
            ValueRef::Integer(*next),
            ValueRef::Integer(intent.number.as_u64().cast_signed()),
            ValueRef::Integer(intent.at.as_millisecond()),
            ValueRef::Integer(intent.expires_in.into()),
            ValueRef::Integer(intent.repeat.into()),
            ValueRef::Blob(&intent.report_id.0),
        ];
        ATTEMPT.insert(transaction, &values)?;
        *next += 1;
    }
    Ok(())
}

fn insert_outcome(
    transaction: &Transaction<'_>,
    ticket: &Ticket,
    outcome: &AttemptOutcome,
) -> rusqlite::Result<()> {
    fn text(text: Option<&String>) -> ValueRef<'_> {
        cut(text).map_or(ValueRef::Null, |text| ValueRef::Text(text.as_bytes()))
    }
    let http = outcome
        .http
        .map_or(ValueRef::Null, |http| ValueRef::Integer(http.into()));
    let values = [
        ValueRef::Integer(ticket.attempt),
        ValueRef::Integer(outcome.ended.code()),
        ValueRef::Integer(outcome.at.as_millisecond()),
        http,
        text(outcome.error_id.as_ref()),
        text(outcome.error_msg.as_ref()),
        text(outcome.detail.as_ref()),
    ];
    OUTCOME.insert(transaction, &values)
}

/// The beginning of a text, as much as a record may hold.
fn cut(text: Option<&String>) -> Option<&str> {
    text.map(|text| {
        text.char_indices()
            .nth(AttemptOutcome::LONGEST_TEXT)
            .map_or(text.as_str(), |(end, _)| &text[..end])
    })
}
