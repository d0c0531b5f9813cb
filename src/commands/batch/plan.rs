//! What this run would do: the preflight over the rows, and what the journal says of them. Sends nothing, writes nothing.

use super::errors::{UNKNOWN_HINT, journal_failure};
use super::prepare::BatchSetup;
use crate::answers::batch::{BatchReport, CountryPart, PreflightPart, count};
use crate::batch::course::{Course, FoundJournal, SentPolicy, Tally, decide};
use crate::batch::decision::RetryUnknown;
use crate::batch::fingerprint::{Difference, Fingerprint};
use crate::batch::journal::{Access, Journal, JournalError, RunPlan};
use crate::batch::preflight::{self, Outlook, Surveyed};
use crate::cli::BatchArgs;
use crate::failure::{Exit, Failure, Kind};
use crate::session::Context;
use crate::session::Session;
use jiff::Timestamp;

/// A run that knows what it is about to do.
pub(super) struct Planned {
    pub(super) surveyed: Surveyed,
    pub(super) outlook: Outlook,
    pub(super) course: Course,
    /// A run has said that this batch is finished, and its results are those of the journal.
    pub(super) concluded: bool,
    pub(super) tally: Tally,
    pub(super) retry: RetryUnknown,
    pub(super) fingerprint: Fingerprint,
    /// Numbers to be sent to that were sent to before, or may have been.
    pub(super) second_sms: u64,
    /// Locked; none for a dry run, which only looks.
    pub(super) journal: Option<Journal>,
    pub(super) part: PreflightPart,
}

impl Planned {
    pub(super) fn new(
        session: &Session<'_>,
        args: &BatchArgs,
        prepared: &mut BatchSetup,
    ) -> Result<Self, Failure> {
        let access = if args.run.dry_run {
            Access::ReadOnly
        } else {
            Access::Locked
        };
        let journal = Journal::open(&prepared.journal, access).map_err(journal_failure)?;
        let doing = format!("cannot read {}", args.file.display());
        let mut surveyed = preflight::survey(&prepared.input, &mut prepared.checker)
            .map_err(|error| Failure::new(Kind::Invalid, error).doing(doing))?;
        for concern in prepared.defaults.pin_params.concerns() {
            session.context.ui.warn(concern);
        }
        let fingerprint = prepared.fingerprint(&surveyed.content);
        let (found, differences) = compare(&journal, &fingerprint, &mut surveyed).map_err(journal_failure)?;
        let retry = retry(args);
        let concluded = matches!(found, FoundJournal::Same { concluded: true, .. });
        let (course, tally) = decide(found, sent(args), retry, &mut surveyed.numbers);
        let outlook = preflight::outlook(&surveyed.numbers, retry, prepared.prices);
        let second_sms = outlook.second_sms;
        let part = part(args, prepared, &surveyed, &outlook, tally, second_sms);
        if let Course::Refuse { second_sms, left } = course {
            return Err(refusal(prepared, &differences, second_sms, left));
        }
        Ok(Self {
            surveyed,
            outlook,
            course,
            concluded,
            tally,
            retry,
            fingerprint,
            second_sms,
            journal: (access == Access::Locked).then_some(journal),
            part,
        })
    }

    pub(super) fn is_finished(&self) -> bool {
        self.course == Course::Finished
    }

    /// The counts that the journal keeps of a run.
    pub(super) fn plan(&self) -> RunPlan {
        RunPlan {
            rows: self.surveyed.counts.rows,
            invalid: self.surveyed.invalid,
            duplicates: self.surveyed.numbers.duplicates(),
            open: self.tally.open,
        }
    }
}

/// Folds the journal into the numbers, and says how it stands to this fingerprint.
fn compare(
    journal: &Journal,
    now: &Fingerprint,
    surveyed: &mut Surveyed,
) -> Result<(FoundJournal, Vec<Difference>), JournalError> {
    let campaign = journal.campaign()?;
    journal.fold_into(&mut surveyed.numbers, Timestamp::now())?;
    let Some(campaign) = campaign else {
        return Ok((FoundJournal::Nothing, Vec::new()));
    };
    let differences = campaign.fingerprint.differences(now);
    let found = if differences.is_empty() {
        FoundJournal::Same {
            kind: campaign.kind,
            concluded: campaign.concluded,
        }
    } else {
        // Reading all of the last run takes time, so it is done only where another fingerprint makes it matter.
        FoundJournal::Other {
            left: journal.left()?,
        }
    };
    Ok((found, differences))
}

pub(super) fn dry_run(context: &Context, args: &BatchArgs, planned: &Planned) -> Exit {
    let invalid = planned.surveyed.invalid > 0;
    let report = BatchReport {
        outcome: "dry_run",
        sandbox: context.global.sandbox,
        preflight: Some(planned.part.clone()),
        hint: planned
            .is_finished()
            .then(|| UNKNOWN_HINT.to_owned())
            .filter(|_| planned.tally.unknown > 0),
        journal: Some(
            args.run
                .journal
                .as_ref()
                .map_or_else(String::new, |path| path.display().to_string()),
        )
        .filter(|path| !path.is_empty()),
        ..BatchReport::empty()
    };
    context
        .ui
        .report(&report, if invalid { Exit::No } else { Exit::Done }, false)
}

fn retry(args: &BatchArgs) -> RetryUnknown {
    match args.repeat.retry_unknown.as_deref() {
        None => RetryUnknown::Never,
        Some("all") => RetryUnknown::All,
        Some(_) => RetryUnknown::Expired,
    }
}

const fn sent(args: &BatchArgs) -> SentPolicy {
    match (args.repeat.again, args.repeat.skip_sent) {
        (true, _) => SentPolicy::Again,
        (false, true) => SentPolicy::Skip,
        (false, false) => SentPolicy::Protect,
    }
}

fn refusal(prepared: &BatchSetup, differences: &[Difference], second_sms: u64, left: u64) -> Failure {
    let mut text = format!(
        "nothing was sent: {} is the journal of another batch",
        prepared.journal.display()
    );
    if second_sms > 0 {
        text.push_str(&format!(
            ", and {} in this one would get a second SMS",
            count(second_sms, "person", "people")
        ));
    }
    if left > 0 {
        text.push_str(&format!(
            "; {} still to send",
            count(left, "row of that batch is", "rows of that batch are")
        ));
    }
    let mut failure = Failure::message(Kind::Input, text);
    failure.faults = differences
        .iter()
        .map(|difference| crate::failure::Fault {
            what: "changed".to_owned(),
            message: difference.to_string(),
            hint: None,
        })
        .collect();
    failure
        .hint("--skip-sent leaves out everyone already sent to, and continues in the same journal")
        .hint("--again sends to everyone again; --journal FILE starts a new journal, which knows no numbers")
}

fn part(
    args: &BatchArgs,
    prepared: &BatchSetup,
    surveyed: &Surveyed,
    outlook: &Outlook,
    tally: Tally,
    second_sms: u64,
) -> PreflightPart {
    PreflightPart {
        file: args.file.display().to_string(),
        format: prepared.input.shape().to_string(),
        columns: prepared.input.meanings(),
        rows: surveyed.counts.rows,
        to_send: outlook.sends,
        invalid: surveyed.invalid,
        duplicates: surveyed.numbers.duplicates(),
        mended: surveyed.counts.mended,
        doubtful: surveyed.doubtful,
        accepted: tally.accepted + tally.carried_over,
        refused: tally.refused,
        unknown: tally.unknown,
        second_sms,
        countries: outlook
            .countries
            .iter()
            .map(|(country, rows)| CountryPart {
                country: country.clone(),
                rows: *rows,
            })
            .collect(),
        segments: outlook.segments,
        gsm7: outlook.gsm7,
        ucs2: outlook.ucs2,
        gateway_text: outlook.own_text,
        hlr_queries: outlook.hlr_queries,
        estimate: outlook.estimate.map(|money| money.to_string()),
        faults: surveyed.faults.clone(),
    }
}
