//! Which runs of a marker a journal doesn't know whole: the rule that refuses a run, and the words for it.

use super::line::{Adoption, MarkedRun, MarkerLine, MarkerText};
use crate::journal::error::{JournalError, JournalFault};
#[cfg(test)]
use crate::journal::mutant::Mutant;
use crate::journal::run::{JournalIdentity, RunRecord};
use crate::text;
use jiff::Timestamp;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;

/// The journal that wants to send, and for what.
pub(super) struct Asking<'a> {
    /// `None` where there is no journal yet.
    pub(super) journal: Option<&'a JournalIdentity>,
    pub(super) gateway: &'a str,
    pub(super) campaign: &'a str,
}

/// What a journal lacks of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    OtherJournal,
    /// A dump that was restored, or a standby that took over, may lack the last records.
    OtherServer,
    UnknownRun,
    FewerGroups {
        has: u64,
        noted: u64,
    },
}

/// Runs that sent to a list, or may have, and that a journal doesn't know whole. There is at least one, or a line that was cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LostRuns {
    marker: PathBuf,
    runs: Vec<(MarkedRun, Loss)>,
    /// Cut lines, which may be those of runs.
    cut: usize,
}

impl Asking<'_> {
    /// The runs that the journal doesn't know whole. `records` were read after the marker.
    pub(super) fn lost(&self, marker: PathBuf, text: &MarkerText, records: &[RunRecord]) -> Option<LostRuns> {
        let records: HashMap<_, _> = records
            .iter()
            .map(|record| (record.name.as_str(), record))
            .collect();
        let (mut noted, mut silenced, mut adopted_cut) = (HashMap::new(), HashSet::new(), 0);
        for line in &text.lines {
            match line {
                MarkerLine::Groups { run, groups } => {
                    let noted: &mut u64 = noted.entry(run.as_str()).or_default();
                    *noted = (*groups).max(*noted);
                }
                MarkerLine::NothingSent { run } => {
                    silenced.insert(run.as_str());
                }
                MarkerLine::Adopt(adoption) if self.made(adoption, &records) => {
                    silenced.extend(adoption.runs.iter().map(String::as_str));
                    adopted_cut = adopted_cut.max(adoption.cut);
                }
                MarkerLine::Run(_) | MarkerLine::Adopt(_) => {}
            }
        }
        let runs = text.lines.iter().filter_map(|line| match line {
            MarkerLine::Run(run) if !silenced.contains(run.name.as_str()) => {
                let noted = noted.get(run.name.as_str()).copied().unwrap_or_default();
                let loss = self.loss(run, noted, records.get(run.name.as_str()).copied())?;
                Some((run.clone(), loss))
            }
            _ => None,
        });
        let lost = LostRuns {
            marker,
            runs: runs.collect(),
            cut: text.cut,
        };
        (!lost.runs.is_empty() || lost.cut > adopted_cut).then_some(lost)
    }

    /// True where the attempts of an adoption are in this journal: an older copy of it lacks the run that made them.
    fn made(&self, adoption: &Adoption, records: &HashMap<&str, &RunRecord>) -> bool {
        #[cfg(test)]
        if Mutant::AdoptionNotKnown.is_on() {
            return true;
        }
        let by = records.get(adoption.by.as_str());
        let is_of_journal = self.journal.is_some_and(|journal| adoption.journal == journal.id);
        is_of_journal && by.is_some_and(|record| record.end.is_some())
    }

    fn loss(&self, run: &MarkedRun, noted: u64, record: Option<&RunRecord>) -> Option<Loss> {
        if run.campaign != self.campaign || run.gateway != self.gateway {
            return None;
        }
        let Some(journal) = self.journal.filter(|journal| run.journal == journal.id) else {
            return Some(Loss::OtherJournal);
        };
        if run.server != journal.server && !journal.accepted_servers.contains(&run.server) {
            return Some(Loss::OtherServer);
        }
        match record {
            None => Some(Loss::UnknownRun),
            #[cfg(test)]
            Some(_) if Mutant::MarkerCountIgnored.is_on() => None,
            Some(record) if record.groups < noted => Some(Loss::FewerGroups {
                has: record.groups,
                noted,
            }),
            Some(_) => None,
        }
    }
}

impl LostRuns {
    /// When the last of them began. Of a cut line that isn't known: every attempt that was made before now may be older.
    pub(crate) fn since(&self) -> Timestamp {
        let began = self.runs.iter().map(|(run, _)| run.began);
        #[cfg(test)]
        let first = Mutant::FirstLossCounts.first_of(began.clone());
        let last = began.max();
        #[cfg(test)]
        let last = first.or(last);
        last.filter(|_| self.cut == 0).unwrap_or_else(crate::clock::now)
    }

    /// The longest life of a PIN that they sent, in seconds; 0 is for ever.
    pub(crate) fn expires_in(&self) -> u32 {
        let all = self.runs.iter().map(|(run, _)| run.expires_in);
        let longest = all.max_by_key(|expires_in| expires_in.checked_sub(1).unwrap_or(u32::MAX));
        longest.filter(|_| self.cut == 0).unwrap_or(0)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.runs.iter().map(|(run, _)| run.name.as_str())
    }

    pub(super) const fn cut(&self) -> usize {
        self.cut
    }

    /// Why a run is refused, with the ways on: the last is the command `adopt`. The marker itself is never one of them:
    /// without it, those people would get another SMS.
    pub(crate) fn refusal(&self, adopt: &str) -> JournalError {
        let way = match self.runs.first() {
            Some((_, Loss::OtherJournal)) => "name that journal with --journal, or send from where it is",
            Some((_, Loss::OtherServer)) => "name the server that the run wrote to with --journal",
            Some((_, Loss::UnknownRun | Loss::FewerGroups { .. })) => {
                "put the newest copy of the journal back"
            }
            None => "put the whole marker back, from a copy",
        };
        JournalError::new(
            JournalFault::Lost,
            format_args!("{self}, so people on it could get a second SMS"),
        )
        .hint(format_args!("{way}; if that journal is lost: `{adopt}`"))
    }
}

/// What the marker says of the first of them, and how many more there are.
impl fmt::Display for LostRuns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let marker = self.marker.to_string_lossy();
        write!(f, "the marker {} ", text::line(&marker))?;
        let Some((run, loss)) = self.runs.first() else {
            return f.write_str(
                "ends in the middle of a line: a run that is not known may have sent to the list",
            );
        };
        write!(
            f,
            "says that {} on {} began to send to the list at {} with the journal {}",
            text::line(&run.user),
            text::line(&run.host),
            run.began.strftime("%Y-%m-%d %H:%M:%S UTC"),
            text::line(&run.place),
        )?;
        match loss {
            Loss::OtherJournal => f.write_str(", which is another one")?,
            Loss::OtherServer => f.write_str(
                ", on a server that is not this one: since then it was moved, restored or promoted",
            )?,
            Loss::UnknownRun => f.write_str(", and this copy of it does not know that run")?,
            Loss::FewerGroups { has, noted } => write!(
                f,
                ", and this copy of it has {has} of the {noted} groups that the run wrote"
            )?,
        }
        match self.runs.len() - 1 {
            0 => Ok(()),
            more => write!(
                f,
                " ({} that it lacks)",
                text::count(more as u64, "more run", "more runs")
            ),
        }
    }
}
