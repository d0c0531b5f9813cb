//! Signals: which end a command, which stay ignored, and which asks how far it is; and what a process leaves of itself.

use crate::batch::{Batch, FIRST};
use crate::support::gateway::{Gateway, Reply, only};
use crate::support::home::{Home, Running};
use crate::support::signals::ignored_by;
use rustix::process::Signal;
use std::io::{BufRead, BufReader};

/// A batch of three rows, of which the second waits for the test; a shell has run `first` before it.
fn held(first: &str) -> (Batch, Running) {
    let batch = Batch::of(3, only(FIRST + 1, Reply::Held));
    let run = batch.command("--yes --concurrency 1");
    let running = run.after(first).start();
    batch.gateway.wait_until(|numbers| numbers.len() == 2);
    (batch, running)
}

#[test]
fn a_signal_after_the_last_answer_lets_the_results_be_written() {
    let home = Home::new();
    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    // One to send, and so many more to write that the writing can be seen.
    let rows = "34600000001\n".repeat(30_000);
    std::fs::write(home.file("users.csv"), format!("Tel\n{rows}")).unwrap();
    let mut running = home
        .typed("--json batch users.csv --yes")
        .at(&gateway.base_url)
        .start();
    // Before the first row is sent, one is there for a moment, to see whether that can be done.
    gateway.wait_until(|numbers| numbers.len() == 1);
    let is_being_written = || {
        let files = std::fs::read_dir(home.path()).unwrap().flatten();
        let mut results = files.filter(|file| file.file_name().to_string_lossy().contains(".results.csv."));
        results.any(|file| file.metadata().is_ok_and(|metadata| metadata.len() > 0))
    };
    while !is_being_written() && running.child.try_wait().unwrap().is_none() {}
    running.signal(Signal::TERM);
    let ended = running.exits(0);
    assert_eq!(ended.json()["outcome"], "finished", "{ended}");
    ended.err("writing the results");
    let results = std::fs::read_to_string(home.file("users.results.csv")).unwrap();
    assert_eq!(results.lines().count(), 30_001);
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    for (name, signal) in [
        ("HUP", Signal::HUP),
        ("INT", Signal::INT),
        ("QUIT", Signal::QUIT),
        ("TERM", Signal::TERM),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
    ] {
        let (batch, running) = held(&format!("trap '' {name}"));
        running.signal(signal);
        batch.gateway.release();
        let ended = running.end();
        assert_eq!(ended.status, Some(0), "{name}: {ended}");
        assert_eq!(batch.gateway.numbers().len(), 3, "{name}: {ended}");
        assert!(!ended.stderr.contains("stopping"), "{name}: {ended}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_sandbox_under_nohup_is_there_after_the_logout() {
    let home = Home::new();
    let running = sandbox(&home, "trap '' HUP");
    assert_eq!(ignored(&running), 1, "SIGHUP is number 1");
    running.signal(Signal::HUP);
    running.signal(Signal::TERM);
    let ended = running.end();
    assert_eq!((ended.status, ended.signal), (Some(0), None), "{ended}");
}

/// A sandbox that is ready, and so has taken the signals that it takes.
fn sandbox(home: &Home, script: &str) -> Running {
    let mut running = home
        .typed("sandbox serve --bind 127.0.0.1:0 --json")
        .after(script)
        .start();
    let mut ready = String::new();
    let mut stdout = BufReader::new(running.child.stdout.take().unwrap());
    stdout.read_line(&mut ready).unwrap();
    running
}

/// Which of SIGHUP, SIGINT and SIGQUIT it ignores.
fn ignored(running: &Running) -> u64 {
    ignored_by(&running.child.id().to_string()) & 0b111
}

#[test]
fn the_program_hears_what_the_tests_may_ignore() {
    let home = Home::new();
    let running = sandbox(&home, ":");
    assert_eq!(ignored(&running), 0);
    running.signal(Signal::TERM);
    running.end();
}

/// As `sh -c 'cargo test & wait'` or `nohup cargo test` start them.
#[cfg(target_os = "linux")]
#[test]
fn the_tests_may_be_started_in_the_background() {
    let ended = std::process::Command::new("/bin/sh")
        .args(["-c", "trap '' HUP INT QUIT; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "signals::the_program_hears_what_the_tests_may_ignore"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_sandbox_that_is_served_ends_with_the_signal_of_a_lost_terminal_and_in_order_by_the_others() {
    for (signal, status) in [(Signal::HUP, 129), (Signal::TERM, 0), (Signal::INT, 0)] {
        let home = Home::new();
        let running = sandbox(&home, ":");
        running.signal(signal);
        let ended = running.end();
        assert_eq!(
            (ended.status, ended.signal),
            (Some(status), None),
            "{signal:?}: {ended}"
        );
    }
}

#[test]
fn sigusr1_asks_how_far_a_batch_is_and_ends_nothing() {
    let (batch, mut running) = held(":");
    running.signal(Signal::USR1);
    // How long the rest takes can't be told yet.
    running.hears("/s, 1 accepted, 0 refused, 0 unknown, 1 under way\n");
    batch.gateway.release();
    let ended = running.exits(0);
    assert_eq!(batch.gateway.numbers().len(), 3, "{ended}");
}

#[test]
fn sigusr1_asks_what_a_single_call_waits_for_and_ends_nothing() {
    let gateway = Gateway::in_turn([Reply::Held]);
    let home = Home::new();
    let mut running = home.typed("request 34600000001").at(&gateway.base_url).start();
    gateway.wait_until(|numbers| numbers.len() == 1);
    running.signal(Signal::USR1);
    running.hears("attempt 1: no answer of the gateway after 0 s, still waiting");
    gateway.release();
    running.exits(0);
}

#[test]
fn sigusr1_ends_no_command_that_has_nothing_to_say_to_it() {
    let home = Home::new();
    let running = sandbox(&home, ":");
    running.signal(Signal::USR1);
    running.signal(Signal::TERM);
    let ended = running.end();
    assert_eq!((ended.status, ended.signal), (Some(0), None), "{ended}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_that_has_the_key_leaves_no_image_of_its_memory() {
    let (batch, running) = held("ulimit -S -c unlimited");
    let proc = std::path::Path::new("/proc").join(running.child.id().to_string());
    let limits = std::fs::read_to_string(proc.join("limits")).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
    // No other process of this user can read what is not dumpable: its files in /proc belong to root, whichever user runs it.
    running.signal(Signal::ABORT);
    let ended = running.end();
    assert_eq!(ended.signal, Some(Signal::ABORT.as_raw()), "{ended}");
    assert!(
        !ended.files.iter().any(|name| name.starts_with("core")),
        "{ended}"
    );
    batch.gateway.release();
}

#[test]
fn a_limit_on_the_size_of_files_is_an_error_and_no_silent_death() {
    let home = Home::new();
    let rows: Vec<String> = (34_600_000_000_u64..34_600_002_000)
        .map(|number| number.to_string())
        .collect();
    std::fs::write(home.file("users.csv"), format!("Tel\n{}\n", rows.join("\n"))).unwrap();
    let gateway = Gateway::by_number(|_, _| Reply::Ok);
    // In blocks of 512 bytes: room for the beginning of a journal.
    for blocks in [1, 40, 200] {
        let _ = std::fs::remove_file(home.file("users.csv.smspin"));
        let ended = home
            .typed("batch users.csv --yes")
            .at(&gateway.base_url)
            .after(&format!("ulimit -f {blocks}"))
            .end();
        assert_eq!((ended.status, ended.signal), (Some(7), None), "{blocks}: {ended}");
        assert!(
            ended.stderr.contains("error: ") || ended.stdout.contains("stopped"),
            "{blocks}: {ended}"
        );
    }
}
