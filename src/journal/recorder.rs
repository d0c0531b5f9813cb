//! Commits claims and outcomes in groups: it takes the orders that are queued, has them written in one transaction, and answers
//! each. A group costs one sync, whatever is in it.
//!
//! [`RecordWriter`] turns orders into groups, and knows no thread: a simulated run calls it in line. [`RecorderThread`] gives
//! it a thread of its own, which an order never blocks.
//!
//! The queue needs no bound of its own: a run has at most `concurrency` claims ahead and one order for each request in
//! flight. After the first failure no claim is granted any more, so nothing is launched. Outcomes of what is in flight are
//! written if the journal comes back.

use super::attempt::AttemptOutcome;
use super::attempt::Ticket;
use super::decision::Rules;
use super::error::{JournalError, JournalFault};
use super::run::Runs;
use super::store::{Claim, Claimed, Closing, Group, Store};
use jiff::Timestamp;
use std::fmt;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Orders that are taken from the queue at most before they are written, and as many again after a wait.
const LARGEST_GROUP: usize = 4096;

type ReplyTo<T> = oneshot::Sender<Result<T, JournalError>>;

/// What became of claims, in their order, and when they were durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimAnswer {
    pub(crate) claimed: Vec<Claimed>,
    pub(crate) at: GrantedAt,
}

/// When claims were granted, by the clock of the run and by one that counts a sleep. It is read where they were written: the
/// process may stop, or the machine sleep, before the run hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GrantedAt {
    instant: Instant,
    since_boot: Duration,
}

impl GrantedAt {
    pub(crate) fn now() -> Self {
        Self {
            instant: Instant::now(),
            since_boot: crate::clock::since_boot(),
        }
    }

    /// How long ago that was: the longer one of what the two clocks say.
    pub(crate) fn elapsed(&self) -> Duration {
        let asleep = crate::clock::since_boot().saturating_sub(self.since_boot);
        self.instant.elapsed().max(asleep)
    }
}

/// One order, with the sender of its answer.
#[derive(Debug)]
pub(crate) enum WriteOrder {
    Claim(Vec<Claim>, ReplyTo<ClaimAnswer>),
    Close(Closing, ReplyTo<()>),
    TakeBack(Vec<Ticket>, ReplyTo<()>),
    /// The run is alive, with requests under way.
    SignOfLife,
    Finish,
}

impl WriteOrder {
    /// Whether nothing is held up while it waits for others.
    const fn can_wait(&self) -> bool {
        matches!(self, Self::Close(..) | Self::SignOfLife)
    }

    /// Answers an order that is durable. A receiver that no longer listens is not a failure.
    fn fulfil(self, claimed: &mut impl Iterator<Item = Claimed>, at: GrantedAt) {
        match self {
            Self::Claim(claims, reply) => {
                let answer = ClaimAnswer {
                    claimed: claimed.take(claims.len()).collect(),
                    at,
                };
                let _ = reply.send(Ok(answer));
            }
            Self::Close(_, reply) | Self::TakeBack(_, reply) => {
                let _ = reply.send(Ok(()));
            }
            Self::SignOfLife | Self::Finish => {}
        }
    }

    fn refuse(self, reason: &JournalError) {
        match self {
            Self::Claim(_, reply) => {
                let _ = reply.send(Err(reason.clone()));
            }
            Self::Close(_, reply) | Self::TakeBack(_, reply) => {
                let _ = reply.send(Err(reason.clone()));
            }
            Self::SignOfLife | Self::Finish => {}
        }
    }
}

/// Resolves when the record is durable. Dropping it does not take the record back.
#[derive(Debug)]
#[must_use = "a record is only certain once this has resolved"]
pub(crate) struct Receipt<T>(oneshot::Receiver<Result<T, JournalError>>);

impl<T> Future for Receipt<T> {
    type Output = Result<T, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|reply| reply.unwrap_or_else(|_| Err(closed())))
    }
}

/// Why an order is not answered: its writer is gone.
fn closed() -> JournalError {
    JournalError::new(JournalFault::Outage, "the journal is closed")
}

/// Why nothing may be launched any more, once there is a reason.
pub(crate) type Broken = Arc<OnceLock<JournalError>>;

/// Gives orders to a writer. Never blocks.
pub(crate) struct Recorder {
    give: Box<dyn Fn(WriteOrder)>,
    broken: Broken,
}

impl Recorder {
    /// `give` hands an order on to the writer: to its thread, or in line.
    pub(crate) fn new(broken: Broken, give: impl Fn(WriteOrder) + 'static) -> Self {
        Self {
            give: Box::new(give),
            broken,
        }
    }

    /// Why nothing may be launched any more, be its claim granted or not.
    pub(crate) fn broken(&self) -> Option<&JournalError> {
        self.broken.get()
    }

    /// Asks for the right to make attempts, in one group. What became of each comes back in the order of the claims.
    pub(crate) fn claim(&self, claims: Vec<Claim>) -> Receipt<ClaimAnswer> {
        self.order(|reply| WriteOrder::Claim(claims, reply))
    }

    /// Records how an attempt ended.
    pub(crate) fn close(&self, ticket: Ticket, outcome: AttemptOutcome) -> Receipt<()> {
        self.order(|reply| WriteOrder::Close(Closing { ticket, outcome }, reply))
    }

    /// Takes back claims whose attempts never began: not a byte of them was sent, and no connection was opened for them.
    pub(crate) fn take_back(&self, tickets: Vec<Ticket>) -> Receipt<()> {
        self.order(|reply| WriteOrder::TakeBack(tickets, reply))
    }

    /// Records that this run is alive, with requests under way: until now each of them may be taken. Whether it can be
    /// written is told by the next record.
    pub(crate) fn sign_of_life(&self) {
        (self.give)(WriteOrder::SignOfLife);
    }

    fn order<T>(&self, order: impl FnOnce(ReplyTo<T>) -> WriteOrder) -> Receipt<T> {
        let (reply, receipt) = oneshot::channel();
        (self.give)(order(reply));
        Receipt(receipt)
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder(…)")
    }
}

/// Turns orders into groups, has them committed, and answers them. A run has begun in its store.
pub(crate) struct RecordWriter {
    store: Box<dyn Store>,
    rules: Rules,
    /// The runs that were found dead when the rules were made.
    dead: Runs,
    /// Hears how many groups are committed, after each.
    committed: Box<dyn FnMut(u64) + Send>,
    groups: u64,
    /// Why no claim is granted any more.
    broken: Broken,
    /// Why nothing is written any more: the journal doesn't come back.
    lost: Option<JournalError>,
}

impl RecordWriter {
    /// `committed` hears the number of groups after each one that is durable.
    pub(crate) fn new(
        store: Box<dyn Store>,
        rules: Rules,
        dead: Runs,
        committed: impl FnMut(u64) + Send + 'static,
    ) -> Self {
        Self {
            store,
            rules,
            dead,
            committed: Box::new(committed),
            groups: 0,
            broken: Broken::default(),
            lost: None,
        }
    }

    /// For the recorder of this writer.
    pub(crate) fn broken(&self) -> Broken {
        Arc::clone(&self.broken)
    }

    /// Writes these orders as one group, and answers them. `now` is when the run was alive.
    pub(crate) fn write(&mut self, mut orders: Vec<WriteOrder>, now: Timestamp) {
        if self.broken.get().is_none()
            && let Err(reason) = self.store.check()
        {
            let _ = self.broken.set(reason);
        }
        if let Some(reason) = self.broken.get() {
            orders = refuse_claims(orders, reason);
        }
        if self.lost.is_none() && !orders.is_empty() {
            orders = self.commit_or_recover(orders, now);
        }
        if self.lost.is_none() && !orders.is_empty() {
            orders = self.commit_or_recover(orders, now);
        }
        // One record that can't be written doesn't keep the others from it.
        for order in orders {
            match &self.lost {
                Some(error) => order.refuse(error),
                None => {
                    if let Err((unwritten, error)) = self.commit(vec![order], now) {
                        self.lost = self.store.recover().err();
                        refuse(unwritten, &error);
                    }
                }
            }
        }
    }

    /// Returns what is still to be written, without claims.
    fn commit_or_recover(&mut self, orders: Vec<WriteOrder>, now: Timestamp) -> Vec<WriteOrder> {
        let Err((unwritten, error)) = self.commit(orders, now) else {
            return Vec::new();
        };
        // The run hears now that nothing more may be launched, however long the rest takes.
        let unwritten = refuse_claims(unwritten, self.broken.get_or_init(|| error));
        self.lost = self.store.recover().err();
        unwritten
    }

    fn commit(
        &mut self,
        orders: Vec<WriteOrder>,
        now: Timestamp,
    ) -> Result<(), (Vec<WriteOrder>, JournalError)> {
        let mut group = Group::default();
        for order in &orders {
            match order {
                WriteOrder::Claim(claims, _) => group.claims.extend(claims),
                WriteOrder::Close(closing, _) => group.closings.push(closing.clone()),
                WriteOrder::TakeBack(tickets, _) => group.taken_back.extend(tickets),
                WriteOrder::SignOfLife | WriteOrder::Finish => {}
            }
        }
        match self.store.commit(&group, &self.rules, &self.dead, now) {
            Ok(claimed) => {
                let at = GrantedAt::now();
                self.groups += 1;
                let mut claimed = claimed.into_iter();
                for order in orders {
                    order.fulfil(&mut claimed, at);
                }
                (self.committed)(self.groups);
                Ok(())
            }
            Err(error) => Err((orders, error)),
        }
    }

    /// The store, with everything recorded; why there is none where it was lost.
    pub(crate) fn finish(self) -> Result<Box<dyn Store>, JournalError> {
        self.lost.map_or(Ok(self.store), Err)
    }
}

/// Nothing may begin any more, and what has begun is recorded.
fn refuse_claims(orders: Vec<WriteOrder>, reason: &JournalError) -> Vec<WriteOrder> {
    let (claims, rest) = orders
        .into_iter()
        .partition(|order| matches!(order, WriteOrder::Claim(..)));
    refuse(claims, reason);
    rest
}

fn refuse(orders: Vec<WriteOrder>, reason: &JournalError) {
    for order in orders {
        order.refuse(reason);
    }
}

/// The thread of a writer.
#[derive(Debug)]
pub(crate) struct RecorderThread {
    orders: std::sync::mpsc::Sender<WriteOrder>,
    thread: JoinHandle<Result<Box<dyn Store>, JournalError>>,
}

impl RecorderThread {
    /// An outcome waits at most so long for others, to be written with them.
    pub(crate) fn start(writer: RecordWriter, longest_wait: Duration) -> std::io::Result<(Recorder, Self)> {
        let (orders, queue) = channel();
        let broken = writer.broken();
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || serve(writer, &queue, longest_wait))?;
        let (given, wakes) = (orders.clone(), thread.thread().clone());
        let give = move |order: WriteOrder| {
            let can_wait = order.can_wait();
            // A thread that is gone drops the reply, and so the receipt says that the journal is closed.
            let _ = given.send(order);
            if !can_wait {
                wakes.unpark();
            }
        };
        Ok((Recorder::new(broken, give), Self { orders, thread }))
    }

    /// Waits until everything that was ordered before has been written, and gives the store back. Orders that come later are
    /// refused.
    pub(crate) fn finish(self) -> Result<Box<dyn Store>, JournalError> {
        let _ = self.orders.send(WriteOrder::Finish);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or_else(|_| Err(closed()))
    }
}

fn serve(
    mut writer: RecordWriter,
    queue: &Receiver<WriteOrder>,
    longest_wait: Duration,
) -> Result<Box<dyn Store>, JournalError> {
    let mut finished = false;
    while !finished && let Some(mut orders) = next_orders(queue, longest_wait) {
        if let Some(end) = orders
            .iter()
            .position(|order| matches!(order, WriteOrder::Finish))
        {
            orders.truncate(end);
            finished = true;
        }
        if !orders.is_empty() {
            writer.write(orders, crate::clock::now());
        }
    }
    writer.finish()
}

/// The orders to write next; `None` where nothing is left that could give one. Outcomes alone wait for more, at most so long.
fn next_orders(queue: &Receiver<WriteOrder>, longest_wait: Duration) -> Option<Vec<WriteOrder>> {
    let mut orders = vec![queue.recv().ok()?];
    orders.extend(queue.try_iter().take(LARGEST_GROUP));
    if orders.iter().all(WriteOrder::can_wait) {
        // An order that can't wait ends this; outcomes that come meanwhile don't.
        std::thread::park_timeout(longest_wait);
        orders.extend(queue.try_iter().take(LARGEST_GROUP));
    }
    Some(orders)
}

#[cfg(test)]
mod tests;
