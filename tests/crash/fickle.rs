//! A gateway for walks: what it does with a request comes from a seed, and a trap can spring in the middle of a run.

use crate::dice::Dice;
use crate::support::gateway::{Reply, Script};
use crate::support::http::{BALANCE, MISSING_PARAMS, Request, answer, answer_and_stay};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// What the gateway did with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Certainly not, and it said so.
    No,
    /// The same, and because of the number.
    Invalid,
    /// Perhaps, or in a way that it does not tell.
    Perhaps,
    /// Yes, and it said so.
    Yes,
}

/// A request that came.
#[derive(Clone, Debug)]
pub(crate) struct Came {
    pub(crate) number: u64,
    pub(crate) taken: Taken,
}

/// A signal that waits for so many more requests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trap {
    pub(crate) after: u64,
    /// Once the request has been answered, not when it arrives.
    pub(crate) answered: bool,
    pub(crate) signal: Signal,
    pub(crate) pid: Pid,
}

#[derive(Default)]
pub(crate) struct Met {
    pub(crate) times: BTreeMap<u64, u64>,
    /// Of the present run.
    pub(crate) requests: Vec<Came>,
    pub(crate) trap: Option<Trap>,
}

impl Met {
    fn pull(&mut self, answered: bool) {
        let met = self.requests.len() as u64;
        let due = |trap: &mut Trap| trap.answered == answered && met >= trap.after;
        if let Some(trap) = self.trap.take_if(due) {
            // A process that has ended meanwhile has nothing to fear.
            let _ = kill_process(trap.pid, trap.signal);
        }
    }
}

pub(crate) struct Fickle {
    seed: u64,
    met: Arc<Mutex<Met>>,
}

impl Fickle {
    pub(crate) fn new(seed: u64, met: &Arc<Mutex<Met>>) -> Self {
        Self {
            seed,
            met: Arc::clone(met),
        }
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap()
    }
}

impl Script for Fickle {
    fn reply(&self, request: &Request) -> Reply {
        let Some(number) = request.number else {
            let (code, body) = if request.is_probe() {
                (400, MISSING_PARAMS)
            } else {
                (200, BALANCE)
            };
            return Reply::BytesThenStay(answer_and_stay(code, body));
        };
        let mut met = self.met();
        let times = met.times.entry(number).or_default();
        *times += 1;
        let (taken, reply) = fate(Dice::of(self.seed, number, *times));
        met.requests.push(Came { number, taken });
        met.pull(false);
        reply
    }

    fn replied(&self, _: &Request) {
        self.met().pull(true);
    }
}

fn fate(mut dice: Dice) -> (Taken, Reply) {
    const OK: &str = r#"{"status":"ok"}"#;
    const BOTH: &str = r#"{"status":"ok","status":"error","error_id":"BAD_PARAMS"}"#;
    match dice.roll(100) {
        0..50 => (Taken::Yes, Reply::BytesThenStay(answer_and_stay(200, OK))),
        50..60 => (Taken::No, Reply::Error("BAD_PARAMS")),
        60..65 => (Taken::Invalid, Reply::Error("INVALID_NUMBER")),
        65..68 => (Taken::No, Reply::Error("UNAUTHORIZED")),
        68..76 => (Taken::No, Reply::Busy),
        76..85 => (Taken::Perhaps, Reply::Lost),
        85..90 => (Taken::Perhaps, Reply::Error("UNKNOWN_ERROR")),
        90..93 => (Taken::Perhaps, Reply::Http(200, BOTH)),
        93..96 => (Taken::Perhaps, Reply::Http(503, "<html>")),
        _ => {
            let mut half = answer(200, OK);
            half.truncate(half.len() - 3);
            (Taken::Perhaps, Reply::BytesThenReset(half))
        }
    }
}
