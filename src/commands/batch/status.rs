//! `smspin batch FILE --status`: how far the journal is, while a run may be writing it. Reads the journal alone.

use super::reporting::Reporting;
use crate::answers::batch::{BatchReport, CampaignsReport, FunnelPart, UNKNOWN_HINT};
use crate::batch::asides::Asides;
use crate::batch::decision::{Decision, RetryUnknown};
use crate::batch::errors::journal_failure;
use crate::batch::fingerprint::Fingerprint;
use crate::batch::journal::{
    self, Access, Campaign, DatabasePlace, Journal, JournalError, JournalLocation, LostRecords,
};
use crate::batch::journal_choice;
use crate::batch::numbers::Numbers;
use crate::batch::outcomes;
use crate::batch::places::Places;
use crate::batch::results::RowException;
use crate::batch::state::CampaignKind;
use crate::batch::summary::{no_rows, worse};
use crate::cli::BatchArgs;
use crate::domain::campaign_name::CampaignName;
use crate::failure::{Exit, Failure, Kind};
use crate::output::AnswerTo;
use crate::session::{Context, Session};
use crate::text::count;
use std::collections::BTreeMap;

pub(super) fn run(
    session: &Session<'_>,
    args: &BatchArgs,
    reporting: &Reporting<'_>,
) -> Result<Exit, Failure> {
    let context = session.context;
    if args.file.is_none()
        && let Some(place) = journal_choice::without_campaign(session, &args.run.journal)?
    {
        return list(context, &place);
    }
    let location = locate(session, args)?;
    let journal = look(&location, args)?;
    let Some(campaign) = journal.campaign().map_err(journal_failure)? else {
        return Err(not_begun(&location).hint(format!("`{}` begins it", going_on(context, None))));
    };
    let last_run = journal.last_run().map_err(journal_failure)?;
    if campaign.kind == CampaignKind::Forgotten {
        reporting.looks_back(last_run, Exit::Done);
        return Ok(show_forgotten(context, &campaign, &location, reporting));
    }
    let StatusCounts {
        rows,
        under_way,
        open,
        unknown,
        exit,
        ..
    } = StatusCounts::of(&journal, &campaign).map_err(journal_failure)?;
    reporting.looks_back(last_run, exit);
    let next = Some(going_on(context, Some(&campaign.fingerprint)));
    let exceptions = if reporting.is_wanted() {
        not_accepted(&journal, under_way.is_some()).map_err(journal_failure)?
    } else {
        Vec::new()
    };
    let funnel = funnel(&journal, campaign.plan.rows, &rows)?;
    let report = BatchReport {
        funnel,
        outcome: "status",
        sandbox: context.global.sandbox,
        rows,
        error_ids: journal
            .error_ids()
            .map_err(journal_failure)?
            .into_iter()
            .collect(),
        journal: Some(location.to_string()),
        next: next.filter(|_| under_way.is_none() && open > 0),
        hint: hint(under_way, open, unknown, campaign.fingerprint.has_report_url()),
        under_way,
        other_runs: journal.others().map_err(journal_failure)?,
        ..BatchReport::empty()
    };
    reporting.summary(&report, &exceptions);
    let exit = context.ui.report(&report, Exit::Done, AnswerTo::Local);
    if let Some(hint) = report.hint.as_deref().filter(|_| !context.ui.json) {
        context.ui.hint(hint);
    }
    Ok(exit)
}

/// The rows that a report lists.
fn not_accepted(journal: &Journal, under_way: bool) -> Result<Vec<RowException>, JournalError> {
    // One after the other: each reads in a transaction of its own.
    let numbers = journal.numbers(crate::clock::now())?;
    let Some(mut history) = journal.past()? else {
        return Ok(Vec::new());
    };
    outcomes::not_accepted(&numbers, &mut history, under_way)
}

/// The campaigns of a database: the sandbox's, or those that were really sent.
fn list(context: &Context, place: &DatabasePlace) -> Result<Exit, Failure> {
    let sandbox = context.global.sandbox;
    let mut campaigns = journal::campaigns(place).map_err(journal_failure)?;
    campaigns.retain(|campaign| CampaignName::is_of_sandbox(&campaign.name) == sandbox);
    let report = CampaignsReport::of(campaigns, sandbox);
    Ok(context.ui.report(&report, Exit::Done, AnswerTo::Local))
}

/// Says that a batch is forgotten, and what little is left to say of it.
pub(super) fn show_forgotten(
    context: &Context,
    campaign: &Campaign,
    location: &JournalLocation,
    reporting: &Reporting<'_>,
) -> Exit {
    let plan = campaign.plan;
    let valid = plan.rows.saturating_sub(plan.invalid + plan.duplicates);
    let rows = [
        ("forgotten", valid),
        ("invalid", plan.invalid),
        ("duplicate", plan.duplicates),
    ];
    let report = BatchReport {
        outcome: "forgotten",
        sandbox: context.global.sandbox,
        rows: rows
            .into_iter()
            .filter(|(_, number)| *number > 0)
            .collect::<BTreeMap<_, _>>(),
        forgotten_at: Some(campaign.begun_at.to_string()),
        journal: Some(location.to_string()),
        ..BatchReport::empty()
    };
    reporting.summary(&report, &[]);
    context.ui.report(&report, Exit::Done, AnswerTo::Local)
}

pub(super) fn not_begun(location: &JournalLocation) -> Failure {
    let error = format!("there is no journal {location}: this batch has not been started");
    Failure::message(Kind::NotFound, error)
}

/// How far a batch is.
pub(super) struct StatusCounts {
    rows: BTreeMap<&'static str, u64>,
    /// Numbers that the journal holds.
    pub(super) numbers: u64,
    /// Numbers with a request in flight, in a run that is in progress.
    under_way: Option<u64>,
    pub(super) open: u64,
    pub(super) unknown: u64,
    /// How a run would end that had nothing to add.
    exit: Exit,
}

impl StatusCounts {
    pub(super) fn of(journal: &Journal, campaign: &Campaign) -> Result<Self, JournalError> {
        let now = crate::clock::now();
        let numbers = journal.numbers(now)?;
        let mut rows = no_rows();
        let (mut attempted, mut exit) = (0, Exit::Done);
        for (_, _, decision) in numbers.decisions(RetryUnknown::Never) {
            if decision.attempted() {
                attempted += 1;
                *rows.entry(decision.word()).or_default() += 1;
                // Which of the unknown ones are waited for is told below.
                if decision.exit() != Exit::Unknown {
                    exit = worse(exit, decision.exit());
                }
            }
        }
        for (word, number) in [
            ("invalid", campaign.plan.invalid),
            ("duplicate", campaign.plan.duplicates),
        ] {
            *rows.entry(word).or_default() += number;
        }
        let under_way = journal.under_way()?;
        // What nobody has heard of yet is unknown only once nobody waits for it.
        let unknown = rows.remove("unknown").unwrap_or_default();
        let awaited = under_way.filter(|_| rows.remove("under_way").is_none());
        let unknown = unknown.saturating_sub(awaited.unwrap_or_default());
        rows.insert("unknown", unknown);
        let open = journal.left()?;
        let tried = rows.get("unsent").copied().unwrap_or_default();
        let pending = open.saturating_sub(tried);
        let reached = Asides::of(journal).and_then(|asides| asides.reached(now))?.len() as u64;
        rows.insert("pending", pending);
        let (taken_over, maybe) = carried_over(campaign, &numbers, reached, attempted + pending);
        for (word, number) in [("accepted", taken_over), ("unknown", maybe)] {
            *rows.entry(word).or_default() += number;
        }
        let unknown = unknown + maybe;
        for (is_so, then) in [
            (unknown > 0, Exit::Unknown),
            (open > 0 || under_way.is_some(), Exit::Unsent),
            (campaign.plan.invalid > 0, Exit::No),
        ] {
            if is_so {
                exit = worse(exit, then);
            }
        }
        Ok(Self {
            rows,
            numbers: numbers.numbers(),
            under_way,
            open,
            unknown,
            exit,
        })
    }
}

/// A database knows a campaign without its file.
fn locate(session: &Session<'_>, args: &BatchArgs) -> Result<JournalLocation, Failure> {
    match &args.file {
        Some(_) => Ok(Places::of(session, args)?.journal),
        None => journal_choice::required(session, &args.run.journal),
    }
}

fn look(location: &JournalLocation, args: &BatchArgs) -> Result<Journal, Failure> {
    let lost_records = LostRecords::accepted(args.run.accept_lost_records);
    Journal::open(location, Access::ReadOnly, lost_records).map_err(journal_failure)
}

/// From rows to deliveries, once delivery reports were read.
fn funnel(
    journal: &Journal,
    rows: u64,
    outcomes: &BTreeMap<&'static str, u64>,
) -> Result<Option<FunnelPart>, Failure> {
    let deliveries = journal.deliveries().map_err(journal_failure)?;
    if deliveries.is_empty() {
        return Ok(None);
    }
    let of = |words: &[&str]| words.iter().filter_map(|word| outcomes.get(word)).sum();
    let sent = of(&["accepted", "refused", "unknown", "unsent"]);
    Ok(Some(FunnelPart::of(
        rows,
        sent,
        of(&["accepted"]),
        deliveries.into_values(),
    )))
}

fn hint(under_way: Option<u64>, open: u64, unknown: u64, report_url: bool) -> Option<String> {
    match (under_way, open, unknown) {
        (None, 0, 0) => None,
        (None, 0, _) => Some(UNKNOWN_HINT.to_owned()),
        (None, ..) => Some(format!(
            "{} still to send, with the same settings as before{}",
            count(open, "row is", "rows are"),
            if report_url {
                ", and --report-url, which the journal doesn't keep"
            } else {
                ""
            }
        )),
        (Some(_), ..) => Some("a run is in progress: this is what it has recorded so far".to_owned()),
    }
}

/// The command that the batch was begun with, as it goes on; of a journal that doesn't say, this one.
pub(super) fn going_on(context: &Context, fingerprint: Option<&Fingerprint>) -> String {
    let begun_with = fingerprint.and_then(Fingerprint::command);
    begun_with.map_or_else(|| context.command_line.going_on().to_shell(), str::to_owned)
}

/// The numbers of this input that earlier campaigns sent to, or may have, and this one has not tried: accepted and unknown.
/// The input isn't read, so they are what the rows have left over. `reached` is how many other journals know.
fn carried_over(campaign: &Campaign, numbers: &Numbers, reached: u64, settled: u64) -> (u64, u64) {
    let plan = campaign.plan;
    let valid = plan.rows.saturating_sub(plan.invalid + plan.duplicates);
    let left_over = valid.saturating_sub(settled);
    let (mut accepted, mut unknown) = (reached, 0);
    for (_, _, decision) in numbers.decisions(RetryUnknown::Never) {
        accepted += u64::from(decision == Decision::LeaveAccepted { carried_over: true });
        unknown += u64::from(decision == Decision::LeaveUnknown { carried_over: true });
    }
    let unknown = unknown.min(left_over);
    (accepted.min(left_over - unknown), unknown)
}
