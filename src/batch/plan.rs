//! What a run is going to do: what the journal says of the numbers that the preflight found, and what follows. Sends
//! nothing, writes nothing.

use super::Batch;
use super::destination::{is_nameless, short_name};
use super::errors::journal_failure;
use super::options::BatchOptions;
use super::preflight::{self, Outlook, Survey};
use super::receives::Receives;
use super::results::ExistingResults;
use super::standings::Standings;
use super::store_of;
use crate::domain::campaign_name::CampaignName;
use crate::domain::money::Money;
use crate::domain::suggest;
use crate::failure::{Exit, Failure, Kind};
use crate::journal::{
    Attempt, CampaignId, Detail, JournalError, JournalFault, Lookup, Marker, Resend, Rules, RunEnd,
    RunRecord, Store,
};
use crate::text::{self, count};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a run is going to do.
pub(crate) struct BatchPlan {
    pub(super) rules: Rules,
    pub(crate) outlook: Outlook,
    /// What the list has cost since the first run of it that left rows, by the same estimate.
    pub(crate) spent: Money,
    pub(crate) standings: Standings,
    /// When the journal's first run began; `None` where it knows no numbers yet.
    pub(crate) journal_since: Option<Timestamp>,
    /// In words, that no run of this campaign has begun in a journal that has others.
    pub(crate) new_campaign: Option<String>,
    /// The other runs that are sending, as people read of them.
    pub(crate) others: Vec<String>,
    /// The results are there, and nothing has happened since that they don't say.
    pub(super) has_results: bool,
}

impl BatchPlan {
    /// Brings the batch's numbers to where the journal says they stand, and decides what a run does. An error where a run
    /// would do what was probably not meant.
    pub(crate) fn new(batch: &mut Batch, survey: &Survey) -> Result<Self, Failure> {
        if !batch.options.asked.is_dry {
            batch.options.journal.check().map_err(journal_failure)?;
        }
        if let Some(journal) = &mut batch.journal {
            refuse_lost_records(journal.as_mut(), &batch.options)?;
        }
        refuse_other_journals(batch)?;
        let options = &batch.options;
        let (once_per, resend) = (options.once_per, options.asked.resend);
        let campaign = store_of(&mut batch.journal).zip(batch.campaign);
        let rules = rules(campaign, once_per, resend).map_err(journal_failure)?;
        let digest = survey.digest();
        let spent = spent(batch, &rules, &digest).map_err(journal_failure)?;
        let standings = batch.look(&rules, None).map_err(journal_failure)?;
        let outlook = preflight::outlook(&batch.numbers, batch.options.prices);
        let last = last_run(&standings, batch.campaign, &digest);
        if outlook.sends > 0 || batch.numbers.decisions().next().is_none() {
            survey.refuse_doubt()?;
        }
        if outlook.sends > 0 {
            refuse_forgotten(batch, last, rules.now)?;
            refuse_other_settings(batch, last, rules.now)?;
        }
        let has_results = check_results(batch, &standings, &digest, batch.options.asked.is_dry)?;
        let journal_since = store_of(&mut batch.journal).map_or(Ok(None), Store::knows_since);
        Ok(Self {
            journal_since: journal_since.map_err(journal_failure)?,
            new_campaign: new_campaign(batch).map_err(journal_failure)?,
            others: standings.at_work(),
            has_results,
            rules,
            outlook,
            spent,
            standings,
        })
    }

    /// Nothing is left to send.
    pub(crate) fn is_finished(&self) -> bool {
        self.outlook.sends == 0
    }
}

/// The rules of a run in a campaign: what was asked for, at this moment.
pub(super) fn rules(
    campaign: Option<(&mut dyn Store, CampaignId)>,
    once_per: Option<Duration>,
    resend: Resend,
) -> Result<Rules, JournalError> {
    let now = crate::clock::now();
    let since = match (once_per, campaign) {
        (Some(_), Some((store, campaign))) => {
            let runs = store.runs()?.into_iter();
            let counts = |run: &RunRecord| {
                run.campaign == campaign && run.is_unfinished() && !is_past(run.last_seen, once_per, now)
            };
            runs.filter(counts).map(|run| run.began).min()
        }
        _ => None,
    };
    Ok(Rules {
        now,
        once_per,
        since,
        resend,
    })
}

/// True where so much time has passed since then, if any ends what was.
fn is_past(moment: Timestamp, window: Option<Duration>, now: Timestamp) -> bool {
    let age = Duration::try_from(now.duration_since(moment));
    window.is_some_and(|window| age.is_ok_and(|age| age >= window))
}

/// What the attempts at the numbers have cost since the first of the runs began that have left rows of the list to this one: a
/// limit on the cost of a list must hold over all of them.
fn spent(batch: &mut Batch, rules: &Rules, digest: &str) -> Result<Money, JournalError> {
    let Some(store) = store_of(&mut batch.journal).filter(|_| batch.options.max_cost.is_some()) else {
        return Ok(Money::ZERO);
    };
    let (campaign, prices) = (batch.campaign, batch.options.prices);
    let of_list = |run: &RunRecord| Some(run.campaign) == campaign && run.digest.as_deref() == Some(digest);
    let mut runs: Vec<_> = store.runs()?.into_iter().filter(of_list).collect();
    runs.sort_by_key(|run| (run.began, run.id));
    let unfinished = runs.iter().rev().take_while(|run| run.is_unfinished());
    let Some(since) = unfinished.last().map(|run| run.began) else {
        return Ok(Money::ZERO);
    };
    let lookup = Lookup {
        campaign,
        rules,
        exclude: &[],
        ended: None,
        detail: Detail::State,
    };
    let mut spent = Vec::new();
    lookup.look(store, batch.numbers.ascending(), |found| {
        let paid = |attempt: &&Attempt| attempt.at >= since && attempt.state.is_reached();
        let times = found.attempts.iter().filter(paid).count();
        if let Some(tag) = batch.numbers.tag(found.msisdn).filter(|_| times > 0) {
            spent.push((tag, times as u64));
        }
    })?;
    Ok(preflight::cost(spent.into_iter(), prices))
}

/// The last run of this very list in this campaign.
fn last_run<'a>(
    standings: &'a Standings,
    campaign: Option<CampaignId>,
    digest: &str,
) -> Option<&'a RunRecord> {
    let of_list = |run: &&RunRecord| Some(run.campaign) == campaign && run.digest.as_deref() == Some(digest);
    let runs = standings.runs.all().filter(of_list);
    runs.max_by_key(|run| (run.began, run.id))
}

/// The journal has fewer records than a run has written: it may not know whom that run reached.
pub(super) fn refuse_lost_records(store: &mut dyn Store, options: &BatchOptions) -> Result<(), Failure> {
    let checked = store.check();
    checked.map_err(|error| journal_failure(with_adopt_commands(error, options)))?;
    let lost = store.lost_runs(&options.campaign).map_err(journal_failure)?;
    let Some(run) = lost.first() else { return Ok(()) };
    let error = format!(
        "the journal {} has lost records of the run that sent {} from {} on",
        options.journal,
        short_name(&run.list),
        run.began.strftime("%Y-%m-%d %H:%M UTC"),
    );
    let adopt = options.adopt_command(Path::new(&run.list));
    Err(journal_failure(
        JournalError::new(JournalFault::Lost, error).hint(format!(
            "`{adopt}` counts every number of that list that the journal doesn't know as unknown"
        )),
    ))
}

/// The server of a database is another one: the ways on lead to the same journal.
fn with_adopt_commands(error: JournalError, options: &BatchOptions) -> JournalError {
    if error.fault != JournalFault::Lost {
        return error;
    }
    error.hint(format_args!(
        "`{}` counts every number of the list that the journal doesn't know as unknown; only where nothing can be lost, as after a \
         planned switch to a synchronous standby: `{}`",
        options.adopt_command(&options.asked.file),
        options.nothing_lost_command()
    ))
}

/// The marker beside the list tells of runs that this journal doesn't know whole.
fn refuse_other_journals(batch: &mut Batch) -> Result<(), Failure> {
    let Some(list) = batch.marked_list().map(Path::to_owned) else {
        return Ok(());
    };
    let checked = check_marker(batch, &list);
    if checked.is_ok() || batch.journal.is_some() {
        return checked.map_err(journal_failure);
    }
    // Another run of the list may have made the journal since it was looked for.
    batch.look_at_journal().map_err(journal_failure)?;
    check_marker(batch, &list).map_err(journal_failure)
}

fn check_marker(batch: &mut Batch, list: &Path) -> Result<(), JournalError> {
    let (gateway, campaign) = (&batch.options.gateway, &batch.options.campaign);
    match Marker::lost(list, store_of(&mut batch.journal), gateway, campaign)? {
        Some(lost) => Err(lost.refusal(&batch.options.adopt_command(list))),
        None => Ok(()),
    }
}

/// Anyone in the list may have been sent to: the journal has forgotten.
fn refuse_forgotten(batch: &Batch, last: Option<&RunRecord>, now: Timestamp) -> Result<(), Failure> {
    let Some((run, at)) = last.and_then(|run| Some((run, run.forgotten?))) else {
        return Ok(());
    };
    let ended = run.end.map_or(run.last_seen, |end| end.at);
    if is_past(ended, batch.options.once_per, now) {
        return Ok(());
    }
    let file = batch.options.asked.file.display();
    let error = format!(
        "nothing was sent: numbers of {file} were forgotten on {}, so anyone in it may have got an SMS in the run of {}",
        at.strftime("%Y-%m-%d"),
        run.began.strftime("%Y-%m-%d")
    );
    Err(Failure::message(Kind::Journal, error)
        .hint(format!(
            "`{}` counts every number in it as unknown",
            batch.options.adopt_command(&batch.options.asked.file)
        ))
        .hint("--campaign NAME writes to everyone once more"))
}

/// The list was not finished, and the rest of it would receive something else.
fn refuse_other_settings(batch: &Batch, last: Option<&RunRecord>, now: Timestamp) -> Result<(), Failure> {
    let options = &batch.options;
    let is_over = |run: &RunRecord| is_past(run.last_seen, options.once_per, now);
    let Some(run) = last.filter(|run| run.is_unfinished() && !is_over(run)) else {
        return Ok(());
    };
    let earlier = Receives::from_json(&run.settings);
    let differences = options.receives.differences(&earlier);
    if differences.is_empty() || options.asked.change_settings {
        return Ok(());
    }
    let error = format!(
        "nothing was sent: {} is not finished, and its last run sent something else than this one would",
        options.asked.file.display()
    );
    let mut failure = Failure::message(Kind::Input, error);
    failure.faults = differences;
    let report_url = if earlier.needs_report_url() {
        ", with its --report-url, which the journal doesn't keep"
    } else {
        ""
    };
    Err(failure
        .hint(format!("`{}` goes on with it{report_url}", earlier.command))
        .hint("--change-settings sends the rest as it is given now"))
}

/// Refuses to write over the results of another list. True where the list's own are there and up to date. `is_dry`: what no run
/// has written, a dry run has, perhaps.
fn check_results(batch: &Batch, standings: &Standings, digest: &str, is_dry: bool) -> Result<bool, Failure> {
    let Some(path) = batch.options.destination.file() else {
        return Ok(true);
    };
    let failed = |error: std::io::Error| {
        Failure::new(Kind::Input, error).doing(format!(
            "nothing was sent: cannot read the results {}",
            path.display()
        ))
    };
    match ExistingResults::at(path, batch.input.shape().format).map_err(failed)? {
        ExistingResults::Nothing => return Ok(false),
        ExistingResults::Foreign => return Err(not_ours(path, "which holds no results of smspin")),
        ExistingResults::Ours => {}
    }
    let written = batch.options.receives.results.as_deref();
    let wrote = |run: &&RunRecord| Receives::from_json(&run.settings).results.as_deref() == written;
    let last = standings
        .runs
        .all()
        .filter(wrote)
        .max_by_key(|run| (run.began, run.id));
    let Some(run) = last else {
        return if batch.options.in_sandbox || is_dry {
            Ok(false)
        } else {
            Err(not_ours(path, "which no run of this journal has written"))
        };
    };
    let is_same_list =
        run.list == batch.list && (!is_nameless(&run.list) || run.digest.as_deref() == Some(digest));
    if !is_same_list {
        let of = format!("the results of {}", run.list);
        return Err(not_ours(path, &of));
    }
    if run.end.is_none_or(|end: RunEnd| end.exit == Exit::Disk.code()) {
        return Ok(false);
    }
    // One that was at work beside it may have recorded something after it had looked.
    let is_later = |other: &RunRecord| {
        Some(other.campaign) == batch.campaign && other.id != run.id && other.last_seen >= run.began
    };
    let is_same_batch = Some(run.campaign) == batch.campaign && run.digest.as_deref() == Some(digest);
    Ok(is_same_batch && !standings.runs.all().any(is_later))
}

fn not_ours(path: &Path, what: &str) -> Failure {
    let error = format!("the results would replace {}, {what}", path.display());
    Failure::message(Kind::Input, error)
        .doing("nothing was sent")
        .hint("name another file: --output FILE")
}

impl Batch {
    /// Writes the results of a list that is not sent now, unless they would replace what isn't its own. Returns where.
    pub(crate) fn rewrite_results(
        &mut self,
        survey: &Survey,
        standings: &Standings,
    ) -> Result<PathBuf, Failure> {
        check_results(self, standings, &survey.digest(), false)?;
        let Some(path) = self.options.destination.file().map(ToOwned::to_owned) else {
            let error = "the results of rows that come through a pipe have no place of their own";
            return Err(Failure::message(Kind::Usage, error).hint("name one: --output FILE"));
        };
        self.write_results(&path, standings)
            .map_err(|error| super::errors::failure(Kind::Disk, error))?;
        Ok(path)
    }
}

/// A name that was mistyped would be another memory, and so a second SMS to everyone.
fn new_campaign(batch: &mut Batch) -> Result<Option<String>, JournalError> {
    let Some(journal) = batch.journal.as_mut().filter(|_| batch.campaign.is_none()) else {
        return Ok(None);
    };
    let campaigns = journal.campaigns()?;
    let names = campaigns
        .iter()
        .map(|(_, name)| name.as_str())
        .filter(|name| !CampaignName::is_of_requests(name));
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return Ok(None);
    }
    let name = text::quote(&batch.options.campaign);
    let meant = suggest::nearest(&batch.options.campaign, names.iter().copied())
        .map(|near| format!("; did you mean {near}?"));
    Ok(Some(format!(
        "{name} is a new campaign: numbers that {} reached can get one more SMS{}",
        count(names.len() as u64, "other campaign has", "other campaigns have"),
        meant.unwrap_or_default()
    )))
}
