//! The two engines of the journal of single requests behind one set of calls.

use super::error::JournalError;
use super::postgres::{DatabasePlace, DatabaseRequests};
use super::requests::{Claimed, RequestClaim, SentRecently};
use super::sqlite::FileRequests;
use crate::batch::state::AttemptResult;
use crate::domain::msisdn::Msisdn;
use crate::domain::once_per::OncePer;
use std::path::PathBuf;

/// Where the journal of single requests is.
#[derive(Clone, Debug)]
pub(crate) enum RequestJournalLocation {
    File(PathBuf),
    Database(Box<DatabasePlace>),
}

/// The journal of single requests, open for writing.
#[derive(Debug)]
pub(crate) enum RequestJournal {
    File(Box<FileRequests>),
    Database(Box<DatabaseRequests>),
}

impl RequestJournal {
    /// Opens the journal, or makes it. The sandbox's requests and real ones don't see each other.
    pub(crate) fn open(location: &RequestJournalLocation, sandbox: bool) -> Result<Self, JournalError> {
        match location {
            RequestJournalLocation::File(path) => {
                FileRequests::open(path, sandbox).map(|journal| Self::File(Box::new(journal)))
            }
            RequestJournalLocation::Database(place) => {
                let journal = DatabaseRequests::open(place, sandbox)?;
                Ok(Self::Database(Box::new(journal)))
            }
        }
    }

    /// Looks whether a request would be refused, and changes nothing.
    pub(crate) fn look(
        location: &RequestJournalLocation,
        sandbox: bool,
        msisdn: Msisdn,
        once_per: OncePer,
    ) -> Result<Option<SentRecently>, JournalError> {
        match location {
            RequestJournalLocation::File(path) => FileRequests::look(path, sandbox, msisdn, once_per),
            RequestJournalLocation::Database(place) => {
                Ok(DatabaseRequests::look(place, sandbox, msisdn, once_per)?)
            }
        }
    }

    /// Claims the right to send one PIN. When it is granted, the claim is durable.
    pub(crate) fn claim(&mut self, msisdn: Msisdn, once_per: OncePer) -> Result<Claimed, JournalError> {
        match self {
            Self::File(journal) => journal.claim(msisdn, once_per),
            Self::Database(journal) => Ok(journal.claim(msisdn, once_per)?),
        }
    }

    /// Records how a claimed request ended. One that was certainly not taken gives the number back.
    pub(crate) fn settle(&mut self, claim: &RequestClaim, ended: AttemptResult) -> Result<(), JournalError> {
        match self {
            Self::File(journal) => journal.settle(claim, ended),
            Self::Database(journal) => Ok(journal.settle(claim, ended)?),
        }
    }
}
