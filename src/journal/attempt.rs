//! One attempt at a number: a request that was, or may have been, on its way to the gateway.

use super::run::RunId;
use crate::dlr::DeliveryStatus;
use crate::domain::msisdn::Msisdn;
use crate::outcome::{Outcome, Verdict};
use crate::wire::Scope;
use jiff::Timestamp;
use std::time::Duration;

/// A PIN may have been made this long after its request was last heard of.
pub(crate) const PIN_GRACE: Duration = Duration::from_secs(120);

/// Whom a refusal speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
    /// The number: the same request to another number may pass.
    Number,
    /// This request: with another text, sender or PIN it may pass.
    Request,
    /// The key or the funds.
    Account,
}

/// How an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AttemptState {
    /// Claimed, without an outcome yet. In a run that is dead it means unknown.
    Open,
    Accepted,
    Refused(Refusal),
    /// The gateway never took the request.
    Unsent,
    /// The gateway may have taken the request.
    Unknown,
}

impl AttemptState {
    /// How an attempt ended.
    pub(crate) fn of<T>(outcome: &Outcome<T>) -> Self {
        match outcome {
            Outcome::Done(_) => Self::Accepted,
            Outcome::Refused(id) => Self::Refused(match id.scope() {
                Scope::Number => Refusal::Number,
                Scope::Account => Refusal::Account,
                Scope::Request | Scope::OurBug | Scope::Unknown => Refusal::Request,
            }),
            Outcome::Unsent => Self::Unsent,
            Outcome::Unknown => Self::Unknown,
        }
    }

    /// True where an SMS left, or may have.
    pub(crate) const fn is_reached(self) -> bool {
        matches!(self, Self::Open | Self::Accepted | Self::Unknown)
    }

    /// Every state with the number that stands for it in a database.
    const CODES: [(Self, i64); 7] = [
        (Self::Open, 0),
        (Self::Accepted, 1),
        (Self::Refused(Refusal::Number), 2),
        (Self::Refused(Refusal::Request), 3),
        (Self::Refused(Refusal::Account), 4),
        (Self::Unsent, 5),
        (Self::Unknown, 6),
    ];

    /// The number that stands for the state in a database.
    pub(crate) fn code(self) -> i64 {
        let found = Self::CODES.iter().find(|(state, _)| *state == self);
        found.map_or(6, |(_, code)| *code)
    }

    /// The inverse of [`AttemptState::code`]; `None` for a number that stands for no state.
    pub(crate) fn from_code(code: i64) -> Option<Self> {
        let found = Self::CODES.iter().find(|(_, known)| *known == code);
        found.map(|(state, _)| *state)
    }
}

/// What the newest delivery report says of an attempt's SMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) status: DeliveryStatus,
    /// When the SMS came into this status, where the report says so.
    pub(crate) at: Option<Timestamp>,
    pub(crate) received_at: Timestamp,
    /// True where the report came with the id of this attempt. Without one it is only probable that it is about it.
    pub(crate) is_certain: bool,
}

impl Delivery {
    /// Of two reports the one that counts, in whatever order they came: one with the id of the attempt, then a final one,
    /// then the later. Of two final ones at the same second the delivery counts, since an SMS may have several parts.
    #[must_use]
    pub(crate) fn or_better(self, other: Self) -> Self {
        let rank = |delivery: &Self| {
            (
                delivery.is_certain,
                delivery.status.is_final(),
                delivery.at.unwrap_or(delivery.received_at),
                delivery.status == DeliveryStatus::Delivered,
                delivery.status.as_str(),
                delivery.received_at,
            )
        };
        if rank(&other) > rank(&self) { other } else { self }
    }

    /// True where it says for certain, and for good, that nothing arrived.
    pub(crate) fn is_failed_for_good(&self) -> bool {
        self.is_certain && self.status.is_final() && self.status != DeliveryStatus::Delivered
    }
}

/// What the gateway said to an attempt, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AnswerRecord {
    pub(crate) http: Option<u16>,
    pub(crate) error_id: Option<String>,
    pub(crate) error_msg: Option<String>,
    /// Why it is `unsent` or `unknown`.
    pub(crate) detail: Option<String>,
    /// From the first byte sent to the end of the answer, in milliseconds.
    pub(crate) latency_ms: Option<u32>,
}

impl AnswerRecord {
    /// The most characters of a text that are kept.
    pub(crate) const LONGEST_TEXT: usize = 300;
}

/// What is recorded when an attempt has ended. No text in it holds a PIN or the key: it was masked where it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttemptOutcome {
    pub(crate) state: AttemptState,
    pub(crate) at: Timestamp,
    pub(crate) answer: AnswerRecord,
}

impl AttemptOutcome {
    /// What an attempt brought, ended at a point in time.
    pub(crate) fn of<T>(verdict: &Verdict<T>, at: Timestamp, latency: Duration) -> Self {
        let cut = |text: &str| {
            text.chars()
                .filter(|c| *c != '\0')
                .take(AnswerRecord::LONGEST_TEXT)
                .collect()
        };
        Self {
            state: AttemptState::of(&verdict.outcome),
            at,
            answer: AnswerRecord {
                http: verdict.http,
                error_id: verdict.error_id.as_ref().map(|id| cut(&id.to_string())),
                error_msg: verdict.error_msg.as_deref().map(cut),
                detail: verdict.detail.as_deref().map(cut),
                latency_ms: u32::try_from(latency.as_millis()).ok(),
            },
        }
    }
}

/// How much of an attempt is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What a decision needs: `answer` is `None`.
    State,
    /// All of it, for the results and for people.
    Full,
}

/// One attempt, as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    /// Counts the attempts of this number in this campaign, from 1.
    pub(crate) nth: u32,
    pub(crate) run: RunId,
    /// When it was claimed.
    pub(crate) at: Timestamp,
    /// How long its PIN is valid, in seconds; 0 is for ever.
    pub(crate) expires_in: u32,
    pub(crate) state: AttemptState,
    pub(crate) answered_at: Option<Timestamp>,
    pub(crate) delivery: Option<Delivery>,
    /// Where it has ended, and all of it was read.
    pub(crate) answer: Option<Box<AnswerRecord>>,
}

impl Attempt {
    /// One that a run has claimed now.
    pub(super) const fn claimed(nth: u32, run: RunId, now: Timestamp, expires_in: u32) -> Self {
        Self {
            nth,
            run,
            at: now,
            expires_in,
            state: AttemptState::Open,
            answered_at: None,
            delivery: None,
            answer: None,
        }
    }

    /// The latest moment that is known of it.
    pub(crate) fn heard_of(&self) -> Timestamp {
        self.answered_at.map_or(self.at, |answered| answered.max(self.at))
    }

    /// True where it was claimed later than `since`, and its SMS left, or may have, by what was recorded when it had ended. An open
    /// one says less than it should where records are lost: its claim may have been made anew since.
    pub(crate) fn reached_since(&self, since: Timestamp) -> bool {
        #[cfg(test)]
        if let Some(wrong) = self.wrongly_reached() {
            return self.at > since && wrong;
        }
        self.at > since && matches!(self.state, AttemptState::Accepted | AttemptState::Unknown)
    }

    /// What an adoption would take it for with a fault that a test has put into it.
    #[cfg(test)]
    fn wrongly_reached(&self) -> Option<bool> {
        use super::mutant::Mutant;
        let is_open = Mutant::OpenAttemptStands.is_on().then(|| self.state.is_reached());
        is_open.or_else(|| Mutant::VainAttemptReaches.is_on().then_some(true))
    }
}

/// The right to make one attempt: its claim is durable. One that is dropped leaves the number unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a claim without an outcome is unknown"]
pub(crate) struct Ticket {
    pub(crate) msisdn: Msisdn,
    pub(crate) nth: u32,
}
