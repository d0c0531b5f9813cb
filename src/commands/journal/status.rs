//! `smspin journal status FILE`: how each row of a list stands, and the command that goes on.

use super::OpenedJournal;
use super::list::LookedAt;
use crate::answers::batch::{BatchReport, FunnelPart, ResendWay};
use crate::batch::receives::Receives;
use crate::batch::summary::Summary;
use crate::cli::StatusArgs;
use crate::commands::batch::{self, reporting::Reporting};
use crate::failure::{Exit, Failure};
use crate::outcome::OutcomeWord;
use crate::output::AnswerTo;
use crate::session::journal;
use crate::text;

pub(super) fn run(opened: &OpenedJournal<'_>, args: &StatusArgs) -> Result<Exit, Failure> {
    let reporting = Reporting::new(opened.context(), args.list.file.clone(), &args.report, false)?;
    let ended = look(opened, args, &reporting);
    reporting.finish(ended)
}

fn look(opened: &OpenedJournal<'_>, args: &StatusArgs, reporting: &Reporting) -> Result<Exit, Failure> {
    let list = LookedAt::new(opened, &args.list, None)?;
    list.require_attempts(opened)?;
    let summary = Summary::new(&list.batch, &list.survey, Some(&list.standings));
    let (counts, deliveries) = (&list.standings.counts, &list.standings.deliveries);
    let accepted = counts.accepted + counts.undelivered;
    let funnel = (deliveries.delivered + deliveries.not_delivered > 0).then(|| {
        let sent = accepted + counts.refused + counts.unknown;
        FunnelPart::of(list.survey.counts.rows, sent, accepted, deliveries)
    });
    let command = going_on(opened, &list);
    let resend = batch::resend(opened.session, &summary, &command);
    let report = BatchReport {
        outcome: OutcomeWord::Status,
        funnel,
        other_runs: list.standings.at_work(),
        next: summary.is_left().then_some(command),
        hint: resend.as_ref().map(ResendWay::hint),
        resend,
        sandbox: opened.session.in_sandbox(),
        ..BatchReport::of(&summary)
    };
    reporting.summary(&report, &[]);
    Ok(opened
        .context()
        .ui
        .report(&report, summary.exit(), AnswerTo::Local))
}

/// The command of the list's last run, or the one that reads the list as it was read here.
fn going_on(opened: &OpenedJournal<'_>, list: &LookedAt) -> String {
    let digest = list.survey.digest();
    let of_list = list
        .standings
        .runs
        .all()
        .filter(|run| run.digest.as_deref() == Some(&digest));
    let last = of_list.max_by_key(|run| run.began);
    let command = last.map(|run| Receives::from_json(&run.settings).command);
    command.filter(|command| !command.is_empty()).unwrap_or_else(|| {
        let typed = opened.context().command_line.batch_of_list();
        typed.map_or_else(
            || {
                let file = list.batch.options.file.to_string_lossy();
                journal::command(opened.session, &format!("batch {}", text::shell_word(&file)))
            },
            |command| command.to_shell(),
        )
    })
}
