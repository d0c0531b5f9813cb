//! The journal's own thread: it takes the orders that are queued, has them committed as one group, and answers each.
//!
//! The queue needs no bound of its own: whoever sends has at most `concurrency` intents ahead and one order for each
//! request in flight. After the first failure no intent is written any more: nothing is launched. Outcomes of what is in flight are
//! written if the engine comes back, as a database may, and a file does not.

use super::engines::Journal;
use super::error::{Broken, JournalError};
use super::order::{ReplyTo, WriteOrder};
use super::records::{AttemptOutcome, Grant, Intent, Ticket};
use jiff::Timestamp;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;
use tokio::sync::oneshot;

/// Orders that are taken from the queue at most before they are written, and as many again after a wait.
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
    writer: Thread,
}

impl Recorder {
    /// Asks for the right to make attempts, in one group. What became of each comes back in the order of the intents.
    pub(crate) fn intend(&self, intents: Vec<Intent>) -> Receipt<Vec<Grant>> {
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
        let order = order(reply);
        let can_wait = order.can_wait();
        // A thread that is gone drops the reply, and so the receipt says that the journal is closed.
        let _ = self.orders.send(order);
        if !can_wait {
            self.writer.unpark();
        }
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
    /// Hands the journal to its thread, for sending. A run has begun. An outcome waits at most so long for others, to be written
    /// with them.
    pub(crate) fn start(mut self, longest_wait: Duration) -> Result<(Recorder, WriterThread), JournalError> {
        self.mark()?;
        WriterThread::start(self, longest_wait)
    }
}

impl WriterThread {
    fn start(journal: Journal, longest_wait: Duration) -> Result<(Recorder, Self), JournalError> {
        let (orders, queue) = channel();
        let path = PathBuf::from(journal.location().to_string());
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || serve(journal, &queue, longest_wait))
            .map_err(JournalError::io("start a thread for", &path))?;
        Ok((
            Recorder {
                orders: orders.clone(),
                writer: thread.thread().clone(),
            },
            Self { orders, thread },
        ))
    }

    /// Waits until everything that was ordered before has been written, and gives the journal back. Orders that come
    /// later are refused.
    pub(crate) fn finish(self) -> Result<Journal, Broken> {
        let _ = self.orders.send(WriteOrder::Finish);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or(Err(Broken::Closed))
    }
}

fn serve(
    mut journal: Journal,
    queue: &Receiver<WriteOrder>,
    longest_wait: Duration,
) -> Result<Journal, Broken> {
    let (mut broken, mut moved): (Option<Broken>, Option<Broken>) = (None, None);
    let (mut finished, mut lost) = (false, false);
    while !finished && let Some(mut group) = next_group(queue, longest_wait) {
        if let Some(end) = group.iter().position(|order| matches!(order, WriteOrder::Finish)) {
            group.truncate(end);
            finished = true;
        }
        if broken.is_none() && moved.is_none() {
            moved = journal.moved().map(|error| Broken::Moved(Arc::new(error)));
        }
        if let Some(reason) = broken.as_ref().or(moved.as_ref()) {
            group = refuse_intents(group, reason);
        }
        if lost {
            refuse(group, broken.as_ref().unwrap_or(&Broken::Closed));
            continue;
        }
        while !group.is_empty()
            && let Err((unwritten, failure)) = commit(&mut journal, group)
        {
            let broken = broken.get_or_insert(failure);
            group = refuse_intents(unwritten, broken);
            // Whoever launches has heard by now that nothing more may be, however long this takes.
            if let Err(reason) = journal.recover() {
                if let Some(error) = reason {
                    *broken = Broken::Failed(Arc::new(error));
                }
                lost = true;
                refuse(group, broken);
                break;
            }
        }
    }
    match broken {
        Some(broken) if lost => Err(broken),
        _ => Ok(journal),
    }
}

/// The orders to write next; `None` where nobody is left who could give one. Outcomes alone wait for more, at most so long.
fn next_group(queue: &Receiver<WriteOrder>, longest_wait: Duration) -> Option<Vec<WriteOrder>> {
    let mut group = vec![queue.recv().ok()?];
    group.extend(queue.try_iter().take(LARGEST_GROUP));
    if group.iter().all(WriteOrder::can_wait) {
        // Whoever orders what can't wait ends it; outcomes that come meanwhile wake nobody.
        std::thread::park_timeout(longest_wait);
        group.extend(queue.try_iter().take(LARGEST_GROUP));
    }
    Some(group)
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

/// Has a group committed, and answers once it is durable. Otherwise the group comes back, with the reason.
fn commit(journal: &mut Journal, group: Vec<WriteOrder>) -> Result<(), (Vec<WriteOrder>, Broken)> {
    match journal.commit(&group) {
        Ok(committed) => {
            let refused = committed.account_refused;
            let group = match refused {
                Some(error_id) => refuse_intents(group, &Broken::AccountRefused { error_id }),
                None => group,
            };
            let mut grants = committed.grants.into_iter();
            for order in group {
                order.fulfil(&mut grants);
            }
            Ok(())
        }
        Err(error) => Err((group, Broken::Failed(Arc::new(error)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::journal::records::ReportId;
    use crate::batch::state::AttemptResult;

    fn close(recorder: &Recorder) -> Receipt<()> {
        let ticket = Ticket {
            attempt: 1,
            report_id: ReportId::random(1)[0],
        };
        let outcome = AttemptOutcome {
            ended: AttemptResult::Accepted,
            at: Timestamp::UNIX_EPOCH,
            http: Some(200),
            error_id: None,
            error_msg: None,
            detail: None,
        };
        recorder.close(ticket, outcome)
    }

    #[test]
    fn what_cannot_wait_wakes_the_writer() {
        type Order = fn(&Recorder);
        let orders: [(&str, Order); 2] = [
            ("intents", |recorder| drop(recorder.intend(Vec::new()))),
            ("intents taken back", |recorder| {
                drop(recorder.take_back(Vec::new()));
            }),
        ];
        for (name, order) in orders {
            let (orders, _queue) = channel();
            let (woken, wakes) = channel();
            let sleeper = std::thread::spawn(move || {
                std::thread::park();
                let _ = woken.send(());
            });
            let writer = sleeper.thread().clone();
            order(&Recorder { orders, writer });
            assert!(wakes.recv_timeout(Duration::from_secs(60)).is_ok(), "{name}");
        }
    }

    #[test]
    fn an_outcome_is_written_with_what_follows_or_alone_after_the_wait() {
        let (orders, queue) = channel();
        let writer = std::thread::current();
        let recorder = Recorder { orders, writer };
        let group_of = |outcomes: usize, intents: usize, longest_wait| {
            let receipts: Vec<_> = (0..outcomes).map(|_| close(&recorder)).collect();
            let intended: Vec<_> = (0..intents).map(|_| recorder.intend(Vec::new())).collect();
            drop((receipts, intended));
            next_group(&queue, longest_wait).map(|group| group.len())
        };
        let for_ever = Duration::from_secs(3600);
        assert_eq!(group_of(3, 1, for_ever), Some(4));
        assert_eq!(group_of(0, 2, for_ever), Some(2));
        assert_eq!(group_of(1, 0, Duration::ZERO), Some(1));
    }
}
