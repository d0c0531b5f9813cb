//! From settings and flags to the journal that they name: a file, or a campaign in a database.

use super::errors::journal_failure;
use super::journal::{DatabasePlace, JournalLocation, RequestJournalLocation};
use crate::cli::JournalArgs;
use crate::domain::database_url::DatabaseUrl;
use crate::failure::{Failure, Kind};
use crate::session::Session;
use crate::settings::{Directories, JournalSetting, SettingsError, keys};

/// The journal that is looked at without a file.
pub(crate) fn required(session: &Session<'_>, args: &JournalArgs) -> Result<JournalLocation, Failure> {
    named(session, args)?.ok_or_else(|| {
        let error = "no file is named, and no database whose journal could be looked at";
        Failure::message(Kind::Usage, error)
            .hint("name the file, or give --journal postgres://USER@HOST/DATABASE and --campaign NAME")
    })
}

/// The journal that a flag, a variable or the configuration names.
pub(crate) fn named(session: &Session<'_>, args: &JournalArgs) -> Result<Option<JournalLocation>, Failure> {
    refuse_password_in_arguments(args.journal.as_deref())?;
    let mut reader = session.reader();
    let journal = reader.read(keys::JOURNAL);
    let campaign = reader.read(keys::CAMPAIGN);
    let (journal, campaign) = reader.finish(
        "nothing was sent: the journal can't be told from the settings",
        Some((journal, campaign)),
    )?;
    let url = match (journal, &args.campaign) {
        (Some(JournalSetting::Database(url)), _) => url,
        (_, Some(_)) => {
            let error = "--campaign names a journal in a database, and no database is given";
            return Err(Failure::message(Kind::Usage, error)
                .hint("add --journal postgres://USER@HOST/DATABASE, or leave out --campaign"));
        }
        (Some(JournalSetting::File(path)), None) => return Ok(Some(JournalLocation::File(path))),
        (None, None) => return Ok(None),
    };
    let Some(campaign) = campaign else {
        let error = "a journal in a database needs a name: every run of one campaign gives the same";
        return Err(Failure::message(Kind::Usage, error).hint("add --campaign NAME"));
    };
    let campaign = if session.in_sandbox() {
        campaign.for_sandbox()
    } else {
        campaign
    };
    let environment = &session.context.environment;
    DatabasePlace::new(url, campaign, false, environment)
        .map(|place| Some(JournalLocation::Database(Box::new(place))))
        .map_err(|error| journal_failure(error.into()))
}

/// The database that is named, where no campaign is.
pub(crate) fn without_campaign(
    session: &Session<'_>,
    args: &JournalArgs,
) -> Result<Option<DatabasePlace>, Failure> {
    refuse_password_in_arguments(args.journal.as_deref())?;
    let mut reader = session.reader();
    let (journal, campaign) = (reader.read(keys::JOURNAL), reader.read(keys::CAMPAIGN));
    let doing = "the database can't be told from the settings";
    match reader.finish(doing, Some((journal, campaign)))? {
        (Some(JournalSetting::Database(url)), None) => {
            let environment = &session.context.environment;
            DatabasePlace::without_campaign(url, false, environment)
                .map(Some)
                .map_err(|error| journal_failure(error.into()))
        }
        _ => Ok(None),
    }
}

/// The journal of single requests: the one that the flag names, the database of a variable or of the configuration, or the file
/// in the state directory. A file that is set there is the journal of a batch.
pub(crate) fn of_requests(
    session: &Session<'_>,
    flag: Option<&str>,
    accept_failover: bool,
) -> Result<RequestJournalLocation, Failure> {
    refuse_password_in_arguments(flag)?;
    let mut reader = session.reader();
    let journal = reader.read(keys::JOURNAL);
    let doing = "nothing was sent: the journal can't be told from the settings";
    match reader.finish(doing, Some(journal))? {
        Some(JournalSetting::Database(url)) => {
            let environment = &session.context.environment;
            DatabasePlace::without_campaign(url, accept_failover, environment)
                .map(|place| RequestJournalLocation::Database(Box::new(place)))
                .map_err(|error| journal_failure(error.into()))
        }
        Some(JournalSetting::File(path)) if flag.is_some() => Ok(RequestJournalLocation::File(path)),
        Some(JournalSetting::File(_)) | None => Directories::of_system()
            .request_journal(session.in_sandbox())
            .map(RequestJournalLocation::File)
            .map_err(|error| {
                Failure::from(SettingsError::from(error)).hint("or name a file: --journal FILE")
            }),
    }
}

/// Every user of a machine can read the arguments of every process.
fn refuse_password_in_arguments(journal: Option<&str>) -> Result<(), Failure> {
    let given = journal.filter(|text| DatabaseUrl::is_meant(text));
    // Anything before the host may be one, even where the rest of the URL can't be read.
    let has_password = given.is_some_and(|text| {
        let authority = text.split_once("://").map_or("", |(_, rest)| rest);
        let user_info = authority.rsplit_once('@').map_or("", |(user_info, _)| user_info);
        user_info.contains(':') || text.contains("password=")
    });
    if !has_password {
        return Ok(());
    }
    let error =
        "--journal holds a password, which every user of this machine can read in the list of processes";
    Err(Failure::message(Kind::Usage, error)
        .hint("take it out of the URL; give it in PGPASSWORD, or in ~/.pgpass (mode 0600): HOST:PORT:DATABASE:USER:PASSWORD"))
}
