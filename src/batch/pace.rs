//! How fast a batch may launch: one token bucket for the whole batch, and the pauses that stop all of it.
//!
//! Pure: it is told what time it is, and says whether to go or until when to wait. It never sleeps.

use crate::domain::invalid::Invalid;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How much of a lag is made up for: what a late caller may send at once is what 100 ms would have allowed.
const LONGEST_BURST: Duration = Duration::from_millis(100);

/// A rate as people write it: `100/s`, `5000/min`, `500000/h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    count: u32,
    /// The unit of time that it counts in, as it is shown, and how long it is.
    unit: &'static str,
    seconds: u32,
}

impl Rate {
    /// The largest count in a rate.
    pub(crate) const MAX: u32 = 1_000_000_000;

    /// The time between two launches, rounded up, so that the rate is never exceeded.
    fn interval(self) -> Duration {
        let nanos = u64::from(self.seconds) * 1_000_000_000;
        Duration::from_nanos(nanos.div_ceil(self.count.into()))
    }

    /// Requests a second.
    pub(crate) fn per_second(self) -> f64 {
        f64::from(self.count) / f64::from(self.seconds)
    }
}

impl FromStr for Rate {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let shape = || Invalid::new("a rate needs a count and a unit: 100/s, 5000/min or 500000/h");
        let (count, unit) = text.split_once('/').ok_or_else(shape)?;
        let (count, unit) = (count.trim(), unit.trim());
        if count.is_empty() || unit.is_empty() {
            return Err(shape());
        }
        let (unit, seconds) = match unit {
            "s" | "sec" | "second" => ("s", 1),
            "min" | "minute" => ("min", 60),
            "h" | "hour" => ("h", 3600),
            _ => {
                return Err(Invalid::new(
                    "a rate is per s, min or h, as in 100/s, 5000/min or 500000/h",
                ));
            }
        };
        let count = count.parse().ok().filter(|count| (1..=Self::MAX).contains(count));
        Ok(Self {
            count: count.ok_or_else(|| {
                Invalid::new(format_args!(
                    "a rate counts whole requests, from 1 to {}: 1/min is the same as 60/h",
                    Self::MAX
                ))
            })?,
            unit,
            seconds,
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.unit)
    }
}

/// Whether the next request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LaunchTime {
    /// Now; it has been counted.
    Go,
    /// Not before this instant; nothing has been counted.
    Wait(Instant),
}

/// The pace of a batch.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    interval: Duration,
    /// When the next request is due. Being late is made up for, up to [`LONGEST_BURST`].
    due: Instant,
    paused_until: Option<Instant>,
}

impl Pace {
    /// Nothing has been saved up at the start. Without a rate there are only pauses.
    pub(crate) fn new(rate: Option<Rate>, now: Instant) -> Self {
        Self {
            interval: rate.map_or(Duration::ZERO, Rate::interval),
            due: now,
            paused_until: None,
        }
    }

    /// Asks for a turn. Time is monotonic: `now` is never before the one of an earlier call.
    pub(crate) fn turn(&mut self, now: Instant) -> LaunchTime {
        if let Some(until) = self.paused_until {
            if now < until {
                return LaunchTime::Wait(until.max(self.due));
            }
            self.paused_until = None;
            self.due = self.due.max(until);
        }
        if now < self.due {
            return LaunchTime::Wait(self.due);
        }
        let oldest = now.checked_sub(LONGEST_BURST).unwrap_or(now);
        self.due = self.due.max(oldest) + self.interval;
        LaunchTime::Go
    }

    /// Stops the whole batch until an instant. Pauses don't add up: the latest end counts.
    pub(crate) fn pause_until(&mut self, until: Instant) {
        self.paused_until = Some(self.paused_until.map_or(until, |other| other.max(until)));
    }

    /// The end of a pause that is not over yet.
    pub(crate) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(text: &str) -> Rate {
        text.parse().unwrap()
    }

    /// How many turns a caller gets who asks at every step of a clock until `end`.
    fn turns(pace: &mut Pace, from: Instant, step: Duration, end: Instant) -> u32 {
        let (mut now, mut count) = (from, 0);
        while now < end {
            while pace.turn(now) == LaunchTime::Go {
                count += 1;
            }
            now += step;
        }
        count
    }

    #[test]
    fn rates_are_read_as_people_write_them() {
        for (text, shown) in [
            ("100/s", "100/s"),
            ("100 / sec", "100/s"),
            ("5000/min", "5000/min"),
            ("500000/h", "500000/h"),
            ("1/hour", "1/h"),
        ] {
            assert_eq!(rate(text).to_string(), shown);
        }
        assert!((rate("500000/h").per_second() - 138.888).abs() < 0.001);
    }

    #[test]
    fn what_is_no_rate_says_why() {
        for (text, error) in [
            ("", "needs a count and a unit"),
            ("100", "needs a count and a unit"),
            ("/s", "needs a count and a unit"),
            ("100/", "needs a count and a unit"),
            ("100/m", "is per s, min or h"),
            ("100/S", "is per s, min or h"),
            ("100/s/s", "is per s, min or h"),
            ("0/s", "counts whole requests"),
            ("-1/s", "counts whole requests"),
            ("0.5/s", "counts whole requests"),
            ("1e3/s", "counts whole requests"),
            ("99999999999/s", "counts whole requests"),
        ] {
            let refused = text.parse::<Rate>().unwrap_err().to_string();
            assert!(refused.contains(error), "{text}: {refused}");
        }
    }

    #[test]
    fn a_minute_at_139_a_second_is_right_within_a_percent() {
        for step in [
            Duration::from_micros(100),
            Duration::from_millis(1),
            Duration::from_millis(90),
        ] {
            let start = Instant::now();
            let end = start + Duration::from_secs(60);
            let count = turns(&mut Pace::new(Some(rate("139/s")), start), start, step, end);
            assert!((8257..=8423).contains(&count), "{count} at {step:?}");
        }
    }

    #[test]
    fn nothing_is_saved_up_in_a_pause_nor_before_the_start() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(rate("1000/s")), start);
        assert_eq!(pace.turn(start), LaunchTime::Go);
        assert!(matches!(pace.turn(start), LaunchTime::Wait(_)));
        let end = start + Duration::from_secs(10);
        pace.pause_until(start + Duration::from_secs(1));
        pace.pause_until(end);
        pace.pause_until(start + Duration::from_secs(2));
        assert_eq!(pace.turn(start + Duration::from_secs(3)), LaunchTime::Wait(end));
        assert_eq!(pace.paused_until(start + Duration::from_secs(3)), Some(end));
        assert_eq!(pace.turn(end), LaunchTime::Go);
        assert!(matches!(pace.turn(end), LaunchTime::Wait(_)));
        assert_eq!(pace.paused_until(end), None);
    }

    #[test]
    fn a_late_caller_makes_up_for_a_tenth_of_a_second_at_most() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(rate("1000/s")), start);
        let late = start + Duration::from_secs(30);
        assert_eq!(
            turns(
                &mut pace,
                late,
                Duration::from_secs(1),
                late + Duration::from_nanos(1)
            ),
            101
        );
    }

    #[test]
    fn without_a_rate_there_are_only_pauses() {
        let start = Instant::now();
        let mut pace = Pace::new(None, start);
        for _ in 0..1000 {
            assert_eq!(pace.turn(start), LaunchTime::Go);
        }
        let later = start + Duration::from_secs(1);
        pace.pause_until(later);
        assert_eq!(pace.turn(start), LaunchTime::Wait(later));
        assert_eq!(pace.turn(later), LaunchTime::Go);
    }

    proptest! {
        #[test]
        fn no_window_has_more_than_the_rate_and_one_burst(
            count in 1..5000_u32, gaps in prop::collection::vec(0..400_u64, 1..200),
        ) {
            let start = Instant::now();
            let mut pace = Pace::new(Some(Rate { count, unit: "s", seconds: 1 }), start);
            let (mut now, mut sent) = (start, 0_u32);
            for gap in gaps {
                now += Duration::from_millis(gap);
                while pace.turn(now) == LaunchTime::Go {
                    sent += 1;
                }
                let allowed = (now - start + LONGEST_BURST).as_secs_f64() * f64::from(count) + 1.0;
                prop_assert!(f64::from(sent) <= allowed, "{sent} of {allowed}");
            }
        }
    }
}
