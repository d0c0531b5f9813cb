//! The dates of delivery reports: `YYYY-MM-DD HH:MM:SS` on the clock of Madrid, without a zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The rules of Europe/Madrid. Written out, because not every machine has a database of time zones.
const MADRID: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
const FORMAT: &str = "%Y-%m-%d %H:%M:%S";

/// Writes and reads the dates of delivery reports.
#[derive(Clone, Debug)]
pub(crate) struct ReportClock(TimeZone);

impl ReportClock {
    pub(crate) fn new() -> Self {
        Self(TimeZone::posix(MADRID).expect("the rules of Madrid are valid"))
    }

    /// The date of an instant, to the second.
    pub(crate) fn write(&self, at: Timestamp) -> String {
        self.0.to_datetime(at).strftime(FORMAT).to_string()
    }

    /// The instant of a date. Of an hour that the clock shows twice, in autumn, the first is taken; a time that the clock
    /// skips, in spring, is read as if the clock had not been changed yet. `None` if `text` is not such a date.
    pub(crate) fn read(&self, text: &str) -> Option<Timestamp> {
        let date = DateTime::strptime(FORMAT, text.trim()).ok()?;
        self.0.to_timestamp(date).ok()
    }
}
