//! What says who was reached when the journal doesn't: results that outlived it.

use super::numbers::Numbers;
use super::options::{BatchOptions, Destination};
use super::results::{ExistingResults, PastResults};
use super::rows::Format;
use super::state::AttemptResult;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use crate::text::count;
use std::io;
use std::path::{Path, PathBuf};

/// Results without their journal, which say that somebody was reached.
#[derive(Debug)]
pub(super) struct ReachedByResults {
    path: PathBuf,
    accepted: u64,
    unknown: u64,
}

impl ReachedByResults {
    /// Looks where this batch would write its results, and marks the numbers that they have as accepted or unknown.
    pub(super) fn look(
        options: &BatchOptions,
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
            ExistingResults::Past(past) => Self::read(path, past, numbers).map_err(failed),
            ExistingResults::Nothing | ExistingResults::Foreign => Ok(None),
        }
    }

    fn read(path: &Path, past: PastResults, numbers: &mut Numbers) -> io::Result<Option<Self>> {
        let mut found = Self {
            path: path.to_owned(),
            accepted: 0,
            unknown: 0,
        };
        past.for_each_reached(|accepted, number| {
            let (counter, result) = if accepted {
                (&mut found.accepted, AttemptResult::Accepted)
            } else {
                (&mut found.unknown, AttemptResult::Unknown)
            };
            *counter += 1;
            if let Some(number) = Msisdn::from_digits(number) {
                numbers.change(number, |state| state.after(Some(result), false));
            }
        })?;
        Ok((found.accepted + found.unknown > 0).then_some(found))
    }

    pub(super) fn refusal(&self, journal: &Path) -> Failure {
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
            journal.display()
        );
        Failure::message(Kind::Input, error)
            .hint("put the journal back, or name it with --journal FILE")
            .hint("without it: a file of the rows that are neither accepted nor unknown, under another name, sends to those alone")
            .hint("--again sends to everyone again")
    }
}
