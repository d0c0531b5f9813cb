//! The right to make an attempt: asked of the journal, held until the attempt begins, and given back where it doesn't.

use super::RowJob;
use super::run::Run;
use super::stop::StopReason;
use crate::journal::{Claim, ClaimAnswer, Claimed, GrantedAt, Ticket};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// How long a claim may wait on disk. One that has waited longer (for a slow gateway, while the machine was asleep or the
/// process stopped) is taken back and made anew when its turn comes, with the date of then.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What a row holds from its claim to its last outcome.
pub(super) struct Permit {
    /// `None` where its claim is to be made at its turn.
    pub(super) claim: Option<HeldClaim>,
    /// Given back when the row has ended: at most twice as many rows as requests are open.
    pub(super) _open_row: OwnedSemaphorePermit,
}

/// A claim that is durable, and whose attempt has not begun.
pub(super) struct HeldClaim {
    pub(super) ticket: Ticket,
    granted: GrantedAt,
    /// Given back at the launch, or when it has been taken back; `None` for a claim that was made at its turn.
    pub(super) place: Option<OwnedSemaphorePermit>,
}

impl HeldClaim {
    pub(super) fn new((ticket, granted): (Ticket, GrantedAt), place: Option<OwnedSemaphorePermit>) -> Self {
        #[cfg(test)]
        let granted = if crate::journal::Mutant::FreshWhenHeard.is_on() {
            GrantedAt::now()
        } else {
            granted
        };
        Self {
            ticket,
            granted,
            place,
        }
    }

    /// False where it has waited too long. A wait for the journal doesn't count.
    pub(super) fn is_fresh(&self) -> bool {
        #[cfg(test)]
        if crate::journal::Mutant::OldClaimSent.is_on() {
            return true;
        }
        self.granted.elapsed() < LONGEST_WAIT
    }
}

/// For each job, in their order: the right to make one attempt, durable, and since when, unless another run has the number.
/// `None` is a stop.
pub(super) async fn claim(run: &Run, jobs: &[RowJob]) -> Option<Vec<Option<(Ticket, GrantedAt)>>> {
    let claims = jobs.iter().map(|job| Claim {
        msisdn: job.number,
        expires_in: job.expires_in,
        is_repeat: job.decision.is_repeat(),
    });
    match run.recorder.claim(claims.collect()).await {
        Ok(ClaimAnswer { claimed, at }) => {
            let tickets = jobs.iter().zip(claimed).map(|(job, claimed)| match claimed {
                Claimed::Granted(ticket) => Some((ticket, at)),
                Claimed::Taken => {
                    run.row_taken(job);
                    None
                }
            });
            Some(tickets.collect())
        }
        Err(error) => {
            run.stop(StopReason::Journal(error));
            None
        }
    }
}

/// Takes back claims whose attempts never began.
pub(super) async fn take_back(run: &Run, tickets: Vec<Ticket>) {
    if let Err(error) = run.recorder.take_back(tickets).await {
        run.stop(StopReason::Journal(error));
    }
}
