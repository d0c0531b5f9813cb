//! `smspin request --once-per` in retry loops: several processes at once, killed at moments from a seed, before a gateway
//! that misbehaves. With a journal in a database its server is killed too, and connections to it are cut.

use crate::batch::smspin;
use crate::dice::Dice;
use crate::gateway::SeededGateway;
use crate::proxy::CuttingProxy;
use crate::support::home::{Home, Run};
use crate::support::postgres::Cluster;
use rustix::process::{Signal, kill_process};
use std::time::Duration;

const LOOPS: u64 = 4;
const FIRST: u64 = 34_600_000_001;
const NUMBERS: u64 = 5;

/// What the loops share.
struct Round {
    seed: u64,
    home: Home,
    gateway: SeededGateway,
    database: Option<(Cluster, CuttingProxy)>,
}

/// Plays a round with a journal in a file, and gives back how many processes were killed.
pub(crate) fn play(seed: u64, requests: u64) -> u64 {
    Round::new(seed, None).play(requests)
}

/// The same with a journal in a database.
pub(crate) fn play_with_database(seed: u64, requests: u64) -> u64 {
    let cluster = Cluster::start();
    let proxy = CuttingProxy::start(seed, cluster.port);
    Round::new(seed, Some((cluster, proxy))).play(requests)
}

impl Round {
    fn new(seed: u64, database: Option<(Cluster, CuttingProxy)>) -> Self {
        Self {
            seed,
            home: Home::new(),
            gateway: SeededGateway::start(seed),
            database,
        }
    }

    fn play(&self, requests: u64) -> u64 {
        let seed = self.seed;
        let killed = std::thread::scope(|scope| {
            let loops: Vec<_> = (0..LOOPS)
                .map(|nth| scope.spawn(move || self.retry_loop(nth, requests)))
                .collect();
            loops.into_iter().map(|one| one.join().unwrap()).sum()
        });
        let ledger = self.gateway.settled();
        for (number, times) in &ledger.taken {
            assert!(*times <= 1, "seed {seed}: {number} was taken {times} times");
        }
        assert!(!ledger.taken.is_empty(), "seed {seed}: no number was sent to");
        drop(ledger);
        if let Some((_, proxy)) = &self.database {
            proxy.make_peace();
        }
        // Whatever was killed, the journal is whole, and a number that was never asked for is free.
        let next = self.request(FIRST + NUMBERS).end();
        assert!(matches!(next.status, Some(0 | 3 | 4 | 5)), "seed {seed}: {next}");
        killed
    }

    fn request(&self, number: u64) -> Run {
        let number = number.to_string();
        let args = ["request", &number, "--once-per", "7d"];
        let run = smspin(&self.home, self.gateway.base_url(), &args);
        match &self.database {
            Some((_, proxy)) => {
                let url = format!("postgres://me@127.0.0.1:{}/sms", proxy.port);
                run.env("SMSPIN_JOURNAL", url)
            }
            None => run,
        }
    }

    /// One script that asks again and again; two thirds of its processes are killed. The first one kills the server as well.
    fn retry_loop(&self, nth: u64, requests: u64) -> u64 {
        let mut dice = Dice::of(self.seed, nth, 0x0CE);
        let mut killed = 0;
        for times in 0..requests {
            let running = self.request(FIRST + dice.roll(NUMBERS)).start();
            if dice.roll(3) > 0 {
                std::thread::sleep(Duration::from_micros(dice.roll(120_000)));
                // One that has ended meanwhile is not waited for yet, so its id is still its own.
                let _ = kill_process(running.pid(), Signal::KILL);
            }
            if let Some((cluster, _)) = self.database.as_ref().filter(|_| nth == 0 && times % 8 == 5) {
                cluster.kill();
                cluster.start_again();
            }
            let ended = running.end();
            killed += u64::from(ended.signal.is_some());
            match ended.status {
                None | Some(0 | 3 | 4 | 5 | 6) => {}
                Some(7) if self.database.is_some() => {}
                Some(_) => assert_eq!(ended.json()["kind"], "sent_recently", "{ended}"),
            }
        }
        killed
    }
}
