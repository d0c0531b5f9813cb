//! `smspin request --once-per` in retry loops: several processes at once, killed at moments from a seed, before a gateway
//! that misbehaves.

use crate::dice::Dice;
use crate::gateway::SeededGateway;
use crate::support::home::Home;
use rustix::process::{Signal, kill_process};
use std::time::Duration;

const LOOPS: u64 = 4;
const FIRST: u64 = 34_600_000_001;
const NUMBERS: u64 = 5;

/// Plays a round, and gives back how many processes were killed.
pub(crate) fn play(seed: u64, requests: u64) -> u64 {
    let (home, gateway) = (Home::new(), SeededGateway::start(seed));
    let killed = std::thread::scope(|scope| {
        let loops: Vec<_> = (0..LOOPS)
            .map(|nth| {
                let (home, gateway) = (&home, &gateway);
                scope.spawn(move || retry_loop(home, gateway, &mut Dice::of(seed, nth, 0x0CE), requests))
            })
            .collect();
        loops.into_iter().map(|one| one.join().unwrap()).sum()
    });
    let ledger = gateway.settled();
    for (number, times) in &ledger.taken {
        assert!(*times <= 1, "seed {seed}: {number} was taken {times} times");
    }
    assert!(!ledger.taken.is_empty(), "seed {seed}: nobody was sent to");
    drop(ledger);
    // Whatever was killed, the journal is whole, and a number that was never asked for is free.
    let next = request(&home, &gateway, FIRST + NUMBERS).end();
    assert!(matches!(next.status, Some(0 | 3 | 4 | 5)), "seed {seed}: {next}");
    killed
}

fn request(home: &Home, gateway: &SeededGateway, number: u64) -> crate::support::home::Run {
    let (number, base_url) = (number.to_string(), gateway.base_url());
    let args = [
        "--json",
        "request",
        &number,
        "--once-per",
        "7d",
        "--base-url",
        base_url,
    ];
    home.smspin(args)
        .env("SMSPIN_API_KEY", "0123456789abcdef0123456789abcdef")
}

/// One script that asks again and again; two thirds of its processes are killed.
fn retry_loop(home: &Home, gateway: &SeededGateway, dice: &mut Dice, requests: u64) -> u64 {
    let mut killed = 0;
    for _ in 0..requests {
        let running = request(home, gateway, FIRST + dice.roll(NUMBERS)).start();
        if dice.roll(3) > 0 {
            std::thread::sleep(Duration::from_micros(dice.roll(120_000)));
            // One that has ended meanwhile is not waited for yet, so its id is still its own.
            let _ = kill_process(running.pid(), Signal::KILL);
        }
        let ended = running.end();
        killed += u64::from(ended.signal.is_some());
        match ended.status {
            None | Some(0 | 3 | 4 | 5 | 6) => {}
            Some(_) => assert_eq!(ended.json()["kind"], "sent_recently", "{ended}"),
        }
    }
    killed
}
