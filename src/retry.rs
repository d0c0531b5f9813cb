//! When to try again what certainly never left. Pure: the clock and the dice are the caller's.

use std::time::Duration;

/// The longest `Retry-After` that is waited for.
const LONGEST: Duration = Duration::from_secs(300);
/// The wait after the first attempt; it doubles after each further one.
const FIRST: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Wait(Duration),
    Stop,
}

/// What follows attempt number `attempt` (from 1), which was `unsent`. `dice` gives a number from 0 to 1, and spreads the
/// waits by half in both directions, so that many clients don't come back at once.
pub(crate) fn after(
    attempt: u32,
    retries: u32,
    retry_after: Option<Duration>,
    dice: impl FnOnce() -> f64,
) -> Next {
    if attempt > retries {
        return Next::Stop;
    }
    let doubled = FIRST
        .saturating_mul(1 << attempt.saturating_sub(1).min(16))
        .min(LONGEST);
    let wait = doubled.mul_f64(0.5 + dice().clamp(0.0, 1.0));
    match retry_after {
        Some(asked) if asked > LONGEST => Next::Stop,
        Some(asked) => Next::Wait(asked.max(wait)),
        None => Next::Wait(wait),
    }
}

#[cfg(test)]
thread_local! {
    /// What the dice of a simulated world shows.
    pub(crate) static SIMULATED: std::cell::Cell<Option<f64>> = const { std::cell::Cell::new(None) };
}

/// A number from 0 to 1 from the system's randomness.
pub(crate) fn dice() -> f64 {
    #[cfg(test)]
    if let Some(number) = SIMULATED.get() {
        return number;
    }
    // Without randomness the middle of the spread is as good a wait as any.
    getrandom::u32().map_or(0.5, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_spread_by_half_and_stop() {
        let ms = |wait| Next::Wait(Duration::from_millis(wait));
        let secs = Duration::from_secs;
        for (attempt, retries, asked, dice, expected) in [
            (1, 3, None, 0.5, ms(500)),
            (1, 3, None, 0.0, ms(250)),
            (1, 3, None, 1.0, ms(750)),
            (2, 3, None, 0.5, ms(1000)),
            (3, 3, None, 0.5, ms(2000)),
            (4, 3, None, 0.5, Next::Stop),
            (1, 0, None, 0.5, Next::Stop),
            (1, 3, Some(secs(7)), 0.5, ms(7000)),
            (1, 3, Some(secs(0)), 0.5, ms(500)),
            (1, 3, Some(secs(300)), 0.5, ms(300_000)),
            (1, 3, Some(secs(301)), 0.5, Next::Stop),
            (4, 3, Some(secs(1)), 0.5, Next::Stop),
        ] {
            assert_eq!(
                after(attempt, retries, asked, || dice),
                expected,
                "{attempt} {retries} {asked:?} {dice}"
            );
        }
    }
}
