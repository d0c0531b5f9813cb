//! The journal against its promises. A crash is a copy of the files while a run goes on: what a kill leaves behind.

mod access;
mod campaigns;
mod crashes;
mod damage;
mod format_1;
mod losses;
mod presence;
mod reports;

use super::*;
use crate::batch::course::Tally;
use crate::batch::decision::RetryUnknown;
use crate::batch::fingerprint::{self, Fingerprint};
use crate::batch::journal::records::PastAttempt;
use crate::batch::journal::writer::Receipt;
use crate::batch::journal::writer::{Recorder, WriterThread};
use crate::batch::journal::{
    AttemptOutcome, Broken, Grant, Intent, Journal, NumberHistory, ReportId, RunPlan, Ticket,
};
use crate::batch::numbers::{NumbersBuilder, Tag};
use crate::batch::state::{AttemptResult, CampaignKind, Status};
use crate::domain::msisdn::Msisdn;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

pub(super) const NOW: Timestamp = Timestamp::constant(1_795_000_000, 0);
const LIFE: u32 = 600;

/// Waits for a receipt on the thread of the test, which runs no tasks.
trait Wait<T> {
    fn wait(self) -> Result<T, Broken>;
}

impl Wait<()> for Receipt<()> {
    fn wait(self) -> Result<(), Broken> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self)
    }
}

impl Wait<Vec<Ticket>> for Receipt<Vec<Grant>> {
    fn wait(self) -> Result<Vec<Ticket>, Broken> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ticket = |grant| match grant {
            Grant::Granted(ticket) => ticket,
            Grant::Taken => panic!("a file is nobody else's"),
        };
        runtime
            .block_on(self)
            .map(|grants| grants.into_iter().map(ticket).collect())
    }
}

/// The thread of a file's journal.
struct FileWriter(WriterThread);

impl FileWriter {
    fn finish(self) -> Result<FileJournal, Broken> {
        self.0.finish().map(|journal| match journal {
            Journal::File(journal) => *journal,
            Journal::Database(_) => panic!("a file stays a file"),
        })
    }
}

impl FileJournal {
    fn start(self) -> Result<(Recorder, FileWriter), JournalError> {
        let (recorder, writer) = Journal::File(Box::new(self)).start(Duration::ZERO)?;
        Ok((recorder, FileWriter(writer)))
    }
}

fn later(millis: i64) -> Timestamp {
    NOW + jiff::SignedDuration::from_millis(millis)
}

fn number(digits: u64) -> Msisdn {
    Msisdn::from_u64(digits).unwrap()
}

fn intent(digits: u64) -> Intent {
    Intent {
        number: number(digits),
        at: NOW,
        expires_in: LIFE,
        repeat: false,
        report_id: ReportId::random(1)[0],
    }
}

fn outcome(ended: AttemptResult) -> AttemptOutcome {
    AttemptOutcome {
        ended,
        at: later(100),
        http: Some(200),
        error_id: None,
        error_msg: None,
        detail: None,
    }
}

fn print(content: &str) -> Fingerprint {
    Fingerprint::of(&fingerprint::tests::subject(content))
}

fn plan(open: u64) -> RunPlan {
    RunPlan {
        rows: open + 3,
        invalid: 2,
        duplicates: 1,
        open,
    }
}

/// A folder with a journal in it, or the place for one.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("users.csv.smspin")
    }

    fn wal(&self) -> PathBuf {
        self.folder.path().join("users.csv.smspin-wal")
    }

    fn open(&self) -> FileJournal {
        FileJournal::open(&self.path(), Access::Locked, LostRecords::Refuse).unwrap()
    }

    /// A first campaign, sending.
    fn begin(&self, open: u64) -> (Recorder, FileWriter) {
        let mut journal = self.open();
        journal
            .begin(CampaignKind::First, &print("a"), &plan(open), NOW)
            .unwrap();
        journal.start().unwrap()
    }

    /// The next run of the last campaign, sending.
    fn resume(&self, open: u64) -> (Recorder, FileWriter) {
        let mut journal = self.open();
        journal.resume(&plan(open), NOW).unwrap();
        journal.start().unwrap()
    }

    /// What a kill at this moment would leave.
    fn crash(&self) -> Self {
        let copy = Self::new();
        for name in self.names() {
            fs::copy(self.folder.path().join(&name), copy.folder.path().join(&name)).unwrap();
        }
        copy
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Where numbers stand, for a run that starts now.
    fn states(&self, numbers: &[u64]) -> Vec<Status> {
        states(&self.open(), numbers)
    }
}

fn states(journal: &FileJournal, wanted: &[u64]) -> Vec<Status> {
    let mut builder = NumbersBuilder::default();
    for digits in wanted {
        builder.add(number(*digits), Tag::NONE);
    }
    let mut numbers = builder.finish();
    journal.fold_into(&mut numbers, NOW).unwrap();
    wanted
        .iter()
        .map(|digits| numbers.standing(number(*digits)).unwrap().state())
        .collect()
}

fn send(recorder: &Recorder, digits: u64, ended: AttemptResult) {
    let ticket = recorder
        .intend(vec![intent(digits)])
        .wait()
        .unwrap()
        .pop()
        .unwrap();
    recorder.close(ticket, outcome(ended)).wait().unwrap();
}

#[test]
fn what_was_recorded_is_read_back() {
    use Status::{Accepted, Pending, Refused, RefusedAccount, Unknown, Unsent};
    let place = Place::new();
    let (recorder, writer) = place.begin(6);
    let endings = [
        AttemptResult::Accepted,
        AttemptResult::Refused,
        AttemptResult::RefusedAccount,
        AttemptResult::Unsent,
        AttemptResult::Unknown,
    ];
    for (digits, ended) in (1..).zip(endings) {
        send(&recorder, digits, ended);
    }
    let open = recorder.intend(vec![intent(6), intent(7)]).wait().unwrap();
    assert_eq!(open.len(), 2);
    let journal = writer.finish().unwrap();
    let expected = [
        Accepted,
        Refused,
        RefusedAccount,
        Unsent,
        Unknown,
        Unknown,
        Unknown,
        Pending,
    ];
    assert_eq!(states(&journal, &[1, 2, 3, 4, 5, 6, 7, 8]), expected);
    journal.close().unwrap();
    assert_eq!(place.names(), ["users.csv.smspin", "users.csv.smspin.lock"]);
    assert_eq!(
        place.states(&[8, 7, 6, 5, 4, 3, 2, 1]),
        expected.iter().rev().copied().collect::<Vec<_>>()
    );
}

#[test]
fn an_intent_taken_back_never_was() {
    let place = Place::new();
    let (recorder, writer) = place.begin(3);
    let mut tickets = recorder
        .intend(vec![intent(1), intent(2), intent(3)])
        .wait()
        .unwrap();
    let kept = tickets.remove(1);
    recorder.take_back(tickets).wait().unwrap();
    recorder
        .close(kept, outcome(AttemptResult::Accepted))
        .wait()
        .unwrap();
    writer.finish().unwrap().close().unwrap();
    assert_eq!(
        place.states(&[1, 2, 3]),
        [Status::Pending, Status::Accepted, Status::Pending]
    );
    // The ids of intents that were taken back may come again.
    let (recorder, writer) = place.resume(2);
    send(&recorder, 3, AttemptResult::Refused);
    writer.finish().unwrap().close().unwrap();
    assert_eq!(
        place.states(&[1, 2, 3]),
        [Status::Pending, Status::Accepted, Status::Refused]
    );
}

#[test]
fn what_has_queued_is_written_whatever_its_size() {
    let place = Place::new();
    let (recorder, writer) = place.begin(10_000);
    let receipts: Vec<Receipt<_>> = (1..=10_000)
        .map(|digits| recorder.intend(vec![intent(digits)]))
        .collect();
    let mut ids = Vec::new();
    for receipt in receipts {
        let ticket = receipt.wait().unwrap().pop().unwrap();
        ids.push(ticket.attempt);
        drop(recorder.close(ticket, outcome(AttemptResult::Accepted)));
    }
    assert_eq!(ids, (1..=10_000).collect::<Vec<_>>());
    let journal = writer.finish().unwrap();
    assert_eq!(states(&journal, &[1, 5_000, 10_000]), [Status::Accepted; 3]);
    let late = recorder.intend(vec![intent(1)]).wait();
    assert!(matches!(late, Err(Broken::Closed)));
}

#[test]
fn a_full_disk_ends_the_journal_for_good() {
    let place = Place::new();
    let mut journal = place.open();
    journal
        .begin(CampaignKind::First, &print("a"), &plan(9), NOW)
        .unwrap();
    let pages: i64 = journal
        .connected()
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .unwrap();
    journal
        .connected()
        .pragma_update(None, "max_page_count", pages + 4)
        .unwrap();
    let (recorder, writer) = journal.start().unwrap();
    let mut accepted = 0;
    let error = loop {
        match recorder.intend(vec![intent(accepted + 1)]).wait() {
            Ok(mut tickets) => {
                let mut outcome = outcome(AttemptResult::Accepted);
                outcome.detail = Some("x".repeat(1000));
                match recorder.close(tickets.pop().unwrap(), outcome).wait() {
                    Ok(()) => accepted += 1,
                    Err(error) => break error,
                }
            }
            Err(error) => break error,
        }
    };
    assert!(accepted > 0);
    assert!(error.hint().unwrap().contains("free some space"), "{error:?}");
    // A small record would fit, and is refused all the same.
    assert!(matches!(
        recorder.take_back(Vec::new()).wait(),
        Err(Broken::Failed(_))
    ));
    assert!(matches!(writer.finish(), Err(Broken::Failed(_))));
    let numbers: Vec<_> = (1..=accepted).collect();
    assert_eq!(place.states(&numbers), vec![Status::Accepted; numbers.len()]);
    assert_eq!(place.states(&[accepted + 2]), [Status::Pending]);
}

#[test]
fn a_record_says_what_decided_it() {
    let place = Place::new();
    let (recorder, writer) = place.begin(3);
    send(&recorder, 1, AttemptResult::Unsent);
    let ticket = recorder.intend(vec![intent(1)]).wait().unwrap().pop().unwrap();
    let lost = AttemptOutcome {
        ended: AttemptResult::Unknown,
        at: later(60_000),
        http: None,
        error_id: None,
        error_msg: None,
        detail: Some("é".repeat(400)),
    };
    recorder.close(ticket, lost.clone()).wait().unwrap();
    send(&recorder, 1, AttemptResult::Unsent);
    let refused = AttemptOutcome {
        error_id: Some("INVALID_NUMBER".to_owned()),
        ..outcome(AttemptResult::Refused)
    };
    for digits in [2, 3] {
        let ticket = recorder
            .intend(vec![intent(digits)])
            .wait()
            .unwrap()
            .pop()
            .unwrap();
        recorder.close(ticket, refused.clone()).wait().unwrap();
    }
    let mut journal = writer.finish().unwrap();
    assert_eq!(journal.error_ids().unwrap(), [("INVALID_NUMBER".to_owned(), 2)]);
    let mut history = journal.history().unwrap();
    let record: NumberHistory = history.of(number(1)).unwrap();
    assert_eq!((record.standing.state(), record.attempts), (Status::Unknown, 3));
    let deciding = record.deciding.unwrap();
    let cut = Some("é".repeat(AttemptOutcome::LONGEST_TEXT));
    assert_eq!(
        deciding,
        PastAttempt {
            at: NOW,
            repeat: false,
            outcome: Some(AttemptOutcome { detail: cut, ..lost })
        }
    );
    let record = history.of(number(2)).unwrap();
    assert_eq!(record.deciding.unwrap().outcome, Some(refused));
    let record = history.of(number(4)).unwrap();
    assert_eq!(
        (record.standing.state(), record.attempts, record.deciding),
        (Status::Pending, 0, None)
    );
}
