//! Pure decisions of a batch: what becomes of a row, and (in [`run`]) what a run may do at all.
//!
//! No files, no clock, no SQL: everything is an argument, so every rule of duplicates, resume and retry is a line of a
//! table test.

use super::numbers::Claim;
use super::state::{NumberState, State};

/// Which unknown numbers are sent again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RetryUnknown {
    #[default]
    Never,
    /// Those whose PIN has expired in the meantime.
    Expired,
    All,
}

impl RetryUnknown {
    /// True for a number whose SMS may have gone, and that is to be sent again all the same.
    pub(crate) const fn wants(self, standing: NumberState) -> bool {
        matches!(standing.state(), State::Unknown)
            && match self {
                Self::Never => false,
                Self::Expired => standing.expired(),
                Self::All => true,
            }
    }
}

/// Why a row is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skip {
    /// It failed a check of ours.
    Invalid,
    /// An earlier row, on this line, has its number.
    DuplicateOfRow {
        first_line: u64,
    },
    /// An earlier run, under another fingerprint, sent it or may have.
    DuplicateOfRun,
    Accepted,
    Refused,
    /// It may have been taken; only `--retry-unknown` sends it again.
    Unknown,
    /// This run has sent as many as it may: it stays pending, or whatever it was.
    Limit,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Send it. `repeat` is true where this may be a second SMS, which somebody has agreed to.
    Send {
        repeat: bool,
    },
    Skip(Skip),
    /// The number is not what the preflight saw: stop, nothing more may be sent.
    InputChanged,
}

/// Decides one row of the second pass.
///
/// `claim` is `None` for an invalid row, `left` how many this run may still send, if that is limited.
pub(crate) const fn row(claim: Option<Claim>, retry: RetryUnknown, left: Option<u64>) -> Action {
    let standing = match claim {
        None => return Action::Skip(Skip::Invalid),
        Some(Claim::NotInPreflight) => return Action::InputChanged,
        Some(Claim::Duplicate { first_line }) => return Action::Skip(Skip::DuplicateOfRow { first_line }),
        Some(Claim::First(standing)) => standing,
    };
    let repeat = retry.wants(standing);
    if repeat || standing.state().open() {
        return if matches!(left, Some(0)) {
            Action::Skip(Skip::Limit)
        } else {
            Action::Send { repeat }
        };
    }
    Action::Skip(match standing.state() {
        _ if standing.taken_over() => Skip::DuplicateOfRun,
        State::Accepted => Skip::Accepted,
        State::Refused => Skip::Refused,
        _ => Skip::Unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::super::state::{Ended, Kind};
    use super::RetryUnknown::{All, Expired, Never};
    use super::*;

    const SEND: Action = Action::Send { repeat: false };
    const REPEAT: Action = Action::Send { repeat: true };

    #[expect(clippy::unnecessary_wraps, reason = "the table has rows without a claim")]
    fn first(attempts: &[Option<Ended>], expired: bool) -> Option<Claim> {
        let standing = attempts.iter().fold(NumberState::NEW, |standing, ended| {
            standing.after(*ended, expired)
        });
        Some(Claim::First(standing))
    }

    #[expect(clippy::unnecessary_wraps, reason = "the table has rows without a claim")]
    fn earlier(ended: Ended, kind: Kind, expired: bool) -> Option<Claim> {
        Some(Claim::First(
            NumberState::NEW
                .after(Some(ended), expired)
                .in_next_campaign(kind),
        ))
    }

    fn hold(table: &[(&str, Option<Claim>, RetryUnknown, Action)]) {
        for (name, claim, retry, expected) in table {
            assert_eq!(row(*claim, *retry, None), *expected, "{name}");
            assert_eq!(row(*claim, *retry, Some(1)), *expected, "{name}, one left");
            let sends = matches!(expected, Action::Send { .. });
            let limited = if sends {
                Action::Skip(Skip::Limit)
            } else {
                *expected
            };
            assert_eq!(row(*claim, *retry, Some(0)), limited, "{name}, none left");
        }
    }

    #[test]
    fn rows_that_nothing_was_sent_to() {
        use Ended::{RefusedAccount, Unsent};
        let duplicate = Some(Claim::Duplicate { first_line: 7 });
        let of_row = Action::Skip(Skip::DuplicateOfRow { first_line: 7 });
        hold(&[
            ("invalid", None, All, Action::Skip(Skip::Invalid)),
            (
                "stranger",
                Some(Claim::NotInPreflight),
                Never,
                Action::InputChanged,
            ),
            ("duplicate", duplicate, All, of_row),
            ("new", first(&[], false), Never, SEND),
            ("new, retrying", first(&[], false), All, SEND),
            ("unsent", first(&[Some(Unsent)], false), Never, SEND),
            ("no funds", first(&[Some(RefusedAccount)], false), Never, SEND),
        ]);
    }

    #[test]
    fn rows_that_something_was_sent_to() {
        use Ended::{Accepted, Refused, RefusedAccount, Unknown, Unsent};
        const ACCEPTED: Action = Action::Skip(Skip::Accepted);
        const REFUSED: Action = Action::Skip(Skip::Refused);
        const UNKNOWN: Action = Action::Skip(Skip::Unknown);
        let killed = first(&[Some(Unsent), Some(Unknown), None], false);
        hold(&[
            ("accepted", first(&[Some(Accepted)], true), All, ACCEPTED),
            ("refused", first(&[Some(Refused)], true), All, REFUSED),
            ("unknown", first(&[Some(Unknown)], true), Never, UNKNOWN),
            ("live", first(&[Some(Unknown)], false), Expired, UNKNOWN),
            ("expired", first(&[Some(Unknown)], true), Expired, REPEAT),
            ("all", first(&[Some(Unknown)], false), All, REPEAT),
            ("killed", first(&[None], true), Never, UNKNOWN),
            ("killed, expired", first(&[None], true), Expired, REPEAT),
            ("429, lost, killed", killed, Never, UNKNOWN),
            (
                "lost, 429",
                first(&[Some(Unknown), Some(Unsent)], false),
                Never,
                UNKNOWN,
            ),
            (
                "lost, no funds",
                first(&[None, Some(RefusedAccount)], false),
                Never,
                UNKNOWN,
            ),
            (
                "lost, refused",
                first(&[None, Some(Refused)], false),
                All,
                REFUSED,
            ),
        ]);
    }

    #[test]
    fn rows_that_an_earlier_campaign_knows() {
        use Ended::{Accepted, Refused, Unknown};
        use Kind::{Again, SkipSent};
        const OF_RUN: Action = Action::Skip(Skip::DuplicateOfRun);
        hold(&[
            ("sent", earlier(Accepted, SkipSent, true), All, OF_RUN),
            ("maybe", earlier(Unknown, SkipSent, true), Never, OF_RUN),
            ("maybe, live", earlier(Unknown, SkipSent, false), Expired, OF_RUN),
            (
                "maybe, expired",
                earlier(Unknown, SkipSent, true),
                Expired,
                REPEAT,
            ),
            ("refused", earlier(Refused, SkipSent, false), Never, SEND),
            ("again", earlier(Accepted, Again, false), Never, SEND),
            ("again, maybe", earlier(Unknown, Again, false), Never, SEND),
        ]);
    }
}
