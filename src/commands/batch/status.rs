//! `smspin batch FILE --status`: how far the journal is, while a run may be writing it. Reads the journal alone.

use crate::answers::batch::{BatchReport, FunnelPart, UNKNOWN_HINT};
use crate::batch::decision::RetryUnknown;
use crate::batch::errors::journal_failure;
use crate::batch::journal::{Access, Journal, LostRecords};
use crate::batch::places::Places;
use crate::cli::BatchArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::output::AnswerTo;
use crate::session::Context;
use crate::text::count;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) fn run(context: &Context, args: &BatchArgs) -> Result<Exit, Failure> {
    let path = Places::of(args, context.global.sandbox)?.journal;
    let journal = look(&path, args)?;
    let Some(campaign) = journal.campaign().map_err(journal_failure)? else {
        let error = format!(
            "there is no journal {}: this batch has not been started",
            path.display()
        );
        return Err(
            Failure::message(Kind::NotFound, error).hint(format!("`{}` begins it", for_real(context)))
        );
    };
    let numbers = journal.numbers(Timestamp::now()).map_err(journal_failure)?;
    let mut rows: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (_, _, decision) in numbers.decisions(RetryUnknown::Never) {
        if decision.attempted() {
            *rows.entry(decision.word()).or_default() += 1;
        }
    }
    for (word, number) in [
        ("invalid", campaign.plan.invalid),
        ("duplicate", campaign.plan.duplicates),
    ] {
        if number > 0 {
            *rows.entry(word).or_default() += number;
        }
    }
    let under_way = journal.under_way().map_err(journal_failure)?;
    // What nobody has heard of yet is unknown only once nobody waits for it.
    let unknown = rows.remove("unknown").unwrap_or_default();
    let unknown = unknown.saturating_sub(under_way.unwrap_or_default());
    if unknown > 0 {
        rows.insert("unknown", unknown);
    }
    let open = journal.left().map_err(journal_failure)?;
    let tried = rows.get("unsent").copied().unwrap_or_default();
    if open > tried {
        rows.insert("pending", open - tried);
    }
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
        journal: Some(path.display().to_string()),
        next: next(context, under_way, open, unknown),
        hint: hint(under_way, open, unknown),
        under_way,
        ..BatchReport::empty()
    };
    let exit = context.ui.report(&report, Exit::Done, AnswerTo::Local);
    if let Some(hint) = report.hint.as_deref().filter(|_| !context.ui.json) {
        context.ui.hint(hint);
    }
    Ok(exit)
}

fn look(path: &Path, args: &BatchArgs) -> Result<Journal, Failure> {
    let lost_records = LostRecords::accepted(args.run.accept_lost_records);
    Journal::open(path, Access::ReadOnly, lost_records).map_err(journal_failure)
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

fn hint(under_way: Option<u64>, open: u64, unknown: u64) -> Option<String> {
    match (under_way, open, unknown) {
        (None, 0, 0) => None,
        (None, 0, _) => Some(UNKNOWN_HINT.to_owned()),
        (None, ..) => Some(format!(
            "{} still to send, with the same settings as before",
            count(open, "row is", "rows are")
        )),
        (Some(_), ..) => Some("a run is in progress: this is what it has recorded so far".to_owned()),
    }
}

/// This command, as it sends.
fn for_real(context: &Context) -> String {
    context.command_line.replacen(" --status", "", 1)
}

/// The command that does what is left.
fn next(context: &Context, under_way: Option<u64>, open: u64, unknown: u64) -> Option<String> {
    match (under_way, open, unknown) {
        (Some(_), ..) | (None, 0, 0) => None,
        (None, 0, _) => Some(format!("{} --retry-unknown", for_real(context))),
        (None, ..) => Some(for_real(context)),
    }
}
