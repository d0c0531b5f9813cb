//! The requests that leave, the SMS that come of them, and what is reported of those.

use super::super::process::ProcessState;
use super::{Account, since_boot};
use crate::journal::AttemptState;
use std::time::Duration;

impl Account {
    /// A request leaves for the gateway, which takes it so much later, or doesn't.
    pub(in super::super) fn departed(
        &mut self,
        process: &ProcessState,
        (number, id): (u64, String),
        taken: Option<Duration>,
    ) {
        let (now, number) = (since_boot(), number - 34_600_000_000);
        let Some(run) = process.run.filter(|_| !process.is_dead && !process.is_frozen) else {
            return self.fault(format!("a dead process sent to {number}"));
        };
        let is_long = |lost: Duration| now.saturating_sub(lost) > Duration::from_secs(6);
        if process.session_lost.is_some_and(is_long) {
            self.fault(format!(
                "{run:?} sent to {number} long after its session was lost"
            ));
        }
        let key = (self.runs[&run].command.campaign, number);
        let told = self.told.tries.get_mut(&key).into_iter().flatten();
        let mut all = self
            .losses
            .tries
            .get_mut(&key)
            .into_iter()
            .flatten()
            .chain(told)
            .rev();
        let Some(one) = all.find(|one| one.run == run && one.state == AttemptState::Open) else {
            return self.fault(format!("{run:?} sent to {number} without a claim in the journal"));
        };
        let (waited, twice) = (now.saturating_sub(one.claimed), one.left.is_some());
        one.left = Some(now);
        one.id = id;
        one.taken = taken.map(|delay| now + delay);
        if twice {
            self.fault(format!("{run:?} sent to {number} twice by one claim"));
        }
        if waited > Duration::from_secs(5) {
            self.fault(format!("{run:?} sent to {number} by a claim of {waited:?} ago"));
        }
        if taken.is_some() {
            let told = self.told.tries.get(&key).into_iter().flatten();
            let all = told.chain(self.losses.tries.get(&key).into_iter().flatten());
            let sent = all.filter(|one| one.taken.is_some() && !one.is_forgotten).count();
            let agreed = self.agreed.get(&key).copied().unwrap_or_default();
            if sent > 1 + agreed {
                self.fault(format!(
                    "{number} got {sent} SMS of {}, with {agreed} agreed to",
                    key.0
                ));
            }
        }
    }

    /// The number and the id of one of the SMS, if there are any.
    pub(in super::super) fn sms(&self, which: usize) -> Option<(u64, String)> {
        let now = since_boot();
        let all = self.told.tries.iter().chain(&self.losses.tries);
        let all = all.flat_map(|((_, number), tries)| {
            let taken = tries
                .iter()
                .filter(|one| one.taken.is_some_and(|taken| taken <= now));
            taken.map(|one| (*number, one.id.clone()))
        });
        let all: Vec<_> = all.collect();
        all.get(which.checked_rem(all.len())?).cloned()
    }

    /// A report with the id of an attempt is in the journal. The id is that of the run's attempt, whichever of its claims it left by:
    /// a copy of the journal may have an earlier one.
    pub(in super::super) fn reported(&mut self, id: &str, status: &str) {
        let all = self.told.tries.iter().chain(&self.losses.tries);
        let mut all = all.flat_map(|(key, tries)| tries.iter().map(move |one| (*key, one)));
        let Some((key, run, nth)) = all
            .find(|(_, one)| one.id == id)
            .map(|(key, one)| (key, one.run, one.nth))
        else {
            return;
        };
        let mut tries = self.told.tries.get_mut(&key).into_iter().flatten();
        if let Some(one) = tries.find(|one| (one.run, one.nth) == (run, nth))
            && !self.told.nameless.contains(&run)
            && (one.state != AttemptState::Open || !self.alive.contains(&run))
        {
            one.state = AttemptState::Accepted;
            one.has_failed |= status != "DELIVRD" && status != "ACCEPTD";
        }
    }
}
