//! Random walks of runs, kills, edits, answers and flags, each step compared with an account that knows nothing of journals.

use crate::account::{Account, End, Order, Wish};
use crate::batch::KEY;
use crate::dice::Dice;
use crate::fickle::{Blow, Fickle, Met, Taken, Trap};
use crate::support::ended::Ended;
use crate::support::gateway::Gateway;
use crate::support::home::Home;
use rustix::process::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

/// The first numbers of two lists that begin without anybody in common.
pub(crate) const LISTS: [u64; 2] = [34_600_000_000, 34_600_000_100];
/// How many numbers may come into a list.
pub(crate) const NUMBERS: u64 = 7;
const TEXTS: [&str; 2] = ["Your code: {PIN}", "{PIN} is your code"];
pub(crate) const INPUT: &str = "users.csv";
pub(crate) const JOURNAL: [&str; 3] = ["users.csv.smspin", "users.csv.smspin-wal", "users.csv.smspin-shm"];
pub(crate) const RESULTS: &str = "users.results.csv";

/// What happens in the middle of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Harm {
    Signal(Signal),
    /// The input becomes another one.
    Replace {
        in_place: bool,
    },
}

/// One command.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) wish: Wish,
    pub(crate) limit: Option<u64>,
    pub(crate) concurrency: u64,
    pub(crate) retries: u64,
    /// After so many requests, and whether the last of them has been answered.
    pub(crate) harm: Option<(u64, bool, Harm)>,
    pub(crate) input: &'static str,
}

impl Step {
    /// One that nothing happens to.
    pub(crate) const fn calm(wish: Wish) -> Self {
        Self {
            wish,
            limit: None,
            concurrency: 4,
            retries: 0,
            harm: None,
            input: INPUT,
        }
    }

    fn of(dice: &mut Dice) -> Self {
        let mut one_in = |n| dice.roll(n) == 0;
        let limited = one_in(5);
        let harmed = one_in(2);
        let harm = match (one_in(6), one_in(6)) {
            (true, in_place) => Harm::Replace { in_place },
            (false, true) => Harm::Signal(Signal::TERM),
            (false, false) => Harm::Signal(Signal::KILL),
        };
        let retries = u64::from(one_in(12));
        // A link to the input is the input.
        let input = if one_in(10) { "link.csv" } else { INPUT };
        Self {
            wish: wish(dice, 10),
            limit: limited.then(|| dice.roll(4)),
            concurrency: 1 + dice.roll(4),
            retries,
            harm: harmed.then(|| (1 + dice.roll(6), dice.roll(2) == 0, harm)),
            input,
        }
    }
}

/// One of the first so many wishes.
pub(crate) fn wish(dice: &mut Dice, of: u64) -> Wish {
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
    WISHES[usize::try_from(dice.roll(of)).unwrap()]
}

pub(crate) struct Walk {
    seed: u64,
    pub(crate) home: Home,
    pub(crate) gateway: Gateway,
    met: Arc<Mutex<Met>>,
    pub(crate) order: Order,
    /// What the name of the input stood for before, and will again.
    other_list: Vec<u64>,
    pub(crate) account: Account,
    /// How the last run ended.
    pub(crate) end: End,
    /// What was done so far, for whoever reads why a walk failed.
    pub(crate) done: Vec<String>,
}

/// Walks, and fails at the first step that asks for somebody who may have got an SMS already. Gives back how many runs it took.
pub(crate) fn walk(seed: u64) -> usize {
    let met = Arc::<Mutex<Met>>::default();
    let [numbers, other_list] = LISTS.map(|first| (first..first + 4).collect());
    let mut walk = Walk {
        seed,
        home: Home::new(),
        gateway: Gateway::start(Fickle::new(seed, &met)),
        met,
        order: Order { numbers, text: 0 },
        other_list,
        account: Account::default(),
        end: End::NothingSent,
        done: Vec::new(),
    };
    walk.write_input();
    std::os::unix::fs::symlink(INPUT, walk.home.file("link.csv")).unwrap();
    let mut dice = Dice::of(seed, 0, 0x3A1C);
    for _ in 0..4 + dice.roll(6) {
        walk.stroll(&mut dice);
    }
    walk.settle();
    walk.done.len()
}

impl Walk {
    /// Perhaps something happens to the files, and then a command is run.
    fn stroll(&mut self, dice: &mut Dice) {
        let mut step = Step::of(dice);
        if dice.roll(3) == 0 {
            self.edit(dice);
            if dice.roll(3) == 0 {
                step.wish = Wish::SkipSent;
            }
        }
        match dice.roll(24) {
            0 => self.forget(),
            1 | 2 => self.under_another_name(dice),
            3 | 4 => self.without_journal(dice),
            5 | 6 => drop(std::fs::remove_file(self.home.file(RESULTS))),
            7..13 => self.set_aside_by_a_killed_run(),
            _ => {}
        }
        let next = matches!(step.harm, Some((_, _, Harm::Replace { .. }))).then(|| self.edited(dice));
        let (ended, end) = self.step(&step, next.as_ref());
        if step.harm.is_some() && end != End::Finished && self.account.in_round() && next.is_none() {
            // Only a run that ends by itself says whether the round of `--again` is finished.
            self.step(&Step::calm(Wish::Plain), None);
        }
        if let Some((order, other_list)) = next {
            (self.order, self.other_list) = (order, other_list);
            self.changed();
        } else if let Some(round) = round_to_name(&ended)
            && dice.roll(2) == 0
        {
            step.wish = Wish::AgainInRound(round);
            step.harm = None;
            self.step(&step, None);
        }
    }

    fn content(numbers: &[u64]) -> String {
        let mut seen = BTreeSet::new();
        // A number that comes twice is written in two ways.
        let row = |number: &u64| {
            let sign = if seen.insert(*number) { "" } else { "+" };
            format!("{sign}{number}\n")
        };
        let rows: String = numbers.iter().map(row).collect();
        format!("tel\n{rows}")
    }

    fn write_input(&self) {
        std::fs::write(self.home.file(INPUT), Self::content(&self.order.numbers)).unwrap();
    }

    fn changed(&mut self) {
        self.done.push(format!("now {:?}", self.order));
        self.write_input();
    }

    fn edit(&mut self, dice: &mut Dice) {
        (self.order, self.other_list) = self.edited(dice);
        self.changed();
    }

    /// With a row more or less, the other text, or a whole other list in the place of this one; and the list that isn't there now.
    fn edited(&self, dice: &mut Dice) -> (Order, Vec<u64>) {
        let (mut order, mut other_list) = (self.order.clone(), self.other_list.clone());
        let of_list = usize::try_from(dice.roll(8) / 4).unwrap();
        let number = LISTS[of_list] + dice.roll(NUMBERS);
        match dice.roll(9) {
            0 | 1 => order.text = 1 - order.text,
            2..=4 => std::mem::swap(&mut order.numbers, &mut other_list),
            5 => order.numbers.push(number),
            _ => match order.numbers.iter().position(|found| *found == number) {
                Some(at) if order.numbers.len() > 1 => drop(order.numbers.remove(at)),
                _ => order.numbers.push(number),
            },
        }
        (order, other_list)
    }

    fn step(&mut self, step: &Step, next: Option<&(Order, Vec<u64>)>) -> (Ended, End) {
        let allowed = self.account.allowed(&self.order, step.wish);
        self.met().requests.clear();
        let ended = self.run(step, next);
        self.gateway.settle();
        let requests = std::mem::take(&mut self.met().requests);
        let end = end(&ended);
        self.done.push(format!("{step:?}: {requests:?}, {end:?}"));
        self.demand(
            end != End::NothingSent || requests.is_empty(),
            &format!("it says that nothing was sent: {ended}"),
        );
        let asked: BTreeSet<u64> = requests.iter().map(|(number, _)| *number).collect();
        for number in asked {
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
        self.end = end;
        let written = end != End::Finished || self.home.file(RESULTS).exists();
        self.demand(written, &format!("there are no results: {ended}"));
        (ended, end)
    }

    pub(crate) fn run(&self, step: &Step, next: Option<&(Order, Vec<u64>)>) -> Ended {
        let mut args = vec!["--json".to_owned(), "batch".to_owned(), step.input.to_owned()];
        args.extend(["--yes", "--base-url", &self.gateway.base_url].map(str::to_owned));
        args.extend(["--sms-text", TEXTS[self.order.text]].map(str::to_owned));
        args.push(format!("--concurrency={}", step.concurrency));
        args.push(format!("--retries={}", step.retries));
        args.extend(step.wish.flags());
        args.extend(step.limit.map(|limit| format!("--limit={limit}")));
        let running = self.home.smspin(args).env("SMSPIN_API_KEY", KEY).start();
        self.met().trap = step.harm.map(|(after, answered, harm)| Trap {
            after,
            answered,
            blow: match harm {
                Harm::Signal(signal) => Blow::Signal(signal, running.pid()),
                Harm::Replace { in_place } => Blow::Replace {
                    path: self.home.file(INPUT),
                    content: Self::content(&next.expect("the next input is known").0.numbers),
                    in_place,
                },
            },
        });
        let ended = running.end();
        self.met().trap = None;
        ended
    }

    /// The same command until it says that it is finished; then nobody is lost, and every row says what is so.
    fn settle(&mut self) {
        let mut step = Step::calm(Wish::Plain);
        for _ in 0..20 {
            let (ended, end) = self.step(&step, None);
            match end {
                End::Finished => return self.judge(&ended),
                End::NothingSent if step.wish == Wish::Plain => step.wish = Wish::SkipSent,
                End::NothingSent => {
                    self.demand(self.account.is_forgotten(), &format!("nothing goes on: {ended}"));
                    step.wish = Wish::Again;
                }
                End::Unfinished | End::Killed => {}
            }
        }
        self.demand(false, "it never finished");
    }

    fn judge(&self, ended: &Ended) {
        let mut reader = csv::Reader::from_path(self.home.file(RESULTS)).unwrap();
        let header = reader.headers().unwrap().clone();
        let outcome = header.iter().position(|name| name == "smspin_outcome").unwrap();
        let mut words = Vec::new();
        let mut seen = BTreeSet::new();
        for (row, number) in reader.records().zip(&self.order.numbers) {
            let row = row.unwrap();
            let word = row[outcome].to_owned();
            let entry = self.account.of(*number);
            let kept = match word.as_str() {
                "duplicate" => seen.contains(number),
                _ if !seen.insert(*number) => false,
                "accepted" => entry.ever > 0,
                _ if entry.confirmed && !self.account.in_round() => false,
                "refused" => entry.this_round == 0 && self.met().times.contains_key(number),
                // A kill makes some of them unknown that nobody was asked for.
                "unknown" => entry.ever_doubtful,
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
    pub(crate) fn demand(&self, kept: bool, what: &str) {
        assert!(kept, "walk {}: {what}\n{:#?}", self.seed, self.done);
    }

    pub(crate) fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap()
    }
}

fn end(ended: &Ended) -> End {
    if ended.signal.is_some() {
        return End::Killed;
    }
    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
    match document["outcome"].as_str() {
        // Nobody is left to send to, but the results could not be written.
        Some("finished") if ended.status == Some(7) => End::Unfinished,
        Some("finished") => End::Finished,
        Some("pending" | "stopped") => End::Unfinished,
        _ => End::NothingSent,
    }
}

/// The round that a command names that was `--again` once too often.
fn round_to_name(ended: &Ended) -> Option<u64> {
    let (_, after) = ended.stdout.split_once("--again=")?;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
