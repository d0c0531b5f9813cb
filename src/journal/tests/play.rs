//! A random sequence of steps, each done by an engine and by memory.

mod commits;

use super::snapshot::{self, RunNames};
use super::{Dice, Engine};
use crate::dlr::{DeliveryReport, ReportClock};
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Ticket;
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::memory::Memory;
use crate::journal::report::{AttemptId, ReportToAdd};
use crate::journal::run::{CampaignId, NewRun, RunEnd, RunName, Runs};
use crate::journal::store::{Closing, Forget, Store};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

const CAMPAIGNS: [&str; 4] = ["default", "march", "request", "request.shop"];
const ACTORS: usize = 3;

/// The same thing in the engine and in memory.
struct Both<T> {
    engine: T,
    memory: T,
}

/// A process that uses the journal.
struct Actor {
    store: Both<Box<dyn Store>>,
    run: Option<ActorRun>,
}

struct ActorRun {
    campaign: Both<CampaignId>,
    /// What it has found out of other runs.
    dead: Both<Runs>,
    open: Vec<Ticket>,
    closed: Vec<Closing>,
}

pub(super) struct Game<'a> {
    engine: &'a dyn Engine,
    memory: Memory,
    dice: Dice,
    now: Timestamp,
    numbers: Vec<Msisdn>,
    actors: Vec<Actor>,
    watcher: Both<Box<dyn Store>>,
    names: Both<RunNames>,
    /// The ids in report URLs, with their numbers.
    ids: Vec<(Msisdn, Both<AttemptId>)>,
    /// What was done, to read where it fails.
    log: Vec<String>,
}

impl<'a> Game<'a> {
    pub(super) fn new(engine: &'a dyn Engine, seed: u64) -> Self {
        let memory = Memory::new();
        let both = || Both {
            engine: engine.open(),
            memory: Box::new(memory.open()) as Box<dyn Store>,
        };
        let actor = || Actor {
            store: both(),
            run: None,
        };
        let numbers = (0..10).map(|number| Msisdn::from_u64(34_600_000_000 + 7 * number).unwrap());
        Self {
            dice: Dice(seed),
            now: "2026-03-01T09:00:00Z".parse().unwrap(),
            numbers: numbers.collect(),
            actors: (0..ACTORS).map(|_| actor()).collect(),
            watcher: Both {
                engine: engine.look(),
                memory: Box::new(memory.open()),
            },
            names: Both {
                engine: RunNames::new(),
                memory: RunNames::new(),
            },
            ids: Vec::new(),
            log: vec![format!("seed {seed}")],
            engine,
            memory,
        }
    }

    pub(super) fn play(mut self, steps: u32) {
        for _ in 0..steps {
            let actor = self.dice.pick(&[0, 1, 2]);
            self.step(actor);
            self.compare();
            self.now += SignedDuration::from_millis(self.dice.pick(&[0, 1, 950, 61_000, 4_000_000]));
        }
        for actor in self.actors {
            actor.store.engine.close().unwrap();
        }
    }

    fn step(&mut self, actor: usize) {
        let has_run = self.actors[actor].run.is_some();
        match self.dice.below(20) {
            0 => self.kill(actor),
            1 => self.forget(actor),
            2 => self.readmit(actor),
            3 => self.correct_times(actor),
            4 | 5 => self.add_reports(actor),
            _ if !has_run => self.begin(actor),
            6 => self.end(actor),
            7 => self.exclude(actor),
            8 => self.adopt(actor),
            9 | 10 => self.look_at_runs(actor),
            11 => self.commit_wrong(actor),
            _ => self.commit(actor),
        }
    }

    fn compare(&mut self) {
        let moment = self.now - SignedDuration::from_mins(90);
        let read = |store: &mut Box<dyn Store>, names| {
            snapshot::lines(&mut **store, names, &CAMPAIGNS, &self.numbers, moment)
        };
        let memory = read(&mut self.watcher.memory, &self.names.memory);
        let engine = read(&mut self.watcher.engine, &self.names.engine);
        assert_eq!(engine, memory, "after {:#?}", self.log);
    }

    /// Both must say the same, errors included.
    fn same<T: PartialEq + std::fmt::Debug>(
        &self,
        engine: Result<T, JournalError>,
        memory: Result<T, JournalError>,
    ) -> Result<T, JournalFault> {
        let (engine, memory) = (
            engine.map_err(|error| error.fault),
            memory.map_err(|error| error.fault),
        );
        assert_eq!(engine, memory, "in {:#?}", self.log);
        engine
    }

    fn begin(&mut self, actor: usize) {
        let run = NewRun {
            name: RunName::random(),
            campaign: self.dice.pick(&CAMPAIGNS).to_owned(),
            began: self.now,
            timeout: Duration::from_millis(self.dice.pick(&[1, 10_000, 3_600_000])),
            list: self.dice.pick(&["users.csv", "more\nusers.csv"]).to_owned(),
            digest: self.dice.once_in(2).then(|| "0123".to_owned()),
            settings: "{}".to_owned(),
        };
        self.log.push(format!("{actor} begins {run:?}"));
        let Actor { store, run: own } = &mut self.actors[actor];
        let engine = store.engine.begin(&run).unwrap();
        let memory = store.memory.begin(&run).unwrap();
        // Random names would differ each time; these are as unique.
        let name = format!("run {}", self.names.engine.len());
        self.names.engine.insert(engine.0, name.clone());
        self.names.memory.insert(memory.0, name);
        *own = Some(ActorRun {
            campaign: Both {
                engine: engine.1,
                memory: memory.1,
            },
            dead: Both {
                engine: Runs::default(),
                memory: Runs::default(),
            },
            open: Vec::new(),
            closed: Vec::new(),
        });
    }

    fn look_at_runs(&mut self, actor: usize) {
        let Actor { store, run } = &mut self.actors[actor];
        let run = run.as_mut().unwrap();
        run.dead.engine = Runs::new(store.engine.runs().unwrap());
        run.dead.memory = Runs::new(store.memory.runs().unwrap());
    }

    fn end(&mut self, actor: usize) {
        self.log.push(format!("{actor} ends"));
        let end = RunEnd {
            at: self.now,
            exit: self.dice.pick(&[0, 4, 5, 130]),
            left: self.dice.below(3),
        };
        let Actor { store, run } = &mut self.actors[actor];
        let results = (store.engine.end(end), store.memory.end(end));
        *run = None;
        self.same(results.0, results.1).unwrap();
    }

    fn kill(&mut self, actor: usize) {
        self.log.push(format!("{actor} is killed"));
        let fresh = Actor {
            store: Both {
                engine: self.engine.open(),
                memory: Box::new(self.memory.open()),
            },
            run: None,
        };
        let killed = std::mem::replace(&mut self.actors[actor], fresh);
        self.engine.kill(killed.store.engine);
        if self.dice.once_in(2) {
            self.watcher.engine = self.engine.look();
        }
    }

    fn add_reports(&mut self, actor: usize) {
        let (mut engine, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..=self.dice.below(3) {
            let known = &self.ids[self.ids.len().saturating_sub(8)..];
            let known = known.get(usize::try_from(self.dice.below(8)).unwrap());
            let id = known.filter(|_| self.dice.once_in(2));
            let to = known.map_or(self.numbers[0], |(msisdn, _)| *msisdn);
            let report = report(&mut self.dice, to, self.now);
            let add = |attempt_id| ReportToAdd {
                attempt_id,
                ..report.clone()
            };
            engine.push(add(id.map(|(_, id)| id.engine)));
            memory.push(add(id.map(|(_, id)| id.memory)));
        }
        self.log.push(format!("{actor} adds {memory:?}"));
        let store = &mut self.actors[actor].store;
        let results = (
            store.engine.add_reports(&engine),
            store.memory.add_reports(&memory),
        );
        self.same(results.0, results.1).unwrap();
    }

    fn correct_times(&mut self, actor: usize) {
        let now = self.now - SignedDuration::from_secs(self.dice.pick(&[0, 60, 7200]));
        let name = self.dice.pick(&CAMPAIGNS);
        self.log
            .push(format!("{actor} corrects the times of {name} to {now}"));
        let store = &mut self.actors[actor].store;
        let numbers = &self.numbers[2..6];
        if let Some(campaign) = store.engine.campaign(name).unwrap() {
            store.engine.correct_times(campaign, numbers, now).unwrap();
            let campaign = store.memory.campaign(name).unwrap().unwrap();
            store.memory.correct_times(campaign, numbers, now).unwrap();
        }
    }

    fn exclude(&mut self, actor: usize) {
        let numbers = [self.dice.pick(&self.numbers), self.dice.pick(&self.numbers)];
        self.log.push(format!("{actor} excludes {numbers:?}"));
        let store = &mut self.actors[actor].store;
        store.engine.exclude(&numbers).unwrap();
        store.memory.exclude(&numbers).unwrap();
    }

    fn readmit(&mut self, actor: usize) {
        let numbers = &self.numbers[..5];
        self.log.push(format!("{actor} readmits {numbers:?}"));
        let store = &mut self.actors[actor].store;
        let results = (store.engine.readmit(numbers), store.memory.readmit(numbers));
        self.same(results.0, results.1).unwrap();
    }

    fn adopt(&mut self, actor: usize) {
        let numbers = [self.dice.pick(&self.numbers), self.dice.pick(&self.numbers)];
        let since = self.now - SignedDuration::from_secs(self.dice.pick(&[0, 60, 7200]));
        self.log.push(format!("{actor} adopts {numbers:?} since {since}"));
        let store = &mut self.actors[actor].store;
        let results = (
            store.engine.adopt(&numbers, since, 300, self.now),
            store.memory.adopt(&numbers, since, 300, self.now),
        );
        self.same(results.0, results.1).unwrap();
    }

    fn forget(&mut self, actor: usize) {
        let name = self.dice.pick(&CAMPAIGNS);
        let kind = self.dice.below(3);
        let older = Forget::OlderThan(self.now - SignedDuration::from_hours(1));
        let number = Forget::Number(self.dice.pick(&self.numbers));
        self.log
            .push(format!("{actor} forgets {kind}: {name}, {older:?}, {number:?}"));
        let store = &mut self.actors[actor].store;
        let what = |store: &mut Box<dyn Store>| {
            Some(match kind {
                0 => older.clone(),
                1 => number.clone(),
                _ => Forget::Campaign(store.campaign(name).unwrap()?),
            })
        };
        if let (Some(engine), Some(memory)) = (what(&mut store.engine), what(&mut store.memory)) {
            let results = (
                store.engine.forget(&engine, self.now),
                store.memory.forget(&memory, self.now),
            );
            let _ = self.same(results.0, results.1);
        }
    }
}

fn report(dice: &mut Dice, to: Msisdn, now: Timestamp) -> ReportToAdd {
    let status = dice.pick(&["DELIVRD", "UNDELIV", "EXPIRED", "ACCEPTD", "UNKNOWN", "BUFFERED"]);
    ReportToAdd {
        attempt_id: None,
        received_at: now - SignedDuration::from_secs(dice.pick(&[0, 0, 3600])),
        report: DeliveryReport {
            sms_id: None,
            from: None,
            to,
            custom: None,
            sms_date: None,
            status: status.to_owned(),
            dlr_date: dice.once_in(2).then(|| ReportClock::new().write(now)),
        },
    }
}
