//! The simulator: whole worlds of runs that meet, die and go on, from a seed each, in one thread and one process. The code that
//! looks, decides, claims, sends and records is the program's own; the network, the journal's faults, time and death are the
//! simulator's. An account that is kept apart says after each step whether a promise was broken.
//!
//! `SMSPIN_SEEDS=100000` plays that many seeds, `SMSPIN_SEEDS=7..8` those; the story of a seed that fails is printed with as few
//! steps as still fail. A seed that has failed once belongs into `seeds.txt`, which every run plays first.

mod account;
mod gateway;
mod journal;
mod process;
mod run;
mod step;
mod world;

use crate::journal::Mutant;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use step::{Step, draw};
use world::play;

/// Seeds that every run of the tests plays.
const FEW: u64 = 300;

/// So many stories of failing seeds are enough.
const MOST_STORIES: usize = 8;

/// The seeds that are asked for.
fn seeds() -> Range<u64> {
    let asked = std::env::var("SMSPIN_SEEDS").unwrap_or_default();
    match asked.split_once("..") {
        Some((from, to)) => from.parse().unwrap()..to.parse().unwrap(),
        None if asked.is_empty() => 0..FEW,
        None => 0..asked.parse().unwrap(),
    }
}

/// The fewest steps that still break a promise: each is left out where the rest fails without it.
fn shortest(mut steps: Vec<Step>) -> Vec<Step> {
    let mut at = 0;
    while at < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        if play(&fewer).faults.is_empty() {
            at += 1;
        } else {
            (steps, at) = (fewer, 0);
        }
    }
    steps
}

/// The story of a seed that fails.
fn story(seed: u64) -> String {
    let steps = shortest(draw(seed));
    let mut story = format!("seed {seed}:\n");
    for step in &steps {
        let _ = writeln!(story, "  {step:?}");
    }
    for fault in play(&steps).faults {
        let _ = writeln!(story, "  → {fault}");
    }
    story
}

#[test]
#[expect(clippy::print_stdout, reason = "what it reached is for people to read")]
fn no_number_gets_a_second_sms_and_nothing_is_lost() {
    let known = include_str!("seeds.txt").lines();
    let known = known.filter_map(|line| line.split_whitespace().next()?.parse().ok());
    let (mut counts, mut worlds) = (BTreeMap::<_, u64>::new(), 0_u64);
    let mut stories = Vec::new();
    for seed in known.chain(seeds()) {
        let played = play(&draw(seed));
        if !played.faults.is_empty() {
            stories.push(story(seed));
        }
        assert!(stories.len() < MOST_STORIES, "{}", stories.join("\n"));
        for what in played.counts.keys() {
            *counts.entry(*what).or_default() += 1;
        }
        worlds += 1;
    }
    assert!(stories.is_empty(), "{}", stories.join("\n"));
    println!("of {worlds} worlds, those with");
    for (what, count) in counts {
        println!("{:>5} in 1000: {what}", count * 1000 / worlds);
    }
}

/// A seed that has found each fault; where it doesn't any more, the others are tried.
const FOUND_BY: [(Mutant, u64); 9] = [
    (Mutant::ClaimNotSynced, 1),
    (Mutant::UnknownIsUnsent, 0),
    (Mutant::ConflictIgnored, 5),
    (Mutant::LastAttemptDecides, 14),
    (Mutant::LastSeenForgotten, 64),
    (Mutant::RefusalForgetsUnknown, 14),
    (Mutant::ExclusionForgotten, 0),
    (Mutant::OldClaimSent, 22),
    (Mutant::AgeIgnored, 14),
];

#[test]
#[expect(clippy::print_stdout, reason = "what it reached is for people to read")]
fn each_fault_that_is_put_in_is_found() {
    const MOST: u64 = 10_000;
    let is_search = std::env::var_os("SMSPIN_SEEDS").is_some();
    for (mutant, seed) in FOUND_BY {
        Mutant::set(Some(mutant));
        let known = (!is_search).then_some(seed);
        let mut tried = known.into_iter().chain(0..MOST);
        let found = tried.find_map(|seed| {
            let fault = play(&draw(seed)).faults.into_iter().next()?;
            Some((seed, fault))
        });
        Mutant::set(None);
        let (seed, fault) = found.unwrap_or_else(|| panic!("{mutant:?} is not found"));
        println!("{mutant:?}: seed {seed}: {fault}");
    }
}
