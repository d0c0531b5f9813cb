//! Gets the claims of the next rows onto the disk while the ones before are being sent: in groups, since a group costs one
//! sync, and never more of them ahead of the sending than there may be requests under way.
//!
//! Only where nothing but the gateway's speed holds the sending up. A claim that waits on disk is `unknown` after a kill, and
//! its date is when it was written: so none is written while a pause lasts, one that has waited long is taken back, and
//! with a rate none is written ahead at all.

use super::RowJob;
use super::claim::{self, HeldClaim, Permit};
use super::run::Run;
use std::collections::VecDeque;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::UnboundedSender;

/// A row whose first attempt comes next.
pub(super) struct NextRow {
    pub(super) job: RowJob,
    pub(super) permit: Permit,
}

/// Works until there are no more jobs, or a stop. The queue needs no bound of its own: the places ahead are one.
pub(super) async fn work(run: &Run, ready: &UnboundedSender<NextRow>) {
    // Half of what may be ahead is written while the other half is launched.
    let most = run.options.concurrency.div_ceil(2);
    let mut jobs = Vec::with_capacity(most);
    while run.next_jobs(&mut jobs, most).await {
        // In this order: a row that waits for its turn ahead has its open row, so that no two wait for each other.
        let Some(mut open_rows) = run.open_rows(jobs.len()).await else {
            return;
        };
        let Some(mut places) = run.claims_ahead(jobs.len()).await else {
            return;
        };
        if !run.pause_over().await {
            return;
        }
        let Some(tickets) = claim::claim(run, &jobs).await else {
            return;
        };
        let one = |all: &mut OwnedSemaphorePermit| all.split(1).expect("there is one for each job");
        let mut rows: VecDeque<_> = jobs
            .drain(..)
            .zip(tickets)
            .filter_map(|(job, ticket)| {
                let permit = Permit {
                    claim: Some(HeldClaim::new(ticket?, Some(one(&mut places)))),
                    _open_row: one(&mut open_rows),
                };
                Some(NextRow { job, permit })
            })
            .collect();
        if run.paused_until().is_some() {
            // The pause began while they were being written.
            take_back(run, &mut rows).await;
        }
        for row in rows {
            // The receiver lives until this end of the queue is dropped.
            let _ = ready.send(row);
        }
    }
}

/// Takes the claims of these rows back: they are made again when their turn comes.
pub(super) async fn take_back(run: &Run, rows: &mut VecDeque<NextRow>) {
    let held: Vec<_> = rows
        .iter_mut()
        .filter_map(|row| row.permit.claim.take())
        .collect();
    let (tickets, places): (Vec<_>, Vec<_>) = held.into_iter().map(|held| (held.ticket, held.place)).unzip();
    if !tickets.is_empty() {
        claim::take_back(run, tickets).await;
    }
    // They count as ahead until they are off the disk.
    drop(places);
}
