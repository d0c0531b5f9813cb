//! Why a command failed, for people and for programs: a kind, a chain of causes, and hints.
//!
//! The kind alone decides the exit code, and this file holds the one table of exit codes.

mod system;

use crate::text;
use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

/// How the program ends. The numbers are a promise: scripts branch on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done: accepted, verified, answered.
    Done,
    /// A valid "no": the PIN is not right, or was used before.
    No,
    /// Usage, configuration, input, or a question without a terminal to ask it at. Nothing was sent.
    Usage,
    /// The gateway refused the request.
    Refused,
    /// Not sent: the gateway could not be reached, or turned the request away at the door; or rows of a batch are left to send.
    Unsent,
    /// It is not known whether the gateway took the request. Never repeat it blindly.
    Unknown,
    /// The account: the key is not accepted, or there are no funds.
    Account,
    /// The disk failed, or the database of the journal.
    Disk,
    /// A bug of smspin.
    Bug,
    /// Ended by a signal, after saying what was in flight.
    Signal(Signal),
}

/// The signals that end a command in an orderly way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Interrupt,
    Terminate,
    HangUp,
}

impl Exit {
    /// Every way to end, by code.
    pub(crate) const ALL: &[Self] = &[
        Self::Done,
        Self::No,
        Self::Usage,
        Self::Refused,
        Self::Unsent,
        Self::Unknown,
        Self::Account,
        Self::Disk,
        Self::Bug,
        Self::Signal(Signal::HangUp),
        Self::Signal(Signal::Interrupt),
        Self::Signal(Signal::Terminate),
    ];

    pub(crate) const fn code(self) -> u8 {
        self.line().0
    }

    /// What it means, on one line without a full stop: help, manual and docs/outcomes.md show it.
    pub(crate) const fn doc(self) -> &'static str {
        self.line().1
    }

    const fn line(self) -> (u8, &'static str) {
        match self {
            Self::Done => (
                0,
                "done: accepted, verified, answered, or every row of a batch accepted",
            ),
            Self::No => (
                1,
                "a valid \"no\": the PIN is wrong or already used, the number is unknown, rows were refused or invalid",
            ),
            Self::Usage => (
                2,
                "usage, configuration, input, an unanswered question or --once-per; nothing was sent",
            ),
            Self::Refused => (3, "the gateway refused the request"),
            Self::Unsent => (
                4,
                "not sent: the gateway could not be reached or was busy (HTTP 429), or rows of a batch are pending",
            ),
            Self::Unknown => (
                5,
                "unknown: the request may have been taken; a script must never repeat it",
            ),
            Self::Account => (
                6,
                "the account: the key is not accepted, or the balance is insufficient",
            ),
            Self::Disk => (
                7,
                "the disk or the journal's database failed; the journal says what was sent",
            ),
            Self::Bug => (70, "a bug of smspin: please report it"),
            Self::Signal(Signal::HangUp) => (129, "hung up (SIGHUP), after saying what was in flight"),
            Self::Signal(Signal::Interrupt) => (
                130,
                "interrupted (Ctrl-C, SIGQUIT), after saying what was in flight",
            ),
            Self::Signal(Signal::Terminate) => (
                143,
                "terminated (SIGTERM, SIGUSR2), after saying what was in flight",
            ),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The one table of kinds: as JSON has each, its exit code, and what it is about.
macro_rules! kinds {
    ($($kind:ident $name:literal => $exit:expr, $meaning:literal;)*) => {
        /// What kind of failure it is. Nothing was sent in any of these cases.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
        pub(crate) enum Kind {
            $(#[doc = $meaning] #[serde(rename = $name)] $kind,)*
        }

        impl Kind {
            pub(crate) const ALL: &[Self] = &[$(Self::$kind),*];

            /// As JSON has it.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            pub(crate) const fn doc(self) -> &'static str {
                match self {
                    $(Self::$kind => $meaning,)*
                }
            }

            pub(crate) const fn exit(self) -> Exit {
                match self {
                    $(Self::$kind => $exit,)*
                }
            }
        }
    };
}

kinds! {
    Usage "usage" => Exit::Usage, "the command line";
    Config "config" => Exit::Usage, "the configuration: file, environment, key";
    Invalid "value" => Exit::Usage, "a value that was asked to be sent";
    Input "input" => Exit::Usage, "a file of rows";
    Journal "journal" => Exit::Usage, "the journal";
    SentRecently "sent_recently" => Exit::Usage, "the number was sent a PIN within --once-per, may have been, or is excluded";
    NotFound "not_found" => Exit::No, "what was asked for is not there";
    Refused "gateway" => Exit::Refused, "the gateway refused a call that has to succeed first";
    Unreachable "unreachable" => Exit::Unsent, "the gateway can't be asked";
    Account "account" => Exit::Account, "the key is not accepted, or the balance is insufficient";
    Disk "disk" => Exit::Disk, "the disk, or the journal's database";
    System "system" => Exit::Usage, "the system: too few open files or threads, a clock that is not set";
    Bug "bug" => Exit::Bug, "a bug of smspin";
    Interrupted "interrupted" => Exit::Signal(Signal::Interrupt), "Ctrl-C before anything was sent";
    Terminated "terminated" => Exit::Signal(Signal::Terminate), "SIGTERM before anything was sent";
    HungUp "hung_up" => Exit::Signal(Signal::HangUp), "SIGHUP before anything was sent";
}

impl From<Signal> for Kind {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Interrupt => Self::Interrupted,
            Signal::Terminate => Self::Terminated,
            Signal::HangUp => Self::HungUp,
        }
    }
}

/// A command that could not do its work.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// What was being done, and under it why it failed.
    pub(crate) error: anyhow::Error,
    /// Where several things are wrong at once, each of them.
    pub(crate) faults: Vec<Fault>,
    /// What may be passed on in place of what repeats numbers.
    pub(crate) masked: Box<Masked>,
    pub(crate) hints: Vec<String>,
    /// How long to wait before the same command can do its work, in whole seconds, where that is known.
    pub(crate) wait: Option<Duration>,
}

/// Parts of a failure with their numbers masked; `None` where the part itself repeats no number.
#[derive(Debug, Default)]
pub(crate) struct Masked {
    pub(crate) faults: Option<Vec<Fault>>,
    pub(crate) error: Option<String>,
}

/// One of several things that are wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub(crate) struct Fault {
    /// The name of the setting or argument.
    pub(crate) what: String,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, error: impl Into<anyhow::Error>) -> Self {
        Self {
            kind,
            error: error.into(),
            faults: Vec::new(),
            masked: Box::default(),
            hints: Vec::new(),
            wait: None,
        }
    }

    pub(crate) fn message(kind: Kind, text: impl fmt::Display) -> Self {
        Self::new(kind, anyhow::anyhow!("{text}"))
    }

    /// The configuration, the environment or the key can't be used.
    pub(crate) fn config(text: impl fmt::Display) -> Self {
        Self::message(Kind::Config, text)
    }

    pub(crate) fn faults(error: impl fmt::Display, faults: Vec<Fault>) -> Self {
        Self {
            faults,
            ..Self::message(Kind::Invalid, error)
        }
    }

    /// Why it failed, the nearest cause first. A cause that the message above it repeats is left out.
    pub(crate) fn causes(&self) -> Vec<String> {
        text::causes(self.error.as_ref())
    }

    /// With faults that repeat numbers: each beside the same one with its numbers masked.
    #[must_use]
    pub(crate) fn with_masked(mut self, faults: impl Iterator<Item = (Fault, Fault)>) -> Self {
        let (faults, masked) = faults.unzip();
        self.faults = faults;
        self.masked.faults = Some(masked);
        self
    }

    /// With the error as it may be passed on, since it repeats a number.
    #[must_use]
    pub(crate) fn masked_as(mut self, error: String) -> Self {
        self.masked.error = Some(error);
        self
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn doing(mut self, what: impl fmt::Display + Send + Sync + 'static) -> Self {
        self.error = self.error.context(what);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("`pin_length`: {source}")]
        struct Repeating {
            source: std::num::ParseIntError,
        }
        let source = "x".parse::<u8>().unwrap_err();
        let cause = source.to_string();
        let failure = Failure::new(Kind::Config, Repeating { source }).doing("nothing was changed");
        assert_eq!(failure.causes(), [format!("`pin_length`: {cause}")]);
    }

    #[test]
    fn a_kind_has_one_name() {
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }

    #[test]
    fn the_exit_codes_are_a_promise() {
        let table = [
            (Exit::Done, 0),
            (Exit::No, 1),
            (Exit::Usage, 2),
            (Exit::Refused, 3),
            (Exit::Unsent, 4),
            (Exit::Unknown, 5),
            (Exit::Account, 6),
            (Exit::Disk, 7),
            (Exit::Bug, 70),
            (Exit::Signal(Signal::HangUp), 129),
            (Exit::Signal(Signal::Interrupt), 130),
            (Exit::Signal(Signal::Terminate), 143),
        ];
        for (exit, code) in table {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
        assert_eq!(Exit::ALL.len(), table.len());
        assert!(
            Exit::ALL
                .iter()
                .zip(table)
                .all(|(listed, (exit, _))| *listed == exit)
        );
    }
}
