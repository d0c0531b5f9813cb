//! Random walks of runs, kills, edits, answers and flags, each step compared with an account that knows nothing of journals.

use crate::account::{Account, End, Order, Taken, Wish};
use crate::batch::KEY;
use crate::dice::Dice;
use crate::support::ended::Ended;
use crate::support::gateway::{Gateway, Reply, Script};
use crate::support::home::Home;
use crate::support::http::{BALANCE, MISSING_PARAMS, Request, answer, answer_and_stay};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

/// The number of the first row, which is always there and always accepted: what a batch of strangers only does to the
/// journal of another one is not walked here.
const FIRST: u64 = 34_600_000_000;
const OTHERS: u64 = 7;
const TEXTS: [&str; 2] = ["Your code: {PIN}", "{PIN} is your code"];

/// A signal that waits for so many more requests.
#[derive(Clone, Copy, Debug)]
struct Trap {
    after: u64,
    /// Once the request has been answered, not when it arrives.
    answered: bool,
    signal: Signal,
    pid: Pid,
}

#[derive(Default)]
struct Met {
    times: BTreeMap<u64, u64>,
    /// Of the present run.
    requests: Vec<(u64, Taken)>,
    trap: Option<Trap>,
}

impl Met {
    fn pull(&mut self, answered: bool) {
        if let Some(trap) = self.trap.filter(|trap| trap.answered == answered)
            && self.requests.len() as u64 >= trap.after
        {
            self.trap = None;
            // A process that has ended meanwhile has nothing to fear.
            let _ = kill_process(trap.pid, trap.signal);
        }
    }
}

struct Fickle {
    seed: u64,
    met: Arc<Mutex<Met>>,
}

impl Fickle {
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
        let dice = Dice::of(self.seed, number, *times);
        let (taken, reply) = if number == FIRST { whole() } else { fate(dice) };
        met.requests.push((number, taken));
        met.pull(false);
        reply
    }

    fn replied(&self, _: &Request) {
        self.met().pull(true);
    }
}

fn whole() -> (Taken, Reply) {
    (
        Taken::Yes,
        Reply::BytesThenStay(answer_and_stay(200, r#"{"status":"ok"}"#)),
    )
}

fn fate(mut dice: Dice) -> (Taken, Reply) {
    const OK: &str = r#"{"status":"ok"}"#;
    const BOTH: &str = r#"{"status":"ok","status":"error","error_id":"BAD_PARAMS"}"#;
    match dice.roll(100) {
        0..40 => whole(),
        40..52 => (Taken::No, Reply::Error("BAD_PARAMS")),
        52..58 => (Taken::No, Reply::Error("INVALID_NUMBER")),
        58..61 => (Taken::No, Reply::Error("UNAUTHORIZED")),
        61..70 => (Taken::No, Reply::Busy),
        70..82 => (Taken::Perhaps, Reply::Lost),
        82..88 => (Taken::Perhaps, Reply::Error("UNKNOWN_ERROR")),
        88..92 => (Taken::Perhaps, Reply::Http(200, BOTH)),
        92..96 => (Taken::Perhaps, Reply::Http(503, "<html>")),
        _ => {
            let mut half = answer(200, OK);
            half.truncate(half.len() - 3);
            (Taken::Perhaps, Reply::BytesThenReset(half))
        }
    }
}

/// One command.
#[derive(Clone, Debug)]
struct Step {
    wish: Wish,
    limit: Option<u64>,
    concurrency: u64,
    retries: u64,
    harm: Option<(u64, bool, Signal)>,
}

impl Step {
    const SETTLING: Self = Self {
        wish: Wish::Plain,
        limit: None,
        concurrency: 4,
        retries: 0,
        harm: None,
    };

    fn of(dice: &mut Dice) -> Self {
        const WISHES: [Wish; 10] = [
            Wish::Plain,
            Wish::Plain,
            Wish::Plain,
            Wish::SkipSent,
            Wish::SkipSent,
            Wish::RetryExpired,
            Wish::RetryAll,
            Wish::RetryAll,
            Wish::SkipSentAndRetryAll,
            Wish::Again,
        ];
        let mut one_in = |n| dice.roll(n) == 0;
        let limited = one_in(5);
        let harmed = one_in(2);
        let signal = if one_in(6) { Signal::TERM } else { Signal::KILL };
        let retries = u64::from(one_in(12));
        Self {
            wish: WISHES[usize::try_from(dice.roll(10)).unwrap()],
            limit: limited.then(|| dice.roll(4)),
            concurrency: 1 + dice.roll(4),
            retries,
            harm: harmed.then(|| (1 + dice.roll(6), dice.roll(2) == 0, signal)),
        }
    }
}

pub(crate) struct Walk {
    seed: u64,
    home: Home,
    gateway: Gateway,
    met: Arc<Mutex<Met>>,
    order: Order,
    account: Account,
    /// What was done so far, for whoever reads why a walk failed.
    done: Vec<String>,
}

/// Walks, and fails at the first step that asks for somebody who may have got an SMS already. Gives back how many runs it took.
pub(crate) fn walk(seed: u64) -> usize {
    let met = Arc::<Mutex<Met>>::default();
    let script = Fickle {
        seed,
        met: Arc::clone(&met),
    };
    let mut walk = Walk {
        seed,
        home: Home::new(),
        gateway: Gateway::start(script),
        met,
        order: Order {
            numbers: (FIRST..FIRST + 5).collect(),
            text: 0,
        },
        account: Account::default(),
        done: Vec::new(),
    };
    walk.write_input();
    let mut dice = Dice::of(seed, 0, 0x3A1C);
    for _ in 0..3 + dice.roll(6) {
        if dice.roll(3) == 0 {
            walk.edit(&mut dice);
        }
        let step = Step::of(&mut dice);
        let (_, end) = walk.step(&step);
        if step.harm.is_some() && end != End::Finished && walk.account.in_round() {
            // Only a run that ends by itself says whether the round of `--again` is finished.
            walk.step(&Step::SETTLING);
        }
    }
    walk.settle();
    walk.done.len()
}

impl Walk {
    fn write_input(&self) {
        let rows: Vec<_> = self.order.numbers.iter().map(u64::to_string).collect();
        std::fs::write(self.home.file("users.csv"), format!("tel\n{}\n", rows.join("\n"))).unwrap();
    }

    /// Adds or removes a row, or takes the other text.
    fn edit(&mut self, dice: &mut Dice) {
        let number = FIRST + 1 + dice.roll(OTHERS);
        if dice.roll(3) == 0 {
            self.order.text = 1 - self.order.text;
        } else if let Some(at) = self.order.numbers.iter().position(|found| *found == number) {
            self.order.numbers.remove(at);
        } else {
            self.order.numbers.push(number);
        }
        self.done.push(format!("now {:?}", self.order));
        self.write_input();
    }

    fn step(&mut self, step: &Step) -> (Ended, End) {
        let allowed = self.account.allowed(&self.order, step.wish);
        self.met().requests.clear();
        let ended = self.run(step);
        self.gateway.settle();
        let requests = std::mem::take(&mut self.met().requests);
        let end = end(&ended);
        self.done.push(format!("{step:?}: {requests:?}, {end:?}"));
        for number in requests
            .iter()
            .map(|(number, _)| *number)
            .collect::<BTreeSet<_>>()
        {
            self.demand(
                allowed.contains(&number),
                &format!("{number} was asked for again: {ended}"),
            );
            let taken = requests
                .iter()
                .filter(|(asked, taken)| *asked == number && *taken != Taken::No);
            self.demand(
                taken.count() <= 1,
                &format!("{number} was asked for twice: {ended}"),
            );
        }
        self.account
            .enter(&self.order, step.wish, &allowed, &requests, end);
        (ended, end)
    }

    fn run(&self, step: &Step) -> Ended {
        let (limit, concurrency, retries) = (
            step.limit.map(|limit| limit.to_string()),
            step.concurrency.to_string(),
            step.retries.to_string(),
        );
        let mut args = vec!["--json", "batch", "users.csv", "--yes"];
        args.extend([
            "--base-url",
            &self.gateway.base_url,
            "--sms-text",
            TEXTS[self.order.text],
        ]);
        args.extend(["--concurrency", &concurrency, "--retries", &retries]);
        args.extend(step.wish.flags());
        if let Some(limit) = &limit {
            args.extend(["--limit", limit]);
        }
        let running = self.home.smspin(args).env("SMSPIN_API_KEY", KEY).start();
        self.met().trap = step.harm.map(|(after, answered, signal)| Trap {
            after,
            answered,
            signal,
            pid: running.pid(),
        });
        let ended = running.end();
        self.met().trap = None;
        ended
    }

    /// The same command until it says that it is finished; then nobody is lost, and every row says what is so.
    fn settle(&mut self) {
        let mut step = Step::SETTLING;
        for _ in 0..20 {
            let (ended, end) = self.step(&step);
            match end {
                End::Finished => return self.judge(&ended),
                End::NothingSent => step.wish = Wish::SkipSent,
                End::Unfinished | End::Killed => {}
            }
        }
        self.demand(false, "it never finished");
    }

    fn judge(&self, ended: &Ended) {
        let mut reader = csv::Reader::from_path(self.home.file("users.results.csv")).unwrap();
        let header = reader.headers().unwrap().clone();
        let outcome = header.iter().position(|name| name == "smspin_outcome").unwrap();
        let mut words = Vec::new();
        for (row, number) in reader.records().zip(&self.order.numbers) {
            let row = row.unwrap();
            let word = row[outcome].to_owned();
            let entry = self.account.of(*number);
            let kept = match word.as_str() {
                "accepted" => entry.ever > 0,
                "refused" => entry.this_round == 0 && self.met().times.contains_key(number),
                // A kill makes some of them unknown that nobody was asked for.
                "unknown" | "duplicate" => true,
                _ => false,
            };
            self.demand(kept, &format!("{number} is {word}, but {entry:?}: {ended}"));
            words.push(word);
        }
        self.demand(words.len() == self.order.numbers.len(), "a row is lost");
        let unknown = words.iter().any(|word| word == "unknown");
        self.demand(
            unknown == (ended.status == Some(5)),
            &format!("{words:?}: {ended}"),
        );
    }

    #[track_caller]
    fn demand(&self, kept: bool, what: &str) {
        assert!(kept, "walk {}: {what}\n{:#?}", self.seed, self.done);
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap()
    }
}

fn end(ended: &Ended) -> End {
    if ended.signal.is_some() {
        return End::Killed;
    }
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
    match document["outcome"].as_str() {
        Some("finished") => End::Finished,
        Some("pending" | "stopped") => End::Unfinished,
        _ => End::NothingSent,
    }
}
