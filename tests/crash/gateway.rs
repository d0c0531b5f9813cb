//! A gateway that misbehaves by a seed, and counts for every number what it took.
//!
//! It also keeps what it may have left a client in doubt about, so that a drill can tell its own doings from those of a kill.

use crate::dice::Dice;
use crate::fate::Fate;
use crate::support::gateway::{Gateway, Reply, Script};
use crate::support::http::{BALANCE, MISSING_PARAMS, Request, answer_and_stay};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Where in a request's life a signal is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Arrived,
    Taken,
    Answered,
}

/// A signal that waits for the gateway to have met so many calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap {
    pub(crate) at: u64,
    pub(crate) stage: Stage,
    pub(crate) pid: Pid,
    pub(crate) signal: Signal,
    /// A second signal, so long after: what a process that was stopped gets.
    pub(crate) then: Option<(Duration, Signal)>,
}

/// What the gateway knows of all that came to it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// How often each number was taken: an SMS each time.
    pub(crate) taken: HashMap<u64, u32>,
    /// How often each number was asked for.
    pub(crate) asked: HashMap<u64, u32>,
    /// Numbers whose client was left in doubt by a fault.
    pub(crate) doubtful: HashSet<u64>,
    /// Connections cut before it was known whose request was on them.
    pub(crate) blind: u64,
    /// Calls of any kind.
    pub(crate) calls: u64,
    /// Answers of 429 to come in a row.
    busy: u64,
    traps: Vec<Trap>,
}

impl Ledger {
    /// How many unknown rows the gateway's own faults can account for.
    pub(crate) fn doubts(&self) -> u64 {
        self.doubtful.len() as u64 + self.blind
    }

    fn pull(&mut self, stage: Stage) {
        let calls = self.calls;
        let due = |trap: &mut Trap| trap.stage == stage && calls >= trap.at;
        for trap in self.traps.extract_if(.., due) {
            // A process that has ended meanwhile has nothing to fear.
            let _ = kill_process(trap.pid, trap.signal);
            if let Some((after, signal)) = trap.then {
                std::thread::spawn(move || {
                    std::thread::sleep(after);
                    let _ = kill_process(trap.pid, signal);
                });
            }
        }
    }
}

pub(crate) struct SeededGateway {
    gateway: Gateway,
    ledger: Arc<Mutex<Ledger>>,
}

impl SeededGateway {
    pub(crate) fn start(seed: u64) -> Self {
        let ledger = Arc::<Mutex<Ledger>>::default();
        let script = Seeded {
            seed,
            ledger: Arc::clone(&ledger),
        };
        Self {
            gateway: Gateway::start(script),
            ledger,
        }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.gateway.base_url
    }

    /// Sets a trap.
    pub(crate) fn add(&self, trap: Trap) {
        self.ledger.lock().unwrap().traps.push(trap);
    }

    /// Takes the traps of a process away.
    pub(crate) fn disarm_for(&self, pid: Pid) {
        self.ledger.lock().unwrap().traps.retain(|trap| trap.pid != pid);
    }

    /// Calls of any kind so far.
    pub(crate) fn calls(&self) -> u64 {
        self.ledger.lock().unwrap().calls
    }

    /// What it knows, once every connection has ended.
    pub(crate) fn settled(&self) -> MutexGuard<'_, Ledger> {
        self.gateway.settle();
        self.ledger.lock().unwrap()
    }
}

/// Everything that a network and a gateway under load do, by chances from a seed.
struct Seeded {
    seed: u64,
    ledger: Arc<Mutex<Ledger>>,
}

impl Script for Seeded {
    fn accepts(&self, connection: u64) -> bool {
        let reset = connection % 16 > 2 && Dice::of(self.seed, connection, 0xC0).roll(200) == 0;
        self.ledger().blind += u64::from(reset);
        !reset
    }

    fn reply(&self, request: &Request) -> Reply {
        let mut ledger = self.ledger();
        ledger.calls += 1;
        ledger.pull(Stage::Arrived);
        let call = ledger.calls;
        let Some(number) = request.number else {
            let (code, body) = if request.is_probe() {
                (400, MISSING_PARAMS)
            } else {
                (200, BALANCE)
            };
            return self.then(call, answer_and_stay(code, body));
        };
        let asked = ledger.asked.entry(number).or_default();
        *asked += 1;
        let mut dice = Dice::of(self.seed, number, u64::from(*asked));
        if ledger.busy == 0 && dice.roll(1500) == 0 {
            ledger.busy = 1 + dice.roll(40);
        }
        let busy = ledger.busy > 0;
        ledger.busy = ledger.busy.saturating_sub(1);
        let fate = if busy { Fate::BUSY } else { Fate::of(&mut dice) };
        if fate.doubtful() {
            ledger.doubtful.insert(number);
        }
        drop(ledger);
        let long = dice.roll(100) == 0;
        let most = if long { 30_000 } else { 2_000 };
        std::thread::sleep(Duration::from_micros(dice.roll(most)));
        if fate.takes {
            let mut ledger = self.ledger();
            *ledger.taken.entry(number).or_default() += 1;
            ledger.pull(Stage::Taken);
        }
        let mut bytes = answer_and_stay(fate.code, fate.body);
        let Some(cut) = fate.cut else {
            return self.then(call, bytes);
        };
        let length = usize::try_from(dice.roll(bytes.len() as u64)).unwrap();
        bytes.truncate(length.min(cut.longest));
        if cut.reset {
            Reply::BytesThenReset(bytes)
        } else {
            Reply::Bytes(bytes)
        }
    }

    fn replied(&self, _: &Request) {
        self.ledger().pull(Stage::Answered);
    }

    fn turned_away(&self, request: &Request) {
        let mut ledger = self.ledger();
        ledger.doubtful.extend(request.number);
        ledger.calls += 1;
    }
}

impl Seeded {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    /// A whole answer. Now and then the connection ends after it, under whatever comes next.
    fn then(&self, call: u64, answer: Vec<u8>) -> Reply {
        let mut dice = Dice::of(self.seed, call, 0x1D1E);
        if dice.roll(50) == 0 {
            Reply::BytesThenHangUp(answer, Duration::from_millis(dice.roll(3)))
        } else {
            Reply::BytesThenStay(answer)
        }
    }
}
