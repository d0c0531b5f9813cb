//! What can go wrong with a journal: a sentence, what to try, and the few kinds that code tells apart.

use std::fmt;
use std::io;
use std::path::Path;
use std::time::Duration;

/// What code tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JournalFault {
    /// The place, the settings or the file are not what a journal needs. Nothing was sent.
    Unusable,
    /// The journal may have lost records, or another one knows these people: `smspin journal adopt` is the way on.
    Lost,
    /// The disk is full or fails, or the database can't be reached.
    Outage,
    /// The files of the journal, or the session with its database, are not those that the run began with.
    Gone,
    /// The answer to a commit was lost: it may have taken effect.
    Unanswered,
    /// A run is at work, and what was asked for must not be done meanwhile.
    Busy,
}

/// A fault of a journal, with what to try. The cause is part of the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JournalError {
    pub(crate) fault: JournalFault,
    message: String,
    pub(crate) hint: Option<String>,
    /// How long to wait before the same can be done, where that is known.
    pub(crate) wait: Option<Duration>,
}

impl JournalError {
    pub(crate) fn new(fault: JournalFault, message: impl fmt::Display) -> Self {
        Self {
            fault,
            message: message.to_string(),
            hint: None,
            wait: None,
        }
    }

    /// What was being done with a file, and why that failed.
    pub(crate) fn io(doing: &str, path: &Path, error: &io::Error) -> Self {
        let (fault, hint) = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => (
                JournalFault::Outage,
                "free some space on that disk, then run the same command again",
            ),
            _ => (
                JournalFault::Unusable,
                "see that this user can read and write it and its folder, and that nothing else has moved it",
            ),
        };
        let path = path.to_string_lossy();
        Self::new(
            fault,
            format_args!("can't {doing} {}: {error}", crate::text::line(&path)),
        )
        .hint(hint)
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JournalError {}
