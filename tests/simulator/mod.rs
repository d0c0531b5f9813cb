//! The simulator: whole worlds of runs that meet, die and go on, from a seed each, in one thread and one process. The code that
//! looks, decides, claims, sends and records is the program's own; the network, the journal's faults, time and death are the
//! simulator's. An account that is kept apart says after each step whether a promise was broken.
//!
//! `SMSPIN_SEEDS=100000` plays that many seeds, `SMSPIN_SEEDS=7..8` those; the story of a seed that fails is printed with as few
//! steps as still fail. A seed that has failed once belongs into `seeds.txt`, which every run plays first.

mod account;
mod gateway;
mod journal;
mod killed;
mod list;
mod process;
mod run;
mod step;
mod world;

use crate::journal::Mutant;
use process::Kind;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;
use step::{Step, draw, kind};
use world::play;

/// Seeds that every run of the tests plays.
const FEW: u64 = 300;

/// Every fault, every row of the table of decisions, and every flag that decides who is sent an SMS: each is in one world of a
/// hundred, or the simulator says nothing of it.
const OCCURS: [&str; 75] = [
    // What happens to the journal, the processes and the clocks.
    "start",
    "wait",
    "kill",
    "kill before a commit",
    "kill after a commit",
    "kill after a launch",
    "kill between two statements",
    "kill within a commit",
    "stop a process",
    "let it go on",
    "lose a session",
    "signal",
    "commit refused",
    "answer of a commit lost",
    "journal gone",
    "clock set back",
    "clock set forward",
    "machine sleeps",
    "report with id",
    "report without id",
    "forget",
    "forgotten",
    "adopt",
    "readmit",
    "copy of the journal",
    "journal lost",
    "journal from a copy",
    "journal from a copy, on another machine",
    "journal gone under a run",
    "journal in SQLite",
    "refused for a loss",
    "refused for its clock",
    "results and summary",
    // What the gateway does.
    "SMS accepted",
    "answer lost",
    "answer too late",
    "request lost",
    "half an answer",
    "no connection",
    "429",
    "5xx",
    "INVALID_NUMBER",
    "BAD_PARAMS",
    "NOT_ENOUGH_BALANCE",
    "UNAUTHORIZED",
    "UNKNOWN_ERROR",
    "BRAND_NEW",
    // How a number stood that was claimed.
    "never tried",
    "tried in vain",
    "refused for the number",
    "open in a dead run",
    "unknown before",
    "accepted before",
    "not delivered",
    "old enough",
    "agreed to a second SMS",
    "claim not granted",
    // What was said of a number at the end of a run.
    "pending",
    "unsent",
    "refused",
    "unknown",
    "accepted",
    "under_way",
    "excluded",
    "nothing to send",
    // Flags.
    "--campaign",
    "--exclude",
    "--limit",
    "--once-per",
    "--rate",
    "--resend unknown",
    "--resend all-unknown",
    "--resend refused",
    "--resend undelivered",
    "request --once-per",
];

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
fn shortest(kind: Kind, mut steps: Vec<Step>) -> Vec<Step> {
    let mut at = 0;
    while at < steps.len() {
        let mut fewer = steps.clone();
        fewer.remove(at);
        if play(kind, &fewer).faults.is_empty() {
            at += 1;
        } else {
            (steps, at) = (fewer, 0);
        }
    }
    steps
}

/// The story of a seed that fails.
fn story(seed: u64) -> String {
    let steps = shortest(kind(seed), draw(seed));
    let mut story = format!("seed {seed}:\n");
    for step in &steps {
        let _ = writeln!(story, "  {step:?}");
    }
    for fault in play(kind(seed), &steps).faults {
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
        let kind = kind(seed);
        let played = play(kind, &draw(seed));
        if !played.faults.is_empty() {
            stories.push(story(seed));
        }
        assert!(stories.len() < MOST_STORIES, "{}", stories.join("\n"));
        let what_kind = (kind == Kind::Journal).then_some(&"journal in SQLite");
        for what in played.counts.keys().chain(what_kind) {
            *counts.entry(*what).or_default() += 1;
        }
        worlds += 1;
    }
    assert!(stories.is_empty(), "{}", stories.join("\n"));
    println!("of {worlds} worlds, those with");
    for (what, count) in &counts {
        println!("{:>5} in 1000: {what}", count * 1000 / worlds);
    }
    // Of fewer worlds that can't be said.
    if worlds >= FEW {
        for what in OCCURS {
            let count = counts.get(what).copied().unwrap_or_default();
            assert!(count * 100 >= worlds, "{what}: in {count} of {worlds} worlds");
        }
    }
}

/// A seed that has found each fault; where it doesn't any more, the others are tried.
const FOUND_BY: [(Mutant, u64); 23] = [
    (Mutant::ClaimNotSynced, 5),
    (Mutant::UnknownIsUnsent, 0),
    (Mutant::ConflictIgnored, 5),
    (Mutant::LastAttemptDecides, 14),
    (Mutant::LastSeenForgotten, 453),
    (Mutant::RefusalForgetsUnknown, 14),
    (Mutant::ExclusionForgotten, 5),
    (Mutant::OldClaimSent, 22),
    (Mutant::AgeIgnored, 14),
    (Mutant::FreshWhenHeard, 75),
    (Mutant::PlannedAtOnce, 1273),
    (Mutant::CountedTwice, 87),
    (Mutant::OthersAreOver, 4),
    (Mutant::WrongAttemptTold, 1),
    (Mutant::ReportOverwritten, 682),
    (Mutant::ForgottenUnderARun, 273),
    (Mutant::MarkerCountIgnored, 184),
    (Mutant::CountsNotKept, 2_315_080),
    (Mutant::AdoptionNotKnown, 92),
    (Mutant::FirstLossCounts, 680),
    (Mutant::OpenAttemptStands, 388),
    (Mutant::VainAttemptReaches, 8),
    (Mutant::UnsentStays, 3),
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
            let fault = play(kind(seed), &draw(seed)).faults.into_iter().next()?;
            Some((seed, fault))
        });
        Mutant::set(None);
        let (seed, fault) = found.unwrap_or_else(|| panic!("{mutant:?} is not found"));
        println!("{mutant:?}: seed {seed}: {fault}");
        let without = play(kind(seed), &draw(seed)).faults;
        assert!(
            without.is_empty(),
            "seed {seed} fails without {mutant:?}: {without:?}"
        );
    }
}
