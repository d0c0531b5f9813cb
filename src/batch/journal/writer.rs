//! The journal's own thread: it takes the orders that are queued, has them committed as one group, and answers each.
//!
//! The queue needs no bound of its own: whoever sends has at most `concurrency` intents ahead and one order for each
//! request in flight. After the first failure nothing is written any more.

use super::error::{Broken, JournalError};
use super::order::{ReplyTo, WriteOrder};
use super::records::{AttemptOutcome, Intent, Ticket};
use super::sqlite::Journal;
use jiff::Timestamp;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Orders that one transaction takes at most.
const LARGEST_GROUP: usize = 4096;

/// Resolves when the record is on disk. Dropping it does not take the record back.
#[derive(Debug)]
#[must_use = "a record is only certain once this has resolved"]
pub(crate) struct Receipt<T>(oneshot::Receiver<Result<T, Broken>>);

impl<T> Future for Receipt<T> {
    type Output = Result<T, Broken>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|reply| reply.unwrap_or(Err(Broken::Closed)))
    }
}

/// Gives orders to the journal's thread. Never blocks.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    orders: Sender<WriteOrder>,
}

impl Recorder {
    /// Asks for the right to make attempts, in one group. The tickets come back in the order of the intents.
    pub(crate) fn intend(&self, intents: Vec<Intent>) -> Receipt<Vec<Ticket>> {
        self.order(|reply| WriteOrder::Intend(intents, reply))
    }

    /// Records how an attempt ended.
    pub(crate) fn close(&self, ticket: Ticket, outcome: AttemptOutcome) -> Receipt<()> {
        self.order(|reply| WriteOrder::Close(ticket, outcome, reply))
    }

    /// Takes back intents whose attempts never began: not a byte of them was sent, not a connection opened for them.
    pub(crate) fn take_back(&self, tickets: Vec<Ticket>) -> Receipt<()> {
        self.order(|reply| WriteOrder::TakeBack(tickets, reply))
    }

    /// Records that this process is alive, with requests under way: until now each of them may be taken.
    pub(crate) fn sign_of_life(&self, at: Timestamp) {
        // That it can't be written is told by the next record, and nobody waits for this one.
        let _ = self.orders.send(WriteOrder::SignOfLife(at));
    }

    fn order<T>(&self, order: impl FnOnce(ReplyTo<T>) -> WriteOrder) -> Receipt<T> {
        let (reply, receipt) = oneshot::channel();
        // A thread that is gone drops the reply, and so the receipt says that the journal is closed.
        let _ = self.orders.send(order(reply));
        Receipt(receipt)
    }
}

/// The thread itself.
#[derive(Debug)]
pub(crate) struct WriterThread {
    orders: Sender<WriteOrder>,
    thread: JoinHandle<Result<Journal, Broken>>,
}

impl Journal {
    /// Hands the journal to its thread, for sending. A run has begun.
    pub(crate) fn start(mut self) -> Result<(Recorder, WriterThread), JournalError> {
        self.mark()?;
        WriterThread::start(self)
    }
}

impl WriterThread {
    fn start(journal: Journal) -> Result<(Recorder, Self), JournalError> {
        let (orders, queue) = channel();
        let path = journal.path().to_owned();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || serve(journal, &queue))
            .map_err(JournalError::io("start a thread for", &path))?;
        Ok((
            Recorder {
                orders: orders.clone(),
            },
            Self { orders, thread },
        ))
    }

    /// Waits until everything that was ordered before has been written, and gives the journal back. Orders that come
    /// later are refused.
    pub(crate) fn finish(self) -> Result<Journal, Broken> {
        let _ = self.orders.send(WriteOrder::Finish);
        self.thread.join().unwrap_or(Err(Broken::Closed))
    }
}

fn serve(mut journal: Journal, queue: &Receiver<WriteOrder>) -> Result<Journal, Broken> {
    let (mut broken, mut moved) = (None, None);
    let mut finished = false;
    while !finished && let Ok(first) = queue.recv() {
        let mut group = vec![first];
        while group.len() < LARGEST_GROUP
            && let Ok(next) = queue.try_recv()
        {
            group.push(next);
        }
        if let Some(end) = group.iter().position(|order| matches!(order, WriteOrder::Finish)) {
            group.truncate(end);
            finished = true;
        }
        if broken.is_none() && moved.is_none() {
            moved = journal.moved().map(|error| Broken::Moved(Arc::new(error)));
        }
        if let Some(moved) = &moved {
            group = refuse_intents(group, moved);
        }
        match &broken {
            None => broken = commit(&mut journal, group).err(),
            Some(broken) => refuse(group, broken),
        }
    }
    broken.map_or(Ok(journal), Err)
}

/// Nothing may begin any more, and what has begun is recorded.
fn refuse_intents(group: Vec<WriteOrder>, broken: &Broken) -> Vec<WriteOrder> {
    let (intents, rest) = group
        .into_iter()
        .partition(|order| matches!(order, WriteOrder::Intend(..)));
    refuse(intents, broken);
    rest
}

fn refuse(group: Vec<WriteOrder>, broken: &Broken) {
    for order in group {
        order.refuse(broken);
    }
}

/// Has a group committed, and answers once it is on disk.
fn commit(journal: &mut Journal, group: Vec<WriteOrder>) -> Result<(), Broken> {
    match journal.commit(&group) {
        Ok(tickets) => {
            let mut tickets = tickets.into_iter();
            for order in group {
                order.fulfil(&mut tickets);
            }
            Ok(())
        }
        Err(error) => {
            let broken = Broken::Failed(Arc::new(error));
            refuse(group, &broken);
            Err(broken)
        }
    }
}
