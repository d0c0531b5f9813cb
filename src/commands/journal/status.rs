//! `smspin journal status FILE`: how each row of a list stands, and the command that goes on.

use super::OpenedJournal;
use super::list::LookedAt;
use crate::answers::batch::{BatchReport, FunnelPart};
use crate::batch::receives::Receives;
use crate::batch::summary::Summary;
use crate::cli::StatusArgs;
use crate::commands::batch::reporting::Reporting;
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::output::AnswerTo;

pub(super) fn run(opened: &OpenedJournal<'_>, args: &StatusArgs) -> Result<Exit, Failure> {
    let list = args.list.file.display().to_string();
    let reporting = Reporting::new(opened.context(), list, &args.report, false)?;
    let ended = look(opened, args, &reporting);
    reporting.finish(ended)
}

fn look(opened: &OpenedJournal<'_>, args: &StatusArgs, reporting: &Reporting<'_>) -> Result<Exit, Failure> {
    let list = LookedAt::new(opened, &args.list, None)?;
    list.require_attempts()?;
    let summary = Summary::new(&list.batch, &list.survey);
    let (counts, deliveries) = (&list.standings.counts, &list.standings.deliveries);
    let accepted = counts.accepted + counts.undelivered;
    let funnel = (deliveries.delivered + deliveries.not_delivered > 0).then(|| {
        let sent = accepted + counts.refused + counts.unknown;
        FunnelPart::of(list.survey.counts.rows, sent, accepted, deliveries)
    });
    let report = BatchReport {
        outcome: OutcomeWord::Status,
        funnel,
        other_runs: list.standings.at_work(),
        next: (summary.open > 0).then(|| going_on(&list)),
        ..BatchReport::of(&summary)
    };
    reporting.summary(&report, &[]);
    Ok(opened
        .context()
        .ui
        .report(&report, summary.exit(), AnswerTo::Local))
}

/// The command of the list's last run, or the plain one.
fn going_on(list: &LookedAt) -> String {
    let digest = list.survey.digest();
    let of_list = list
        .standings
        .runs
        .all()
        .filter(|run| run.digest.as_deref() == Some(&digest));
    let last = of_list.max_by_key(|run| run.began);
    let command = last.map(|run| Receives::from_json(&run.settings).command);
    command.filter(|command| !command.is_empty()).unwrap_or_else(|| {
        let file = list.batch.options.file.to_string_lossy();
        format!("smspin batch {}", crate::text::shell_word(&file))
    })
}
