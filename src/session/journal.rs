//! From the settings of a command to its journal and its campaign, and from what went wrong with a journal to a failure.

use super::Session;
use super::connection::{authorities, read_base_url};
use crate::domain::campaign_name::CampaignName;
use crate::domain::database_url::{DatabaseUrl, WrittenUrl};
use crate::failure::{Failure, Fault, Kind};
use crate::files;
use crate::journal::{DatabasePlace, JournalError, JournalFault, JournalPlace, PlaceChoice};
use crate::settings::{Directories, JournalSetting, Key, Reader, keys, values};
use crate::text;
use std::path::{Path, PathBuf};

const DOING: &str = "nothing was sent: the journal can't be told from the settings";

/// Where the journal is: the place that a flag, a variable or the configuration names, or the one of this user and gateway.
/// The sandbox has one of its own, so that a rehearsal never marks a person's number.
pub(crate) fn place(session: &Session<'_>) -> Result<JournalPlace, Failure> {
    let flag = session.flags.get(Key::Journal);
    refuse_password_in_arguments(flag)?;
    let no_home = |failure: Failure| failure.hint("or name a file: --journal FILE");
    if session.in_sandbox() {
        if flag.is_some() {
            let error = "--journal can't be used with --sandbox, which has a journal of its own";
            return Err(Failure::message(Kind::Usage, error).hint("leave out --journal, or --sandbox"));
        }
        let path = Directories::of_system().sandbox_journal().map_err(no_home)?;
        let choice = PlaceChoice::Sandbox;
        return Ok(JournalPlace::File { path, choice });
    }
    let mut reader = session.reader();
    let named = reader.read(keys::JOURNAL);
    refuse_relative_path_in_file(&mut reader, named.as_ref());
    match reader.finish(DOING, Some(named))? {
        Some(JournalSetting::Database(url)) => database(session, *url),
        Some(JournalSetting::File(path)) => {
            refuse_journal_of_sandbox(&path)?;
            let choice = PlaceChoice::Named;
            Ok(JournalPlace::File { path, choice })
        }
        None => Ok(JournalPlace::File {
            path: Directories::of_system()
                .journal(&gateway(session)?)
                .map_err(no_home)?,
            choice: PlaceChoice::Default,
        }),
    }
}

/// `smspin sandbox reset` removes that file.
fn refuse_journal_of_sandbox(path: &Path) -> Result<(), Failure> {
    let of_sandbox = Directories::of_system().sandbox_journal();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let is_of_sandbox = |sandbox: PathBuf| sandbox == absolute || files::is_same(&sandbox, path);
    if !of_sandbox.is_ok_and(is_of_sandbox) {
        return Ok(());
    }
    let error = format!(
        "nothing was sent: {} is the journal of the sandbox",
        path.display()
    );
    Err(Failure::message(Kind::Journal, error).hint("name another file with --journal, or none"))
}

/// A database trusts what the gateway trusts.
fn database(session: &Session<'_>, url: WrittenUrl) -> Result<JournalPlace, Failure> {
    let environment = &session.context.environment;
    let failed = |error| failure(error, DOING);
    let url = DatabasePlace::complete(url, environment).map_err(failed)?;
    let mut reader = session.reader();
    let asks = DatabasePlace::asks_authorities(&url);
    let ca_file = asks.then(|| authorities(&mut reader, environment)).flatten();
    let ca_file = reader.finish(DOING, Some(ca_file))?;
    let place = DatabasePlace::new(url, ca_file, environment).map_err(failed)?;
    Ok(JournalPlace::Database(Box::new(place)))
}

/// The gateway's host, and its port where it is not the scheme's own: what a journal and a marker call it.
pub(crate) fn gateway(session: &Session<'_>) -> Result<String, Failure> {
    let mut reader = session.reader();
    let base_url = read_base_url(&mut reader);
    Ok(reader.finish(DOING, base_url)?.gateway())
}

/// A command about the same journal, for a person to paste.
pub(crate) fn command(session: &Session<'_>, words: &str) -> String {
    format!("smspin {words}{}", flags(session))
}

/// The flags of this command that lead another one to the same journal, gateway and campaign, each behind a space.
pub(crate) fn flags(session: &Session<'_>) -> String {
    let campaign = typed(session, Key::Campaign);
    place_flags(session) + &campaign.unwrap_or_default()
}

/// The same without the campaign.
pub(crate) fn place_flags(session: &Session<'_>) -> String {
    let keys = [Key::Profile, Key::BaseUrl, Key::Journal];
    let sandbox = session.in_sandbox().then(|| " --sandbox".to_owned());
    let typed = keys.into_iter().filter_map(|key| typed(session, key));
    let config = session.context.global.config.as_ref();
    let config = config.map(|path| format!(" --config {}", text::shell_word(&path.to_string_lossy())));
    sandbox.into_iter().chain(config).chain(typed).collect()
}

/// A flag as it was typed, behind a space.
fn typed(session: &Session<'_>, key: Key) -> Option<String> {
    let value = session.reader().typed(key)?;
    Some(format!(" {} {}", key.flag()?, text::shell_word(&value)))
}

/// The campaign of a batch.
pub(crate) fn campaign(session: &Session<'_>) -> Result<CampaignName, Failure> {
    Ok(set_campaign(session)?.unwrap_or_default())
}

/// The campaign of requests that are made one at a time.
pub(crate) fn request_campaign(session: &Session<'_>) -> Result<CampaignName, Failure> {
    set_campaign(session).map(|campaign| CampaignName::of_requests(campaign.as_ref()))
}

fn set_campaign(session: &Session<'_>) -> Result<Option<CampaignName>, Failure> {
    let mut reader = session.reader();
    let campaign = reader.read(keys::CAMPAIGN);
    reader.finish(
        "nothing was sent: the campaign can't be told from the settings",
        Some(campaign),
    )
}

/// What a command fails with. `doing` says what that means for the user, such as that nothing was sent.
pub(crate) fn failure(error: JournalError, doing: &'static str) -> Failure {
    let kind = match error.fault {
        JournalFault::Unusable | JournalFault::Lost | JournalFault::Busy => Kind::Journal,
        JournalFault::Outage | JournalFault::Gone | JournalFault::Unanswered => Kind::Disk,
    };
    let (hint, wait) = (error.hint.clone(), error.wait);
    let mut failure = Failure::new(kind, error).doing(doing);
    failure.hints.extend(hint);
    failure.wait = wait;
    failure
}

/// From each folder it would be another journal, which knows no numbers.
fn refuse_relative_path_in_file(reader: &mut Reader<'_>, journal: Option<&JournalSetting>) {
    let Some(JournalSetting::File(path)) = journal else {
        return;
    };
    let origin = reader
        .origin(Key::Journal)
        .filter(|origin| origin.file().is_some());
    if let Some(origin) = origin.filter(|_| path.is_relative()) {
        reader.fault(Fault {
            what: origin.subject(Key::Journal),
            message: values::RELATIVE_JOURNAL.to_owned(),
            hint: Some(values::ABSOLUTE_JOURNAL.to_owned()),
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    #[test]
    fn a_fault_of_the_journal_is_a_failure_with_its_exit_its_hint_and_its_wait() {
        let wait = std::time::Duration::from_secs(9);
        for (fault, exit) in [
            (JournalFault::Unusable, Exit::Usage),
            (JournalFault::Lost, Exit::Usage),
            (JournalFault::Busy, Exit::Usage),
            (JournalFault::Outage, Exit::Disk),
            (JournalFault::Gone, Exit::Disk),
            (JournalFault::Unanswered, Exit::Disk),
        ] {
            let mut error = JournalError::new(fault, "it is so").hint("do that");
            error.wait = Some(wait);
            let failure = failure(error, "nothing was sent");
            assert_eq!(failure.kind.exit(), exit, "{fault:?}");
            assert_eq!(
                (
                    failure.error.to_string().as_str(),
                    failure.causes(),
                    failure.hints,
                    failure.wait
                ),
                (
                    "nothing was sent",
                    vec!["it is so".to_owned()],
                    vec!["do that".to_owned()],
                    Some(wait)
                ),
            );
        }
    }

    #[test]
    fn a_password_is_not_taken_from_the_command_line() {
        for (journal, is_refused) in [
            ("postgres://me:hunter2@db/app", true),
            ("postgresql://me:hunter2@a,b/app", true),
            ("postgres://me@db/app?password=hunter2", true),
            ("postgres://me@db:5432/app", false),
            ("me:hunter2@file.db", false),
        ] {
            let refused = refuse_password_in_arguments(Some(journal));
            assert_eq!(refused.is_err(), is_refused, "{journal}");
            let text = refused.map_err(|failure| failure.error.to_string()).err();
            assert!(!text.unwrap_or_default().contains("hunter2"));
        }
    }
}
