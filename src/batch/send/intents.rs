//! Gets the intents of the next rows onto the disk while the ones before are being sent: in groups, since a group costs one
//! sync, and never more of them ahead of the sending than there may be requests under way.

use super::RowJob;
use super::run::Run;
use super::worker;
use crate::batch::journal::Ticket;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;

/// A row whose first attempt may be launched.
pub(super) struct RowToLaunch {
    pub(super) job: RowJob,
    pub(super) ticket: Ticket,
    /// Given back at the launch.
    pub(super) ahead: OwnedSemaphorePermit,
    /// Given back when the row has ended.
    pub(super) open_row: OwnedSemaphorePermit,
}

/// Works until there are no more jobs, or a stop. The queue needs no bound of its own: `ahead` is one.
pub(super) async fn work(run: &Run, ready: &UnboundedSender<RowToLaunch>) {
    // Half of what may be ahead is written while the other half is launched.
    let most = run.options.concurrency.div_ceil(2);
    let mut jobs = Vec::with_capacity(most);
    while run.next_jobs(&mut jobs, most).await {
        // In this order: a row that waits for its turn ahead has its open_row, so nobody waits for both.
        let Some(mut open_rows) = run.open_rows(jobs.len()).await else {
            return;
        };
        let Some(mut ahead) = run.intents_ahead(jobs.len()).await else {
            return;
        };
        let Some(tickets) = worker::intend(run, &jobs).await else {
            return;
        };
        for (job, ticket) in jobs.drain(..).zip(tickets) {
            let one = |all: &mut OwnedSemaphorePermit| all.split(1).expect("there is one for each job");
            let (ahead, open_row) = (one(&mut ahead), one(&mut open_rows));
            // Somebody listens until this end of the queue is dropped.
            let _ = ready.send(RowToLaunch {
                job,
                ticket,
                ahead,
                open_row,
            });
        }
    }
}
