//! The time of day, as far as it can be written down. No command begins while the clock has no such time; one that goes on while
//! a user sets the clock to one doesn't end by that.

use jiff::Timestamp;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The year 9999 is the last that dates are written in; what is added to a time (the life of a PIN) has to fit in as well.
const LATEST_SECOND: i64 = 253_370_764_800;

/// The time by this machine's clock; one that is before 1970 or after 9998 gives the first or the last moment in between.
pub(crate) fn now() -> Timestamp {
    #[cfg(test)]
    if let Some((now, _)) = simulated::read() {
        return now;
    }
    timestamp(SystemTime::now())
}

/// How long this machine has been up, with the time in which it slept. No setting of the clock changes it.
#[cfg(target_os = "linux")]
pub(crate) fn since_boot() -> Duration {
    #[cfg(test)]
    if let Some((_, since_boot)) = simulated::read() {
        return since_boot;
    }
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Elsewhere the time of day is the clock that goes on in a sleep.
#[cfg(not(target_os = "linux"))]
pub(crate) fn since_boot() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Whether the clock is set to a time that HTTP has a date for (RFC 9110 §5.6.7), and that a certificate can be checked at: the
/// libraries for both panic where it isn't.
pub(crate) fn is_set() -> bool {
    is_plausible(SystemTime::now())
}

fn is_plausible(time: SystemTime) -> bool {
    time.duration_since(UNIX_EPOCH)
        .is_ok_and(|since| since.as_secs() < LATEST_SECOND.unsigned_abs())
}

fn timestamp(time: SystemTime) -> Timestamp {
    match time.duration_since(UNIX_EPOCH) {
        Err(_) => Timestamp::UNIX_EPOCH,
        Ok(since) if since.as_secs() >= LATEST_SECOND.unsigned_abs() => {
            Timestamp::from_second(LATEST_SECOND).unwrap_or(Timestamp::MAX)
        }
        Ok(_) => Timestamp::try_from(time).unwrap_or(Timestamp::MAX),
    }
}

/// The clocks of a simulated world: they go with tokio's, which a test holds still.
#[cfg(test)]
pub(crate) mod simulated {
    use jiff::{SignedDuration, Timestamp};
    use std::cell::Cell;
    use std::time::Duration;
    use tokio::time::Instant;

    thread_local! {
        static CLOCKS: Cell<Option<(Instant, Timestamp, Duration)>> = const { Cell::new(None) };
    }

    /// From now on this thread has clocks of its own, until [`end`].
    pub(crate) fn begin(now: Timestamp) {
        CLOCKS.set(Some((Instant::now(), now, Duration::ZERO)));
    }

    pub(crate) fn end() {
        CLOCKS.set(None);
    }

    /// The time of day is set anew.
    pub(crate) fn jump(by: SignedDuration) {
        if let Some((start, now, since_boot)) = CLOCKS.get() {
            CLOCKS.set(Some((start, now.saturating_add(by).unwrap_or(now), since_boot)));
        }
    }

    /// The machine sleeps: both clocks go on, and tokio's doesn't.
    pub(crate) fn sleep(time: Duration) {
        if let Some((start, now, since_boot)) = CLOCKS.get() {
            CLOCKS.set(Some((
                start,
                now.saturating_add(time).unwrap_or(now),
                since_boot + time,
            )));
        }
    }

    pub(super) fn read() -> Option<(Timestamp, Duration)> {
        let (start, now, since_boot) = CLOCKS.get()?;
        let passed = start.elapsed();
        Some((now.saturating_add(passed).unwrap_or(now), since_boot + passed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_time_that_has_no_date_becomes_the_nearest_that_has() {
        let after = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let before = |seconds| UNIX_EPOCH - Duration::from_secs(seconds);
        for (time, shown, plausible) in [
            (before(315_619_200), "1970-01-01T00:00:00Z", false),
            (before(1), "1970-01-01T00:00:00Z", false),
            (after(0), "1970-01-01T00:00:00Z", true),
            (after(1_764_028_800), "2025-11-25T00:00:00Z", true),
            (after(253_370_764_799), "9998-12-31T23:59:59Z", true),
            (after(253_402_300_799), "9999-01-01T00:00:00Z", false),
            (after(300_000_000_000), "9999-01-01T00:00:00Z", false),
        ] {
            assert_eq!(timestamp(time).to_string(), shown, "{time:?}");
            assert_eq!(is_plausible(time), plausible, "{time:?}");
        }
    }
}
