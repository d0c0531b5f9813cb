//! Plays the steps of one world: a few processes over one journal and one gateway, in one thread, on a clock that is held still.

use super::account::{Account, first_moment, msisdn};
use super::process::{Kind, Process, World};
use super::run::Started;
use super::step::{CAMPAIGNS, Command, Moment, NUMBERS, Step};
use crate::clock::simulated;
use crate::dlr::DeliveryReport;
use crate::journal::{AdoptedList, AttemptId, Forget, Mutant, NewRun, ReportToAdd, RunName, Store};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::LocalSet;

/// Where the lists are sent to, as a marker names it.
pub(super) const GATEWAY: &str = "api.example.com";

/// A process at work.
struct Actor {
    process: Process,
    signal: Rc<Notify>,
    work: Pin<Box<dyn Future<Output = ()>>>,
}

struct Stage {
    world: World,
    actors: Vec<Actor>,
    /// The last session was lost, or the last process killed, so long ago.
    mishap: Option<Duration>,
}

/// What a world was like.
pub(super) struct Played {
    pub(super) faults: Vec<String>,
    pub(super) counts: BTreeMap<&'static str, u64>,
}

/// Plays these steps, and says which of the promises were broken.
pub(super) fn play(kind: Kind, steps: &[Step]) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let world = World::new(kind);
    runtime.block_on(async {
        simulated::begin(first_moment());
        crate::retry::SIMULATED.set(Some(0.5));
        let mut stage = Stage {
            world: world.clone(),
            actors: Vec::new(),
            mishap: None,
        };
        for step in steps {
            stage.play(step).await;
            if world.account(|account| !account.faults.is_empty()) {
                return;
            }
        }
        stage.end().await;
    });
    simulated::end();
    crate::retry::SIMULATED.set(None);
    world.account(|account| Played {
        faults: std::mem::take(&mut account.faults),
        counts: std::mem::take(&mut account.counts),
    })
}

impl Stage {
    async fn play(&mut self, step: &Step) {
        self.world.account(|account| account.count(step.name()));
        match step {
            Step::Start(command) => self.start(command.clone(), false),
            Step::Wait(millis) => self.pass(Duration::from_millis(*millis)).await,
            Step::Kill(which, moment) => self.change(*which, |process| {
                process.change(|state| match moment {
                    Moment::Now => state.is_dead = true,
                    later => state.dies = Some(*later),
                });
            }),
            Step::Freeze(which) => self.change(*which, |process| {
                process.change(|state| state.is_frozen = true);
                if let Some(run) = process.state().run {
                    self.world.account(|account| account.falls_silent(run));
                }
            }),
            Step::Thaw(which) => {
                self.change(*which, |process| process.change(|state| state.is_frozen = false));
            }
            Step::LoseSession(which) => self.lose_session(*which),
            Step::Signal(which) => {
                if let Some(actor) = self.actor(*which) {
                    actor.signal.notify_one();
                }
            }
            Step::Trouble(which, trouble) => self.change(*which, |process| {
                process.change(|state| state.trouble = Some(*trouble));
            }),
            Step::Jump(seconds) => {
                let by = SignedDuration::from_secs(*seconds);
                self.world.account(|account| account.jumped(by));
                simulated::jump(by);
            }
            Step::Sleep(seconds) => simulated::sleep(Duration::from_secs(*seconds)),
            Step::Report(which, status, is_certain) => self.report(*which, status, *is_certain),
            Step::Forget(campaign) => self.forget(campaign),
            Step::Adopt(campaign) => self.adopt(campaign),
            Step::Readmit(number) => {
                self.write(
                    |store| store.readmit(&[msisdn(*number)]).unwrap(),
                    |account, _| account.readmitted(*number),
                );
            }
            Step::CopyJournal => self.world.copy_journal(),
            Step::ReplaceJournal(copy, is_moved) => self.world.replace_journal(*copy, *is_moved),
        }
        self.pass(Duration::ZERO).await;
        let mut store = self.world.open();
        self.world
            .account(|account| account.check_journal(store.as_mut(), NUMBERS));
    }

    /// What another command writes to the journal, and what the account hears of it.
    fn write<T>(&self, work: impl FnOnce(&mut dyn Store) -> T, tell: impl FnOnce(&mut Account, T)) {
        let mut store = self.world.open();
        let kill = self.world.might_kill();
        let done = work(store.as_mut());
        self.world.account(|account| tell(account, done));
        if let Some(kill) = kill {
            kill.check(&self.world);
        }
    }

    fn start(&mut self, command: Command, is_kind: bool) {
        let (process, signal) = (Process::default(), Rc::new(Notify::new()));
        self.world
            .account(|account| command.flags().for_each(|flag| account.count(flag)));
        let started = Started {
            world: self.world.clone(),
            process: process.clone(),
            command,
            signal: Rc::clone(&signal),
            is_kind,
        };
        let work = async move { LocalSet::new().run_until(started.run()).await };
        self.actors.push(Actor {
            process,
            signal,
            work: Box::pin(work),
        });
    }

    fn actor(&self, which: usize) -> Option<&Actor> {
        self.actors.get(which.checked_rem(self.actors.len())?)
    }

    fn change(&self, which: usize, with: impl FnOnce(&Process)) {
        if let Some(actor) = self.actor(which) {
            with(&actor.process);
        }
    }

    fn lose_session(&mut self, which: usize) {
        if self.world.file().is_some() {
            return; // The lock of a file is lost with its process alone.
        }
        let Some(process) = self.actor(which).map(|actor| actor.process.clone()) else {
            return;
        };
        if let Some(run) = process.state().run {
            let now = crate::clock::since_boot();
            process.change(|state| state.session_lost = Some(now));
            self.world.memory().lose_session(run);
            self.world.account(|account| account.lock_given_up(run));
            self.mishap = Some(now);
        }
    }

    /// Time goes by, and the processes work.
    async fn pass(&mut self, time: Duration) {
        let mut over = Box::pin(tokio::time::sleep(time));
        poll_fn(|context| {
            self.work(context);
            over.as_mut().poll(context)
        })
        .await;
    }

    fn work(&mut self, context: &mut Context<'_>) {
        let world = self.world.clone();
        self.actors.retain_mut(|actor| {
            let state = actor.process.state();
            let has_ended =
                !state.is_dead && !state.is_frozen && actor.work.as_mut().poll(context) == Poll::Ready(());
            let state = actor.process.state();
            if state.is_dead
                && Mutant::ClaimNotSynced.is_on()
                && let Some(run) = state.run
            {
                world.memory().lose(run, &state.last_claims);
            }
            !has_ended && !state.is_dead
        });
    }

    fn report(&mut self, which: usize, status: &str, is_certain: bool) {
        let Some((number, id)) = self.world.account(|account| account.sms(which)) else {
            return;
        };
        let report = ReportToAdd {
            attempt_id: AttemptId::parse(&id).filter(|_| is_certain),
            received_at: crate::clock::now(),
            report: DeliveryReport {
                sms_id: None,
                from: None,
                to: msisdn(number),
                custom: None,
                sms_date: None,
                status: status.to_owned(),
                dlr_date: None,
            },
        };
        self.write(
            |store| store.add_reports(&[report]).unwrap(),
            |account, _| {
                if is_certain {
                    account.reported(&id, status);
                }
            },
        );
    }

    /// A person who forgets numbers takes longer than a run that must learn that it has lost its session.
    fn forget(&mut self, campaign: &'static str) {
        let is_recent = |at: Duration| crate::clock::since_boot() < at + Duration::from_secs(600);
        if self.mishap.is_some_and(is_recent) {
            return;
        }
        let Some(id) = self.world.open().campaign(campaign).unwrap() else {
            return;
        };
        self.write(
            |store| store.forget(&Forget::Campaign(id), crate::clock::now()).is_ok(),
            |account, is_forgotten| {
                if is_forgotten {
                    account.forgotten(campaign);
                    account.count("forgotten");
                }
            },
        );
    }

    /// Adopts the list of a campaign: what `journal adopt` does once the user has said yes.
    fn adopt(&mut self, campaign: &'static str) {
        let (process, command) = (Process::default(), everyone(campaign));
        let mut store = super::journal::open(&self.world, &process, &command, None);
        let list = self.world.list(campaign);
        let run = NewRun {
            name: RunName::random(),
            campaign: campaign.to_owned(),
            began: crate::clock::now(),
            timeout: Duration::ZERO,
            list: list
                .as_ref()
                .map_or_else(String::new, |list| list.display().to_string()),
            digest: None,
            settings: String::new(),
        };
        let everyone: Vec<_> = (0..NUMBERS).map(msisdn).collect();
        let adoption = AdoptedList {
            run: &run,
            numbers: if list.is_some() { &everyone } else { &everyone[..2] },
            marked: list.as_deref().map(|list| (list, GATEWAY)),
            expires_in: 600,
        };
        adoption.make(&mut store).unwrap();
        // A run that is still at work records more in the journal that is lost, and its marker tells of it.
        if self.actors.is_empty() {
            self.world.account(|account| account.list_adopted(campaign));
        }
    }

    /// Lets all that goes on end, and then sends to everyone: nothing stands in the way of a number that got nothing.
    async fn end(&mut self) {
        for actor in &self.actors {
            actor.process.change(|state| {
                state.is_frozen = false;
                state.dies = None;
                state.trouble = None;
            });
        }
        self.finish().await;
        for campaign in &CAMPAIGNS[..2] {
            if self.world.replaced() > 0 {
                self.adopt(campaign);
            }
            self.start(everyone(campaign), true);
            self.finish().await;
        }
        let mut store = self.world.open();
        self.world.account(|account| {
            account.check_journal(store.as_mut(), NUMBERS);
            for (campaign, number) in CAMPAIGNS[..2]
                .iter()
                .flat_map(|one| (0..NUMBERS).map(move |n| (one, n)))
            {
                let word = account.word(campaign, number, None);
                let what = format!("{number} is {word:?} in {campaign} after a run that could send");
                account.check(!word.2 && word.0 != "under_way", &what);
            }
        });
    }

    async fn finish(&mut self) {
        for _ in 0..100 {
            if self.actors.is_empty() {
                return;
            }
            self.pass(Duration::from_secs(300)).await;
        }
        self.world
            .account(|account: &mut Account| account.check(false, "a run never ends"));
        self.actors.clear();
    }
}

/// What sends to everyone that got nothing.
fn everyone(campaign: &'static str) -> Command {
    Command {
        campaign,
        list: (0..NUMBERS).collect(),
        exclude: Vec::new(),
        limit: None,
        once_per: None,
        resend: crate::journal::Resend::default(),
        concurrency: 2,
        rate: None,
        retries: 1,
        timeout: Duration::from_secs(30),
        expires_in: 600,
        hesitates: Duration::ZERO,
        chance: 0,
    }
}
