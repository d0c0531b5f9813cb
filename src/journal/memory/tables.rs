//! What the stores of a journal in memory share, and how a run changes it.

use crate::domain::campaign_name::CampaignName;
use crate::domain::msisdn::Msisdn;
use crate::journal::attempt::Ticket;
use crate::journal::attempt::{Attempt, AttemptState};
use crate::journal::decision::{Rules, may_claim};
use crate::journal::error::{JournalError, JournalFault};
use crate::journal::report::{self, ReconcileCounts, ReportKey, ReportToAdd, ReportedAttempt};
use crate::journal::run::{CampaignId, RunId, RunRecord, Runs};
use crate::journal::store::{Claim, Claimed, Closing, closed};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::convert::Infallible;

/// What several stores share.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    pub(super) campaigns: Vec<String>,
    pub(super) runs: Vec<RunRecord>,
    /// How many runs have begun: the id of a run that is gone is never used again.
    pub(super) begun: i64,
    pub(super) attempts: BTreeMap<(CampaignId, Msisdn), Vec<Attempt>>,
    pub(super) excluded: BTreeMap<Msisdn, RunId>,
    pub(super) secret: [u8; 32],
}

impl Tables {
    pub(super) fn run(&mut self, id: RunId) -> Option<&mut RunRecord> {
        self.runs.iter_mut().find(|run| run.id == id)
    }

    /// Records outcomes of the run's attempts: all of them, or none.
    pub(super) fn close(
        &mut self,
        run: RunId,
        campaign: CampaignId,
        closings: &[Closing],
    ) -> Result<(), JournalError> {
        let keys = closings.iter().map(|closing| (campaign, closing.ticket.msisdn));
        let before: Vec<_> = keys
            .filter_map(|key| Some((key, self.attempts.get(&key)?.clone())))
            .collect();
        let is_written = closings
            .iter()
            .all(|closing| self.close_one(run, campaign, closing).is_some());
        if is_written {
            return Ok(());
        }
        self.attempts.extend(before);
        let error = "the journal has no open attempt to record an outcome of";
        Err(JournalError::new(JournalFault::Gone, error))
    }

    fn close_one(&mut self, run: RunId, campaign: CampaignId, closing: &Closing) -> Option<()> {
        let attempts = self.attempts.get_mut(&(campaign, closing.ticket.msisdn))?;
        let is_meant = |attempt: &&mut Attempt| attempt.nth == closing.ticket.nth && attempt.run == run;
        let attempt = attempts.iter_mut().find(is_meant)?;
        attempt.state = closed(attempt.state, closing.outcome.state)?;
        attempt.answered_at = Some(closing.outcome.at);
        attempt.answer = Some(Box::new(closing.outcome.answer.clone()));
        Some(())
    }

    pub(super) fn take_back(&mut self, run: RunId, campaign: CampaignId, tickets: &[Ticket]) {
        for ticket in tickets {
            if let Some(attempts) = self.attempts.get_mut(&(campaign, ticket.msisdn)) {
                attempts.retain(|attempt| {
                    attempt.nth != ticket.nth || attempt.run != run || attempt.state != AttemptState::Open
                });
                if attempts.is_empty() {
                    self.attempts.remove(&(campaign, ticket.msisdn));
                }
            }
        }
    }

    pub(super) fn claim(
        &mut self,
        (run, campaign): (RunId, CampaignId),
        claim: &Claim,
        (rules, dead): (&Rules, &Runs),
        now: Timestamp,
    ) -> Claimed {
        let is_excluded = self.excluded.contains_key(&claim.msisdn);
        let key = (campaign, claim.msisdn);
        let attempts = self.attempts.get(&key).map_or(&[][..], Vec::as_slice);
        let is_taken = !may_claim((attempts, is_excluded), (rules, dead), claim.is_repeat);
        let is_taken = is_taken && !crate::journal::mutant::Mutant::ConflictIgnored.is_on();
        if is_taken {
            return Claimed::Taken;
        }
        let attempts = self.attempts.entry(key).or_default();
        let is_unsent = |last: &mut Attempt| last.state == AttemptState::Unsent;
        let is_unsent =
            |last: &mut Attempt| is_unsent(last) && !crate::journal::mutant::Mutant::UnsentStays.is_on();
        attempts.pop_if(is_unsent);
        let nth = attempts.last().map_or(1, |last| last.nth + 1);
        attempts.push(Attempt::claimed(nth, run, now, claim.expires_in));
        Claimed::Granted(Ticket {
            msisdn: claim.msisdn,
            nth,
        })
    }

    /// Deletes the record of a single request that has ended, if no attempt of it is open.
    pub(super) fn delete_single_request(&mut self, run: RunId, campaign: CampaignId) {
        let name = usize::try_from(campaign.0)
            .ok()
            .and_then(|place| self.campaigns.get(place));
        let has_open = || {
            let mut all = self.attempts.values().flatten();
            all.any(|attempt| attempt.run == run && attempt.state == AttemptState::Open)
        };
        if name.is_some_and(|name| CampaignName::is_of_requests(name)) && !has_open() {
            self.runs.retain(|record| record.id != run);
        }
    }

    pub(super) fn report_key(&self, campaign: CampaignId, run: RunId) -> Option<ReportKey> {
        let name = &self.runs.iter().find(|record| record.id == run)?.name;
        let campaign = self.campaigns.get(usize::try_from(campaign.0).ok()?)?;
        Some(ReportKey::new(&self.secret, campaign, name))
    }
}

impl Tables {
    /// Adds reports to the attempts that they are about.
    pub(super) fn add_reports(&mut self, reports: &[ReportToAdd]) -> ReconcileCounts {
        let numbers = reports.iter().map(|report| report.report.to);
        let candidates = numbers.map(|number| (number, self.candidates(number))).collect();
        let Ok(counts) = report::add(reports, candidates, |msisdn, reported| {
            let attempts = self.attempts.get_mut(&(reported.campaign, msisdn));
            let is_meant = |attempt: &&mut Attempt| attempt.nth == reported.attempt.nth;
            if let Some(attempt) = attempts.and_then(|all| all.iter_mut().find(is_meant)) {
                attempt.clone_from(&reported.attempt);
            }
            Ok::<_, Infallible>(())
        });
        counts
    }

    fn candidates(&self, msisdn: Msisdn) -> Vec<ReportedAttempt> {
        let of_number = self.attempts.iter().filter(|((_, number), _)| *number == msisdn);
        let all =
            of_number.flat_map(|((campaign, _), attempts)| attempts.iter().map(move |one| (*campaign, one)));
        let found = all.map(|(campaign, attempt)| {
            let ticket = Ticket {
                msisdn,
                nth: attempt.nth,
            };
            ReportedAttempt {
                campaign,
                id: self.report_key(campaign, attempt.run).map(|key| key.id(&ticket)),
                is_alive: self.runs.iter().any(|run| run.id == attempt.run && run.is_alive),
                attempt: attempt.clone(),
            }
        });
        found.collect()
    }
}
