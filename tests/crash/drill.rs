//! The drill: a batch against a rough gateway, ended by signals at moments from a seed, and run again until it is finished.

use crate::batch::{Batch, Found, Meant, first_rows, make_rows};
use crate::dice::Dice;
use crate::gateway::{Ledger, SeededGateway, Stage, Trap};
use crate::support::ended::Ended;
use crate::support::home::Running;
use rustix::process::Signal;
use serde_json::Value;
use std::collections::HashMap;
use std::time::Duration;

/// What a round is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) seed: u64,
    pub(crate) rows: u64,
    pub(crate) kills: u64,
}

/// What a round came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) killed: u64,
    pub(crate) stopped: u64,
    pub(crate) runs: u64,
    pub(crate) requests: u64,
    pub(crate) taken: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    /// Unknown rows that no fault of the gateway accounts for.
    pub(crate) unknown_by_kills: u64,
    /// The most that one kill made.
    pub(crate) most_by_one: u64,
}

/// Plays a round, and fails at the first promise that isn't kept.
pub(crate) fn play(setting: Setting) -> Figures {
    let Setting { seed, rows, kills } = setting;
    let mut dice = Dice::of(seed, rows, 0xD1CE);
    let concurrency = [1, 8, 32, 64][usize::try_from(dice.roll(4)).unwrap()];
    let gateway = SeededGateway::start(seed);
    // Two seconds for all rows, if nothing came between.
    let rate = (seed % 3 == 2).then_some(rows / 2);
    let batch = Batch::new(seed, rows, gateway.base_url(), concurrency, rate);
    // In some rounds another list with people in common is sent at the same time, a part of it in each turn.
    let rest = (seed % 4 == 3).then(|| {
        let limit = format!("--limit={}", rows / (kills + 1));
        batch
            .beside("more", common_rows(&batch.rows, seed))
            .with(&[limit])
    });
    let mut figures = Figures::default();
    let (mut unknown, mut doubts) = (0, 0);
    // A batch that stops by itself (failures in a row) goes on as well: but not for ever.
    let most_runs = 2 * kills + 40;
    loop {
        figures.runs += 1;
        assert!(figures.runs < most_runs, "seed {seed}: never finished");
        let harm = (figures.runs <= kills).then(|| harm(&mut dice, rows / (kills + 1)));
        let met = gateway.settled().calls;
        let beside = rest.as_ref().map(|rest| rest.start(false));
        let ended = run(&batch, &gateway, met, harm);
        let rest_ended = beside.map(Running::end);
        let abrupt = abrupt(&ended, seed);
        figures.killed += u64::from(abrupt);
        figures.stopped += u64::from(matches!(ended.status, Some(129 | 130 | 143)));
        let ledger = gateway.settled();
        assert_once(&ledger, seed);
        let now = (batch.unknown(), ledger.doubts());
        drop(ledger);
        let new = (now.0 - unknown).saturating_sub(now.1 - doubts);
        figures.most_by_one = figures.most_by_one.max(new);
        // With a rate no claim is written ahead of its turn.
        let ahead = rate.map_or(concurrency, |_| 1);
        let most = if abrupt { concurrency + ahead } else { 0 };
        assert!(
            new <= most,
            "seed {seed}, run {}: {new} unknown rows more than the gateway's faults account for: {ended}",
            figures.runs
        );
        (unknown, doubts) = now;
        if outcome(&ended) == "finished" && rest_ended.is_none_or(|ended| is_finished(&ended, seed)) {
            break;
        }
    }
    let batches: Vec<Batch> = [batch].into_iter().chain(rest).collect();
    conclude(&batches, &gateway, &mut figures, seed);
    figures
}

/// The second half of these rows from its end on, and behind it as many numbers of its own.
fn common_rows(rows: &[Meant], seed: u64) -> Vec<Meant> {
    let half = rows.len() / 2;
    let own = make_rows(seed, half as u64).into_iter().map(|row| match row {
        Meant::First(number) => Meant::First(number + 50_000_000),
        Meant::Again(number) => Meant::Again(number + 50_000_000),
        Meant::Invalid => Meant::Invalid,
    });
    let common = rows[half..].iter().rev().copied();
    first_rows(&common.chain(own).collect::<Vec<_>>())
}

/// True for a run that has nothing left to send. It may not have been killed.
fn is_finished(ended: &Ended, seed: u64) -> bool {
    assert!(!abrupt(ended, seed), "seed {seed}: {ended}");
    outcome(ended) == "finished"
}

/// What is done to a process.
#[derive(Clone, Copy, Debug)]
enum Harm {
    /// When the gateway has met so many more calls; half-way there, perhaps something that it has to survive.
    AtCall {
        calls: u64,
        stage: Stage,
        end: Blow,
        before: Option<Blow>,
    },
    /// So long after it has started: in its preflight, or its journal's beginning.
    AfterTime { micros: u64, signal: Signal },
}

/// A signal, and what follows it after a while.
#[derive(Clone, Copy, Debug)]
struct Blow {
    signal: Signal,
    then: Option<(Duration, Signal)>,
}

impl Blow {
    const fn of(signal: Signal) -> Self {
        Self { signal, then: None }
    }

    /// Stopped for a while, and then this.
    fn stop(dice: &mut Dice, second: Signal) -> Self {
        Self {
            signal: Signal::STOP,
            then: Some((Duration::from_millis(dice.roll(200)), second)),
        }
    }
}

fn harm(dice: &mut Dice, share: u64) -> Harm {
    let end = match dice.roll(12) {
        0 => Blow::of(Signal::TERM),
        1 => Blow::of(Signal::INT),
        2 => Blow::stop(dice, Signal::KILL),
        _ => Blow::of(Signal::KILL),
    };
    if dice.roll(4) == 0 {
        return Harm::AfterTime {
            micros: dice.roll(80_000),
            signal: if end.then.is_some() {
                Signal::KILL
            } else {
                end.signal
            },
        };
    }
    let before = match dice.roll(6) {
        0 => Some(Blow::of(Signal::USR1)),
        1 => Some(Blow::of(Signal::HUP)),
        2 => Some(Blow::stop(dice, Signal::CONT)),
        _ => None,
    };
    let stage = [Stage::Arrived, Stage::Taken, Stage::Answered][usize::try_from(dice.roll(3)).unwrap()];
    Harm::AtCall {
        calls: 1 + dice.roll(share * 3 / 2),
        stage,
        end,
        before,
    }
}

/// `met` are the calls that the gateway had met before.
fn run(batch: &Batch, gateway: &SeededGateway, met: u64, harm: Option<Harm>) -> Ended {
    let hangs_up = |blow: &Blow| blow.signal == Signal::HUP;
    let nohup = matches!(&harm, Some(Harm::AtCall { before: Some(blow), .. }) if hangs_up(blow));
    let running = batch.start(nohup);
    let pid = running.pid();
    match harm {
        None => {}
        Some(Harm::AtCall {
            calls,
            stage,
            end,
            before,
        }) => {
            let trap = |Blow { signal, then }, calls| Trap {
                at: met + calls,
                stage,
                pid,
                signal,
                then,
            };
            let before = before.map(|blow| trap(blow, calls / 2));
            before
                .into_iter()
                .chain([trap(end, calls)])
                .for_each(|trap| gateway.add(trap));
        }
        Some(Harm::AfterTime { micros, signal }) => {
            std::thread::sleep(Duration::from_micros(micros));
            // Not waited for yet, so the id is still its own.
            running.signal(signal);
        }
    }
    let ended = running.end();
    gateway.disarm_for(pid);
    ended
}

/// True for a process that a signal ended in the middle. One that ended by itself has said how.
pub(crate) fn abrupt(ended: &Ended, seed: u64) -> bool {
    if ended.signal.is_some() {
        return true;
    }
    let known = ["finished", "stopped", "pending"].contains(&outcome(ended).as_str());
    // Before the first row, a signal or a fault during the free call ends the run with an error.
    let document = document(ended);
    let early = document["error"].as_str().is_some_and(|error| {
        ["nothing was sent", "cancelled: nothing was sent"]
            .iter()
            .any(|beginning| error.starts_with(beginning))
    });
    assert!(known || early, "seed {seed}: a run ended as none should: {ended}");
    false
}

/// What it printed; null if it was killed before it printed anything whole.
fn document(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_default()
}

pub(crate) fn outcome(ended: &Ended) -> String {
    document(ended)["outcome"].as_str().unwrap_or_default().to_owned()
}

fn assert_once(ledger: &Ledger, seed: u64) {
    for (number, times) in &ledger.taken {
        assert!(*times == 1, "seed {seed}: {number} got {times} SMS");
    }
}

/// Counts what a round came to, when the commands have said that they are finished.
fn conclude(batches: &[Batch], gateway: &SeededGateway, figures: &mut Figures, seed: u64) {
    let found = judge_all(batches, gateway, seed);
    let ledger = gateway.settled();
    let count = |word: &str| found.values().filter(|row| row.outcome == word).count() as u64;
    figures.requests = ledger.asked.values().map(|times| u64::from(*times)).sum();
    figures.taken = ledger.taken.len() as u64;
    figures.accepted = count("accepted");
    figures.refused = count("refused");
    figures.unknown = count("unknown");
    figures.unknown_by_kills = figures.unknown.saturating_sub(ledger.doubts());
}

/// The promises, row by row, of batches that are finished; and what their results say of each number.
pub(crate) fn judge_all(batches: &[Batch], gateway: &SeededGateway, seed: u64) -> HashMap<u64, Found> {
    let mut all = HashMap::new();
    for batch in batches {
        let calls = gateway.settled().calls;
        let again = batch.start(false).end();
        assert_eq!(outcome(&again), "finished", "seed {seed}: {again}");
        let ledger = gateway.settled();
        assert_eq!(
            ledger.calls, calls,
            "seed {seed}: a finished batch called: {again}"
        );
        assert_once(&ledger, seed);
        let found = first_of_each(batch, seed);
        for (number, found) in &found {
            judge(*number, found, &ledger, seed);
        }
        all.extend(found);
    }
    let ledger = gateway.settled();
    assert!(
        ledger.taken.keys().all(|number| all.contains_key(number)),
        "seed {seed}: a number was taken that no row has"
    );
    all
}

/// What the results say in the first row of each number. Every row is there, in its place.
fn first_of_each(batch: &Batch, seed: u64) -> HashMap<u64, Found> {
    let results = batch.results();
    assert_eq!(results.len(), batch.rows.len(), "seed {seed}");
    let mut firsts = HashMap::new();
    for (row, (meant, found)) in batch.rows.iter().zip(results).enumerate() {
        assert_eq!(found.name, format!("row {row}"), "seed {seed}");
        match meant {
            Meant::Invalid => assert_eq!(found.outcome, "invalid", "seed {seed}, row {row}"),
            Meant::Again(_) => assert_eq!(found.outcome, "duplicate", "seed {seed}, row {row}"),
            Meant::First(number) => {
                firsts.insert(*number, found);
            }
        }
    }
    firsts
}

/// One row against what the gateway knows of its number.
fn judge(number: u64, found: &Found, ledger: &Ledger, seed: u64) {
    let taken = ledger.taken.contains_key(&number);
    let asked = ledger.asked.get(&number).copied().unwrap_or_default();
    let kept = match found.outcome.as_str() {
        "accepted" => taken,
        "refused" => !taken && asked > 0,
        "unknown" => true,
        // The command has said that it is finished: nothing is left to send.
        _ => false,
    };
    assert!(
        kept,
        "seed {seed}: {number} is {found:?}, and the gateway took it: {taken}"
    );
}
