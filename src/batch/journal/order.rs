//! What the journal's thread is asked to do: the orders that an engine commits in groups.

use super::error::Broken;
use super::records::{AttemptOutcome, Grant, Intent, Ticket};
use jiff::Timestamp;
use tokio::sync::oneshot;

pub(super) type ReplyTo<T> = oneshot::Sender<Result<T, Broken>>;

/// One order, with the sender of its answer.
pub(super) enum WriteOrder {
    Intend(Vec<Intent>, ReplyTo<Vec<Grant>>),
    Close(Ticket, AttemptOutcome, ReplyTo<()>),
    TakeBack(Vec<Ticket>, ReplyTo<()>),
    /// The process is alive, with requests under way.
    SignOfLife(Timestamp),
    Finish,
}

impl WriteOrder {
    /// The latest time in it: the process that gave it was alive then.
    pub(super) fn latest(&self) -> Option<Timestamp> {
        match self {
            Self::Intend(intents, _) => intents.iter().map(|intent| intent.at).max(),
            Self::Close(_, outcome, _) => Some(outcome.at),
            Self::SignOfLife(at) => Some(*at),
            Self::TakeBack(..) | Self::Finish => None,
        }
    }

    /// Whether nothing is held up while it waits for others.
    pub(super) const fn can_wait(&self) -> bool {
        matches!(self, Self::Close(..) | Self::SignOfLife(_))
    }

    /// The intents in it.
    pub(super) fn intents(&self) -> &[Intent] {
        match self {
            Self::Intend(intents, _) => intents,
            Self::Close(..) | Self::TakeBack(..) | Self::SignOfLife(_) | Self::Finish => &[],
        }
    }

    /// Answers an order that is on disk. Somebody who no longer listens is no failure.
    pub(super) fn fulfil(self, grants: &mut impl Iterator<Item = Grant>) {
        match self {
            Self::Intend(intents, reply) => {
                let _ = reply.send(Ok(grants.take(intents.len()).collect()));
            }
            Self::Close(_, _, reply) | Self::TakeBack(_, reply) => {
                let _ = reply.send(Ok(()));
            }
            Self::SignOfLife(_) | Self::Finish => {}
        }
    }

    pub(super) fn refuse(self, broken: &Broken) {
        match self {
            Self::Intend(_, reply) => {
                let _ = reply.send(Err(broken.clone()));
            }
            Self::Close(_, _, reply) | Self::TakeBack(_, reply) => {
                let _ = reply.send(Err(broken.clone()));
            }
            Self::SignOfLife(_) | Self::Finish => {}
        }
    }
}
