//! The promises under fire: what a batch says is compared with what a gateway knows, while processes are killed, disks
//! fill up and connections break.

#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

mod account;
mod batch;
mod dice;
mod drill;
mod failover;
mod fate;
mod fickle;
mod full_disk;
mod gateway;
mod listener;
mod lost_journal;
mod moments;
mod once_per;
mod proxy;
mod shared;
mod step;
#[path = "../support/mod.rs"]
mod support;
mod trouble;
mod verdict;
mod walk;

use drill::{Figures, Setting, play};
use shared::play_shared;
use std::ops::Range;
use support::gateway::{Gateway, Reply};

/// Rounds that are played side by side.
const AT_ONCE: usize = 3;

/// True with `SMSPIN_DRILL=full`: the whole drill, and not a short one.
fn full() -> bool {
    std::env::var_os("SMSPIN_DRILL").is_some_and(|value| value == "full")
}

/// The seeds that a variable names as `FROM+COUNT`; without it, so many from 1.
fn seeds(variable: &str, count: u64) -> Range<u64> {
    let given = std::env::var(variable).ok();
    let (from, count) = match given.as_deref().and_then(|given| given.split_once('+')) {
        Some((from, count)) => (from.parse().unwrap(), count.parse().unwrap()),
        None => (1, count),
    };
    from..from + count
}

/// Random walks of runs, kills, edits, reports and commands. `SMSPIN_WALKS` says which: from one seed, so many. Few, since the
/// simulator plays thousands of the same: here are the files, the words, the exit codes and the results of the program itself.
#[test]
fn a_number_that_may_have_got_an_sms_is_not_sent_to_again() {
    let seeds = seeds("SMSPIN_WALKS", if full() { 200 } else { 10 });
    let walks = seeds.end - seeds.start;
    let threads: Vec<_> = (0..AT_ONCE as u64)
        .map(|thread| {
            let seeds = seeds.clone().filter(move |seed| seed % AT_ONCE as u64 == thread);
            std::thread::spawn(move || seeds.map(walk::walk).sum::<usize>())
        })
        .collect();
    let steps: usize = threads
        .into_iter()
        .map(|thread| thread.join().expect("every step kept the promise"))
        .sum();
    assert!(steps as u64 > 3 * walks, "{steps} steps");
}

/// A short drill, or with `SMSPIN_DRILL=full` the whole one. `SMSPIN_ROUNDS` says which rounds: from one seed, so many.
#[test]
fn no_number_gets_two_sms_and_no_row_is_lost() {
    let (rounds, rows, kills) = if full() { (25, 10_000, 16) } else { (3, 1_200, 8) };
    let mut all = Figures::default();
    let seeds: Vec<u64> = seeds("SMSPIN_ROUNDS", rounds).collect();
    // A round waits more than it works.
    for seeds in seeds.chunks(AT_ONCE) {
        let rounds = seeds.iter().map(|seed| {
            let setting = Setting {
                seed: *seed,
                rows,
                kills,
            };
            (*seed, std::thread::spawn(move || play(setting)))
        });
        for (seed, round) in rounds.collect::<Vec<_>>() {
            let figures = round.join().expect("the round kept every promise");
            report(&format!("seed {seed}"), &figures);
            add(&mut all, &figures);
        }
    }
    report("all", &all);
}

#[test]
#[ignore = "needs strace"]
fn a_kill_at_any_moment_on_the_disk_is_survived() {
    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    let killed = moments::play(&gateway, if full() { 1 } else { 5 });
    assert!(killed > 20, "{killed} processes were killed");
    say(&format!("{killed} processes were killed"));
}

#[test]
fn a_retry_loop_with_once_per_sends_one_pin() {
    let (seeds, requests) = if full() { (25, 60) } else { (2, 15) };
    let killed: u64 = (1..=seeds).map(|seed| once_per::play(seed, requests)).sum();
    assert!(killed > seeds, "{killed} processes were killed");
}

#[test]
#[ignore = "needs PostgreSQL"]
fn a_retry_loop_with_once_per_in_a_database_sends_one_pin() {
    let (seeds, requests) = if full() { (25, 60) } else { (2, 15) };
    let play = |seed| once_per::play_with_database(seed, requests);
    let killed: u64 = (1..=seeds).map(play).sum();
    assert!(killed > seeds, "{killed} processes were killed");
}

/// The same with a journal in a database that several runs share. `SMSPIN_SHARED` says which rounds: from one seed, so many.
#[test]
#[ignore = "needs PostgreSQL, PgBouncer and mount"]
fn no_number_gets_two_sms_from_runs_that_share_a_journal() {
    let (rows, kills) = if full() { (10_000, 8) } else { (800, 4) };
    let seeds: Vec<u64> = seeds("SMSPIN_SHARED", if full() { 25 } else { 3 }).collect();
    for seeds in seeds.chunks(AT_ONCE) {
        let rounds = seeds.iter().map(|&seed| {
            let round = std::thread::spawn(move || play_shared(seed, rows, kills));
            (seed, round)
        });
        for (seed, round) in rounds.collect::<Vec<_>>() {
            let figures = round.join().expect("the round kept every promise");
            say(&format!("seed {seed}: {figures:?}"));
        }
    }
}

fn add(all: &mut Figures, one: &Figures) {
    all.killed += one.killed;
    all.stopped += one.stopped;
    all.runs += one.runs;
    all.requests += one.requests;
    all.taken += one.taken;
    all.accepted += one.accepted;
    all.refused += one.refused;
    all.unknown += one.unknown;
    all.unknown_by_kills += one.unknown_by_kills;
    all.most_by_one = all.most_by_one.max(one.most_by_one);
}

fn report(name: &str, figures: &Figures) {
    say(&format!("{name}: {figures:?}"));
}

#[expect(clippy::print_stdout, reason = "the figures are what a drill is for")]
fn say(line: &str) {
    println!("{line}");
}
