//! Which database, with all that is needed to connect to it.

use super::password::DatabasePassword;
use crate::domain::database_url::{DatabaseUrl, ServerAddress, TlsMode, WrittenUrl};
use crate::env::Environment;
use crate::journal::error::{JournalError, JournalFault};
use std::fmt;
use std::path::PathBuf;

/// A journal in a database. Shown without user and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DatabasePlace {
    pub(super) url: DatabaseUrl,
    pub(super) password: Option<DatabasePassword>,
    /// PEM certificates that are trusted besides the platform's.
    pub(super) ca_file: Option<PathBuf>,
}

impl DatabasePlace {
    /// The URL of a database, with what it lacks from the variables that libpq reads.
    pub(crate) fn complete(url: WrittenUrl, environment: &Environment) -> Result<DatabaseUrl, JournalError> {
        let variable = |name| environment.text(name).ok().flatten().map(str::to_owned);
        url.complete(variable)
            .map_err(|error| JournalError::new(JournalFault::Unusable, error))
    }

    /// Looks for the password too.
    pub(crate) fn new(
        url: DatabaseUrl,
        ca_file: Option<PathBuf>,
        environment: &Environment,
    ) -> Result<Self, JournalError> {
        Ok(Self {
            password: DatabasePassword::find(&url, environment)?,
            url,
            ca_file,
        })
    }

    /// True where the certificate of the server is checked by what is trusted for HTTPS.
    pub(crate) fn asks_authorities(url: &DatabaseUrl) -> bool {
        let checks = matches!(url.tls, TlsMode::VerifyCa | TlsMode::VerifyFull);
        checks && url.root_certificate.is_none() && matches!(url.address, ServerAddress::Host(_))
    }
}

impl fmt::Display for DatabasePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}
