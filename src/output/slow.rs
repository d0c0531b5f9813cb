//! A word for a person at a terminal who waits.

use super::Ui;
use std::fmt::Display;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// After so long without a word a person at a terminal is told what is being done.
pub(crate) const SLOW: Duration = Duration::from_secs(2);

impl Ui {
    /// Does the work, and says what it is if it takes long.
    pub(crate) fn saying_if_slow<T>(&self, what: impl Display, work: impl FnOnce() -> T) -> T {
        if !io::stderr().is_terminal() {
            return work();
        }
        let what = what.to_string();
        std::thread::scope(|scope| {
            let (working, over) = channel::<()>();
            let watch = move || {
                if over.recv_timeout(SLOW) == Err(RecvTimeoutError::Timeout) {
                    self.note(what);
                }
            };
            // Where no thread can be had, nothing is said.
            let _ = std::thread::Builder::new().spawn_scoped(scope, watch);
            let done = work();
            drop(working);
            done
        })
    }
}
