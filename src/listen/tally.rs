//! Counts what was received, for the summary: by status, by country, and by the time that the delivery took.

use super::writer::KeptReport;
use crate::dlr::{DeliveryReport, DeliveryStatus, ReportClock};
use crate::domain::numbering;
use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Statuses that are counted apart; a sender that invents them must not fill the memory.
const STATUSES: usize = 40;
const OTHER: &str = "(other)";

/// The upper ends of the histogram's bars, in seconds; an SMS is valid for 48 hours.
const BARS: [u64; 8] = [5, 10, 30, 60, 300, 3600, 6 * 3600, 48 * 3600];

/// In seconds; what took longer counts as this.
const LONGEST: u64 = 30 * 24 * 3600;

/// How requests were answered, by HTTP status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct RequestCounts(#[schemars(with = "BTreeMap<String, u64>")] pub(crate) BTreeMap<u16, u64>);

impl RequestCounts {
    /// True for the first of a status.
    pub(super) fn add(&mut self, status: u16) -> bool {
        let count = self.0.entry(status).or_default();
        *count += 1;
        *count == 1
    }
}

/// What was received, counted.
#[derive(Debug)]
pub(crate) struct ReportTally {
    clock: ReportClock,
    pub(crate) counts: ReportCounts,
    seconds: Histogram<u64>,
}

/// What was received, by what it is.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct ReportCounts {
    /// Reports that are on disk now and were not before.
    pub(crate) reports: u64,
    /// Reports that were on disk before, and were dropped.
    pub(crate) repeated: u64,
    /// Posted things that are not delivery reports; they are on disk too.
    pub(crate) foreign: u64,
    /// By the word of the status, as documented or as posted.
    pub(crate) by_status: BTreeMap<String, u64>,
    /// Final reports by country: two letters (ISO 3166), or `unknown`.
    pub(crate) by_country: BTreeMap<&'static str, CountryDeliveries>,
}

/// The final reports of one country.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct CountryDeliveries {
    pub(crate) delivered: u64,
    pub(crate) not_delivered: u64,
}

/// One bar of the histogram: how many deliveries took longer than the bar before it, and at most this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct DeliveryBucket {
    /// Absent for the last bar, which counts everything above the one before.
    #[serde(rename = "up_to_seconds", skip_serializing_if = "Option::is_none")]
    pub(crate) up_to: Option<u64>,
    pub(crate) count: u64,
}

impl ReportTally {
    pub(crate) fn new() -> Self {
        Self {
            clock: ReportClock::new(),
            counts: ReportCounts::default(),
            seconds: Histogram::new_with_bounds(1, LONGEST, 3).expect("bounds that are allowed"),
        }
    }

    pub(crate) fn add(&mut self, kept: &KeptReport<'_>) {
        let counts = &mut self.counts;
        let Some(report) = kept.report else {
            counts.foreign += 1;
            return;
        };
        counts.reports += 1;
        let known = report.known_status();
        let word = known.map_or_else(|| report.status.trim().to_owned(), |status| status.to_string());
        let is_new = !counts.by_status.contains_key(&word);
        let word = if is_new && counts.by_status.len() >= STATUSES {
            OTHER.to_owned()
        } else {
            word
        };
        *counts.by_status.entry(word).or_default() += 1;
        let Some(status) = known.filter(|status| status.is_final()) else {
            return;
        };
        let region = numbering::region_of(report.to);
        let country = counts
            .by_country
            .entry(region.map_or("unknown", numbering::Region::code))
            .or_default();
        if status == DeliveryStatus::Delivered {
            country.delivered += 1;
            if let Some(taken) = self.delivery_time(report) {
                self.seconds.saturating_record(taken.as_secs());
            }
        } else {
            country.not_delivered += 1;
        }
    }

    /// From the SMS to the status that the report tells, by the dates in it. `None` if they are missing or make no sense.
    pub(crate) fn delivery_time(&self, report: &DeliveryReport) -> Option<Duration> {
        let read = |date: &Option<String>| self.clock.read(date.as_deref()?);
        let (sent, came) = (read(&report.sms_date)?, read(&report.dlr_date)?);
        Duration::try_from(came.duration_since(sent)).ok()
    }

    /// The times to delivery, in seconds. `None` without a delivery.
    pub(crate) fn seconds(&self) -> Option<&Histogram<u64>> {
        Some(&self.seconds).filter(|seconds| !seconds.is_empty())
    }

    /// Deliveries by the time that they took, up to the last bar that counts any.
    pub(crate) fn histogram(&self) -> Vec<DeliveryBucket> {
        let mut below = 0;
        let ends = BARS.iter().map(|end| Some(*end)).chain([None]);
        let mut bars: Vec<_> = ends
            .map(|up_to| {
                let so_far = up_to.map_or(self.seconds.len(), |end| self.seconds.count_between(0, end));
                let count = so_far.saturating_sub(below);
                below = below.max(so_far);
                DeliveryBucket { up_to, count }
            })
            .collect();
        while bars.last().is_some_and(|bar| bar.count == 0) {
            bars.pop();
        }
        bars
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::msisdn::Msisdn;
    use jiff::Timestamp;

    fn add(tally: &mut ReportTally, to: u64, status: &str, seconds: Option<u64>) {
        let clock = ReportClock::new();
        let sent = Timestamp::from_second(1_770_000_000).unwrap();
        let report = DeliveryReport {
            sms_id: None,
            from: None,
            to: Msisdn::from_u64(to).unwrap(),
            custom: None,
            sms_date: Some(clock.write(sent)),
            status: status.to_owned(),
            dlr_date: seconds.map(|seconds| clock.write(sent + Duration::from_secs(seconds))),
        };
        tally.add(&KeptReport {
            received_at: sent,
            attempt_id: None,
            report: Some(&report),
        });
    }

    #[test]
    fn reports_are_counted_by_status_country_and_time() {
        let mut tally = ReportTally::new();
        add(&mut tally, 34_600_000_001, "delivrd", Some(3));
        add(&mut tally, 34_600_000_002, "DELIVRD", Some(5));
        add(&mut tally, 34_600_000_003, "DELIVRD", Some(3600));
        add(&mut tally, 34_600_000_004, "DELIVRD", None);
        add(&mut tally, 33_612_345_678, "UNDELIV", Some(9));
        add(&mut tally, 33_612_345_678, "ACCEPTD", Some(1));
        add(&mut tally, 33_612_345_678, "BUFFERED", None);
        assert_eq!(
            (
                tally.counts.reports,
                tally.counts.by_status["DELIVRD"],
                tally.counts.by_status["BUFFERED"]
            ),
            (7, 4, 1)
        );
        let by_country = tally.counts.by_country.iter();
        let by_country: Vec<_> = by_country
            .map(|(country, counts)| (*country, counts.delivered, counts.not_delivered))
            .collect();
        assert_eq!(by_country, [("ES", 4, 0), ("FR", 0, 1)]);
        let seconds = tally.seconds().unwrap();
        assert_eq!((seconds.value_at_quantile(0.5), seconds.max() / 100), (5, 36));
        let bars: Vec<_> = tally
            .histogram()
            .iter()
            .map(|bar| (bar.up_to, bar.count))
            .collect();
        assert_eq!(
            bars,
            [
                (Some(5), 2),
                (Some(10), 0),
                (Some(30), 0),
                (Some(60), 0),
                (Some(300), 0),
                (Some(3600), 1)
            ]
        );
    }

    #[test]
    fn invented_statuses_are_counted_together_in_the_end() {
        let mut tally = ReportTally::new();
        for n in 0..100 {
            add(&mut tally, 34_600_000_001, &format!("S{n}"), None);
        }
        assert_eq!(
            (tally.counts.by_status.len(), tally.counts.by_status[OTHER]),
            (STATUSES + 1, 60)
        );
        assert_eq!((tally.seconds(), tally.histogram()), (None, vec![]));
    }
}
