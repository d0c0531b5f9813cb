//! A group of intents and outcomes, written in one transaction.

use super::Journal;
use crate::batch::journal::error::JournalError;
use crate::batch::journal::order::WriteOrder;
use crate::batch::journal::records::{AttemptOutcome, Intent, Ticket};
use rusqlite::{Transaction, params};

impl Journal {
    /// Writes a group in one transaction, and returns a ticket for each of its intents, in their order, once all of it is on
    /// disk. After an error nothing of it counts as written.
    pub(in crate::batch::journal) fn commit(
        &mut self,
        group: &[WriteOrder],
    ) -> Result<Vec<Ticket>, JournalError> {
        let mut next = self.next_attempt;
        let written = self.transaction().and_then(|transaction| {
            for order in group {
                write(order, &transaction, &mut next)?;
            }
            transaction.commit()
        });
        written.map_err(JournalError::sqlite("write", self.path()))?;
        let tickets = (self.next_attempt..next).map(|attempt| Ticket { attempt });
        self.next_attempt = next;
        Ok(tickets.collect())
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
        WriteOrder::Finish => Ok(()),
    }
}

fn insert_intents(transaction: &Transaction<'_>, intents: &[Intent], next: &mut i64) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached("INSERT INTO attempt VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for intent in intents {
        insert.execute(params![
            *next,
            intent.number.as_u64().cast_signed(),
            intent.at.as_millisecond(),
            intent.expires_in,
            intent.repeat
        ])?;
        *next += 1;
    }
    Ok(())
}

fn insert_outcome(
    transaction: &Transaction<'_>,
    ticket: &Ticket,
    outcome: &AttemptOutcome,
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached("INSERT INTO outcome VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    insert
        .execute(params![
            ticket.attempt,
            outcome.ended.code(),
            outcome.at.as_millisecond(),
            outcome.http,
            cut(outcome.error_id.as_ref()),
            cut(outcome.error_msg.as_ref()),
            cut(outcome.detail.as_ref()),
        ])
        .map(drop)
}

/// The beginning of a text, as much as a record may hold.
fn cut(text: Option<&String>) -> Option<&str> {
    text.map(|text| {
        text.char_indices()
            .nth(AttemptOutcome::LONGEST_TEXT)
            .map_or(text.as_str(), |(end, _)| &text[..end])
    })
}
