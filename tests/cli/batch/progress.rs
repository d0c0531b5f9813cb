//! What a person sees who waits: for one answer, and for the rows of a batch.

use super::{Batch, FIRST, accepting};
use crate::support::gateway::{Gateway, Reply, only};
use crate::support::home::Home;
use crate::support::terminal::Terminal;

#[test]
fn an_answer_that_takes_its_time_is_waited_for_with_a_word_at_a_terminal() {
    let home = Home::new();
    let gateway = Gateway::by_number(|_, _| Reply::Held);
    let request = home.typed("request 34600000000").at(&gateway.base_url);
    let mut terminal = Terminal::new();
    let running = terminal.start(request);
    terminal.wait_for("waiting for the gateway's answer");
    gateway.release();
    running.exits(0);
}

#[test]
fn rows_that_take_their_time_to_come_are_waited_for_with_a_word_at_a_terminal() {
    let batch = Batch::of(0, accepting);
    let url = &batch.gateway.base_url;
    let run = batch.home.typed("batch - --dry-run").at(url);
    let mut terminal = Terminal::new();
    let running = terminal.start(run);
    terminal.wait_for("opening standard input and the journal…");
    terminal.types("phone\n34600000000\n\u{4}");
    running.exits(0);
}

#[test]
fn the_bar_fits_the_window_and_goes_on_after_a_resize() {
    const NARROW: usize = 40;
    let batch = Batch::of(40, only(FIRST + 30, Reply::Held));
    let mut terminal = Terminal::new();
    terminal.resize(NARROW.try_into().unwrap());
    let run = batch
        .home
        .typed("batch users.csv --yes")
        .at(&batch.gateway.base_url)
        .env("TERM", "xterm");
    let running = terminal.start(run);
    terminal.wait_for("39 accepted");
    let narrow = terminal.drawn();
    terminal.resize(100);
    // The whole line fits now.
    terminal.wait_for("1 under way");
    batch.gateway.release();
    let ended = running.exits(0);
    ended.out(": 40 accepted");
    let bars: Vec<&String> = narrow.iter().filter(|text| text.contains(" left")).collect();
    assert!(!bars.is_empty(), "{narrow:?}");
    for bar in bars {
        // Two lines of the window's width: where the first is full, the second follows.
        let (first, _) = bar.split_once(" left").unwrap();
        assert!(first.chars().count() + " left".len() <= NARROW, "{bar:?}");
        assert!(bar.chars().count() <= 2 * NARROW, "{bar:?}");
    }
}

#[test]
fn the_bar_says_that_the_run_is_stopping() {
    let batch = Batch::of(
        2,
        |number, _| if number > FIRST { Reply::Held } else { Reply::Ok },
    );
    let mut terminal = Terminal::new();
    let run = batch
        .home
        .typed("batch users.csv --yes")
        .at(&batch.gateway.base_url)
        .env("TERM", "xterm");
    let running = terminal.start(run);
    terminal.wait_for("1 under way");
    running.signal(rustix::process::Signal::INT);
    terminal.wait_for("stopping: 1 accepted");
    batch.gateway.release();
    running.exits(130);
}

#[test]
fn what_limited_a_run_is_said_where_something_did() {
    let batch = Batch::of(3, accepting);
    let ended = batch.sends("", 0, "finished");
    let limited_by = &ended.json()["run"]["limited_by"];
    assert_eq!(limited_by, "the small number of rows", "{ended}");
    let home = Home::new();
    std::fs::write(home.file("users.csv"), "msisdn\nnobody\n").unwrap();
    let ended = home.typed("--sandbox batch users.csv --yes").end();
    assert!(!ended.stdout.contains("limited by"), "{ended}");
}
