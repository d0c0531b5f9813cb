//! `--once-per`: a number that was sent a PIN a short time ago, or may have been, is sent no other. The same claim as a batch's,
//! in the campaign of single requests.

use crate::domain::campaign_name::CampaignName;
use crate::domain::duration;
use crate::domain::msisdn::Msisdn;
use crate::failure::{Failure, Kind};
use crate::journal::{
    Attempt, AttemptOutcome, Claim, Claimed, Closing, Decision, Detail, Group, JournalError, JournalPlace,
    Lookup, NewRun, Resend, Rules, RunEnd, RunName, Runs, Standing, Store, Ticket,
};
use crate::outcome::Verdict;
use crate::output::Ui;
use crate::session::{OpenGateway, Session, journal, probe};
use crate::settings::Key;
use jiff::Timestamp;
use std::time::Duration;

const NOT_SENT: &str = "nothing was sent: --once-per needs its journal";

/// What keeps a number from a second PIN.
pub(super) struct OncePerCheck {
    once_per: Duration,
    place: JournalPlace,
    campaign: CampaignName,
    rules: Rules,
    timeout: Duration,
    /// The flags that lead another command to the same journal.
    place_flags: String,
}

/// A number that no other process may send to until this is settled.
pub(super) struct ClaimedNumber {
    store: Box<dyn Store>,
    ticket: Ticket,
    rules: Rules,
    began: Timestamp,
}

impl OncePerCheck {
    /// `None` where a number may be sent any number of PINs. `timeout` is the longest that the request may take.
    pub(super) fn of(
        session: &Session<'_>,
        once_per: Option<Duration>,
        timeout: Duration,
    ) -> Result<Option<Self>, Failure> {
        let Some(once_per) = once_per else {
            if session.flags.get(Key::Journal).is_some() {
                let error = "nothing was sent: --journal has no effect without --once-per";
                return Err(Failure::message(Kind::Usage, error));
            }
            return Ok(None);
        };
        let rules = Rules {
            once_per: Some(once_per),
            // A refused request reached no person, and frees its number at once.
            resend: Resend {
                refused: true,
                ..Resend::default()
            },
            ..Rules::plain(crate::clock::now())
        };
        Ok(Some(Self {
            once_per,
            place: journal::place(session)?,
            campaign: journal::request_campaign(session)?,
            rules,
            timeout,
            place_flags: journal::place_flags(session),
        }))
    }

    /// Refuses what would be refused, and changes nothing.
    pub(super) fn look(&self, msisdn: Msisdn) -> Result<(), Failure> {
        self.place.check().map_err(failure)?;
        let Some(mut store) = self.place.look().map_err(failure)? else {
            return Ok(());
        };
        self.check(store.as_mut())?;
        let found = self.found(store.as_mut(), msisdn).map_err(failure)?;
        if found.decision.sends() {
            return Ok(());
        }
        Err(self.refusal(msisdn, &found))
    }

    /// Refuses a journal that can't be trusted, and one that has lost records of requests in the time that counts.
    fn check(&self, store: &mut dyn Store) -> Result<(), Failure> {
        store.check().map_err(failure)?;
        let lost = store.lost_runs(self.campaign.as_str()).map_err(failure)?;
        let last = lost.iter().map(|run| run.last_seen).max();
        let Some(end) = last.and_then(|last| last.checked_add(self.once_per + self.timeout).ok()) else {
            return Ok(());
        };
        if end <= self.rules.now {
            return Ok(());
        }
        let error = format!(
            "nothing was sent: the journal {} has lost records of `smspin request --once-per`, so that any number may have got an SMS",
            self.place
        );
        let left = Duration::try_from(end.duration_since(self.rules.now)).unwrap_or_default();
        let mut failure = Failure::message(Kind::Journal, error).hint(format!(
            "put its newest copy back, or run the same command again in {}, when those SMS are older than once_per",
            duration::human(whole_seconds(left))
        ));
        failure.wait = Some(left);
        Err(failure)
    }

    /// Claims the number before anything is sent.
    pub(super) fn claim(
        &self,
        ui: &Ui,
        gateway: &OpenGateway,
        (msisdn, expires_in): (Msisdn, u32),
    ) -> Result<ClaimedNumber, Failure> {
        let mut store = self.place.open().map_err(failure)?;
        self.check(store.as_mut())?;
        let found = self.found(store.as_mut(), msisdn).map_err(failure)?;
        if !found.decision.sends() {
            return Err(self.refusal(msisdn, &found));
        }
        if found.decision.is_repeat()
            && matches!(self.place, JournalPlace::File { .. })
            && gateway.sandbox.is_none()
        {
            probe::ask_clock(ui, gateway)?;
        }
        let began = self.rules.now;
        let run = NewRun {
            name: RunName::random(),
            campaign: self.campaign.to_string(),
            began,
            timeout: self.timeout,
            list: "smspin request".to_owned(),
            digest: None,
            settings: String::new(),
        };
        store.begin(&run).map_err(failure)?;
        let group = Group {
            claims: vec![Claim {
                msisdn,
                expires_in,
                is_repeat: found.decision.is_repeat(),
            }],
            ..Group::default()
        };
        let claimed = store
            .commit(&group, &self.rules, &found.runs, began)
            .map_err(failure)?;
        if let Some(Claimed::Granted(ticket)) = claimed.first() {
            return Ok(ClaimedNumber {
                ticket: *ticket,
                rules: self.rules,
                store,
                began,
            });
        }
        end(store.as_mut()).map_err(failure)?;
        let found = self.found(store.as_mut(), msisdn).map_err(failure)?;
        Err(self.refusal(msisdn, &found))
    }

    fn found(&self, store: &mut dyn Store, msisdn: Msisdn) -> Result<FoundNumber, JournalError> {
        let lookup = Lookup {
            campaign: store.campaign(self.campaign.as_str())?,
            rules: &self.rules,
            exclude: &[],
            ended: None,
            detail: Detail::State,
        };
        let (mut decision, mut last) = (Decision::FIRST, None);
        let runs = lookup.look(store, std::iter::once(msisdn), |found| {
            decision = found.decision;
            let reached = found
                .attempts
                .iter()
                .rev()
                .find(|attempt| attempt.state.is_reached());
            last = reached.map(Attempt::heard_of);
        })?;
        Ok(FoundNumber { decision, last, runs })
    }

    fn refusal(&self, msisdn: Msisdn, found: &FoundNumber) -> Failure {
        if found.decision.is_excluded() {
            let error = format!("nothing was sent: {msisdn} is in a list of numbers that get no SMS");
            let hint = format!(
                "`smspin journal readmit {msisdn}{}` lets it be sent to again",
                self.place_flags
            );
            return Failure::message(Kind::SentRecently, error).hint(hint);
        }
        let was = match found.decision.standing {
            Standing::Accepted | Standing::Undelivered => "was sent a PIN",
            _ => "may have been sent a PIN",
        };
        let ago = found.last.map_or(Duration::ZERO, |last| {
            Duration::try_from(crate::clock::now().duration_since(last)).unwrap_or_default()
        });
        let left = whole_seconds(self.once_per.saturating_sub(ago));
        let error = format!(
            "nothing was sent: {msisdn} {was} {} ago, and once_per allows one in {}",
            duration::human(Duration::from_secs(ago.as_secs())),
            duration::human(self.once_per)
        );
        let mut failure = Failure::message(Kind::SentRecently, error).hint(format!(
            "it can be sent another one in {}; --once-per 0 sends it now, and makes the first PIN invalid",
            duration::human(left)
        ));
        failure.wait = Some(left);
        failure
    }
}

/// What the journal knows of the number.
struct FoundNumber {
    decision: Decision,
    /// When the last request that may have been taken was last heard of.
    last: Option<Timestamp>,
    runs: Runs,
}

impl ClaimedNumber {
    /// Gives the number back: its request never began.
    pub(super) fn give_back(mut self, ui: &Ui) {
        let group = Group {
            taken_back: vec![self.ticket],
            ..Group::default()
        };
        warn(ui, self.write(&group));
    }

    /// Records how the request ended. The number stays claimed where that can't be done.
    pub(super) fn settle(mut self, ui: &Ui, verdict: &Verdict<()>) {
        let now = crate::clock::now();
        let latency = Duration::try_from(now.duration_since(self.began)).unwrap_or_default();
        let group = Group {
            closings: vec![Closing {
                ticket: self.ticket,
                outcome: AttemptOutcome::of(verdict, now, latency),
            }],
            ..Group::default()
        };
        warn(ui, self.write(&group));
    }

    /// Writes it, once more where the journal can be reached again after a failure, and ends the run.
    fn write(&mut self, group: &Group) -> Result<(), JournalError> {
        let (rules, now, none) = (self.rules, crate::clock::now(), Runs::default());
        if self.store.commit(group, &rules, &none, now).is_err() {
            self.store.recover()?;
            self.store.commit(group, &rules, &none, now)?;
        }
        end(self.store.as_mut())
    }
}

fn end(store: &mut dyn Store) -> Result<(), JournalError> {
    store.end(RunEnd {
        at: crate::clock::now(),
        exit: 0,
        left: 0,
    })
}

fn warn(ui: &Ui, settled: Result<(), JournalError>) {
    if let Err(error) = settled {
        ui.problem(format_args!(
            "the outcome can't be recorded, so --once-per counts this number as one that may have been sent a PIN: {error}"
        ));
    }
}

fn failure(error: JournalError) -> Failure {
    let wait = error.wait.map(whole_seconds);
    let mut failure = journal::failure(error, NOT_SENT);
    failure.wait = wait;
    failure
}

/// As many whole seconds as have to be waited for.
fn whole_seconds(time: Duration) -> Duration {
    Duration::from_secs(time.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX))
}
