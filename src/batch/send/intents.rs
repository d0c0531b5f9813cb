//! Gets the intents of the next rows onto the disk while the ones before are being sent: in groups, since a group costs one
//! sync, and never more of them ahead of the sending than there may be requests under way.
//!
//! Only where nothing but the gateway's speed holds the sending up. An intent that waits on disk is `unknown` after a kill, and
//! its date is when it was written: so none is written while a pause lasts, one that has waited long is taken back, and
//! with a rate none is written ahead at all.

use super::RowJob;
use super::run::Run;
use super::worker;
use crate::batch::journal::{Grant, Ticket};
use jiff::Timestamp;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;

/// How long an intent may wait on disk. One that has waited longer (for a slow gateway, or while the machine was asleep) is
/// written anew when its turn comes, with the date of then.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A row whose first attempt comes next.
pub(super) struct RowToLaunch {
    pub(super) job: RowJob,
    /// `None` where its intent is to be written at its turn.
    pub(super) ahead: Option<IntentAhead>,
    /// Given back when the row has ended.
    pub(super) open_row: OwnedSemaphorePermit,
}

/// An intent on disk whose attempt has not begun.
pub(super) struct IntentAhead {
    pub(super) ticket: Ticket,
    at: Timestamp,
    /// Given back at the launch, or when it has been taken back.
    place: OwnedSemaphorePermit,
}

impl IntentAhead {
    /// False where the clock says that it was written too long ago, or later than now.
    pub(super) fn is_fresh(&self) -> bool {
        crate::clock::now().duration_since(self.at).unsigned_abs() < LONGEST_WAIT
    }
}

/// Works until there are no more jobs, or a stop. The queue needs no bound of its own: the places ahead are one.
pub(super) async fn work(run: &Run, ready: &UnboundedSender<RowToLaunch>) {
    // Half of what may be ahead is written while the other half is launched.
    let most = run.options.concurrency.div_ceil(2);
    let mut jobs = Vec::with_capacity(most);
    while run.next_jobs(&mut jobs, most).await {
        // In this order: a row that waits for its turn ahead has its open_row, so nobody waits for both.
        let Some(mut open_rows) = run.open_rows(jobs.len()).await else {
            return;
        };
        let Some(mut places) = run.intents_ahead(jobs.len()).await else {
            return;
        };
        if !run.pause_over().await {
            return;
        }
        let Some((grants, at)) = worker::intend(run, &jobs).await else {
            return;
        };
        let one = |all: &mut OwnedSemaphorePermit| all.split(1).expect("there is one for each job");
        let mut rows: VecDeque<_> = jobs
            .drain(..)
            .zip(grants)
            .filter_map(|(job, grant)| {
                let Grant::Granted(ticket) = grant else {
                    run.row_taken(&job);
                    return None;
                };
                Some(RowToLaunch {
                    job,
                    ahead: Some(IntentAhead {
                        ticket,
                        at,
                        place: one(&mut places),
                    }),
                    open_row: one(&mut open_rows),
                })
            })
            .collect();
        if run.paused_until().is_some() {
            // The pause began while they were being written.
            take_back(run, &mut rows).await;
        }
        for row in rows {
            // Somebody listens until this end of the queue is dropped.
            let _ = ready.send(row);
        }
    }
}

/// Takes the intents of these rows off the disk: they are written again when their turn comes.
pub(super) async fn take_back(run: &Run, rows: &mut VecDeque<RowToLaunch>) {
    let ahead = rows.iter_mut().filter_map(|row| row.ahead.take());
    let (tickets, places): (Vec<_>, Vec<_>) = ahead.map(|ahead| (ahead.ticket, ahead.place)).unzip();
    if !tickets.is_empty() {
        worker::take_back(run, tickets).await;
    }
    // They count as ahead until they are off the disk.
    drop(places);
}
