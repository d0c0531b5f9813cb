//! When a request is tried again: only after `unsent`, a few times, and never sooner than the gateway asks.
//!
//! Pure: no clock, no randomness of its own, no sleep. Whoever tries again journals that attempt first.

use std::time::Duration;

/// How many times a request is tried again unless a setting says otherwise.
pub(crate) const RETRIES: u32 = 3;
/// The longest `Retry-After` that is waited for.
pub(crate) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What an attempt came to, as far as trying again is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempted {
    /// The gateway never took it. `retry_after` is how long it asked to be left alone.
    Unsent { retry_after: Option<Duration> },
    /// Taken, refused, or perhaps taken.
    Otherwise,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Try again after this long.
    Wait(Duration),
    Stop(Stop),
}

/// Why a request is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The gateway took it, or may have.
    NotUnsent,
    /// Tried as often as allowed.
    Exhausted,
    /// The gateway asked for more than [`LONGEST_RETRY_AFTER`].
    RetryAfterTooLong(Duration),
}

/// What follows on attempt number `attempt` (the first is 1) when `retries` more were allowed after the first.
///
/// The waits are 0.5, 1, 2 s and so on up to a minute, each ± 50 %: `random` is drawn evenly from all of `u32`. A
/// `Retry-After` is waited for in full.
pub(crate) fn next(attempt: u32, attempted: Attempted, retries: u32, random: u32) -> Next {
    let Attempted::Unsent { retry_after } = attempted else {
        return Next::Stop(Stop::NotUnsent);
    };
    if attempt > retries {
        return Next::Stop(Stop::Exhausted);
    }
    let asked = retry_after.unwrap_or_default();
    if asked > LONGEST_RETRY_AFTER {
        return Next::Stop(Stop::RetryAfterTooLong(asked));
    }
    Next::Wait(backoff(attempt, random).max(asked))
}

fn backoff(attempt: u32, random: u32) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let middle = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    middle.mul_f64(0.5 + f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIDDLE: u32 = u32::MAX / 2;

    fn unsent(retry_after: Option<u64>) -> Attempted {
        Attempted::Unsent {
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn wait(millis: u64) -> Next {
        Next::Wait(Duration::from_millis(millis))
    }

    #[test]
    fn what_follows_on_an_attempt() {
        let too_long = Next::Stop(Stop::RetryAfterTooLong(Duration::from_secs(301)));
        let table = [
            (1, Attempted::Otherwise, 0, Next::Stop(Stop::NotUnsent)),
            (9, Attempted::Otherwise, 0, Next::Stop(Stop::NotUnsent)),
            (1, unsent(None), 0, wait(250)),
            (1, unsent(None), u32::MAX, wait(750)),
            (2, unsent(None), 0, wait(500)),
            (2, unsent(None), u32::MAX, wait(1500)),
            (3, unsent(None), 0, wait(1000)),
            (3, unsent(None), u32::MAX, wait(3000)),
            (4, unsent(None), 0, Next::Stop(Stop::Exhausted)),
            (4, unsent(Some(1)), 0, Next::Stop(Stop::Exhausted)),
            (1, unsent(Some(0)), 0, wait(250)),
            (1, unsent(Some(1)), 0, wait(1000)),
            (3, unsent(Some(1)), u32::MAX, wait(3000)),
            (1, unsent(Some(300)), MIDDLE, wait(300_000)),
            (1, unsent(Some(301)), MIDDLE, too_long),
        ];
        for (attempt, attempted, random, expected) in table {
            assert_eq!(
                next(attempt, attempted, RETRIES, random),
                expected,
                "{attempt} {attempted:?} {random}"
            );
        }
    }

    #[test]
    fn without_retries_nothing_is_tried_again() {
        assert_eq!(next(1, unsent(Some(1)), 0, 0), Next::Stop(Stop::Exhausted));
    }

    proptest! {
        #[test]
        fn a_wait_is_never_shorter_than_asked_nor_longer_than_five_minutes(
            attempt in 1..=u32::MAX, seconds in 0..=300_u64, random: u32,
        ) {
            let Next::Wait(wait) = next(attempt, unsent(Some(seconds)), u32::MAX, random) else {
                return Err(TestCaseError::fail("stopped"));
            };
            prop_assert!(wait >= Duration::from_secs(seconds));
            prop_assert!(wait <= LONGEST_RETRY_AFTER);
        }
    }
}
