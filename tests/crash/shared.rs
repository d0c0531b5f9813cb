//! The drill of a shared journal: three to five runs at one campaign in a database, each on a machine of its own and with people
//! in common in another order, ended at moments from a seed. So is the database's server, and so are the connections to it, in
//! every third round through a pooler.

use crate::batch::{Batch, Meant, first_rows, make_rows};
use crate::dice::Dice;
use crate::drill::{abrupt, judge_all, outcome};
use crate::gateway::{SeededGateway, Stage, Trap};
use crate::proxy::CuttingProxy;
use crate::support::pooler::Pooler;
use crate::support::postgres::Cluster;
use crate::trouble::TroubledServer;
use rustix::process::Signal;
use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// What a round came to.
#[derive(Debug, Default)]
#[expect(dead_code, reason = "all of it is for the reader of the figures")]
pub(crate) struct SharedFigures {
    pub(crate) runs: u64,
    pub(crate) killed: u64,
    /// What befell the server.
    pub(crate) troubles: u64,
    pub(crate) connections_cut: u64,
    pub(crate) requests: u64,
    pub(crate) taken: u64,
    pub(crate) unknown: u64,
    /// The most that a run which was killed left open.
    pub(crate) most_by_one: u64,
}

/// What all machines of a round share.
struct Round {
    seed: u64,
    machines: u64,
    /// Of each machine.
    kills: u64,
    gateway: SeededGateway,
    runs: AtomicU64,
    /// The process ids of runs that were killed.
    killed: Mutex<HashSet<u64>>,
    server: TroubledServer,
}

/// Plays a round, and fails at the first promise that isn't kept.
pub(crate) fn play_shared(seed: u64, most_rows: u64, most_kills: u64) -> SharedFigures {
    let mut dice = Dice::of(seed, most_rows, 0x5AFE);
    let concurrency = [4, 8, 32, 64][usize::try_from(dice.roll(4)).unwrap()];
    let rows = most_rows / 4 + dice.roll(most_rows * 3 / 4);
    let round = Round {
        seed,
        machines: 3 + dice.roll(3),
        kills: dice.roll(most_kills + 1),
        gateway: SeededGateway::start(seed),
        runs: AtomicU64::new(0),
        killed: Mutex::default(),
        server: TroubledServer::start(),
    };
    let cluster = &round.server.cluster;
    let pooler = seed.is_multiple_of(3).then(|| Pooler::start(cluster, "session"));
    let behind = pooler.as_ref().map_or(cluster.port, |pooler| pooler.port);
    let proxy = CuttingProxy::start(seed, behind);
    let url = format!("postgres://me@127.0.0.1:{}/sms", proxy.port);
    let flags = ["--journal", url.as_str(), "--campaign", "drill"].map(str::to_owned);
    let all = make_rows(seed, rows);
    let machines: Vec<Batch> = (0..round.machines)
        .map(|machine| {
            let list = list_of(&all, machine, &round, &mut dice);
            Batch::of(list, round.gateway.base_url(), concurrency, None).with(&flags)
        })
        .collect();
    let over = AtomicBool::new(false);
    let troubles = std::thread::scope(|scope| {
        let server = scope.spawn(|| make_trouble(&round, &mut dice, rows, &over));
        let at_work: Vec<_> = machines
            .iter()
            .zip(0..)
            .map(|(batch, machine)| {
                let round = &round;
                scope.spawn(move || work(round, batch, machine))
            })
            .collect();
        let worked: Vec<_> = at_work.into_iter().map(ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        let troubles = server.join().unwrap();
        assert!(
            worked.iter().all(Result::is_ok),
            "seed {seed}: every machine kept the promise"
        );
        troubles
    });
    proxy.make_peace();
    let mut figures = conclude(&round, &machines);
    figures.most_by_one = left_open(cluster, &round, concurrency);
    figures.troubles = troubles;
    figures.connections_cut = proxy.cuts();
    figures
}

/// What a machine sends: everyone, or in odd rounds a shard that overlaps with the next one's, in an order of its own.
fn list_of(all: &[Meant], machine: u64, round: &Round, dice: &mut Dice) -> Vec<Meant> {
    let share = |part: u64| {
        let rows = all.len() as u64;
        usize::try_from(rows * part / (round.machines + 1)).unwrap()
    };
    let mut list = if round.seed.is_multiple_of(2) {
        all.to_vec()
    } else {
        all[share(machine)..share(machine + 2)].to_vec()
    };
    match machine % 3 {
        0 => {}
        1 => list.reverse(),
        _ => {
            for last in (1..list.len()).rev() {
                list.swap(last, usize::try_from(dice.roll(last as u64 + 1)).unwrap());
            }
        }
    }
    first_rows(&list)
}

/// Runs the same command again and again until it is finished.
fn work(round: &Round, batch: &Batch, machine: u64) {
    let mut dice = Dice::of(round.seed, machine, 0xB0B);
    let rows = batch.rows.len() as u64;
    let mut kills = round.kills;
    loop {
        let running = batch.start(false);
        let pid = running.pid();
        if kills > 0 {
            let trap = Trap {
                at: round.gateway.calls() + 1 + dice.roll(rows * round.machines / (round.kills + 1)),
                stage: [Stage::Arrived, Stage::Taken, Stage::Answered]
                    [usize::try_from(dice.roll(3)).unwrap()],
                pid,
                signal: if dice.roll(8) == 0 {
                    Signal::TERM
                } else {
                    Signal::KILL
                },
                then: None,
            };
            round.gateway.add(trap);
        }
        let ended = running.end();
        round.gateway.disarm_for(pid);
        round.runs.fetch_add(1, Ordering::Relaxed);
        // While it writes the results, a signal ends it at once.
        let at_once = ended.status == Some(143) && ended.stdout.is_empty();
        // It had no disk to record its outcomes on.
        let is_full = ended.status == Some(7) && ended.stdout.contains("53100");
        if at_once || abrupt(&ended, round.seed) || is_full {
            let pid = u64::try_from(pid.as_raw_nonzero().get()).unwrap();
            round.killed.lock().unwrap().insert(pid);
        }
        kills = kills.saturating_sub(u64::from(ended.signal.is_some() || ended.status == Some(143)));
        match outcome(&ended).as_str() {
            "finished" => return,
            "failed" => round.server.wait(),
            _ => {}
        }
    }
}

/// Makes trouble for the database's server at moments from the seed. Gives how often.
fn make_trouble(round: &Round, dice: &mut Dice, rows: u64, over: &AtomicBool) -> u64 {
    let times = 1 + dice.roll(4);
    for made in 0..times {
        let at = round.gateway.calls() + dice.roll(rows / times);
        while round.gateway.calls() < at {
            if over.load(Ordering::Relaxed) {
                return made;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        round.server.trouble(dice);
    }
    times
}

/// The promises, row by row, when all machines have said that they are finished.
fn conclude(round: &Round, machines: &[Batch]) -> SharedFigures {
    let unknown = judge_all(machines, &round.gateway, round.seed)
        .into_values()
        .filter(|found| found.outcome == "unknown");
    let ledger = round.gateway.settled();
    SharedFigures {
        runs: round.runs.load(Ordering::Relaxed),
        killed: round.killed.lock().unwrap().len() as u64,
        requests: ledger.asked.values().map(|times| u64::from(*times)).sum(),
        taken: ledger.taken.len() as u64,
        unknown: unknown.count() as u64,
        ..SharedFigures::default()
    }
}

/// The most attempts that a run which was killed has left open. One that ended by itself has left none.
fn left_open(cluster: &Cluster, round: &Round, concurrency: u64) -> u64 {
    let sql = "SELECT r.pid, count(*) FROM smspin.attempts a JOIN smspin.runs r ON r.id = a.run WHERE a.state = 0 GROUP BY r.id, r.pid";
    let killed = round.killed.lock().unwrap();
    let open = cluster.sql("sms", sql);
    let open = open.lines().map(|line| {
        let (pid, left) = line.split_once('|').unwrap();
        let (pid, left): (u64, u64) = (pid.parse().unwrap(), left.parse().unwrap());
        let most = if killed.contains(&pid) { 2 * concurrency } else { 0 };
        let seed = round.seed;
        assert!(
            left <= most,
            "seed {seed}: process {pid} left {left} attempts open, of {most} at most"
        );
        left
    });
    open.max().unwrap_or_default()
}
