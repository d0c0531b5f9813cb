//! Questions to a person at a terminal, who is told, if they end the program in place of an answer, what has not been done.

use super::{Context, signals};
use crate::failure::{Failure, Kind};
use crate::output::Ui;
use std::io::{self, BufRead};

/// The questions of one command.
pub(crate) struct Questions<'a> {
    ui: &'a Ui,
    /// Said where there is no answer, such as "cancelled: nothing was sent".
    cancelled: String,
}

impl<'a> Questions<'a> {
    /// From here on a signal ends the process after "cancelled" and `not_done`, such as "nothing was sent", until other code
    /// listens to signals or the answers are [used](Self::answered).
    pub(crate) fn new(context: &'a Context, not_done: &str) -> Self {
        let ui = &context.ui;
        let cancelled = format!("cancelled: {not_done}");
        signals::end_with(ui, cancelled.clone());
        Self { ui, cancelled }
    }

    /// Comes back if the person has said yes. What was typed before the question was shown is not an answer to it.
    pub(crate) fn agreed(&self, question: &str) -> Result<(), Failure> {
        forget_what_was_typed();
        let answer = self.line(&format!("{question} [y/N]"), " ")?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(self.cancelled(Kind::Usage)),
        }
    }

    /// One line, `None` if it is empty.
    pub(crate) fn answer(&self, question: &str) -> Result<Option<String>, Failure> {
        let line = self.line(question, ": ")?;
        let answer = line.trim();
        Ok((!answer.is_empty()).then(|| answer.to_owned()))
    }

    /// One line that is not shown while it is typed.
    pub(crate) fn secret(&self, question: &str) -> Result<String, Failure> {
        self.show(question, ": ")?;
        let typed = read_hidden();
        self.ui.to_stderr("\n");
        typed.map_err(|error| match error.kind() {
            // The reader has sent this process the signal too: one of the two says so.
            io::ErrorKind::Interrupted => {
                signals::end_of_process();
                self.cancelled(Kind::Interrupted)
            }
            io::ErrorKind::UnexpectedEof => self.cancelled(Kind::Usage),
            _ => unreadable(error),
        })
    }

    /// Every question has its answer: what a signal interrupts now may have been done.
    pub(crate) fn answered(self) {
        signals::end_in_silence();
    }

    fn show(&self, question: &str, end: &str) -> Result<(), Failure> {
        self.ui.question(question, end).map_err(unreadable)
    }

    fn line(&self, question: &str, end: &str) -> Result<String, Failure> {
        self.show(question, end)?;
        let mut line = String::new();
        match io::stdin().lock().read_line(&mut line) {
            // Ctrl-D.
            Ok(0) => {
                self.ui.to_stderr("\n");
                Err(self.cancelled(Kind::Usage))
            }
            Ok(_) => Ok(line),
            Err(error) => Err(unreadable(error)),
        }
    }

    fn cancelled(&self, kind: Kind) -> Failure {
        Failure::message(kind, &self.cancelled)
    }
}

fn unreadable(error: io::Error) -> Failure {
    Failure::new(Kind::Usage, error).doing("cannot ask at this terminal")
}

/// From the terminal on standard input, as the other questions: a process may have no other.
fn read_hidden() -> io::Result<String> {
    let config = rpassword::ConfigBuilder::new().output_discard();
    let config = config.input_file_path("/dev/stdin");
    rpassword::read_password_with_config(config.build())
}

fn forget_what_was_typed() {
    use rustix::termios::{QueueSelector, tcflush};
    // A terminal that can't do this is read as it is.
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}
