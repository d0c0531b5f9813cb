//! Delivery reports on their way into a journal, and the id by which a report names its attempt.

use super::attempt::Ticket;
use super::attempt::{Attempt, AttemptState, Delivery};
use super::run::{CampaignId, RunName};
use crate::dlr::{DeliveryReport, DeliveryStatus, ReportClock};
use crate::domain::msisdn::Msisdn;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;

/// Names one attempt in its report URL: 32 hexadecimal digits. It is computed from the attempt and compared, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct AttemptId([u8; 16]);

impl AttemptId {
    /// Reads what `Display` writes. `None` for any other text, which is not an id of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u128::from_str_radix(text, 16).ok().filter(|_| is_hex)?;
        Some(Self(value.to_be_bytes()))
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// Makes the ids of one run's attempts: a keyed hash, so that an id tells nothing of the number.
#[derive(Clone)]
pub(crate) struct ReportKey {
    key: ring::hmac::Key,
    /// The campaign and the run, in front of each attempt.
    prefix: Vec<u8>,
}

impl ReportKey {
    /// `secret` is the journal's, at least 16 random bytes.
    pub(crate) fn new(secret: &[u8], campaign: &str, run: &RunName) -> Self {
        let mut prefix = campaign.as_bytes().to_vec();
        prefix.push(0);
        prefix.extend_from_slice(run.as_str().as_bytes());
        Self {
            key: ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret),
            prefix,
        }
    }

    pub(crate) fn id(&self, ticket: &Ticket) -> AttemptId {
        let mut context = ring::hmac::Context::with_key(&self.key);
        context.update(&self.prefix);
        context.update(&ticket.msisdn.as_u64().to_be_bytes());
        context.update(&ticket.nth.to_be_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&context.sign().as_ref()[..16]);
        AttemptId(id)
    }
}

impl fmt::Debug for ReportKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReportKey(…)")
    }
}

/// A report that is to be added to a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportToAdd {
    /// What came with it in the URL.
    pub(crate) attempt_id: Option<AttemptId>,
    pub(crate) received_at: Timestamp,
    pub(crate) report: DeliveryReport,
}

/// What became of reports that were added to a journal: the first counts all of them, and each is one of the next five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ReconcileCounts {
    /// Delivery reports that were read.
    #[serde(rename = "read")]
    pub(crate) reports: u64,
    /// Came with the id of a request, and are recorded, or were already.
    pub(crate) matched: u64,
    /// Came without an id, for the only request that they can be about.
    pub(crate) probable: u64,
    /// Are about a request that is still under way: they count once they are read again.
    pub(crate) early: u64,
    /// Fit no request, or several.
    pub(crate) unmatched: u64,
    /// Have a status that is not documented.
    #[serde(rename = "undocumented")]
    pub(crate) unreadable: u64,
    /// Of the matched ones, those that showed that an unknown request was taken.
    pub(crate) settled: u64,
}

impl std::ops::AddAssign for ReconcileCounts {
    fn add_assign(&mut self, other: Self) {
        self.reports += other.reports;
        self.matched += other.matched;
        self.probable += other.probable;
        self.early += other.early;
        self.unmatched += other.unmatched;
        self.unreadable += other.unreadable;
        self.settled += other.settled;
    }
}

/// An attempt at the number of a report, in whichever campaign.
#[derive(Clone, Debug)]
pub(super) struct ReportedAttempt {
    pub(super) campaign: CampaignId,
    pub(super) attempt: Attempt,
    /// `None` where the record of its run is gone, as that of a single request is.
    pub(super) id: Option<AttemptId>,
    /// Its run is at work.
    pub(super) is_alive: bool,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    /// The attempt among the candidates, how it stands by the report, and what the report says of its SMS.
    Attempt {
        candidate: usize,
        state: AttemptState,
        delivery: Delivery,
    },
    /// An attempt that is still under way.
    Early,
    /// No attempt, or several.
    None,
    /// Its status is not documented.
    Unreadable,
}

/// Finds the attempt that a report is about: the one whose id it came with, or the only one that it can be about.
fn match_report(report: &ReportToAdd, candidates: &[ReportedAttempt], clock: &ReportClock) -> Match {
    let Some(status) = DeliveryStatus::of(&report.report.status) else {
        return Match::Unreadable;
    };
    let fits = |candidate: &ReportedAttempt| match report.attempt_id {
        Some(id) => candidate.id == Some(id),
        None => candidate.attempt.state.is_reached() && candidate.attempt.at <= report.received_at,
    };
    let mut fitting = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| fits(candidate));
    let (Some((at, candidate)), None) = (fitting.next(), fitting.next()) else {
        return Match::None;
    };
    let (stands, is_certain) = (candidate.attempt.state, report.attempt_id.is_some());
    if stands == AttemptState::Open && candidate.is_alive {
        return Match::Early;
    }
    let said = Delivery {
        status,
        at: report
            .report
            .dlr_date
            .as_deref()
            .and_then(|date| clock.read(date)),
        received_at: report.received_at,
        is_certain,
    };
    Match::Attempt {
        candidate: at,
        // A report about an SMS shows that its request was taken, whatever became of the answer.
        state: if is_certain {
            AttemptState::Accepted
        } else {
            stands
        },
        delivery: candidate
            .attempt
            .delivery
            .map_or(said, |known| known.or_better(said)),
    }
}

/// All attempts at the numbers of some reports, in whichever campaign.
pub(super) type Candidates = HashMap<Msisdn, Vec<ReportedAttempt>>;

/// Adds reports to the attempts that they are about, within one transaction. `write` writes how an attempt at a number stands by
/// its report, and the report.
pub(super) fn add<E>(
    reports: &[ReportToAdd],
    mut candidates: Candidates,
    mut write: impl FnMut(Msisdn, &ReportedAttempt) -> Result<(), E>,
) -> Result<ReconcileCounts, E> {
    let clock = ReportClock::new();
    let mut counts = ReconcileCounts::default();
    for report in reports {
        let to = report.report.to;
        let candidates = candidates.entry(to).or_default();
        let found = match_report(report, candidates, &clock);
        let mut before = None;
        if let Match::Attempt {
            candidate,
            state,
            delivery,
        } = found
        {
            let reported = &mut candidates[candidate];
            before = Some(reported.attempt.state);
            reported.attempt.state = state;
            reported.attempt.delivery = Some(delivery);
            write(to, reported)?;
        }
        counts.count(&found, before);
    }
    Ok(counts)
}

impl ReconcileCounts {
    /// Counts what became of one report. `before` is how its attempt stood.
    fn count(&mut self, found: &Match, before: Option<AttemptState>) {
        self.reports += 1;
        match found {
            Match::Attempt { delivery, state, .. } => {
                if delivery.is_certain {
                    self.matched += 1;
                    self.settled += u64::from(before.is_some_and(|before| before != *state));
                } else {
                    self.probable += 1;
                }
            }
            Match::Early => self.early += 1,
            Match::None => self.unmatched += 1,
            Match::Unreadable => self.unreadable += 1,
        }
    }
}
