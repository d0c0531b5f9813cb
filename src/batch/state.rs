//! The state of a number: what its attempts of this campaign and of earlier ones add up to.
//!
//! Pure: the journal adds attempts in order, `numbers` keeps the seven bits of each state, and `decision` alone reads it.

use crate::outcome::Outcome;
use crate::wire::Scope;

/// How one attempt ended, as the journal records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AttemptResult {
    Accepted,
    Refused,
    /// Refused for a reason that has nothing to do with the number: the key, or the funds.
    RefusedAccount,
    /// No byte was taken, or the gateway said 429.
    Unsent,
    /// May or may not have been taken.
    Unknown,
}

impl AttemptResult {
    pub(crate) fn of<T>(outcome: &Outcome<T>) -> Self {
        match outcome {
            Outcome::Done(_) => Self::Accepted,
            Outcome::Refused(id) if id.scope() == Scope::Account => Self::RefusedAccount,
            Outcome::Refused(_) => Self::Refused,
            Outcome::Unsent => Self::Unsent,
            Outcome::Unknown => Self::Unknown,
        }
    }
}

/// What a number's attempts of one campaign add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    /// Not tried yet.
    Pending,
    Unsent,
    RefusedAccount,
    Refused,
    Unknown,
    Accepted,
    /// Another run that is alive has a request for it under way.
    UnderWay,
}

impl Status {
    /// True where a request was taken, or may have been.
    pub(crate) const fn sent(self) -> bool {
        matches!(self, Self::Accepted | Self::Unknown | Self::UnderWay)
    }
}

/// What campaigns before this one left behind for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Earlier {
    /// Nothing that can have reached anybody.
    Nothing,
    Unknown,
    Accepted,
}

/// Why a journal began another campaign. A campaign is one fingerprint and the attempts made since it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CampaignKind {
    /// The journal's first.
    First,
    /// Another input or other settings; what was sent before stays sent.
    SkipSent,
    /// Everybody once more, as somebody asked for.
    Again,
    /// The numbers were deleted: whoever a file names may have been sent to.
    Forgotten,
}

/// A number's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NumberState {
    state: Status,
    earlier: Earlier,
    attempted: bool,
    expired: bool,
}

impl NumberState {
    /// A number that no journal knows.
    pub(crate) const NEW: Self = Self {
        state: Status::Pending,
        earlier: Earlier::Nothing,
        attempted: false,
        expired: false,
    };
    /// The bits that [`NumberState::to_bits`] uses.
    pub(crate) const BITS: u32 = 7;

    pub(super) const fn state(self) -> Status {
        self.state
    }

    /// True where this campaign has tried the number.
    pub(crate) const fn attempted(self) -> bool {
        self.attempted
    }

    /// True for a number whose SMS an earlier campaign sent, or may have sent, and that this one only takes over.
    pub(crate) const fn carried_over(self) -> bool {
        self.state.sent() && !self.attempted
    }

    /// True where any campaign sent a request that was taken, or may have been: another one may be a second SMS.
    pub(crate) const fn ever_sent(self) -> bool {
        self.state.sent() || !matches!(self.earlier, Earlier::Nothing)
    }

    /// True where the state is unknown and every PIN that may be out there has expired.
    pub(crate) const fn expired(self) -> bool {
        self.expired
    }

    /// After one more attempt. `None` is an intent without an outcome, which is unknown. `expired` says of this
    /// attempt's PIN that its time is over.
    ///
    /// What is unknown stays unknown until an acceptance closes it: a refusal speaks of its own request alone, and says
    /// nothing about the one before.
    #[must_use]
    pub(crate) const fn after(self, ended: Option<AttemptResult>, expired: bool) -> Self {
        let was_unknown = matches!(self.state, Status::Unknown | Status::UnderWay);
        let state = match (self.state, ended) {
            (Status::Accepted, _) | (_, Some(AttemptResult::Accepted)) => Status::Accepted,
            (Status::Unknown | Status::UnderWay, _) | (_, Some(AttemptResult::Unknown) | None) => {
                Status::Unknown
            }
            (Status::Refused, _) | (_, Some(AttemptResult::Refused)) => Status::Refused,
            (_, Some(AttemptResult::Unsent)) => Status::Unsent,
            (_, Some(AttemptResult::RefusedAccount)) => Status::RefusedAccount,
        };
        let expired = match ended {
            Some(AttemptResult::Unknown) | None => expired && (!was_unknown || self.expired),
            Some(_) => self.expired,
        };
        Self {
            state,
            earlier: self.earlier,
            attempted: true,
            expired,
        }
    }

    /// True for an unknown number whose PIN may still be valid.
    pub(crate) const fn waits_for_its_pin(self) -> bool {
        matches!(self.state, Status::Unknown) && !self.expired
    }

    /// Another run, which is alive, has made one more attempt that has no outcome yet. Only the word of the number differs from what
    /// it is once that run has died.
    #[must_use]
    pub(crate) const fn under_way(self) -> Self {
        let unknown = self.after(None, false);
        match self.state {
            Status::Accepted => unknown,
            _ => Self {
                state: Status::UnderWay,
                ..unknown
            },
        }
    }

    /// After a run whose records are lost: it may have sent to every number that was still to be sent to. What was recorded
    /// stays; when it may have sent, and how long that PIN is valid, nobody knows.
    #[must_use]
    pub(crate) const fn after_lost_records(self) -> Self {
        match self.state {
            Status::Accepted | Status::Refused => self,
            _ => self.after(None, false),
        }
    }

    /// The same number at the beginning of another campaign.
    #[must_use]
    pub(crate) const fn in_next_campaign(self, kind: CampaignKind) -> Self {
        let earlier = match (self.state, self.earlier, kind) {
            (Status::Accepted, _, _) => Earlier::Accepted,
            (Status::Unknown | Status::UnderWay, _, _) | (_, Earlier::Nothing, CampaignKind::Forgotten) => {
                Earlier::Unknown
            }
            (_, earlier, _) => earlier,
        };
        let state = match (kind, earlier) {
            (CampaignKind::First | CampaignKind::Again, _) | (_, Earlier::Nothing) => Status::Pending,
            (_, Earlier::Accepted) => Status::Accepted,
            (_, Earlier::Unknown) => Status::Unknown,
        };
        Self {
            state,
            earlier,
            attempted: false,
            expired: self.expired,
        }
    }

    pub(crate) const fn to_bits(self) -> u8 {
        (self.state as u8)
            | (self.earlier as u8) << 3
            | (self.attempted as u8) << 5
            | (self.expired as u8) << 6
    }

    /// The inverse of [`NumberState::to_bits`]; bits that it never makes read as the most careful state.
    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self {
            state: match bits & 0b111 {
                0 => Status::Pending,
                1 => Status::Unsent,
                2 => Status::RefusedAccount,
                3 => Status::Refused,
                5 => Status::Accepted,
                6 => Status::UnderWay,
                _ => Status::Unknown,
            },
            earlier: match bits >> 3 & 0b11 {
                0 => Earlier::Nothing,
                2 => Earlier::Accepted,
                _ => Earlier::Unknown,
            },
            attempted: bits >> 5 & 1 == 1,
            expired: bits >> 6 & 1 == 1,
        }
    }
}

#[cfg(test)]
mod tests;
