//! What says who was reached when the journal doesn't: results that outlived it, and journals of the same rows under another name.

use super::asides::Asides;
use super::decision::RetryUnknown;
use super::errors::journal_failure;
use super::fingerprint::Fingerprint;
use super::journal::{Access, Journal, JournalError, JournalLocation, LostRecords};
use super::numbers::Numbers;
use super::options::{BatchOptions, Destination};
use super::results::{ExistingResults, PastResults};
use super::state::{AttemptResult, CampaignKind};
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use crate::files;
use crate::rows::{Format, Input};
use crate::text::{self, count};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::iter;
use std::path::{Path, PathBuf};

/// A journal beside this one, or beside the input, that has the same rows: those of a copy or of a hard link.
#[derive(Debug)]
pub(super) struct SameInput {
    journal: PathBuf,
}

impl SameInput {
    /// Looks at every journal in these folders, and brings the numbers to where that of the same rows says they stand.
    pub(super) fn look(
        journal: &Journal,
        input: &Input,
        now: &Fingerprint,
        numbers: &mut Numbers,
    ) -> Option<Self> {
        let (path, other) = others(journal, input, now).next()?;
        // What can't be read of it changes nothing: it is the journal of these rows.
        let _ = other.map(|other| other.fold_into(numbers, crate::clock::now()));
        numbers.change_all(|state| state.in_next_campaign(CampaignKind::SkipSent));
        Some(Self { journal: path })
    }

    /// A journal of the same rows that has reached somebody whom this run would send to. Two runs under two names that saw each other
    /// in time have both begun, and neither has sent: whichever goes on, the other must not.
    pub(super) fn has_reached(
        journal: &Journal,
        input: &Input,
        now: &Fingerprint,
        sends: &Sends<'_>,
    ) -> Option<Self> {
        let (path, _) = others(journal, input, now).find(|(_, other)| sends.meet(other.as_ref()))?;
        Some(Self { journal: path })
    }

    /// The same, or one whose run is sending now. Called when this run's own beginning can be seen by others: of two that start in
    /// one moment, at least one then sees the other.
    pub(super) fn began_meanwhile(
        journal: &Journal,
        input: &Input,
        now: &Fingerprint,
        sends: &Sends<'_>,
    ) -> Option<Self> {
        let is_under_way = |other: &Journal| other.under_way().ok().flatten().is_some();
        let (path, _) = others(journal, input, now)
            .find(|(_, other)| other.as_ref().is_some_and(is_under_way) || sends.meet(other.as_ref()))?;
        Some(Self { journal: path })
    }

    pub(super) fn refusal(&self, journal: &JournalLocation) -> Failure {
        let error = format!(
            "nothing was sent: the same rows have a journal already, {}, and this run has another one, {journal}",
            self.journal.display()
        );
        Failure::message(Kind::Input, error)
            .hint(format!(
                "--journal {} goes on with the batch that has begun",
                text::shell_word(&self.journal.to_string_lossy())
            ))
            .hint("--again sends to everyone again")
    }
}

/// Whom a run would send to.
pub(super) struct Sends<'a> {
    pub(super) numbers: &'a Numbers,
    pub(super) retry: RetryUnknown,
    /// Somebody has agreed that they may get one more than another journal knows of.
    pub(super) agreed: bool,
}

impl Sends<'_> {
    /// True where the other journal has reached one of them, or may have: so has one that can't be read.
    fn meet(&self, other: Option<&Journal>) -> bool {
        if self.agreed {
            return false;
        }
        let Some(other) = other else { return true };
        let forgotten = || {
            let campaign = other.campaign().ok().flatten();
            campaign.is_some_and(|campaign| campaign.kind == CampaignKind::Forgotten)
        };
        let reached = |theirs: &Numbers| {
            let mut decisions = theirs.decisions(RetryUnknown::Never);
            decisions.any(|(number, _, decision)| {
                decision.ever_sent() && self.numbers.would_send(number, self.retry)
            })
        };
        let theirs = other.numbers(crate::clock::now());
        forgotten() || theirs.map_or(true, |theirs| reached(&theirs))
    }
}

/// The journals of the same rows that lie beside this one, or beside the input, without those that were this one. One that can't
/// be read is `None`, and counts where the list that it is named after is this one.
fn others<'a>(
    journal: &Journal,
    input: &'a Input,
    now: &'a Fingerprint,
) -> impl Iterator<Item = (PathBuf, Option<Journal>)> + use<'a> {
    let location = journal.location();
    let asides = journal.asides().unwrap_or_default();
    let mut folders = Vec::from_iter(location.file().map(|path| files::directory(path).to_owned()));
    folders.extend(files::directory(input.source().path()).canonicalize());
    folders.dedup();
    let ours: Vec<PathBuf> = iter::once(&location)
        .chain(&asides)
        .filter_map(JournalLocation::file)
        .map(Path::to_owned)
        .collect();
    let entries = folders
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    entries.filter_map(move |entry| {
        let path = entry.path();
        if ours.contains(&path) || !may_be_journal(&path) {
            return None;
        }
        let other = Journal::open(
            &JournalLocation::File(path.clone()),
            Access::ReadOnly,
            // It reached whom it still knows of, and perhaps more.
            LostRecords::CountAsUnknown,
        );
        let read = other.and_then(|other| Ok((other.fingerprints()?, other)));
        let Ok((campaigns, other)) = read else {
            return is_named_after(&path, input, now).then_some((path, None));
        };
        let same = campaigns
            .iter()
            .any(|(_, fingerprint)| fingerprint.has_input_of(now));
        same.then_some((path, Some(other)))
    })
}

/// Whether the list that a journal is named after is this one, or a copy of it.
fn is_named_after(journal: &Path, input: &Input, now: &Fingerprint) -> bool {
    let name = journal.file_name().unwrap_or_default().to_string_lossy();
    let Some((list, _)) = name.rsplit_once(".smspin") else {
        return false;
    };
    let (list, in_sandbox) = match list.strip_suffix(".sandbox") {
        Some(list) => (list, true),
        None => (list, false),
    };
    let list = journal.with_file_name(list);
    in_sandbox == now.is_in_sandbox()
        && (input.source().is_same_file(&list)
            || files::have_same_content(&list, input.source().path()).unwrap_or(false))
}

/// Whether a name is worth a look inside: that of a journal, or that of one that was set aside.
fn may_be_journal(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let suffix = name.rsplit_once(".smspin").map(|(_, suffix)| suffix);
    suffix.is_some_and(|suffix| suffix.is_empty() || suffix.starts_with(".2")) && path.is_file()
}

/// Results without their journal, which say that somebody was reached whom no journal knows.
#[derive(Debug)]
pub(super) struct ReachedByResults {
    path: PathBuf,
    accepted: u64,
    unknown: u64,
}

/// Whom the journals that were set aside have reached, where the results may be theirs: a run that sets one aside may be killed
/// before its own has begun. Where another has begun since, and is gone, they say nothing of what it did.
fn known_to_asides(journal: &Journal) -> Result<BTreeSet<Msisdn>, JournalError> {
    let asides = Asides::of(journal)?;
    if asides.hold_the_last(journal) {
        asides.reached(crate::clock::now())
    } else {
        Ok(BTreeSet::new())
    }
}

impl ReachedByResults {
    /// Looks where this batch would write its results, and marks the numbers that they have as accepted or unknown.
    pub(super) fn look(
        options: &BatchOptions,
        journal: &Journal,
        format: Format,
        numbers: &mut Numbers,
    ) -> Result<Option<Self>, Failure> {
        let Destination::File(path) = &options.destination else {
            return Ok(None);
        };
        let failed = |error: io::Error| {
            Failure::new(Kind::Input, error).doing(format!(
                "nothing was sent: cannot read the results {}",
                path.display()
            ))
        };
        match ExistingResults::at(path, format).map_err(failed)? {
            ExistingResults::Past(past) => {
                let known = known_to_asides(journal).map_err(journal_failure)?;
                Self::read(path, past, &known, numbers).map_err(failed)
            }
            ExistingResults::Nothing | ExistingResults::Foreign => Ok(None),
        }
    }

    fn read(
        path: &Path,
        past: PastResults,
        known: &BTreeSet<Msisdn>,
        numbers: &mut Numbers,
    ) -> io::Result<Option<Self>> {
        let mut found = Self {
            path: path.to_owned(),
            accepted: 0,
            unknown: 0,
        };
        past.for_each_reached(|accepted, number| {
            let number = Msisdn::from_digits(number);
            if number.is_some_and(|number| known.contains(&number)) {
                return;
            }
            let (counter, result) = if accepted {
                (&mut found.accepted, AttemptResult::Accepted)
            } else {
                (&mut found.unknown, AttemptResult::Unknown)
            };
            *counter += 1;
            if let Some(number) = number {
                numbers.change(number, |state| state.after(Some(result), false));
            }
        })?;
        Ok((found.accepted + found.unknown > 0).then_some(found))
    }

    pub(super) fn refusal(&self, journal: &JournalLocation) -> Failure {
        let mut said = Vec::new();
        for (number, word) in [(self.accepted, "accepted"), (self.unknown, "unknown")] {
            if number > 0 {
                said.push(format!("{} {word}", count(number, "row", "rows")));
            }
        }
        let error = format!(
            "nothing was sent: {} has {}, but their journal {} is missing",
            self.path.display(),
            said.join(" and "),
            journal
        );
        Failure::message(Kind::Input, error)
            .hint("put the journal back, or name it with --journal FILE")
            .hint("without it: a file of the rows that are neither accepted nor unknown, under another name, sends to those alone")
            .hint("--again sends to everyone again")
    }
}
