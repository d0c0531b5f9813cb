//! The marker beside a list: a small file that says which journal knows the people on the list.
//!
//! A journal can be lost, be an older copy, or be another user's or another machine's, and the list is still there: then its
//! marker keeps it from being sent to as if those people had got nothing. Each run appends a line after its record is in the
//! journal and before it claims anything, and a run goes on only where its journal knows all that stands before its line.
//! Nothing is ever rewritten in it.

mod file;
mod line;
mod lost;
#[cfg(test)]
mod tests;

pub(crate) use lost::LostRuns;

use super::error::{JournalError, JournalFault};
use super::run::{CutRun, JournalIdentity, RunName};
use super::store::Store;
use jiff::Timestamp;
use line::{Adoption, MarkedRun, MarkerLine};
use lost::Asking;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// A run that is about to send.
#[derive(Clone, Debug)]
pub(crate) struct MarkerRun {
    pub(crate) name: RunName,
    pub(crate) campaign: String,
    /// The gateway's host, and its port where it is not the scheme's own.
    pub(crate) gateway: String,
    /// How long the PINs will be valid, in seconds; 0 is for ever.
    pub(crate) expires_in: u32,
    pub(crate) began: Timestamp,
    /// The command that counts everyone on the list as reached, where the journal doesn't know them.
    pub(crate) adopt: String,
}

/// The marker of a list that a run is sending to.
#[derive(Debug)]
pub(crate) struct Marker {
    path: PathBuf,
    run: String,
    noted: u64,
}

impl Marker {
    /// The marker of a list: beside the file that a link leads to.
    pub(crate) fn beside(list: &Path) -> PathBuf {
        let mut path = OsString::from(fs::canonicalize(list).unwrap_or_else(|_| list.to_owned()));
        path.push(".smspin");
        path.into()
    }

    /// Whether a file that begins like this is the marker of a list.
    pub(crate) fn is_meant(beginning: &[u8]) -> bool {
        beginning.starts_with(line::FIRST_LINE.as_bytes())
    }

    /// The runs that sent to the list, or may have, and that the journal doesn't know whole: all of them where there is no
    /// journal. `None` where it knows them all.
    pub(crate) fn lost(
        list: &Path,
        journal: Option<&mut dyn Store>,
        gateway: &str,
        campaign: &str,
    ) -> Result<Option<LostRuns>, JournalError> {
        let path = Self::beside(list);
        // First the marker, then the journal: a run that begins in between is known to the journal at least.
        let text = file::read(&path)?;
        let (mut identity, mut records) = (None, Vec::new());
        if let Some(store) = journal {
            records = store.runs()?;
            identity = Some(store.identity());
        }
        let asking = Asking {
            journal: identity,
            gateway,
            campaign,
        };
        Ok(asking.lost(path, &text, &records))
    }

    /// The campaigns whose runs sent to the list, or may have, and that the journal doesn't know whole.
    pub(crate) fn lost_campaigns(
        list: &Path,
        store: &mut dyn Store,
        gateway: &str,
    ) -> Result<BTreeSet<String>, JournalError> {
        let path = Self::beside(list);
        let text = file::read(&path)?;
        let records = store.runs()?;
        let journal = Some(store.identity());
        let campaigns = text.lines.iter().filter_map(|line| match line {
            MarkerLine::Run(run) => Some(run.campaign.as_str()),
            _ => None,
        });
        let campaigns: BTreeSet<&str> = campaigns.collect();
        let is_lost = |campaign: &&str| {
            let asking = Asking {
                journal,
                gateway,
                campaign,
            };
            asking.lost(path.clone(), &text, &records).is_some()
        };
        Ok(campaigns.into_iter().filter(is_lost).map(str::to_owned).collect())
    }

    /// Writes that a run sends to the list; the run's record is in the journal, and nothing was claimed. `None` where the
    /// folder of the list can't be written.
    ///
    /// # Errors
    /// The run must not send. Its line is taken for a run that sent nothing.
    pub(crate) fn begin(
        list: &Path,
        store: &mut dyn Store,
        run: &MarkerRun,
    ) -> Result<Option<Self>, JournalError> {
        let marker = Self {
            path: Self::beside(list),
            run: run.name.to_string(),
            noted: 0,
        };
        let Some(file) = file::open_or_create(&marker.path, list)? else {
            return Ok(None);
        };
        let journal = store.identity();
        let line = MarkerLine::Run(MarkedRun {
            name: marker.run.clone(),
            journal: journal.id.clone(),
            place: journal.place.clone(),
            server: journal.server.clone(),
            user: user(),
            host: crate::process::hostname(),
            campaign: run.campaign.clone(),
            gateway: run.gateway.clone(),
            expires_in: run.expires_in,
            began: run.began,
        });
        let text = file::append(&marker.path, &file, &line);
        drop(file);
        let allowed = text.and_then(|mut text| {
            let own = text.lines.iter().position(|found| *found == line);
            text.lines.truncate(own.ok_or_else(|| marker.was_replaced())?);
            let records = store.runs()?;
            let asking = Asking {
                journal: Some(store.identity()),
                gateway: &run.gateway,
                campaign: &run.campaign,
            };
            match asking.lost(marker.path.clone(), &text, &records) {
                Some(lost) => Err(lost.refusal(&run.adopt)),
                None => Ok(()),
            }
        });
        match allowed {
            Ok(()) => Ok(Some(marker)),
            Err(error) => {
                // Where that can't be written either, the line refuses more than it has to.
                let _ = marker.refused();
                Err(error)
            }
        }
    }

    /// Notes how many groups the run has committed, each of them in the journal: once a minute, and at the end of the run.
    pub(crate) fn note_groups(&mut self, groups: u64) -> Result<(), JournalError> {
        if groups == self.noted {
            return Ok(());
        }
        let run = self.run.clone();
        append_to(&self.path, &MarkerLine::Groups { run, groups })?;
        self.noted = groups;
        Ok(())
    }

    /// Writes that the run has claimed nothing, and never will.
    pub(crate) fn refused(self) -> Result<(), JournalError> {
        append_to(&self.path, &MarkerLine::NothingSent { run: self.run })
    }

    /// Notes how many groups these runs have committed, which no other file tells any more.
    pub(crate) fn note_cut(list: &Path, runs: &[CutRun]) -> Result<(), JournalError> {
        #[cfg(test)]
        let runs = super::mutant::Mutant::CountsNotKept.unless_on(runs);
        for CutRun { name, groups, .. } in runs {
            let (run, groups) = (name.to_string(), *groups);
            append_if_there(&Self::beside(list), &MarkerLine::Groups { run, groups })?;
        }
        Ok(())
    }

    /// Writes that the journal has an attempt at every number of the list since the lost runs began. `by` is the run of the
    /// journal that made these attempts, and its end is recorded: only a journal that knows it takes the line for its own.
    pub(crate) fn adopt(
        list: &Path,
        journal: &JournalIdentity,
        by: &RunName,
        (lost, cut_short): (Option<&LostRuns>, &[CutRun]),
    ) -> Result<(), JournalError> {
        let lost_names = lost.into_iter().flat_map(LostRuns::names);
        let names = lost_names.chain(cut_short.iter().map(|run| run.name.as_str()));
        let adoption = Adoption {
            journal: journal.id.clone(),
            by: by.to_string(),
            runs: names.map(str::to_owned).collect(),
            cut: lost.map_or(0, LostRuns::cut),
        };
        if adoption.runs.is_empty() && adoption.cut == 0 {
            return Ok(());
        }
        append_if_there(&Self::beside(list), &MarkerLine::Adopt(adoption))
    }

    fn was_replaced(&self) -> JournalError {
        let path = self.path.to_string_lossy();
        let error = format!(
            "the marker {} does not hold the line that was written to it: another program has replaced it",
            crate::text::line(&path)
        );
        JournalError::new(JournalFault::Unusable, error)
            .hint("see that no program copies files into that folder, then run the same command again")
    }
}

/// A list without a marker has nothing to be kept from.
fn append_if_there(path: &Path, line: &MarkerLine) -> Result<(), JournalError> {
    if path.exists() {
        append_to(path, line)?;
    }
    Ok(())
}

fn append_to(path: &Path, line: &MarkerLine) -> Result<(), JournalError> {
    let file = file::open(path).map_err(|error| JournalError::io("write the marker", path, &error))?;
    file::append(path, &file, line).map(drop)
}

/// The name of the user, where this machine has it in its list of users.
fn user() -> String {
    let id = rustix::process::getuid().as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then_some(name)
    });
    named.map_or(format!("the user {id}"), str::to_owned)
}
