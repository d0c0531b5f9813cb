//! `--once-per`: a number that was sent a PIN a short time ago, or may have been, is sent no other.

use crate::batch::errors::journal_failure_with;
use crate::batch::journal::{
    Claimed, JournalError, RequestClaim, RequestJournal, RequestJournalLocation, SentRecently,
    request_journal_hint,
};
use crate::batch::journal_choice;
use crate::batch::state::AttemptResult;
use crate::cli::RequestArgs;
use crate::domain::duration;
use crate::domain::msisdn::Msisdn;
use crate::domain::once_per::OncePer;
use crate::failure::{Failure, Kind};
use crate::outcome::Outcome;
use crate::output::Ui;
use crate::session::Session;
use std::time::Duration;

/// What keeps a number from a second PIN.
pub(super) struct OncePerCheck {
    once_per: OncePer,
    journal: RequestJournalLocation,
    sandbox: bool,
}

/// A number that nobody else may send to until this is settled.
pub(super) struct ClaimedNumber {
    journal: RequestJournal,
    claim: RequestClaim,
}

impl OncePerCheck {
    /// `None` where a number may be sent any number of PINs.
    pub(super) fn of(
        session: &Session<'_>,
        args: &RequestArgs,
        once_per: Option<OncePer>,
    ) -> Result<Option<Self>, Failure> {
        let Some(once_per) = once_per else {
            let flag = match args.journal {
                Some(_) => "--journal",
                None if args.accept_failover => "--accept-failover",
                None => return Ok(None),
            };
            let error = format!("nothing was sent: {flag} has no effect without --once-per");
            return Err(Failure::message(Kind::Usage, error));
        };
        let sandbox = session.in_sandbox();
        let journal = journal_choice::of_requests(session, args.journal.as_deref(), args.accept_failover)?;
        Ok(Some(Self {
            once_per,
            journal,
            sandbox,
        }))
    }

    /// Refuses what would be refused, and changes nothing.
    pub(super) fn look(&self, msisdn: Msisdn) -> Result<(), Failure> {
        let found = RequestJournal::look(&self.journal, self.sandbox, msisdn, self.once_per);
        match found.map_err(failure)? {
            Some(recent) => Err(self.refusal(msisdn, recent)),
            None => Ok(()),
        }
    }

    /// Claims the number before anything is sent.
    pub(super) fn claim(&self, msisdn: Msisdn) -> Result<ClaimedNumber, Failure> {
        let mut journal = RequestJournal::open(&self.journal, self.sandbox).map_err(failure)?;
        match journal.claim(msisdn, self.once_per).map_err(failure)? {
            Claimed::Granted(claim) => Ok(ClaimedNumber { journal, claim }),
            Claimed::Refused(recent) => Err(self.refusal(msisdn, recent)),
        }
    }

    fn refusal(&self, msisdn: Msisdn, recent: SentRecently) -> Failure {
        let was = if recent.accepted {
            "was sent a PIN"
        } else {
            "may have been sent a PIN"
        };
        let error = format!(
            "nothing was sent: {msisdn} {was} {} ago, and once_per allows one in {}",
            to_the_second(recent.ago),
            self.once_per
        );
        let left = whole_seconds(recent.left);
        let mut failure = Failure::message(Kind::SentRecently, error).hint(format!(
            "it can be sent another one in {}; --once-per 0 sends it now, and makes the first PIN invalid",
            duration::human(left)
        ));
        failure.wait = Some(left);
        failure
    }
}

impl ClaimedNumber {
    /// Gives the number back: its request never began.
    pub(super) fn give_back(mut self, ui: &Ui) {
        let given_back = self.journal.settle(&self.claim, AttemptResult::Unsent);
        warn(ui, given_back);
    }

    /// Records how the request ended. The number stays claimed where that can't be done.
    pub(super) fn settle<T>(mut self, ui: &Ui, outcome: &Outcome<T>) {
        let settled = self.journal.settle(&self.claim, AttemptResult::of(outcome));
        warn(ui, settled);
    }
}

fn warn(ui: &Ui, settled: Result<(), JournalError>) {
    if let Err(error) = settled {
        ui.problem(format_args!(
            "the outcome can't be recorded, so --once-per counts this number as one that may have been sent a PIN: {:#}",
            anyhow::Error::from(error)
        ));
    }
}

fn failure(error: JournalError) -> Failure {
    let (hint, wait) = (request_journal_hint(&error), error.wait());
    let doing = "nothing was sent: --once-per needs its journal";
    let mut failure = journal_failure_with(error, doing, hint);
    failure.wait = wait.map(whole_seconds);
    failure
}

/// Whole seconds, cut.
fn to_the_second(time: Duration) -> String {
    duration::human(Duration::from_secs(time.as_secs()))
}

/// As many as have to be waited for.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX))
}
