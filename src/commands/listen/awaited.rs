//! `--until-final`: the SMS whose final statuses end the listener, of one number or of the accepted rows of a list. The
//! reports of a list go into its journal as they come, and the journal says what is missing.

use crate::answers::AwaitedCounts;
use crate::batch::Batch;
use crate::batch::asked::BatchRequest;
use crate::batch::errors::journal_failure;
use crate::commands::journal::reconcile;
use crate::dlr::{DeliveryReport, DeliveryStatus};
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use crate::journal::{JournalPlace, Rules, Standing};
use crate::session::{Context, Session, journal};
use crate::settings::Flags;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How often a list is looked at, at most.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A look at a long list takes no more than one part in so many of the time.
const PAUSE: u32 = 10;

/// What is waited for, and what has come.
pub(super) struct Awaited {
    goal: Goal,
    counts: Mutex<AwaitedCounts>,
    changed: Notify,
}

enum Goal {
    /// The next SMS to this number.
    Number(Msisdn),
    /// Every accepted row of a list.
    List(Mutex<Box<AwaitedList>>),
}

impl Awaited {
    /// `text` names a list or a number. Reports that are in the file `out` already count for a list.
    pub(super) fn parse(context: &Context, text: &str, out: &Path) -> Result<Self, Failure> {
        let path = Path::new(text);
        let goal = if path.exists() {
            Goal::List(Mutex::new(Box::new(AwaitedList::open(context, path, out)?)))
        } else {
            let msisdn = Msisdn::parse(text, None).map_err(|error| {
                Failure::new(Kind::Usage, error)
                    .doing("--until-final names neither a file that exists nor a phone number")
            })?;
            Goal::Number(msisdn)
        };
        Ok(Self {
            goal,
            counts: Mutex::new(AwaitedCounts {
                missing: 1,
                ..AwaitedCounts::default()
            }),
            changed: Notify::new(),
        })
    }

    /// Hears of a report that is on disk.
    pub(super) fn note(&self, report: &DeliveryReport) {
        if let Goal::Number(msisdn) = &self.goal
            && *msisdn == report.to
            && let Some(status) = report.known_status().filter(|status| status.is_final())
        {
            let delivered = u64::from(status == DeliveryStatus::Delivered);
            self.set(AwaitedCounts {
                missing: 0,
                delivered,
                not_delivered: 1 - delivered,
            });
        }
        self.changed.notify_one();
    }

    /// Returns once everything has its final status.
    pub(super) async fn complete(self: &Arc<Self>) -> Result<(), Failure> {
        loop {
            let began = Instant::now();
            let this = Arc::clone(self);
            // A look at a long list takes its time, and posts are answered meanwhile.
            let looked = tokio::task::spawn_blocking(move || this.look()).await;
            if looked.unwrap_or(Ok(false))? {
                return Ok(());
            }
            match &self.goal {
                Goal::Number(_) => self.changed.notified().await,
                Goal::List(_) => {
                    let pause = LOOK_AGAIN.max(began.elapsed() * PAUSE);
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Whether nothing is missing any more.
    fn look(&self) -> Result<bool, Failure> {
        let Goal::List(list) = &self.goal else {
            return Ok(self.counts().missing == 0);
        };
        let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
        let (counts, is_sent) = list.look()?;
        self.set(counts);
        Ok(is_sent && counts.missing == 0)
    }

    fn set(&self, counts: AwaitedCounts) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = counts;
    }

    pub(super) fn counts(&self) -> AwaitedCounts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The list, its journal, and the file that the listener appends to.
pub(super) struct AwaitedList {
    batch: Batch,
    digest: String,
    place: JournalPlace,
    reports: PathBuf,
    /// The bytes of the reports that are in the journal.
    read: u64,
}

impl AwaitedList {
    pub(super) fn open(context: &Context, list: &Path, reports: &Path) -> Result<Self, Failure> {
        let session = Session::open(context, Flags::default())?;
        let place = journal::place(&session)?;
        let mut batch = Batch::open(&session, &BatchRequest::of(list), place.clone())?;
        let survey = batch.survey()?;
        if let Some(doubt) = survey.column_doubt() {
            return Err(doubt);
        }
        Ok(Self {
            digest: survey.digest(),
            batch,
            place,
            reports: reports.to_owned(),
            read: 0,
        })
    }

    /// Takes the new reports into the journal. Returns what has become of the SMS, and whether all of them were sent.
    pub(super) fn look(&mut self) -> Result<(AwaitedCounts, bool), Failure> {
        self.take_reports()?;
        self.batch.look_at_journal().map_err(journal_failure)?;
        let rules = Rules::plain(crate::clock::now());
        let standings = self.batch.look(&rules, None).map_err(journal_failure)?;
        let deliveries = &standings.deliveries;
        let delivered = deliveries.delivered + deliveries.probably_delivered;
        let not_delivered = deliveries.not_delivered + deliveries.probably_not_delivered;
        let accepted = standings.counts.accepted + standings.counts.undelivered;
        let counts = AwaitedCounts {
            missing: accepted.saturating_sub(delivered + not_delivered),
            delivered,
            not_delivered,
        };
        let mut runs = standings
            .runs
            .all()
            .filter(|run| run.digest.as_deref() == Some(&self.digest))
            .peekable();
        let has_begun = runs.peek().is_some();
        let is_at_work = runs.any(|run| run.is_alive);
        let is_open = |standing| {
            matches!(
                standing,
                Standing::Untried | Standing::Unsent | Standing::UnderWay
            )
        };
        let mut decisions = self.batch.numbers.decisions();
        let is_left = decisions.any(|(_, _, decision)| !decision.is_excluded() && is_open(decision.standing));
        Ok((counts, has_begun && !is_at_work && !is_left))
    }

    fn take_reports(&mut self) -> Result<(), Failure> {
        let length = std::fs::metadata(&self.reports).map_or(0, |found| found.len());
        if length < self.read {
            // Another file has taken its place.
            self.read = 0;
        }
        if length == self.read || self.place.look().map_err(journal_failure)?.is_none() {
            return Ok(());
        }
        let mut store = self.place.open().map_err(journal_failure)?;
        let read = reconcile::read(store.as_mut(), &self.reports, self.read)?;
        store.close().map_err(journal_failure)?;
        if read.counts.early == 0 {
            self.read += read.length;
        }
        Ok(())
    }
}
