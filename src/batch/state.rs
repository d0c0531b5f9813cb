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
}

impl Status {
    /// True where a request was taken, or may have been.
    pub(crate) const fn sent(self) -> bool {
        matches!(self, Self::Accepted | Self::Unknown)
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
        let was_unknown = matches!(self.state, Status::Unknown);
        let state = match (self.state, ended) {
            (Status::Accepted, _) | (_, Some(AttemptResult::Accepted)) => Status::Accepted,
            (Status::Unknown, _) | (_, Some(AttemptResult::Unknown) | None) => Status::Unknown,
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

    /// After a run whose records are lost: it may have sent to every number that was still to be sent to. What was recorded
    /// stays; when it may have sent, and how long that PIN is valid, nobody knows.
    #[must_use]
    pub(crate) const fn after_lost_records(self) -> Self {
        match self.state {
            Status::Accepted | Status::Refused => self,
            Status::Pending | Status::Unsent | Status::RefusedAccount | Status::Unknown => {
                self.after(None, false)
            }
        }
    }

    /// The same number at the beginning of another campaign.
    #[must_use]
    pub(crate) const fn in_next_campaign(self, kind: CampaignKind) -> Self {
        let earlier = match (self.state, self.earlier, kind) {
            (Status::Accepted, _, _) => Earlier::Accepted,
            (Status::Unknown, _, _) | (_, Earlier::Nothing, CampaignKind::Forgotten) => Earlier::Unknown,
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
mod tests {
    use super::*;

    const ALL: [Option<AttemptResult>; 6] = [
        Some(AttemptResult::Accepted),
        Some(AttemptResult::Refused),
        Some(AttemptResult::RefusedAccount),
        Some(AttemptResult::Unsent),
        Some(AttemptResult::Unknown),
        None,
    ];

    fn fold(attempts: &[Option<AttemptResult>]) -> NumberState {
        attempts
            .iter()
            .fold(NumberState::NEW, |standing, ended| standing.after(*ended, false))
    }

    #[test]
    fn attempts_add_up_by_this_table() {
        use AttemptResult::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
        let table: &[(&[Option<AttemptResult>], Status)] = &[
            (&[], Status::Pending),
            (&[Some(Accepted)], Status::Accepted),
            (&[Some(Refused)], Status::Refused),
            (&[Some(RefusedAccount)], Status::RefusedAccount),
            (&[Some(Unsent)], Status::Unsent),
            (&[Some(Unknown)], Status::Unknown),
            (&[None], Status::Unknown),
            (&[Some(Unsent), Some(Accepted)], Status::Accepted),
            (&[Some(Unsent), Some(Unsent), None], Status::Unknown),
            (&[Some(Unsent), Some(RefusedAccount)], Status::RefusedAccount),
            (&[Some(RefusedAccount), Some(Unsent)], Status::Unsent),
            (&[Some(RefusedAccount), Some(Accepted)], Status::Accepted),
            (&[Some(Unsent), Some(Unknown), None], Status::Unknown),
            (&[Some(Unknown), Some(Unsent)], Status::Unknown),
            (&[Some(Unknown), Some(RefusedAccount)], Status::Unknown),
            (&[None, Some(Unsent), Some(RefusedAccount)], Status::Unknown),
            (&[Some(Unknown), Some(Accepted)], Status::Accepted),
            (&[None, Some(Refused)], Status::Unknown),
            (&[Some(Unknown), Some(Refused)], Status::Unknown),
            (&[Some(Unknown), Some(Refused), Some(Accepted)], Status::Accepted),
            (&[Some(Refused), Some(Unknown)], Status::Unknown),
            (&[Some(Refused), Some(Unsent)], Status::Refused),
            (&[Some(Accepted), Some(Refused)], Status::Accepted),
            (&[Some(Accepted), None], Status::Accepted),
        ];
        for (attempts, expected) in table {
            assert_eq!(fold(attempts).state(), *expected, "{attempts:?}");
        }
    }

    #[test]
    fn only_the_account_is_to_blame_for_its_error_ids() {
        use crate::wire::ErrorId;
        for id in ErrorId::LISTED {
            let account = matches!(id, ErrorId::Unauthorized | ErrorId::NotEnoughBalance);
            let expected = if account {
                AttemptResult::RefusedAccount
            } else {
                AttemptResult::Refused
            };
            assert_eq!(
                AttemptResult::of::<()>(&Outcome::Refused(id.clone())),
                expected,
                "{id}"
            );
        }
        assert_eq!(AttemptResult::of(&Outcome::Done(())), AttemptResult::Accepted);
        assert_eq!(AttemptResult::of::<()>(&Outcome::Unsent), AttemptResult::Unsent);
        assert_eq!(AttemptResult::of::<()>(&Outcome::Unknown), AttemptResult::Unknown);
    }

    #[test]
    fn an_unknown_has_expired_only_when_every_pin_that_may_be_out_has() {
        let twice = |first, second| {
            NumberState::NEW
                .after(None, first)
                .after(Some(AttemptResult::Unknown), second)
                .expired()
        };
        assert!(twice(true, true));
        assert!(!twice(true, false));
        assert!(!twice(false, true));
        assert!(
            NumberState::NEW
                .after(None, true)
                .after(Some(AttemptResult::Unsent), false)
                .expired()
        );
        assert!(
            NumberState::NEW
                .after(Some(AttemptResult::Unsent), false)
                .after(None, true)
                .expired()
        );
    }

    #[test]
    fn campaigns_follow_each_other_by_this_table() {
        use AttemptResult::{Accepted, Refused, Unknown, Unsent};
        // attempts of the first, the next kind, then: state, taken over, ever sent
        let table = [
            (
                Some(Accepted),
                CampaignKind::SkipSent,
                Status::Accepted,
                true,
                true,
            ),
            (Some(Unknown), CampaignKind::SkipSent, Status::Unknown, true, true),
            (None, CampaignKind::SkipSent, Status::Unknown, true, true),
            (
                Some(Refused),
                CampaignKind::SkipSent,
                Status::Pending,
                false,
                false,
            ),
            (
                Some(Unsent),
                CampaignKind::SkipSent,
                Status::Pending,
                false,
                false,
            ),
            (Some(Accepted), CampaignKind::Again, Status::Pending, false, true),
            (Some(Unknown), CampaignKind::Again, Status::Pending, false, true),
            (Some(Refused), CampaignKind::Again, Status::Pending, false, false),
        ];
        for (ended, kind, state, carried_over, ever_sent) in table {
            let standing = fold(&[ended]).in_next_campaign(kind);
            assert_eq!(
                (
                    standing.state(),
                    standing.carried_over(),
                    standing.ever_sent(),
                    standing.attempted()
                ),
                (state, carried_over, ever_sent, false),
                "{ended:?} {kind:?}"
            );
        }
    }

    #[test]
    fn what_was_sent_is_never_forgotten() {
        let again = fold(&[Some(AttemptResult::Accepted)]).in_next_campaign(CampaignKind::Again);
        for ended in [
            AttemptResult::Refused,
            AttemptResult::Unsent,
            AttemptResult::RefusedAccount,
        ] {
            let after = again.after(Some(ended), false);
            assert!(after.ever_sent(), "{ended:?}");
            let skipping = after.in_next_campaign(CampaignKind::SkipSent);
            assert_eq!(
                (skipping.state(), skipping.carried_over()),
                (Status::Accepted, true),
                "{ended:?}"
            );
        }
        assert_eq!(
            again.in_next_campaign(CampaignKind::SkipSent).state(),
            Status::Accepted
        );
        let retried = fold(&[None])
            .in_next_campaign(CampaignKind::SkipSent)
            .after(Some(AttemptResult::Unsent), false);
        assert_eq!(
            (retried.state(), retried.carried_over()),
            (Status::Unknown, false)
        );
    }

    #[test]
    fn the_bits_hold_every_standing() {
        let mut seen = std::collections::HashSet::from([NumberState::NEW]);
        let mut todo = vec![NumberState::NEW];
        while let Some(standing) = todo.pop() {
            assert_eq!(NumberState::from_bits(standing.to_bits()), standing);
            assert!(u32::from(standing.to_bits()) < 1 << NumberState::BITS);
            let attempts = ALL
                .iter()
                .flat_map(|ended| [true, false].map(|old| standing.after(*ended, old)));
            let campaigns =
                [CampaignKind::SkipSent, CampaignKind::Again].map(|kind| standing.in_next_campaign(kind));
            todo.extend(attempts.chain(campaigns).filter(|next| seen.insert(*next)));
        }
        assert!(seen.len() > 20, "{}", seen.len());
    }
}
