//! `--until-final`: the SMS whose final statuses end the listener.

use super::awaited_list::AwaitedList;
use crate::answers::AwaitedCounts;
use crate::dlr::{DeliveryReport, DeliveryStatus};
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use crate::session::Context;
use std::path::Path;
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
