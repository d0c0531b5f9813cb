//! The two streams: answers go to stdout, everything said about them to stderr, and colour is decided for each alone.

use super::{FailureDocument, wrap};
use crate::env::Environment;
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::text;
use colored::Colorize;
use serde::Serialize;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// Where the stream is a terminal, unless `NO_COLOR` or `TERM=dumb` is set.
    #[default]
    Auto,
    Always,
    Never,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors alone.
    Quiet,
    Normal,
    /// The request and the answer too, redacted.
    Loud,
}

/// What a piece of text is, for the eye; never the only sign of what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Good,
    Bad,
    Doubt,
    Faint,
    Strong,
}

/// What an answer is about, which decides what it means that it can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnswerTo {
    /// The gateway was asked to do something, or whether a PIN is right: the exit code says what became of it, and stands.
    Request,
    /// The gateway was asked for something to read: without it, the command has not done its work.
    Query,
    /// Nothing was sent: the same holds, and it can be had again.
    Local,
}

/// An answer: one document for programs, one text for people.
pub(crate) trait Report: Serialize {
    /// The words that its `outcome` may be.
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Done];

    /// How it ended, in one of these words.
    fn outcome(&self) -> OutcomeWord {
        Self::OUTCOMES[0]
    }

    /// Lines without a final newline. `paint` colours where colour is wanted.
    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String;
}

/// What programs read: how every document begins, and the report itself.
#[derive(Serialize)]
pub(crate) struct ReportJson<'a, R> {
    outcome: OutcomeWord,
    sandbox: bool,
    #[serde(flatten)]
    report: &'a R,
}

impl<'a, R: Report> ReportJson<'a, R> {
    pub(crate) fn new(report: &'a R, sandbox: bool) -> Self {
        Self {
            outcome: report.outcome(),
            sandbox,
            report,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Ui {
    pub(crate) json: bool,
    /// Whether the built-in gateway is asked, so that nothing is sent to anyone.
    pub(crate) sandbox: bool,
    /// Whether questions may be asked: a terminal at both ends, and no `--no-input`.
    pub(crate) interactive: bool,
    verbosity: Verbosity,
    color_out: bool,
    color_err: bool,
    /// Whether stderr is a terminal that can take back what it shows.
    redraws: bool,
}

impl Ui {
    pub(crate) fn new(
        json: bool,
        sandbox: bool,
        verbosity: Verbosity,
        color: ColorChoice,
        no_input: bool,
        environment: &Environment,
    ) -> Self {
        // Each stream decides for itself below; the library must not decide a second time.
        colored::control::set_override(true);
        let wants = |terminal: bool| match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => environment.wants_color(terminal),
        };
        Self {
            json,
            sandbox,
            interactive: !no_input && io::stdin().is_terminal() && io::stderr().is_terminal(),
            verbosity,
            color_out: wants(io::stdout().is_terminal()),
            color_err: wants(io::stderr().is_terminal()),
            redraws: environment.redraws(io::stderr().is_terminal()),
        }
    }

    /// One answer of many, while more are to come. That it is not read changes nothing of what was done.
    pub(crate) fn report_line(&self, report: &impl Report) {
        let text = self.rendered(report);
        let _ = write_out(&text);
    }

    fn rendered(&self, report: &impl Report) -> String {
        if self.json {
            return self.json_document(report);
        }
        let text = report.human(&|style, text| paint(self.color_out, style, text));
        fitting(&text, io::stdout())
    }

    /// What programs read of it.
    pub(crate) fn json_of<'a, R: Report>(&self, report: &'a R) -> ReportJson<'a, R> {
        ReportJson::new(report, self.sandbox)
    }

    fn json_document(&self, report: &impl Report) -> String {
        let document = serde_json::to_string(&self.json_of(report));
        let mut text = document.expect("reports hold strings, numbers and lists alone");
        text.push('\n');
        text::json(&text).into_owned()
    }

    /// Prints the answer of a command that asked no gateway, and gives the exit code of its outcome.
    pub(crate) fn answer(&self, report: &impl Report) -> Exit {
        let exit = report.outcome().exit().unwrap_or(Exit::Done);
        self.report(report, exit, AnswerTo::Local)
    }

    /// Prints the answer. Where it can't be written, the exit code depends on what it says: see [`AnswerTo`].
    pub(crate) fn report(&self, report: &impl Report, exit: Exit, answer_to: AnswerTo) -> Exit {
        let text = self.rendered(report);
        let Err(error) = write_out(&text) else {
            return exit;
        };
        let gone = error.kind() == io::ErrorKind::BrokenPipe;
        if answer_to == AnswerTo::Local {
            return if gone { exit } else { self.unwritten(&error) };
        }
        // It may have cost an SMS or a query: it goes to the reader of the other stream.
        self.error_line(&format!(
            "cannot write the answer to standard output: {error}; it was:"
        ));
        self.to_stderr(&text);
        match (answer_to, exit) {
            (AnswerTo::Query, Exit::Done | Exit::No) if !gone => Exit::Disk,
            _ => exit,
        }
    }

    /// Says that an answer is lost because it can't be written, and gives the code to end with.
    fn unwritten(&self, error: &io::Error) -> Exit {
        self.error_line(&format!("cannot write the answer to standard output: {error}"));
        Exit::Disk
    }

    /// One line of data, while more is to come.
    pub(crate) fn data_line(&self, line: &str) -> io::Result<()> {
        write_out(&text::json(line))
    }

    /// A line that was made safe before, such as one of a report.
    pub(crate) fn note_line(&self, line: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.to_stderr(&fitting(line, io::stderr()));
        }
    }

    /// A question with its end, behind which the answer is typed.
    pub(crate) fn question(&self, text: &str, end: &str) -> io::Result<()> {
        let mut stderr = io::stderr();
        write!(stderr, "{}{end}", unfinished(text, &stderr))?;
        stderr.flush()
    }

    pub(crate) fn paint_err(&self, style: Style, text: &str) -> String {
        paint(self.color_err, style, text)
    }

    /// Tells a person at a terminal why nothing happens. True: it need not be told again.
    pub(crate) fn note_waiting(&self) -> bool {
        if io::stderr().is_terminal() {
            self.note("waiting for the gateway's answer…");
        }
        true
    }

    /// Whether all that was found is to be said.
    pub(crate) fn is_loud(&self) -> bool {
        self.verbosity == Verbosity::Loud
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    pub(crate) const fn redraws(&self) -> bool {
        self.redraws
    }

    /// Prints a text that is the answer itself, for people and programs alike: a page, a script, a schema.
    pub(crate) fn text(&self, text: &str) -> Exit {
        self.printed(write_out(text))
    }

    /// The code to end with after the answer was printed, or was not.
    pub(crate) fn printed(&self, printed: io::Result<()>) -> Exit {
        match printed {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => self.unwritten(&error),
            // The reader may have seen enough.
            _ => Exit::Done,
        }
    }

    /// Says on stderr what is not an answer to what was asked, with what to do about it.
    pub(crate) fn report_aside(&self, report: &impl Report, hint: Option<&str>) {
        let text = report.human(&|style, text| paint(self.color_err, style, text));
        self.to_stderr(&fitting(&text, io::stderr()));
        if let Some(hint) = hint {
            self.hint(hint);
        }
    }

    /// Says why a command failed, and gives the code to end with.
    pub(crate) fn failure(&self, failure: &Failure) -> Exit {
        let document = FailureDocument::new(failure);
        if self.json {
            if write_out(&self.json_document(&document)).is_err() {
                self.error_line(&document.error);
            }
            return failure.kind.exit();
        }
        self.report_aside(&document, None);
        let of_faults = failure.faults.iter().filter_map(|fault| fault.hint.as_ref());
        let mut said: Vec<&String> = Vec::new();
        for hint in of_faults.chain(&failure.hints) {
            if !said.contains(&hint) {
                self.hint(hint);
                said.push(hint);
            }
        }
        failure.kind.exit()
    }

    /// Something the user should think about; the work goes on.
    pub(crate) fn warn(&self, text: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.labelled(Style::Doubt, "warning", &text.to_string());
        }
    }

    /// Something that went wrong while the work goes on. Also said with `--quiet`.
    pub(crate) fn problem(&self, text: impl Display) {
        self.error_line(&text.to_string());
    }

    /// Something the user asked for or would want to see, besides the answer.
    pub(crate) fn note(&self, text: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            self.to_stderr(&fitting(&text::line(&text.to_string()), io::stderr()));
        }
    }

    /// The request or the answer, with `-v`. The text is redacted by the caller.
    pub(crate) fn trace(&self, direction: char, text: impl Display) {
        if self.verbosity == Verbosity::Loud {
            let text = format!("{direction} {}", text::line(&text.to_string()));
            self.to_stderr(&format!("{}\n", paint(self.color_err, Style::Faint, &text)));
        }
    }

    pub(crate) fn hint(&self, text: &str) {
        self.labelled(Style::Strong, "hint", text);
    }

    /// Text of ours, shown as it is: it holds no text of others that was not made safe before.
    pub(crate) fn to_stderr(&self, text: &str) {
        // There is nowhere left to say that stderr is gone.
        let _ = io::stderr().write_all(text.as_bytes());
    }

    fn error_line(&self, text: &str) {
        self.labelled(Style::Bad, "error", text);
    }

    fn labelled(&self, style: Style, label: &str, text: &str) {
        let label = paint(self.color_err, style, &format!("{label}:"));
        let line = format!("{label} {}", text::line(text));
        self.to_stderr(&fitting(&line, io::stderr()));
    }
}

/// With its final newline, and in lines that fit where the stream is a terminal.
fn fitting(text: &str, stream: impl AsFd) -> String {
    let mut text = unfinished(text, stream);
    text.push('\n');
    text
}

/// The same without its final newline.
fn unfinished(text: &str, stream: impl AsFd) -> String {
    const NARROWEST: usize = 20;
    let size = rustix::termios::tcgetwinsize(stream);
    match size.map_or(0, |size| usize::from(size.ws_col)) {
        0..NARROWEST => text.to_owned(),
        width => wrap::wrapped(text, width),
    }
}

fn write_out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn paint(on: bool, style: Style, text: &str) -> String {
    if !on {
        return text.to_owned();
    }
    match style {
        Style::Good => text.green().bold(),
        Style::Bad => text.red().bold(),
        Style::Doubt => text.yellow().bold(),
        Style::Faint => text.dimmed(),
        Style::Strong => text.bold(),
    }
    .to_string()
}
