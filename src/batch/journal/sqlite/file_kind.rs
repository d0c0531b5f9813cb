//! The kinds of SQLite files that journals are kept in, what tells them from other files, and the files beside them.

use super::tables;

/// A kind of SQLite file that smspin keeps a journal in.
#[derive(Debug)]
pub(super) struct FileKind {
    /// Four letters, in SQLite's header.
    pub(super) application_id: u32,
    pub(super) version: u32,
    /// What a file of this kind is, where another kind was wanted.
    pub(super) description: &'static str,
    /// The file beside it that may hold more than the main file does, or what the main file held before.
    pub(super) log: SideFile,
    /// Other processes may be writing it at any time.
    pub(super) has_many_writers: bool,
}

impl FileKind {
    pub(super) const ALL: [&Self; 2] = [&Self::BATCH, &Self::REQUESTS];

    /// The journal of a batch: `smsp`.
    pub(super) const BATCH: Self = Self {
        application_id: 0x736D_7370,
        version: tables::VERSION,
        description: "it is the journal of a batch",
        log: SideFile::Wal,
        has_many_writers: false,
    };

    /// The journal of single requests: `smsr`.
    pub(super) const REQUESTS: Self = Self {
        application_id: 0x736D_7372,
        version: 1,
        description: "it is the journal of single requests (--once-per)",
        log: SideFile::Rollback,
        has_many_writers: true,
    };
}

/// A file whose name is that of the journal with something appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SideFile {
    Lock,
    Wal,
    Shm,
    New,
    NewJournal,
    NewWal,
    NewShm,
    /// Of the journal of single requests alone.
    Rollback,
}

impl SideFile {
    /// What the journal of a batch needs.
    pub(super) const OF_BATCH: [Self; 7] = [
        Self::Lock,
        Self::Wal,
        Self::Shm,
        Self::New,
        Self::NewJournal,
        Self::NewWal,
        Self::NewShm,
    ];

    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Lock => ".lock",
            Self::Wal => "-wal",
            Self::Shm => "-shm",
            Self::New => ".new",
            Self::NewJournal => ".new-journal",
            Self::NewWal => ".new-wal",
            Self::NewShm => ".new-shm",
            Self::Rollback => "-journal",
        }
    }

    /// Whether a file that begins so can be one that we or SQLite made. A power cut can leave zeros in the place of what was
    /// written.
    pub(super) fn is_ours(self, head: &[u8]) -> bool {
        if head.iter().all(|byte| *byte == 0) {
            return true;
        }
        match self {
            Self::Lock => is_lock(head),
            Self::Wal | Self::NewWal => matches!(head, [0x37, 0x7F, 0x06, 0x82 | 0x83, ..]),
            // While SQLite fills in its first bytes, the version may be the last of them.
            Self::Shm | Self::NewShm => {
                head.starts_with(&3_007_000_u32.to_ne_bytes()) || head.starts_with(&[0; 4])
            }
            Self::New => head.starts_with(b"SQLite format 3\0"),
            Self::NewJournal | Self::Rollback => is_rollback_journal(head),
        }
    }
}

/// Until its pages are synced, it has zeros in place of the first twelve bytes, and a random number behind them.
fn is_rollback_journal(head: &[u8]) -> bool {
    head.starts_with(&[0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]) || head.starts_with(&[0; 12])
}

/// The process id of the last run on a line, and behind it nothing or a count of commits.
fn is_lock(head: &[u8]) -> bool {
    let end = head.iter().position(|byte| *byte == b'\n').unwrap_or(head.len());
    let (pid, rest) = head.split_at(end);
    let commits = rest.strip_prefix(b"\n").unwrap_or_default();
    (1..=10).contains(&pid.len())
        && pid.iter().all(u8::is_ascii_digit)
        && b"commits "
            .iter()
            .zip(commits)
            .all(|(ours, theirs)| ours == theirs)
}
