//! Runs, campaigns, and what a journal is called by.

use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

/// Numbers a run in one journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RunId(pub(crate) i64);

/// Numbers a campaign in one journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CampaignId(pub(crate) i64);

/// A random name that no other run has, in any journal: 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RunName(String);

impl RunName {
    /// A new one, from the system's generator.
    pub(crate) fn random() -> Self {
        Self(random_hex())
    }

    /// Reads what `Display` writes; `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_name = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_name.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 128 random bits as 32 hexadecimal digits.
pub(super) fn random_hex() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the operating system provides secure random bytes");
    format!("{:032x}", u128::from_be_bytes(bytes))
}

/// What a journal is, whatever it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JournalIdentity {
    /// Random, made with the journal: 32 hexadecimal digits.
    pub(crate) id: String,
    /// Where it is, as people name it, without a user or a password.
    pub(crate) place: String,
    /// What tells a database server from a copy of it; empty for a file.
    pub(crate) server: String,
    /// What its server was before, where the user has said that nothing was lost since.
    pub(crate) accepted_servers: Vec<String>,
}

/// A run that is about to begin.
#[derive(Clone, Debug)]
pub(crate) struct NewRun {
    pub(crate) name: RunName,
    /// Created where the journal doesn't have it yet.
    pub(crate) campaign: String,
    pub(crate) began: Timestamp,
    /// How long a request of it may take.
    pub(crate) timeout: Duration,
    /// The list as people name it; what the run is where there is none.
    pub(crate) list: String,
    /// Of the content of the list; `None` where there is none.
    pub(crate) digest: Option<String>,
    /// What people receive by it, and the command that goes on: JSON, kept as it is.
    pub(crate) settings: String,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunEnd {
    pub(crate) at: Timestamp,
    /// The exit status.
    pub(crate) exit: u8,
    /// Rows that the same command would still send.
    pub(crate) left: u64,
}

/// A run, as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunRecord {
    pub(crate) id: RunId,
    pub(crate) name: RunName,
    pub(crate) campaign: CampaignId,
    pub(crate) began: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// `None` where it is at work, or was killed.
    pub(crate) end: Option<RunEnd>,
    /// Groups of claims and outcomes that it has committed.
    pub(crate) groups: u64,
    pub(crate) timeout: Duration,
    pub(crate) host: String,
    pub(crate) pid: u32,
    pub(crate) list: String,
    pub(crate) digest: Option<String>,
    pub(crate) settings: String,
    /// When its numbers were forgotten.
    pub(crate) forgotten: Option<Timestamp>,
    /// Found at work when this was read: its lock is held.
    pub(crate) is_alive: bool,
}

impl RunRecord {
    /// True where the same command had rows left to send, or the run was killed before it could say so.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.end.is_none_or(|end| end.left > 0)
    }
}

/// A run that has committed more groups than the journal has, by its lock file: the last records are lost, or all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CutRun {
    pub(crate) name: RunName,
    pub(crate) began: Timestamp,
    pub(crate) last_seen: Timestamp,
    pub(crate) list: String,
    /// The groups that it has committed.
    pub(crate) groups: u64,
}

/// What is known of the runs of a journal, at one moment.
///
/// A run that is not in here is not dead: it may have begun since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    records: HashMap<RunId, RunRecord>,
    /// The newest run of which there was a trace: the records of single requests go, and their ids are never used again.
    newest: Option<RunId>,
}

impl Runs {
    pub(crate) fn new(records: Vec<RunRecord>) -> Self {
        Self {
            newest: records.iter().map(|record| record.id).max(),
            records: records.into_iter().map(|record| (record.id, record)).collect(),
        }
    }

    pub(crate) fn get(&self, id: RunId) -> Option<&RunRecord> {
        self.records.get(&id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &RunRecord> {
        self.records.values()
    }

    /// The run if it was found dead: an open attempt of it is unknown.
    pub(crate) fn dead(&self, id: RunId) -> Option<&RunRecord> {
        self.get(id).filter(|run| !run.is_alive)
    }

    /// An attempt of this run was seen, whether or not there is a record of it.
    pub(crate) fn have_seen(&mut self, id: Option<RunId>) {
        self.newest = self.newest.max(id);
    }

    /// True where the run may have made an attempt since: it was alive, or has begun since.
    pub(crate) fn may_be_at_work(&self, id: RunId) -> bool {
        Some(id) > self.newest || self.get(id).is_some_and(|run| run.is_alive)
    }

    #[cfg(test)]
    pub(crate) fn bury_all(&mut self) {
        self.records.values_mut().for_each(|run| run.is_alive = false);
    }

    /// Counts a run as dead: a run that has stopped sending asks what its own open attempts mean.
    pub(crate) fn bury(&mut self, id: RunId) {
        if let Some(run) = self.records.get_mut(&id) {
            run.is_alive = false;
        }
    }
}

/// Numbers in ascending order, each once.
pub(crate) type SortedNumbers<'a> = &'a mut dyn ExactSizeIterator<Item = Msisdn>;
