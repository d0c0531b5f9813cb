//! The clock of the journal of single requests: how much time has passed at least, whatever happens to the system's clock.
//!
//! While the machine runs, its uptime tells. Over a restart the system's clock tells, unless it stands before the release of
//! smspin, as where nobody has set it, or before a time that it showed earlier; then the time since the restart is all that
//! is known to have passed. So a window may last longer than it was asked to, and never ends early. The one exception
//! can't be noticed: a system's clock that is set too far ahead while the machine is off.

use crate::batch::journal::sqlite::run_starts::EARLIEST_CREDIBLE;

/// What the machine's clocks show at one moment. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ClockReading {
    /// Since 1970, UTC.
    pub(super) wall: i64,
    /// `None` where the system doesn't tell one start of the machine from another.
    pub(super) boot: Option<Boot>,
}

/// One start of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Boot {
    pub(super) id: String,
    /// The time since then, that of sleeping included.
    pub(super) uptime: i64,
}

impl ClockReading {
    pub(super) fn now() -> Self {
        Self {
            wall: crate::clock::now().as_millisecond(),
            boot: boot(),
        }
    }
}

#[cfg(target_os = "linux")]
fn boot() -> Option<Boot> {
    use crate::batch::journal::sqlite::lock::boot_id;
    use rustix::time::{ClockId, clock_gettime};
    let id = boot_id()?;
    let time = clock_gettime(ClockId::Boottime);
    let uptime = time
        .tv_sec
        .saturating_mul(1000)
        .saturating_add(time.tv_nsec / 1_000_000);
    Some(Boot { id, uptime })
}

#[cfg(not(target_os = "linux"))]
const fn boot() -> Option<Boot> {
    None
}

/// The journal's own time, in milliseconds from an arbitrary beginning, and what the machine's clocks showed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JournalTime {
    pub(super) at: i64,
    /// The latest that the system's clock has shown is kept, so that one that goes back and forth adds nothing.
    pub(super) reading: ClockReading,
}

impl JournalTime {
    pub(super) const fn beginning(reading: ClockReading) -> Self {
        Self { at: 0, reading }
    }

    /// The journal's time when the clocks show this.
    pub(super) fn advanced_to(&self, reading: ClockReading) -> Self {
        let passed = match (&self.reading.boot, &reading.boot) {
            (Some(then), Some(now)) if then.id == now.id => now.uptime - then.uptime,
            (_, boot) => {
                let by_wall = if self.reading.wall >= EARLIEST_CREDIBLE {
                    reading.wall - self.reading.wall
                } else {
                    0
                };
                let since_restart = boot
                    .as_ref()
                    .filter(|_| self.reading.boot.is_some())
                    .map_or(0, |boot| boot.uptime);
                by_wall.max(since_restart)
            }
        };
        Self {
            at: self.at.saturating_add(passed.max(0)),
            reading: ClockReading {
                wall: reading.wall.max(self.reading.wall),
                ..reading
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_000;
    const HOUR: i64 = 3_600_000;

    fn reading(wall: i64, boot: Option<(&str, i64)>) -> ClockReading {
        ClockReading {
            wall,
            boot: boot.map(|(id, uptime)| Boot {
                id: id.to_owned(),
                uptime,
            }),
        }
    }

    /// The journal's time after a first reading and each of the others.
    fn times(readings: &[ClockReading]) -> Vec<i64> {
        let (first, rest) = readings.split_first().unwrap();
        let mut time = JournalTime::beginning(first.clone());
        let advance = |reading: &ClockReading| {
            time = time.advanced_to(reading.clone());
            time.at
        };
        rest.iter().map(advance).collect()
    }

    #[test]
    fn while_the_machine_runs_the_systems_clock_changes_nothing() {
        let boot = |uptime| Some(("a", uptime));
        let readings = [
            reading(0, boot(5)),
            reading(NOW, boot(10)),
            reading(NOW - 9 * HOUR, boot(30)),
            reading(NOW + 99 * HOUR, boot(HOUR)),
        ];
        assert_eq!(times(&readings), [5, 25, HOUR - 5]);
    }

    #[test]
    fn over_a_restart_the_systems_clock_counts_where_it_can_be_believed() {
        let a = |wall| reading(wall, Some(("a", 100)));
        let b = |wall| reading(wall, Some(("b", 70)));
        for (then, now, passed) in [
            (NOW, NOW + HOUR, HOUR),
            // It went back, or was not set: the machine has run for 70 ms, and no more is known.
            (NOW, NOW - HOUR, 70),
            (NOW, 0, 70),
            (0, NOW, 70),
            (0, 5 * HOUR, 70),
        ] {
            assert_eq!(times(&[a(then), b(now)]), [passed], "{then} {now}");
        }
    }

    #[test]
    fn a_clock_that_goes_back_and_forth_over_restarts_adds_nothing() {
        let boots = ["a", "b", "c"].map(|id| move |wall| reading(wall, Some((id, 0))));
        let [a, b, c] = boots;
        assert_eq!(times(&[a(NOW), b(NOW - HOUR), c(NOW + 1)]), [0, 1]);
    }

    #[test]
    fn a_system_that_does_not_tell_its_restarts_has_its_clock_alone() {
        let plain = |wall| reading(wall, None);
        let readings = [
            plain(NOW),
            plain(NOW + 5),
            plain(NOW - HOUR),
            plain(NOW + 6),
            plain(0),
        ];
        assert_eq!(times(&readings), [5, 5, 6, 6]);
        assert_eq!(times(&[plain(0), plain(NOW)]), [0]);
        assert_eq!(times(&[plain(NOW), reading(NOW + 5, Some(("a", HOUR)))]), [5]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_machine_tells_its_start() {
        let (first, second) = (ClockReading::now(), ClockReading::now());
        let (first, second) = (first.boot.unwrap(), second.boot.unwrap());
        assert!(first.id == second.id && 0 < first.uptime && first.uptime <= second.uptime);
    }
}
