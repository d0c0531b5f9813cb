//! Orders and their answers, over the journal in memory.

use super::*;
use crate::domain::msisdn::Msisdn;
use crate::journal::{AnswerRecord, AttemptState, Memory, NewRun, RunName};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use tokio::sync::oneshot::error::TryRecvError;

fn outcome() -> AttemptOutcome {
    AttemptOutcome {
        state: AttemptState::Accepted,
        at: Timestamp::UNIX_EPOCH,
        answer: AnswerRecord::default(),
    }
}

fn claim(digits: u64) -> Claim {
    Claim {
        msisdn: Msisdn::from_u64(digits).unwrap(),
        expires_in: 0,
        is_repeat: false,
    }
}

fn ticket(digits: u64) -> Ticket {
    Ticket {
        msisdn: Msisdn::from_u64(digits).unwrap(),
        nth: 1,
    }
}

fn begun(memory: &Memory) -> Box<dyn Store> {
    let mut store = memory.open();
    let run = NewRun {
        name: RunName::random(),
        campaign: "default".to_owned(),
        began: Timestamp::UNIX_EPOCH,
        timeout: Duration::from_secs(60),
        list: "users.csv".to_owned(),
        digest: None,
        settings: "{}".to_owned(),
    };
    store.begin(&run).unwrap();
    Box::new(store)
}

fn writer(store: Box<dyn Store>) -> RecordWriter {
    RecordWriter::new(
        store,
        Rules::plain(Timestamp::UNIX_EPOCH),
        Runs::default(),
        |_| {},
    )
}

/// A recorder that calls its writer in line.
fn in_line(writer: RecordWriter) -> (Recorder, Rc<RefCell<RecordWriter>>) {
    let writer = Rc::new(RefCell::new(writer));
    let called = Rc::clone(&writer);
    let give = move |order| called.borrow_mut().write(vec![order], Timestamp::UNIX_EPOCH);
    let recorder = Recorder::new(writer.borrow().broken(), give);
    (recorder, writer)
}

fn answer<T>(mut receipt: Receipt<T>) -> Result<T, JournalError> {
    receipt.0.try_recv().unwrap()
}

#[test]
fn orders_are_answered_in_line() {
    let (recorder, _) = in_line(writer(begun(&Memory::new())));
    let claimed = answer(recorder.claim(vec![claim(1), claim(2)])).unwrap().claimed;
    assert_eq!(
        claimed,
        [Claimed::Granted(ticket(1)), Claimed::Granted(ticket(2))]
    );
    answer(recorder.close(ticket(1), outcome())).unwrap();
    answer(recorder.take_back(vec![ticket(2)])).unwrap();
    recorder.sign_of_life();
    let again = answer(recorder.claim(vec![claim(1), claim(2)])).unwrap().claimed;
    assert_eq!(again, [Claimed::Taken, Claimed::Granted(ticket(2))]);
}

#[test]
fn after_a_failure_no_claim_is_granted_and_outcomes_are_recorded() {
    let (recorder, writer) = in_line(writer(begun(&Memory::new())));
    let _ = answer(recorder.claim(vec![claim(1)])).unwrap();
    // An outcome of an attempt that the journal doesn't have is an error of the journal.
    assert_eq!(recorder.broken(), None);
    let error = answer(recorder.close(ticket(9), outcome())).unwrap_err();
    assert_eq!(recorder.broken(), Some(&error));
    answer(recorder.claim(vec![claim(2)])).unwrap_err();
    answer(recorder.close(ticket(1), outcome())).unwrap();
    drop(recorder);
    let writer = Rc::into_inner(writer).unwrap().into_inner();
    assert_eq!(writer.groups, 2);
}

fn queued() -> (Recorder, Sender<WriteOrder>, Receiver<WriteOrder>) {
    let (orders, queue) = channel();
    let given = orders.clone();
    let recorder = Recorder::new(writer(begun(&Memory::new())).broken(), move |order| {
        given.send(order).unwrap();
    });
    (recorder, orders, queue)
}

#[test]
fn an_outcome_is_written_with_what_follows_or_alone_after_the_wait() {
    let (recorder, _orders, queue) = queued();
    let group_of = |outcomes: u64, claims: u64, longest_wait| {
        let receipts: Vec<_> = (0..outcomes)
            .map(|_| recorder.close(ticket(1), outcome()))
            .collect();
        let claimed: Vec<_> = (0..claims).map(|_| recorder.claim(Vec::new())).collect();
        drop((receipts, claimed));
        next_orders(&queue, longest_wait).map(|orders| orders.len())
    };
    let for_ever = Duration::from_secs(3600);
    assert_eq!(group_of(3, 1, for_ever), Some(4));
    assert_eq!(group_of(0, 2, for_ever), Some(2));
    assert_eq!(group_of(1, 0, Duration::ZERO), Some(1));
}

#[test]
fn what_cannot_wait_wakes_the_thread() {
    type Order = fn(&Recorder) -> Receipt<()>;
    let orders: [(&str, Order); 2] = [
        ("claims", |recorder| {
            let (_, unanswered) = oneshot::channel();
            drop(recorder.claim(Vec::new()));
            Receipt(unanswered)
        }),
        ("claims taken back", |recorder| recorder.take_back(Vec::new())),
    ];
    for (name, order) in orders {
        let for_ever = Duration::from_secs(3600);
        let (recorder, thread) = RecorderThread::start(writer(begun(&Memory::new())), for_ever).unwrap();
        // The thread may sleep with this outcome, until the order wakes it.
        let mut closed = recorder.close(ticket(1), outcome());
        let _ordered = order(&recorder);
        let answer = loop {
            match closed.0.try_recv() {
                Err(TryRecvError::Empty) => std::thread::yield_now(),
                Err(TryRecvError::Closed) => panic!("{name}"),
                Ok(answer) => break answer,
            }
        };
        answer.unwrap_err();
        thread.finish().unwrap();
    }
}
