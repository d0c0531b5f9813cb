//! `smspin journal show NUMBER`: what one number got, when, and how it ended.

use super::OpenedJournal;
use crate::answers::journal::{AttemptRow, NumberCampaignRow, NumberReport};
use crate::cli::ShowArgs;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Exit, Failure, Kind};
use crate::journal::{Detail, JournalError, Lookup, Rules, RunId, Store};
use crate::session::{Session, journal};
use crate::settings::NumberPolicy;

pub(super) fn run(opened: &OpenedJournal<'_>, args: &ShowArgs) -> Result<Exit, Failure> {
    let msisdn = number(opened.session, &args.msisdn)?;
    let mut store = opened.look()?;
    let report = report(opened, store.as_mut(), msisdn)
        .map_err(|error| journal::failure(error, "the journal can't be read"))?;
    Ok(opened.context().ui.answer(&report))
}

/// The number that the user means, by the country of the settings.
pub(super) fn number(session: &Session<'_>, text: &str) -> Result<Msisdn, Failure> {
    let mut reader = session.reader();
    let policy = NumberPolicy::read(&mut reader, true);
    let policy = reader.finish("the number can't be read", Some(policy))?;
    policy
        .read_number(text)
        .map(|found| found.msisdn)
        .map_err(|error| Failure::new(Kind::Invalid, error).doing("the number can't be read"))
}

fn report(
    opened: &OpenedJournal<'_>,
    store: &mut dyn Store,
    msisdn: Msisdn,
) -> Result<NumberReport, JournalError> {
    let rules = Rules::plain(crate::clock::now());
    let mut campaigns = Vec::new();
    let mut excluded_by: Option<RunId> = None;
    for (campaign, name) in store.campaigns()? {
        let lookup = Lookup {
            campaign: Some(campaign),
            rules: &rules,
            exclude: &[],
            ended: None,
            detail: Detail::Full,
        };
        let mut found_here = None;
        let runs = lookup.look(store, std::iter::once(msisdn), |found| {
            excluded_by = excluded_by.or(found.excluded_by);
            if !found.attempts.is_empty() {
                found_here = Some((found.decision, found.attempts.to_vec()));
            }
        })?;
        campaigns.extend(found_here.map(|(decision, attempts)| {
            NumberCampaignRow {
                campaign: name,
                stands: decision.word().as_str(),
                attempts: attempts
                    .iter()
                    .map(|attempt| AttemptRow::new(attempt, &runs))
                    .collect(),
            }
        }));
    }
    let runs = store.runs()?;
    let excluded_by = excluded_by.map(|run| {
        let run = runs.iter().find(|record| record.id == run);
        run.map_or_else(
            || "an earlier run".to_owned(),
            |run| format!("{}, {:.0}", run.list, run.began),
        )
    });
    Ok(NumberReport {
        journal: opened.place.to_string(),
        msisdn: msisdn.to_string(),
        excluded_by,
        campaigns,
    })
}
