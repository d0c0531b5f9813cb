//! One command of a simulated world: the batch's own look, claims, sending and end, over numbers in place of a file.

mod ending;

use super::account::msisdn;
use super::gateway::SimulatedGateway;
use super::journal::{self, FaultyStore};
use super::process::{Process, World};
use super::step::{Chance, Command};
use super::world::GATEWAY;
use crate::batch::numbers::{Numbers, NumbersBuilder, Occurrence, Tag};
use crate::batch::options::RunOptions;
use crate::batch::plan;
use crate::batch::send::launch::send;
use crate::batch::send::marking::Marking;
use crate::batch::send::{Listener, RowJob, Run, StopReason, supervise};
use crate::batch::standings::{Looking, Standings};
use crate::domain::msisdn::Msisdn;
use crate::domain::pin_request::PinRequest;
use crate::domain::report_url::ReportUrl;
use crate::failure::Signal;
use crate::journal::{
    JournalError, Marker, MarkerRun, NewRun, RecordWriter, Recorder, ReportKey, Resend, Rules, RunEnd, RunId,
    RunName, Store, WriteOrder,
};
use crate::outcome::Verdict;
use crate::wire;
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

struct Deaf;

impl Listener for Deaf {
    fn ended(&self, _: &RowJob, _: &Verdict<()>, _: u32) {}
    fn taken(&self, _: &RowJob) {}
    fn unrecorded(&self, _: &RowJob, _: &Verdict<()>, _: u32) {}
}

/// What the preflight found.
struct Planned {
    numbers: Numbers,
    excluded: Vec<Msisdn>,
    rules: Rules,
    standings: Standings,
    jobs: Vec<RowJob>,
}

impl Started {
    pub(super) async fn run(self) {
        let mut store = journal::open(&self.world, &self.process, &self.command, None);
        if !self.knows_all(&mut store) {
            return;
        }
        let Ok(planned) = self.plan(&mut store) else {
            return;
        };
        if planned.jobs.is_empty() {
            self.world.account(|account| account.count("nothing to send"));
            return;
        }
        sleep(self.command.hesitates).await;
        let looked_at = store.identity().clone();
        let mut store = journal::open(&self.world, &self.process, &self.command, Some(store.asked));
        if *store.identity() != looked_at {
            return;
        }
        if let Ok((run, marking)) = self.begin(&mut store, &planned) {
            self.send(store, planned, (run, marking)).await;
        }
    }

    /// Whether the journal knows all that the marker beside the list and the lock files tell.
    fn knows_all(&self, store: &mut FaultyStore) -> bool {
        let campaign = self.command.campaign;
        let has_lost = store.lost_runs().is_ok_and(|lost| !lost.is_empty());
        let is_marked = self.world.list(campaign).is_some_and(|list| {
            let identity = store.identity().clone();
            let lost = Marker::lost(&list, &identity, GATEWAY, campaign, store);
            lost.unwrap().is_some()
        });
        if has_lost || is_marked {
            self.world.account(|account| account.refused(campaign, !has_lost));
        }
        !has_lost && !is_marked
    }

    fn plan(&self, store: &mut FaultyStore) -> Result<Planned, JournalError> {
        let command = &self.command;
        let campaign = store.campaign(command.campaign)?;
        let rules = plan::rules(store, campaign, command.once_per, command.resend)?;
        let mut builder = NumbersBuilder::default();
        for number in &command.list {
            builder.add(msisdn(*number), Tag::NONE);
        }
        let mut numbers = builder.finish();
        let mut excluded: Vec<_> = command.exclude.iter().map(|number| msisdn(*number)).collect();
        excluded.sort_unstable();
        let looking = Looking {
            campaign,
            rules: &rules,
            excluded: &excluded,
            ended: None,
        };
        let standings = Standings::look(looking, store, &mut numbers)?;
        let mut jobs = Vec::new();
        for (line, number) in (2..).zip(&command.list) {
            let Occurrence::First(decision) = numbers.meet(msisdn(*number), line) else {
                continue;
            };
            if decision.sends() && command.limit.is_none_or(|limit| (jobs.len() as u64) < limit) {
                jobs.push(RowJob {
                    number: msisdn(*number),
                    line,
                    body: body(msisdn(*number)),
                    expires_in: command.expires_in,
                    decision,
                });
            }
        }
        numbers.rewind();
        Ok(Planned {
            numbers,
            excluded,
            rules,
            standings,
            jobs,
        })
    }

    fn begin(&self, store: &mut FaultyStore, planned: &Planned) -> Result<(RunId, Marking), JournalError> {
        let run = NewRun {
            name: RunName::random(),
            campaign: self.command.campaign.to_owned(),
            began: crate::clock::now(),
            timeout: self.command.timeout,
            list: "people.csv".to_owned(),
            digest: None,
            settings: String::new(),
        };
        let (id, _) = store.begin(&run)?;
        store.exclude(&planned.excluded)?;
        let Some(list) = self.world.list(self.command.campaign) else {
            return Ok((id, Marking::new(None)));
        };
        let marked = MarkerRun {
            name: run.name,
            campaign: run.campaign,
            gateway: GATEWAY.to_owned(),
            expires_in: self.command.expires_in,
            began: run.began,
            adopt: String::new(),
        };
        let identity = store.identity().clone();
        match Marker::begin(&list, &identity, &marked, store) {
            Ok(marker) => Ok((id, Marking::new(marker))),
            Err(error) => {
                self.world
                    .account(|account| account.refused(self.command.campaign, true));
                store.end(RunEnd {
                    at: crate::clock::now(),
                    exit: 2,
                    left: 0,
                })?;
                Err(error)
            }
        }
    }

    async fn send(self, store: FaultyStore, planned: Planned, (id, marking): (RunId, Marking)) {
        let report_key = store.report_key();
        let dead = planned.standings.runs.clone();
        let replaced = self.world.replaced();
        let committed = {
            let marking = marking.clone();
            move |groups| marking.committed(groups)
        };
        let writer = RecordWriter::new(Box::new(store), planned.rules, dead, committed);
        let (recorder, finish) = self.record(writer);
        let (give, queue) = mpsc::channel(2 * self.command.concurrency);
        let run = self.new_run((recorder, report_key), queue);
        let (run, jobs) = (Rc::new(run), planned.jobs.len() as u64);
        let feeding = spawn_local(async move {
            for job in planned.jobs {
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
        let (counters, stop) = (run.counters(), run.result().stop);
        drop(run);
        let store = finish.await;
        marking.finish();
        self.world.account(|account| {
            let is_whole = stop.is_some() || counters.rows() == jobs;
            account.check(
                is_whole && counters.rows() <= jobs,
                "the counts of a run don't add up",
            );
        });
        let rules = Rules {
            resend: Resend::default(),
            ..planned.rules
        };
        let looking = (rules, planned.excluded, planned.numbers);
        self.conclude(store, (id, replaced), looking, stop).await;
    }

    fn new_run(&self, recorder: (Recorder, ReportKey), queue: mpsc::Receiver<RowJob>) -> Run {
        let options = RunOptions {
            concurrency: self.command.concurrency,
            rate: self.command.rate.map(|rate| rate.parse().unwrap()),
            retries: self.command.retries,
            max_failures: 4,
            max_duration: None,
            limit: None,
        };
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

fn body(number: Msisdn) -> wire::Body {
    wire::request::body(&PinRequest {
        msisdn: number,
        sender: None,
        hlr_lookup: None,
        sms_text: None,
        report_url: Some(ReportUrl::parse("https://a.example/dlr").unwrap()),
        pin_params: crate::domain::pin_params::PinParams::default(),
    })
}
