//! The server's clock. Machines that share a journal may each have a clock of their own, so all times in the database are by that
//! of the server: what is written is moved to it, and what is read is moved back.

use super::fault::PostgresFault;
use super::session::{DatabaseSession, get};
use crate::journal::error::{JournalError, JournalFault};
use jiff::{SignedDuration, Timestamp};

/// By how many milliseconds the server's clock is ahead of this machine's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerClock(i64);

/// Clocks this near are one: the way to the server takes its time.
const ALIKE: i64 = 2000;
/// Clocks that are further apart than this can't be trusted with the age of an SMS.
const FARTHEST: i64 = 600_000;

impl ServerClock {
    pub(super) fn of(session: &DatabaseSession) -> Result<Self, PostgresFault> {
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::int8";
        let there: i64 = get(&session.one("look at", sql, &[])?, 0)?;
        Ok(Self::new(there - crate::clock::now().as_millisecond()))
    }

    const fn new(ahead: i64) -> Self {
        Self(if ahead.abs() <= ALIKE { 0 } else { ahead })
    }

    /// A clock that has jumped would end the time in which a number gets no other SMS, or make it longer.
    pub(super) fn check(self) -> Result<(), JournalError> {
        if self.0.abs() <= FARTHEST {
            return Ok(());
        }
        let apart =
            crate::domain::duration::human(std::time::Duration::from_secs(self.0.unsigned_abs() / 1000));
        let error = format!(
            "the clock of the database's server is {apart} {} that of this machine, so the age of an SMS can't be told",
            if self.0 > 0 { "ahead of" } else { "behind" }
        );
        Err(JournalError::new(JournalFault::Unusable, error).hint("correct the clock that is wrong"))
    }

    /// A moment of this machine, as it is written.
    pub(super) fn written(self, moment: Timestamp) -> i64 {
        moment.as_millisecond().saturating_add(self.0)
    }

    /// The inverse of [`ServerClock::written`].
    pub(super) fn read(self, millis: i64) -> Result<Timestamp, PostgresFault> {
        Timestamp::from_millisecond(millis)
            .and_then(|moment| moment.checked_sub(SignedDuration::from_millis(self.0)))
            .map_err(|_| PostgresFault::damaged("a time is not valid"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_near_is_the_same_and_one_that_has_jumped_is_refused() {
        for (ahead, offset, is_refused) in [
            (0, 0, false),
            (2000, 0, false),
            (-2001, -2001, false),
            (600_000, 600_000, false),
            (600_001, 600_001, true),
            (-3_600_000, -3_600_000, true),
        ] {
            let clock = ServerClock::new(ahead);
            assert_eq!(clock, ServerClock(offset), "{ahead}");
            assert_eq!(clock.check().is_err(), is_refused, "{ahead}");
            let moment = Timestamp::from_millisecond(1_800_000_000_000).unwrap();
            assert_eq!(clock.read(clock.written(moment)).unwrap(), moment);
        }
        let said = ServerClock::new(-3_600_000).check().unwrap_err().to_string();
        assert!(said.contains("1h behind"), "{said}");
    }
}
