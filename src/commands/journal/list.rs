//! A list that is looked at, by `smspin journal status` and `results`: its rows are checked, its numbers looked up, and nothing is
//! sent.

use super::OpenedJournal;
use crate::answers::batch::{BatchReport, FunnelPart, ResendWay};
use crate::batch::Batch;
use crate::batch::errors::journal_failure;
use crate::batch::preflight::Survey;
use crate::batch::receives::Receives;
use crate::batch::standings::Standings;
use crate::batch::summary::Summary;
use crate::cli::{ListArg, ListReading, ResultsArgs, StatusArgs};
use crate::commands::batch;
use crate::commands::batch::asked;
use crate::commands::batch::reporting::Reporting;
use crate::failure::{Exit, Failure, Kind};
use crate::journal::Rules;
use crate::outcome::OutcomeWord;
use crate::output::AnswerTo;
use crate::session::journal;
use crate::text;
use std::path::Path;

/// A list, and how its rows stand now.
pub(super) struct LookedAt {
    pub(super) batch: Batch,
    pub(super) survey: Survey,
    pub(super) standings: Standings,
}

/// A list whose rows are checked. An error where the country of the numbers is in doubt.
pub(super) fn checked(
    opened: &OpenedJournal<'_>,
    file: &Path,
    reading: &ListReading,
    output: Option<&Path>,
) -> Result<(Batch, Survey), Failure> {
    let ui = &opened.context().ui;
    let shown = file.display();
    let asked = asked::by_list(file, reading, output);
    let mut batch = ui.saying_if_slow(format!("opening {shown} and the journal…"), || {
        Batch::open(opened.session, &asked, opened.place.clone())
    })?;
    let survey = ui.saying_if_slow(format!("checking the rows of {shown}…"), || batch.survey())?;
    match survey.column_doubt() {
        Some(doubt) => Err(doubt),
        None => Ok((batch, survey)),
    }
}

impl LookedAt {
    /// An error where there is no journal, or where the country of the numbers is in doubt.
    pub(super) fn new(
        opened: &OpenedJournal<'_>,
        list: &ListArg,
        output: Option<&Path>,
    ) -> Result<Self, Failure> {
        drop(opened.look()?);
        let (mut batch, survey) = checked(opened, &list.file, &list.reading, output)?;
        let standings = batch
            .look(&Rules::plain(crate::clock::now()), None)
            .map_err(journal_failure)?;
        Ok(Self {
            batch,
            survey,
            standings,
        })
    }

    /// An error where no number of the list is known to the campaign.
    pub(super) fn require_attempts(&self, opened: &OpenedJournal<'_>) -> Result<(), Failure> {
        if self.standings.is_known() {
            return Ok(());
        }
        let error = format!(
            "no number of {} is known to the campaign {}",
            self.batch.options.asked.file.display(),
            self.batch.options.campaign
        );
        Err(Failure::message(Kind::NotFound, error).hint(opened.campaigns_hint()))
    }
}

pub(super) fn status(opened: &OpenedJournal<'_>, args: &StatusArgs) -> Result<Exit, Failure> {
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
                let file = list.batch.options.asked.file.to_string_lossy();
                journal::command(opened.session, &format!("batch {}", text::shell_word(&file)))
            },
            |command| command.to_shell(),
        )
    })
}

pub(super) fn results(opened: &OpenedJournal<'_>, args: &ResultsArgs) -> Result<Exit, Failure> {
    let mut list = LookedAt::new(opened, &args.list, args.output.as_deref())?;
    list.require_attempts(opened)?;
    let results = list.batch.rewrite_results(&list.survey, &list.standings)?;
    let summary = Summary::new(&list.batch, &list.survey, Some(&list.standings));
    let report = BatchReport {
        outcome: OutcomeWord::Status,
        results: Some(results.display().to_string()),
        sandbox: opened.session.in_sandbox(),
        ..BatchReport::of(&summary)
    };
    Ok(opened
        .context()
        .ui
        .report(&report, summary.exit(), AnswerTo::Local))
}
