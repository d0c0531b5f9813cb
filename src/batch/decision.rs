//! What becomes of a number: the one function that decides it, and the only reader of a number's state.
//!
//! The preflight's counts, the plan, the sending, the words of the results, the summary, `--status` and the exit code all
//! match on the [`Decision`] made here. Pure: every rule of resume and retry is a line of a table test.

use super::state::{NumberState, Status};
use crate::failure::Exit;

/// Which unknown numbers are sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RetryUnknown {
    #[default]
    Never,
    /// Those whose PIN has expired in the meantime.
    Expired,
    All,
}

/// How the last attempt of this campaign ended for a number that is still to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastAttempt {
    /// This campaign has not tried the number.
    None,
    /// No byte was taken, or the gateway said 429.
    Unsent,
    /// The gateway refused the key or the funds, and said nothing about the number.
    RefusedAccount,
}

/// What becomes of a number. `carried_over` is true where an earlier campaign sent to the number, or may have, and this
/// one has not tried it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Send. `sent_before` is true where an earlier campaign sent to the number, or may have.
    Send { last: LastAttempt, sent_before: bool },
    /// Send, though an earlier request may have been taken: the user has agreed to a possible second SMS.
    Repeat { carried_over: bool },
    /// Don't send: an earlier request may have been taken.
    LeaveUnknown { carried_over: bool },
    /// Don't send: another run is sending to the number.
    LeaveUnderWay,
    /// Don't send: the gateway has accepted the request.
    LeaveAccepted { carried_over: bool },
    /// Don't send: the gateway has refused the request.
    LeaveRefused { sent_before: bool },
    /// Don't send: the number stands in a list of numbers that never get an SMS.
    Exclude { sent_before: bool },
}

/// Decides what becomes of a number.
pub(crate) const fn decide(number: NumberState, retry: RetryUnknown) -> Decision {
    let carried_over = number.carried_over();
    let sent_before = number.ever_sent();
    let last = match number.state() {
        Status::Pending => LastAttempt::None,
        Status::Unsent => LastAttempt::Unsent,
        Status::RefusedAccount => LastAttempt::RefusedAccount,
        Status::Refused => return Decision::LeaveRefused { sent_before },
        Status::Accepted => return Decision::LeaveAccepted { carried_over },
        Status::UnderWay => return Decision::LeaveUnderWay,
        Status::Unknown => {
            let repeat = match retry {
                RetryUnknown::Never => false,
                RetryUnknown::Expired => number.expired(),
                RetryUnknown::All => true,
            };
            return if repeat {
                Decision::Repeat { carried_over }
            } else {
                Decision::LeaveUnknown { carried_over }
            };
        }
    };
    Decision::Send { last, sent_before }
}

impl Decision {
    /// The decision for a number that stands in a list of numbers that never get an SMS: what was sent stays as it is.
    #[must_use]
    pub(crate) const fn unless_excluded(self) -> Self {
        match self {
            Self::Send { sent_before, .. } => Self::Exclude { sent_before },
            Self::Repeat { carried_over } => Self::LeaveUnknown { carried_over },
            other => other,
        }
    }

    /// True where a run sends to the number.
    pub(crate) const fn sends(self) -> bool {
        matches!(self, Self::Send { .. } | Self::Repeat { .. })
    }

    /// True where a run sends to the number without being told to retry it.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Send { .. })
    }

    /// True where sending is a retry of a request that may have been taken.
    pub(crate) const fn is_repeat(self) -> bool {
        matches!(self, Self::Repeat { .. })
    }

    /// True where any campaign sent a request that was taken, or may have been: another one may be a second SMS.
    pub(crate) const fn ever_sent(self) -> bool {
        match self {
            Self::Send { sent_before, .. }
            | Self::LeaveRefused { sent_before }
            | Self::Exclude { sent_before } => sent_before,
            Self::Repeat { .. }
            | Self::LeaveUnknown { .. }
            | Self::LeaveUnderWay
            | Self::LeaveAccepted { .. } => true,
        }
    }

    /// True where nobody knows whether a request was taken, in this campaign or an earlier one.
    pub(crate) const fn may_have_been_sent(self) -> bool {
        matches!(self, Self::Repeat { .. } | Self::LeaveUnknown { .. })
    }

    /// True where this campaign has tried the number.
    pub(crate) const fn attempted(self) -> bool {
        match self {
            Self::Send { last, .. } => !matches!(last, LastAttempt::None),
            Self::LeaveRefused { .. } | Self::LeaveUnderWay => true,
            Self::Exclude { .. } => false,
            Self::Repeat { carried_over }
            | Self::LeaveUnknown { carried_over }
            | Self::LeaveAccepted { carried_over } => !carried_over,
        }
    }

    /// The word for the number in the results, the summary and `--status`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Send { last, .. } => match last {
                LastAttempt::None => "pending",
                LastAttempt::Unsent => "unsent",
                LastAttempt::RefusedAccount => "refused",
            },
            Self::LeaveRefused { .. } => "refused",
            Self::Exclude { .. } => "excluded",
            Self::Repeat { .. } | Self::LeaveUnknown { .. } => "unknown",
            Self::LeaveUnderWay => "under_way",
            Self::LeaveAccepted { .. } => "accepted",
        }
    }

    /// True where an earlier campaign sent to the number, or may have, and this one only takes it over.
    pub(crate) const fn carried_over(self) -> bool {
        match self {
            Self::Send { .. } | Self::LeaveRefused { .. } | Self::LeaveUnderWay | Self::Exclude { .. } => {
                false
            }
            Self::Repeat { carried_over }
            | Self::LeaveUnknown { carried_over }
            | Self::LeaveAccepted { carried_over } => carried_over,
        }
    }

    /// For a number that is taken over from an earlier campaign: what that one did. `None` for any other number.
    pub(crate) const fn taken_over(self) -> Option<&'static str> {
        match self {
            Self::LeaveAccepted { carried_over: true } => Some("sent by an earlier run"),
            Self::Repeat { carried_over: true } | Self::LeaveUnknown { carried_over: true } => {
                Some("may have been sent by an earlier run")
            }
            _ => None,
        }
    }

    /// How a batch ends where this is the worst that became of a number.
    pub(crate) const fn exit(self) -> Exit {
        match self {
            Self::Send { last, .. } => match last {
                LastAttempt::None | LastAttempt::Unsent => Exit::Unsent,
                LastAttempt::RefusedAccount => Exit::Account,
            },
            Self::LeaveRefused { .. } => Exit::No,
            Self::Repeat { .. } | Self::LeaveUnknown { .. } => Exit::Unknown,
            Self::LeaveUnderWay | Self::LeaveAccepted { .. } | Self::Exclude { .. } => Exit::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::state::{AttemptResult, CampaignKind};
    use super::RetryUnknown::{All, Expired, Never};
    use super::*;

    fn first(attempts: &[Option<AttemptResult>], expired: bool) -> NumberState {
        attempts
            .iter()
            .fold(NumberState::NEW, |number, result| number.after(*result, expired))
    }

    fn earlier(result: AttemptResult, kind: CampaignKind, expired: bool) -> NumberState {
        NumberState::NEW
            .after(Some(result), expired)
            .in_next_campaign(kind)
    }

    const fn send(last: LastAttempt, sent_before: bool) -> Decision {
        Decision::Send { last, sent_before }
    }

    const NEW: Decision = send(LastAttempt::None, false);
    const AGAIN: Decision = send(LastAttempt::None, true);
    const REPEAT: Decision = Decision::Repeat { carried_over: false };
    const UNKNOWN: Decision = Decision::LeaveUnknown { carried_over: false };
    const ACCEPTED: Decision = Decision::LeaveAccepted { carried_over: false };
    const REFUSED: Decision = Decision::LeaveRefused { sent_before: false };

    #[test]
    fn this_campaigns_attempts_decide_by_this_table() {
        use AttemptResult::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
        let of = |results: &[AttemptResult], expired| {
            let results: Vec<_> = results.iter().copied().map(Some).collect();
            first(&results, expired)
        };
        let unsent = send(LastAttempt::Unsent, false);
        let no_funds = send(LastAttempt::RefusedAccount, false);
        let killed = first(&[Some(Unsent), Some(Unknown), None], false);
        let table = [
            ("new", NumberState::NEW, Never, NEW),
            ("new, retrying", NumberState::NEW, All, NEW),
            ("unsent", of(&[Unsent], false), Never, unsent),
            ("no funds", of(&[RefusedAccount], false), Never, no_funds),
            ("accepted", of(&[Accepted], true), All, ACCEPTED),
            ("refused", of(&[Refused], true), All, REFUSED),
            ("unknown", of(&[Unknown], true), Never, UNKNOWN),
            ("live", of(&[Unknown], false), Expired, UNKNOWN),
            ("expired", of(&[Unknown], true), Expired, REPEAT),
            ("all", of(&[Unknown], false), All, REPEAT),
            ("killed", first(&[None], true), Never, UNKNOWN),
            ("killed, expired", first(&[None], true), Expired, REPEAT),
            ("429, lost, killed", killed, Never, UNKNOWN),
            ("lost, 429", of(&[Unknown, Unsent], false), Never, UNKNOWN),
            (
                "lost, no funds",
                of(&[Unknown, RefusedAccount], false),
                Never,
                UNKNOWN,
            ),
            ("lost, refused", of(&[Unknown, Refused], false), Never, UNKNOWN),
            ("lost, refused, all", of(&[Unknown, Refused], false), All, REPEAT),
        ];
        for (name, number, retry, expected) in table {
            assert_eq!(decide(number, retry), expected, "{name}");
        }
    }

    #[test]
    fn earlier_campaigns_decide_by_this_table() {
        use AttemptResult::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
        use CampaignKind::{Again, SkipSent};
        const SENT: Decision = Decision::LeaveAccepted { carried_over: true };
        const MAYBE: Decision = Decision::LeaveUnknown { carried_over: true };
        const RETRY: Decision = Decision::Repeat { carried_over: true };
        let again = |result| earlier(Accepted, Again, false).after(Some(result), false);
        let table = [
            ("sent", earlier(Accepted, SkipSent, true), All, SENT),
            ("maybe", earlier(Unknown, SkipSent, true), Never, MAYBE),
            ("maybe, live", earlier(Unknown, SkipSent, false), Expired, MAYBE),
            ("maybe, expired", earlier(Unknown, SkipSent, true), Expired, RETRY),
            ("refused", earlier(Refused, SkipSent, false), Never, NEW),
            ("again", earlier(Accepted, Again, false), Never, AGAIN),
            ("again, maybe", earlier(Unknown, Again, false), Never, AGAIN),
            ("again, 429", again(Unsent), All, send(LastAttempt::Unsent, true)),
            (
                "again, no funds",
                again(RefusedAccount),
                All,
                send(LastAttempt::RefusedAccount, true),
            ),
            (
                "again, refused",
                again(Refused),
                All,
                Decision::LeaveRefused { sent_before: true },
            ),
            ("again, accepted", again(Accepted), All, ACCEPTED),
            ("again, lost", again(Unknown), All, REPEAT),
        ];
        for (name, number, retry, expected) in table {
            assert_eq!(decide(number, retry), expected, "{name}");
        }
    }

    #[test]
    fn a_decision_is_told_by_this_table() {
        let carried_over = true;
        let [unsent, no_funds] =
            [LastAttempt::Unsent, LastAttempt::RefusedAccount].map(|last| send(last, false));
        // Letters: s sends, o is open, r repeats, e was ever sent to, a was attempted, c is carried over.
        let table = [
            (NEW, "so", "pending", Exit::Unsent),
            (AGAIN, "soe", "pending", Exit::Unsent),
            (unsent, "soa", "unsent", Exit::Unsent),
            (no_funds, "soa", "refused", Exit::Account),
            (REFUSED, "a", "refused", Exit::No),
            (ACCEPTED, "ea", "accepted", Exit::Done),
            (UNKNOWN, "ea", "unknown", Exit::Unknown),
            (Decision::LeaveUnderWay, "ea", "under_way", Exit::Done),
            (REPEAT, "srea", "unknown", Exit::Unknown),
            (
                Decision::Repeat { carried_over },
                "srec",
                "unknown",
                Exit::Unknown,
            ),
            (
                Decision::LeaveUnknown { carried_over },
                "ec",
                "unknown",
                Exit::Unknown,
            ),
            (
                Decision::LeaveAccepted { carried_over },
                "ec",
                "accepted",
                Exit::Done,
            ),
        ];
        for (decision, letters, word, exit) in table {
            let told = [
                ('s', decision.sends()),
                ('o', decision.is_open()),
                ('r', decision.is_repeat()),
                ('e', decision.ever_sent()),
                ('a', decision.attempted()),
                ('c', decision.carried_over()),
            ];
            let told: String = told.iter().filter(|told| told.1).map(|told| told.0).collect();
            assert_eq!(
                (told.as_str(), decision.word(), decision.exit()),
                (letters, word, exit)
            );
            assert_eq!(decision.taken_over().is_some(), decision.carried_over());
        }
    }
}
