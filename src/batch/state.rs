//! Where a number stands: what its attempts of this campaign and of earlier ones add up to.
//!
//! Pure: the journal feeds it attempts in order, the numbers keeps its seven bits, `decide` reads it.

use crate::outcome::Outcome;
use crate::wire::Scope;

/// How one attempt ended, as the journal records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ended {
    Accepted,
    Refused,
    /// Refused for a reason that has nothing to do with the number: the key, or the funds.
    RefusedAccount,
    /// No byte was taken, or the gateway said 429.
    Unsent,
    /// May or may not have been taken.
    Unknown,
}

impl Ended {
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
pub(crate) enum State {
    /// Not tried yet.
    Pending,
    Unsent,
    RefusedAccount,
    Refused,
    Unknown,
    Accepted,
}

impl State {
    /// True where a request was taken, or may have been.
    pub(crate) const fn sent(self) -> bool {
        matches!(self, Self::Accepted | Self::Unknown)
    }

    /// True where a resumed run has something to send without being told to.
    pub(crate) const fn open(self) -> bool {
        matches!(self, Self::Pending | Self::Unsent | Self::RefusedAccount)
    }
}

/// What campaigns before this one left behind for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Before {
    /// Nothing that can have reached anybody.
    Nothing,
    Unknown,
    Accepted,
}

/// Why a journal began another campaign. A campaign is one fingerprint and the attempts made since it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// The journal's first.
    First,
    /// Another input or other settings; what was sent before stays sent.
    SkipSent,
    /// Everybody once more, as somebody asked for.
    Again,
}

/// A number's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NumberState {
    state: State,
    before: Before,
    attempted: bool,
    expired: bool,
}

impl NumberState {
    /// A number that no journal knows.
    pub(crate) const NEW: Self = Self {
        state: State::Pending,
        before: Before::Nothing,
        attempted: false,
        expired: false,
    };
    /// The bits that [`NumberState::to_bits`] uses.
    pub(crate) const BITS: u32 = 7;

    pub(crate) const fn state(self) -> State {
        self.state
    }

    /// True where this campaign has tried the number.
    pub(crate) const fn attempted(self) -> bool {
        self.attempted
    }

    /// True for a number whose SMS an earlier campaign sent, or may have sent, and that this one only takes over.
    pub(crate) const fn taken_over(self) -> bool {
        self.state.sent() && !self.attempted
    }

    /// True where any campaign sent a request that was taken, or may have been: another one may be a second SMS.
    pub(crate) const fn ever_sent(self) -> bool {
        self.state.sent() || !matches!(self.before, Before::Nothing)
    }

    /// True where the state is unknown and every PIN that may be out there has expired.
    pub(crate) const fn expired(self) -> bool {
        self.expired
    }

    /// After one more attempt. `None` is an intent without an outcome, which is unknown. `expired` says of this
    /// attempt's PIN that its time is over.
    ///
    /// What is unknown stays unknown until an acceptance or a refusal of the number closes it: neither `unsent` nor a
    /// refusal for account reasons says anything about the request before.
    #[must_use]
    pub(crate) const fn after(self, ended: Option<Ended>, expired: bool) -> Self {
        let was_unknown = matches!(self.state, State::Unknown);
        let state = match (self.state, ended) {
            (State::Accepted, _) | (_, Some(Ended::Accepted)) => State::Accepted,
            (_, Some(Ended::Refused)) => State::Refused,
            (_, Some(Ended::Unknown) | None) | (State::Unknown, _) => State::Unknown,
            (State::Refused, _) => State::Refused,
            (_, Some(Ended::Unsent)) => State::Unsent,
            (_, Some(Ended::RefusedAccount)) => State::RefusedAccount,
        };
        let expired = match ended {
            Some(Ended::Unknown) | None => expired && (!was_unknown || self.expired),
            Some(_) => self.expired,
        };
        Self {
            state,
            before: self.before,
            attempted: true,
            expired,
        }
    }

    /// The same number at the beginning of another campaign.
    #[must_use]
    pub(crate) const fn in_next_campaign(self, kind: Kind) -> Self {
        let before = match self.state {
            State::Accepted => Before::Accepted,
            State::Unknown => Before::Unknown,
            _ => self.before,
        };
        let state = match (kind, before) {
            (Kind::SkipSent, Before::Accepted) => State::Accepted,
            (Kind::SkipSent, Before::Unknown) => State::Unknown,
            _ => State::Pending,
        };
        Self {
            state,
            before,
            attempted: false,
            expired: self.expired,
        }
    }

    pub(crate) const fn to_bits(self) -> u8 {
        (self.state as u8)
            | (self.before as u8) << 3
            | (self.attempted as u8) << 5
            | (self.expired as u8) << 6
    }

    /// The inverse of [`NumberState::to_bits`]; bits that it never makes read as the most careful state.
    pub(crate) const fn from_bits(bits: u8) -> Self {
        Self {
            state: match bits & 0b111 {
                0 => State::Pending,
                1 => State::Unsent,
                2 => State::RefusedAccount,
                3 => State::Refused,
                5 => State::Accepted,
                _ => State::Unknown,
            },
            before: match bits >> 3 & 0b11 {
                0 => Before::Nothing,
                2 => Before::Accepted,
                _ => Before::Unknown,
            },
            attempted: bits >> 5 & 1 == 1,
            expired: bits >> 6 & 1 == 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Option<Ended>; 6] = [
        Some(Ended::Accepted),
        Some(Ended::Refused),
        Some(Ended::RefusedAccount),
        Some(Ended::Unsent),
        Some(Ended::Unknown),
        None,
    ];

    fn fold(attempts: &[Option<Ended>]) -> NumberState {
        attempts
            .iter()
            .fold(NumberState::NEW, |standing, ended| standing.after(*ended, false))
    }

    #[test]
    fn attempts_add_up_by_this_table() {
        use Ended::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
        let table: &[(&[Option<Ended>], State)] = &[
            (&[], State::Pending),
            (&[Some(Accepted)], State::Accepted),
            (&[Some(Refused)], State::Refused),
            (&[Some(RefusedAccount)], State::RefusedAccount),
            (&[Some(Unsent)], State::Unsent),
            (&[Some(Unknown)], State::Unknown),
            (&[None], State::Unknown),
            (&[Some(Unsent), Some(Accepted)], State::Accepted),
            (&[Some(Unsent), Some(Unsent), None], State::Unknown),
            (&[Some(Unsent), Some(RefusedAccount)], State::RefusedAccount),
            (&[Some(RefusedAccount), Some(Unsent)], State::Unsent),
            (&[Some(RefusedAccount), Some(Accepted)], State::Accepted),
            (&[Some(Unsent), Some(Unknown), None], State::Unknown),
            (&[Some(Unknown), Some(Unsent)], State::Unknown),
            (&[Some(Unknown), Some(RefusedAccount)], State::Unknown),
            (&[None, Some(Unsent), Some(RefusedAccount)], State::Unknown),
            (&[Some(Unknown), Some(Accepted)], State::Accepted),
            (&[None, Some(Refused)], State::Refused),
            (&[Some(Refused), Some(Unknown)], State::Unknown),
            (&[Some(Refused), Some(Unsent)], State::Refused),
            (&[Some(Accepted), Some(Refused)], State::Accepted),
            (&[Some(Accepted), None], State::Accepted),
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
                Ended::RefusedAccount
            } else {
                Ended::Refused
            };
            assert_eq!(Ended::of::<()>(&Outcome::Refused(id.clone())), expected, "{id}");
        }
        assert_eq!(Ended::of(&Outcome::Done(())), Ended::Accepted);
        assert_eq!(Ended::of::<()>(&Outcome::Unsent), Ended::Unsent);
        assert_eq!(Ended::of::<()>(&Outcome::Unknown), Ended::Unknown);
    }

    #[test]
    fn an_unknown_has_expired_only_when_every_pin_that_may_be_out_has() {
        let twice = |first, second| {
            NumberState::NEW
                .after(None, first)
                .after(Some(Ended::Unknown), second)
                .expired()
        };
        assert!(twice(true, true));
        assert!(!twice(true, false));
        assert!(!twice(false, true));
        assert!(
            NumberState::NEW
                .after(None, true)
                .after(Some(Ended::Unsent), false)
                .expired()
        );
        assert!(
            NumberState::NEW
                .after(Some(Ended::Unsent), false)
                .after(None, true)
                .expired()
        );
    }

    #[test]
    fn campaigns_follow_each_other_by_this_table() {
        use Ended::{Accepted, Refused, Unknown, Unsent};
        // attempts of the first, the next kind, then: state, taken over, ever sent
        let table = [
            (Some(Accepted), Kind::SkipSent, State::Accepted, true, true),
            (Some(Unknown), Kind::SkipSent, State::Unknown, true, true),
            (None, Kind::SkipSent, State::Unknown, true, true),
            (Some(Refused), Kind::SkipSent, State::Pending, false, false),
            (Some(Unsent), Kind::SkipSent, State::Pending, false, false),
            (Some(Accepted), Kind::Again, State::Pending, false, true),
            (Some(Unknown), Kind::Again, State::Pending, false, true),
            (Some(Refused), Kind::Again, State::Pending, false, false),
        ];
        for (ended, kind, state, taken_over, ever_sent) in table {
            let standing = fold(&[ended]).in_next_campaign(kind);
            assert_eq!(
                (
                    standing.state(),
                    standing.taken_over(),
                    standing.ever_sent(),
                    standing.attempted()
                ),
                (state, taken_over, ever_sent, false),
                "{ended:?} {kind:?}"
            );
        }
    }

    #[test]
    fn what_was_sent_is_never_forgotten() {
        let again = fold(&[Some(Ended::Accepted)]).in_next_campaign(Kind::Again);
        for ended in [Ended::Refused, Ended::Unsent, Ended::RefusedAccount] {
            let after = again.after(Some(ended), false);
            assert!(after.ever_sent(), "{ended:?}");
            let skipping = after.in_next_campaign(Kind::SkipSent);
            assert_eq!(
                (skipping.state(), skipping.taken_over()),
                (State::Accepted, true),
                "{ended:?}"
            );
        }
        assert_eq!(again.in_next_campaign(Kind::SkipSent).state(), State::Accepted);
        let retried = fold(&[None])
            .in_next_campaign(Kind::SkipSent)
            .after(Some(Ended::Unsent), false);
        assert_eq!((retried.state(), retried.taken_over()), (State::Unknown, false));
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
            let campaigns = [Kind::SkipSent, Kind::Again].map(|kind| standing.in_next_campaign(kind));
            todo.extend(attempts.chain(campaigns).filter(|next| seen.insert(*next)));
        }
        assert!(seen.len() > 20, "{}", seen.len());
    }
}
