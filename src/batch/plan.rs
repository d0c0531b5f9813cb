//! What a run is going to do: what the journal says of the numbers that the preflight found, and what follows. Sends
//! nothing, writes nothing.

use super::Batch;
use super::asides::Asides;
use super::course::{Course, FoundJournal, SentPolicy, Tally, decide};
use super::errors::journal_failure;
use super::evidence::{ReachedByResults, SameInput, Sends};
use super::fingerprint::{Difference, Fingerprint, FingerprintPart};
use super::journal::{Journal, JournalError, JournalLocation, RunPlan};
use super::numbers::Numbers;
use super::preflight::{self, Outlook, Survey};
use super::state::CampaignKind;
use crate::failure::{Failure, Fault, Kind};
use crate::text::count;

/// What a run is going to do.
pub(crate) struct BatchPlan {
    pub(crate) outlook: Outlook,
    pub(crate) tally: Tally,
    pub(super) course: Course,
    /// Somebody has agreed that these people get an SMS whatever another journal of the same rows says.
    pub(super) repeat_agreed: bool,
    /// A run has said that this batch is finished, and its results are those of the journal.
    pub(super) concluded: bool,
    pub(super) fingerprint: Fingerprint,
    /// The other runs that are sending, as people read of them.
    pub(crate) others: Vec<String>,
}

impl BatchPlan {
    /// Brings the batch's numbers to where its journal says they stand, and decides what a run does. An error where some of
    /// them would get a second SMS that nobody agreed to.
    pub(super) fn new(batch: &mut Batch, survey: &Survey) -> Result<Self, Failure> {
        let Batch {
            options,
            input,
            numbers,
            journal,
            ..
        } = batch;
        let fingerprint = options.fingerprint(input, &survey.content);
        let journal = journal.as_ref().expect("a batch has its journal until it sends");
        let (found, differences) = compare(journal, &fingerprint, numbers).map_err(journal_failure)?;
        let means_it = matches!(options.sent, SentPolicy::Again { .. });
        if !matches!(found, FoundJournal::Same { .. })
            && let Some(other) = SameInput::look(journal, input, &fingerprint, numbers)
            && !means_it
        {
            return Err(other.refusal(&options.journal));
        }
        if found == FoundJournal::Nothing
            && let Some(reached) = ReachedByResults::look(options, journal, input.shape().format, numbers)?
            && !means_it
        {
            return Err(reached.refusal(&options.journal));
        }
        let others = journal.others().map_err(journal_failure)?;
        // Where several runs share a journal, the one that said so wrote results of its own.
        let concluded = !journal.is_shared() && matches!(found, FoundJournal::Same { concluded: true, .. });
        let (course, tally) = decide(found, options.sent, options.retry, numbers);
        let is_again = matches!(
            found,
            FoundJournal::Same {
                kind: CampaignKind::Again,
                ..
            }
        ) || matches!(course, Course::Again { .. });
        // Two journals of the same rows have both reached somebody only where somebody has agreed to that.
        let repeat_agreed = is_again || tally.ever_sent > 0;
        let sends = Sends {
            numbers: &*numbers,
            retry: options.retry,
            agreed: repeat_agreed,
        };
        if course == Course::Resume
            && let Some(other) = SameInput::has_reached(journal, input, &fingerprint, &sends)
        {
            return Err(other.refusal(&options.journal));
        }
        if let Some(refusal) = refused(course, &options.journal, &differences) {
            return Err(refusal);
        }
        let outlook = preflight::outlook(numbers, options.retry, options.prices);
        if outlook.sends > 0 || numbers.numbers() == 0 {
            survey.refuse_doubt()?;
        }
        Ok(Self {
            outlook,
            tally,
            course,
            repeat_agreed,
            concluded,
            fingerprint,
            others,
        })
    }

    /// The journal is that of this very file and these settings.
    pub(crate) fn is_same_batch(&self) -> bool {
        matches!(self.course, Course::Resume | Course::Finished)
    }

    /// The round that would begin, where one before is finished and this one was not named.
    pub(crate) fn unnamed_round(&self) -> Option<u32> {
        match self.course {
            Course::Again {
                round, named: false, ..
            } => Some(round),
            _ => None,
        }
    }

    /// Nothing is left to send.
    pub(crate) fn is_finished(&self) -> bool {
        self.course == Course::Finished
    }

    /// The counts that the journal keeps of a run.
    pub(super) fn counts(&self, survey: &Survey, duplicates: u64) -> RunPlan {
        RunPlan {
            rows: survey.counts.rows,
            invalid: survey.invalid,
            duplicates,
            open: self.tally.open,
        }
    }
}

/// Folds the journal into the numbers, and says how it stands to this fingerprint.
fn compare(
    journal: &Journal,
    now: &Fingerprint,
    numbers: &mut Numbers,
) -> Result<(FoundJournal, Vec<Difference>), JournalError> {
    let campaign = journal.campaign()?;
    Asides::of(journal)?.fold_into(journal, numbers, crate::clock::now())?;
    let Some(campaign) = campaign else {
        return Ok((FoundJournal::Nothing, Vec::new()));
    };
    if campaign.kind == CampaignKind::Forgotten {
        return Ok((FoundJournal::Forgotten, Vec::new()));
    }
    let differences = journal.differences(&campaign.fingerprint, now);
    let found = if differences.is_empty() {
        FoundJournal::Same {
            kind: campaign.kind,
            concluded: campaign.concluded,
            rounds: rounds(journal, now)?,
        }
    } else {
        // Reading all of the last run takes time, so it is done only where another fingerprint makes it matter.
        FoundJournal::Other {
            left: journal.left()?,
        }
    };
    Ok((found, differences))
}

/// How many of the last campaigns, in a row, are `--again` for this input with these settings.
fn rounds(journal: &Journal, now: &Fingerprint) -> Result<u32, JournalError> {
    let campaigns = journal.fingerprints()?;
    let again = campaigns.iter().rev().take_while(|(kind, fingerprint)| {
        *kind == CampaignKind::Again && journal.differences(fingerprint, now).is_empty()
    });
    Ok(again.map(|_| 1).sum())
}

/// Why nothing may be sent, by the course.
fn refused(course: Course, journal: &JournalLocation, differences: &[Difference]) -> Option<Failure> {
    match course {
        Course::Refuse { second_sms, left } => Some(refusal(journal, differences, second_sms, left)),
        Course::Forgotten { second_sms } => Some(forgotten(journal, second_sms)),
        Course::WrongRound { next } => Some(wrong_round(next)),
        _ => None,
    }
}

fn wrong_round(next: u32) -> Failure {
    let error = format!("nothing was sent: the next round of this batch is --again={next}");
    Failure::message(Kind::Usage, error)
        .hint("--again=ROUND counts how many times everybody gets another SMS")
}

const SENDS_AGAIN: &str = "--again sends to everyone again";

fn forgotten(journal: &JournalLocation, second_sms: u64) -> Failure {
    let error = format!(
        "nothing was sent: the numbers of {journal} were deleted with --forget, so each of the {} in this file may have been sent an SMS",
        count(second_sms, "number", "numbers")
    );
    Failure::message(Kind::Input, error).hint(SENDS_AGAIN)
}

fn refusal(journal: &JournalLocation, differences: &[Difference], second_sms: u64, left: u64) -> Failure {
    // Without a difference there is no journal, and others that were set aside.
    let mut text = if differences.is_empty() {
        format!("nothing was sent: the journals of earlier batches were set aside beside {journal}")
    } else {
        format!("nothing was sent: {journal} is the journal of another batch")
    };
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
    let other_rows = differences
        .iter()
        .any(|difference| difference.part == FingerprintPart::Input);
    let mut failure = Failure::message(Kind::Input, text);
    failure.faults = differences
        .iter()
        .map(|difference| Fault {
            what: "changed".to_owned(),
            message: difference.to_string(),
            hint: None,
        })
        .collect();
    failure
        .hint("--skip-sent leaves out everyone already sent to, and continues in the same journal")
        .hint(match journal {
            // A journal in a file is found by its rows, whatever this run's own would be called.
            JournalLocation::File(_) if !other_rows => SENDS_AGAIN.to_owned(),
            JournalLocation::File(_) => format!("{SENDS_AGAIN}; another --journal knows no numbers"),
            JournalLocation::Database(_) => format!("{SENDS_AGAIN}; another --campaign knows no numbers"),
        })
}
