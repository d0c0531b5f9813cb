//! One command of a simulated world: it looks, claims, sends and ends as the program does. Where lists are files, it is the
//! batch itself, from the bytes of its list to its results.

mod batch;
mod ending;
mod numbers;

use super::account::{Account, msisdn};
use super::gateway::SimulatedGateway;
use super::process::{Process, World};
use super::step::{Chance, Command};
use crate::batch::options::RunOptions;
use crate::batch::send::launch::send;
use crate::batch::send::marking::Marking;
use crate::batch::send::{Listener, RowJob, Run, RunResult, SentRun, StopReason, supervise};
use crate::failure::Signal;
use crate::journal::{
    JournalError, RecordWriter, Recorder, ReportKey, Rules, RunId, Runs, Store, WriteOrder,
};
use crate::outcome::Verdict;
use jiff::SignedDuration;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::sleep;

/// One start of the program.
#[derive(Clone)]
pub(super) struct Started {
    pub(super) world: World,
    pub(super) process: Process,
    pub(super) command: Command,
    pub(super) signal: Rc<Notify>,
    /// Everything works.
    pub(super) is_kind: bool,
}

/// Where ages let a number in, the clock may be off by as much, by the date of the gateway's answers.
const TEN_MINUTES: SignedDuration = SignedDuration::from_mins(10);

struct Deaf;

impl Listener for Deaf {
    fn ended(&self, _: &RowJob, _: &Verdict<()>, _: u32) {}
    fn taken(&self, _: &RowJob) {}
    fn unrecorded(&self, _: &RowJob, _: &Verdict<()>, _: u32) {}
}

/// A run that has begun, and what it is to send.
struct Begun {
    id: RunId,
    store: Box<dyn Store>,
    marking: Marking,
    rules: Rules,
    /// What was known of the runs when this one was planned.
    runs: Runs,
    options: RunOptions,
    jobs: Vec<RowJob>,
}

impl Started {
    pub(super) async fn run(self) {
        let off = self.world.account(|account| account.clock_is_off());
        if self.command.asks_ages() && off > TEN_MINUTES {
            return self
                .world
                .account(|account| account.count("refused for its clock"));
        }
        match self.world.list(self.command.campaign) {
            Some(list) => self.run_list(&list).await,
            None => self.run_numbers().await,
        }
    }

    /// Sends, and waits for everything that is under way.
    async fn send(&self, begun: Begun) -> SentRun {
        let report_key = begun.store.report_key();
        let committed = {
            let marking = begun.marking.clone();
            move |groups| marking.committed(groups)
        };
        let writer = RecordWriter::new(begun.store, begun.rules, begun.runs, committed);
        let (recorder, finish) = self.record(writer);
        let (give, queue) = mpsc::channel(2 * self.command.concurrency);
        let run = self.new_run(begun.options, (recorder, report_key), queue);
        let (run, jobs) = (Rc::new(run), begun.jobs.len() as u64);
        let feeding = spawn_local(async move {
            for job in begun.jobs {
                if give.send(job).await.is_err() {
                    return;
                }
            }
        });
        let helpers = [feeding, self.hear(&run), living(&run)];
        send(Rc::clone(&run)).await;
        for helper in helpers {
            helper.abort();
            let _ = helper.await;
        }
        let result = run.result();
        drop(run);
        let store = finish.await;
        begun.marking.finish();
        self.check_counts(&result, jobs);
        SentRun {
            result,
            id: begun.id,
            store,
        }
    }

    fn check_counts(&self, result: &RunResult, jobs: u64) {
        let rows = result.counters.rows();
        let is_whole = result.stop.is_some() || rows == jobs;
        self.world.account(|account| {
            account.check(is_whole && rows <= jobs, "the counts of a run don't add up");
        });
    }

    fn new_run(
        &self,
        options: RunOptions,
        recorder: (Recorder, ReportKey),
        queue: mpsc::Receiver<RowJob>,
    ) -> Run {
        let gateway = SimulatedGateway {
            world: self.world.clone(),
            process: self.process.clone(),
            timeout: self.command.timeout,
            chance: RefCell::new(Chance(self.command.chance)),
            is_kind: self.is_kind,
        };
        Run::new(options, Box::new(gateway), recorder, queue, Box::new(Deaf))
    }

    /// The first signal stops the launching.
    fn hear(&self, run: &Rc<Run>) -> JoinHandle<()> {
        let (run, signal) = (Rc::clone(run), Rc::clone(&self.signal));
        spawn_local(async move {
            signal.notified().await;
            run.stop(StopReason::Signal(Signal::Interrupt));
            run.no_claims_ahead().await;
        })
    }

    /// A recorder whose writer takes its time for each group, and what gives the store back at the end.
    fn record(
        &self,
        mut writer: RecordWriter,
    ) -> (
        Recorder,
        impl Future<Output = Result<Box<dyn Store>, JournalError>> + use<>,
    ) {
        let orders: Rc<RefCell<Vec<WriteOrder>>> = Rc::default();
        let wake = Rc::new(Notify::new());
        let broken = writer.broken();
        let mut chance = Chance(self.command.chance ^ 1);
        let is_kind = self.is_kind;
        let writing = {
            let (orders, wake) = (Rc::clone(&orders), Rc::clone(&wake));
            spawn_local(async move {
                loop {
                    wake.notified().await;
                    let sync = if is_kind {
                        0
                    } else {
                        chance.pick(&[0, 0, 1, 3, 40, 1500])
                    };
                    sleep(Duration::from_millis(sync)).await;
                    let mut taken = orders.take();
                    let last = taken.iter().position(|order| matches!(order, WriteOrder::Finish));
                    taken.truncate(last.unwrap_or(taken.len()));
                    if !taken.is_empty() {
                        writer.write(taken, crate::clock::now());
                    }
                    if last.is_some() {
                        return writer.finish();
                    }
                }
            })
        };
        let give = {
            let (orders, wake) = (Rc::clone(&orders), Rc::clone(&wake));
            move |order| {
                orders.borrow_mut().push(order);
                wake.notify_one();
            }
        };
        let finish = async move {
            orders.borrow_mut().push(WriteOrder::Finish);
            wake.notify_one();
            writing.await.unwrap()
        };
        (Recorder::new(broken, give), finish)
    }
}

fn living(run: &Rc<Run>) -> JoinHandle<()> {
    let run = Rc::clone(run);
    spawn_local(async move { supervise::give_signs_of_life(&run).await })
}
