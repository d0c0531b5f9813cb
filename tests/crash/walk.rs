//! Random walks of real processes over several lists with people in common: runs, kills, edits, and journals that are adopted,
//! forgotten, lost and restored. Each step is compared with an account that knows nothing of journals. What else decides who is sent
//! an SMS, the simulator plays.

use crate::account::Account;
use crate::batch::smspin;
use crate::dice::Dice;
use crate::fickle::{Came, Fickle, Met, Taken, Trap};
use crate::lost_journal::Copy;
use crate::step::{FIRST, PEOPLE, Step, TEXTS, person, pick};
use crate::support::ended::Ended;
use crate::support::gateway::Gateway;
use crate::support::home::{Home, Running};
use crate::verdict::{NO_RUN_OF_THIS, has_begun, outcome, results_of};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

pub(crate) struct Walk {
    seed: u64,
    pub(crate) home: Home,
    gateway: Gateway,
    met: Arc<Mutex<Met>>,
    /// Each list by its path, with its numbers.
    pub(crate) lists: BTreeMap<String, Vec<u64>>,
    pub(crate) account: Account,
    runs: usize,
    /// What was done so far, which says why a walk failed.
    pub(crate) done: Vec<String>,
}

/// Walks, and fails at the first step that isn't as the account says. Gives back how many runs it took.
pub(crate) fn walk(seed: u64) -> usize {
    let met = Arc::<Mutex<Met>>::default();
    let mut walk = Walk {
        seed,
        home: Home::new(),
        gateway: Gateway::start(Fickle::new(seed, &met)),
        met,
        lists: BTreeMap::new(),
        account: Account::default(),
        runs: 0,
        done: Vec::new(),
    };
    std::fs::create_dir(walk.home.file("sub")).unwrap();
    walk.write("all.csv", (FIRST..FIRST + 5).collect());
    walk.write("more.csv", (FIRST + 3..FIRST + 7).collect());
    let mut copy = None;
    let mut dice = Dice::of(seed, 0, 0x3A1C);
    for _ in 0..5 + dice.roll(6) {
        walk.stroll(&mut copy, &mut dice);
    }
    walk.settle(&mut dice);
    walk.runs
}

impl Walk {
    /// Perhaps something happens to the files, and then a batch is run.
    fn stroll(&mut self, copy: &mut Option<Copy>, dice: &mut Dice) {
        if dice.roll(2) == 0 {
            self.edit(dice);
        }
        match dice.roll(16) {
            0 => self.forget(dice),
            2 | 3 => *copy = Some(self.copy_journal()),
            4 | 5 => self.lose_journal(copy.as_ref()),
            6 => self.adopt_one(dice),
            _ => {}
        }
        let names: Vec<String> = self.lists.keys().cloned().collect();
        self.step(&Step::of(&pick(&names, dice), dice));
    }

    /// Writes a list as a new file of its name, with a column more where it is called so.
    fn write(&mut self, list: &str, numbers: Vec<u64>) {
        let mut seen = BTreeSet::new();
        let more = if list == "wide.csv" { ",x" } else { "" };
        // A number that comes twice is written in two ways.
        let row = |number: &u64| {
            let sign = if seen.insert(*number) { "" } else { "+" };
            format!("{sign}{number}{more}\n")
        };
        let rows: String = numbers.iter().map(row).collect();
        let text = format!("tel{}\n{rows}", more.replace('x', "note"));
        std::fs::write(self.home.file("new"), text).unwrap();
        std::fs::rename(self.home.file("new"), self.home.file(list)).unwrap();
        self.done.push(format!("{list} is {numbers:?}"));
        self.lists.insert(list.to_owned(), numbers);
    }

    /// What people do to a list: a part of it, another order, another column, a copy, another name, a row more or less.
    fn edit(&mut self, dice: &mut Dice) {
        let names: Vec<String> = self.lists.keys().cloned().collect();
        let from = pick(&names, dice);
        let mut numbers = self.lists[&from].clone();
        match dice.roll(7) {
            0 => self.write("subset.csv", numbers[numbers.len() / 2..].to_vec()),
            1 => {
                numbers.reverse();
                self.write("sorted.csv", numbers);
            }
            2 => self.write("wide.csv", numbers),
            3 => self.write("sub/all.csv", numbers),
            4 => {
                drop(std::fs::remove_file(self.home.file("hard.csv")));
                if from != "hard.csv" && from != "wide.csv" {
                    std::fs::hard_link(self.home.file(&from), self.home.file("hard.csv")).unwrap();
                    self.done.push(format!("hard.csv is {from}"));
                    self.lists.insert("hard.csv".to_owned(), numbers);
                } else {
                    self.lists.remove("hard.csv");
                }
            }
            kind => {
                let number = person(dice);
                match numbers.iter().position(|found| *found == number) {
                    Some(at) if numbers.len() > 1 => drop(numbers.remove(at)),
                    _ => numbers.push(number),
                }
                let name = if kind == 5 { "fixed.csv" } else { &from };
                self.write(name, numbers);
            }
        }
    }

    fn step(&mut self, step: &Step) -> Ended {
        let allowed = self.account.allowed(step.campaign, &self.lists[&step.list]);
        self.met().requests.clear();
        let ended = self.start(step).end();
        let came = self.came();
        self.done.push(format!("{step:?}: {came:?}, {:?}", ended.status));
        self.enter(step, &allowed, &came, &ended);
        self.judge_run(step, &ended);
        ended
    }

    /// The requests of the run that has ended.
    fn came(&self) -> Vec<Came> {
        self.gateway.settle();
        std::mem::take(&mut self.met().requests)
    }

    /// Enters what came in a run.
    fn enter(&mut self, step: &Step, allowed: &BTreeSet<u64>, came: &[Came], ended: &Ended) {
        self.runs += 1;
        if !has_begun(ended) {
            self.demand(
                came.is_empty(),
                &format!("it says that nothing was sent: {ended}"),
            );
            return self.judge_refusal(step, ended);
        }
        let mut taken = BTreeSet::new();
        for came in came {
            let number = came.number;
            self.demand(
                allowed.contains(&number),
                &format!("{number} was asked for again: {ended}"),
            );
            if !matches!(came.taken, Taken::No | Taken::Invalid) {
                self.demand(
                    taken.insert(number),
                    &format!("{number} was asked for twice: {ended}"),
                );
            }
        }
        if !came.is_empty() {
            self.account.mark(step.campaign, &step.list, false);
        }
        self.account
            .enter(step.campaign, allowed, came, ended.signal.is_some());
    }

    fn start(&self, step: &Step) -> Running {
        let concurrency = step.concurrency.to_string();
        let mut args = vec!["batch", &step.list, "--yes", "--retries", "0"];
        args.extend(["--campaign", step.campaign, "--sms-text", TEXTS[step.text]]);
        args.extend(["--concurrency", &concurrency]);
        args.extend(step.changes_settings.then_some("--change-settings"));
        let limit = step.limit.map(|limit| format!("--limit={limit}"));
        args.extend(limit.as_deref());
        let running = smspin(&self.home, &self.gateway.base_url, &args).start();
        if let Some((after, answered, signal)) = step.harm {
            let pid = running.pid();
            self.met().trap = Some(Trap {
                after,
                answered,
                signal,
                pid,
            });
        }
        running
    }

    /// `smspin journal`, with what it is asked for.
    pub(crate) fn journal(&mut self, args: &[&str]) -> Ended {
        self.smspin(&[&["journal"], args].concat())
    }

    pub(crate) fn smspin(&mut self, args: &[&str]) -> Ended {
        let ended = smspin(&self.home, &self.gateway.base_url, args).end();
        self.done.push(format!("{args:?}: {:?}", ended.status));
        ended
    }

    /// One list of all people until the command says that it is finished, in each campaign: then no row is lost. Any other list is
    /// finished too.
    fn settle(&mut self, dice: &mut Dice) {
        self.write("last.csv", (FIRST..FIRST + PEOPLE).collect());
        let names: Vec<String> = self.lists.keys().cloned().collect();
        for (list, campaign) in [
            ("last.csv", "default"),
            ("last.csv", "march"),
            (&pick(&names, dice), "default"),
        ] {
            self.finish(&Step::calm(list, campaign));
        }
    }

    fn finish(&mut self, step: &Step) {
        for _ in 0..20 {
            let ended = self.step(step);
            match outcome(&ended).as_str() {
                "finished" => return self.judge_results(step, &ended),
                "pending" | "stopped" => {}
                _ if ended.stdout.contains(NO_RUN_OF_THIS) => {
                    std::fs::remove_file(self.home.file(&results_of(&step.list))).unwrap();
                }
                _ => self.adopt(&step.list, step.campaign),
            }
        }
        self.demand(false, "it never finished");
    }

    #[track_caller]
    pub(crate) fn demand(&self, kept: bool, what: &str) {
        assert!(kept, "walk {}: {what}\n{:#?}", self.seed, self.done);
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap()
    }

    pub(crate) fn refuses_to_send(&mut self, list: &str, campaign: &'static str) -> bool {
        self.met().requests.clear();
        let ended = self.start(&Step::calm(list, campaign)).end();
        let nothing_came = self.came().is_empty();
        self.demand(nothing_came, &format!("a lost run is not noticed: {ended}"));
        ended.status == Some(2) && ended.stdout.contains("journal adopt")
    }
}
