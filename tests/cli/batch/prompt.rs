//! The question before a batch sends, and what happens while it is not answered.

use super::{Batch, FIRST, accepting, numbers};
use crate::support::gateway::{Gateway, Reply, Script};
use crate::support::home::Home;
use crate::support::http::{self, BALANCE, MISSING_PARAMS, Request};
use crate::support::terminal::Terminal;
use std::path::PathBuf;

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let batch = Batch::of(2, accepting);
    let mut terminal = Terminal::new();
    terminal.types("y\n");
    let running = terminal.start(batch.command(""));
    terminal.wait_for("[y/N]");
    terminal.types("\n");
    let ended = running.exits(2);
    ended.out("cancelled");
    assert!(batch.gateway.numbers().is_empty(), "{ended}");
    // The same terminal, with the answer where it belongs.
    let mut terminal = Terminal::new();
    let running = terminal.start(batch.command(""));
    terminal.wait_for("[y/N]");
    terminal.types("y\n");
    running.exits(0);
    assert_eq!(batch.gateway.numbers(), [FIRST, FIRST + 1]);
}

/// Edits the input when the balance is asked for: after the question, before the first row.
struct Editor {
    input: PathBuf,
    by_renaming: bool,
}

impl Script for Editor {
    fn reply(&self, request: &Request) -> Reply {
        if request.is_probe() {
            return Reply::Http(400, MISSING_PARAMS);
        }
        assert!(request.is_balance(), "a row was sent: {}", request.head());
        let edited = numbers(FIRST..FIRST + 2);
        if self.by_renaming {
            let new = self.input.with_extension("new");
            std::fs::write(&new, edited).unwrap();
            std::fs::rename(&new, &self.input).unwrap();
        } else {
            std::fs::write(&self.input, edited).unwrap();
        }
        Reply::Bytes(http::answer(200, BALANCE))
    }
}

#[test]
fn an_input_that_changes_before_the_first_row_leaves_nothing_behind() {
    for by_renaming in [false, true] {
        let home = Home::new();
        let input = home.file("users.csv");
        std::fs::write(&input, numbers(FIRST..FIRST + 3)).unwrap();
        let gateway = Gateway::start(Editor { input, by_renaming });
        let ended = home
            .typed("--json batch users.csv --yes")
            .at(&gateway.base_url)
            .exits(2);
        ended.out("the input has changed");
        assert!(!home.file("journal.db").exists(), "{ended}");
    }
}
