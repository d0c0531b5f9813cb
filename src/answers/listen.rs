//! What a listener says: that it is ready, each report, and the summary at its end.

use super::batch::DeliverySeconds;
use crate::domain::duration;
use crate::listen::{DeliveryBucket, KeptReport, ReportCounts, ReportTally, RequestCounts};
use crate::outcome::OutcomeWord;
use crate::output::{Report, Style};
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

/// Reports are taken from now on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ListenReadyReport {
    /// Host and port that it listens at.
    address: String,
    /// What to configure as `report_url`. It holds the token: who knows it can post reports.
    report_url: String,
    /// The file that reports are appended to.
    out: String,
}

impl ListenReadyReport {
    pub(crate) fn new(address: SocketAddr, report_url: String, out: &Path) -> Self {
        Self {
            address: address.to_string(),
            report_url,
            out: out.display().to_string(),
        }
    }
}

impl Report for ListenReadyReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Ready];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        format!(
            "{}: delivery reports are taken at {}\n  report URL  {}\n  file        {}\nStop it with Ctrl-C.",
            paint(Style::Good, "ready"),
            self.address,
            self.report_url,
            text::line(&self.out)
        )
    }
}

/// A report that is on disk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ListenReceivedReport {
    received_at: String,
    /// The id of the attempt whose `report_url` it was posted to.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt_id: Option<String>,
    /// As it was posted; absent, like `msisdn`, for something that is not a delivery report.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    msisdn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms_id: Option<String>,
    /// Whether no other status can follow.
    #[serde(rename = "final")]
    is_final: bool,
    /// From the SMS to this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
}

impl ListenReceivedReport {
    pub(crate) fn new(kept: &KeptReport<'_>, tally: &ReportTally) -> Self {
        let report = kept.report;
        let known = report.and_then(crate::dlr::DeliveryReport::known_status);
        Self {
            received_at: format!("{:.3}", kept.received_at),
            attempt_id: kept.attempt_id.map(str::to_owned),
            status: report.map(|report| report.status.clone()),
            msisdn: report.map(|report| report.to.to_string()),
            sms_id: report.and_then(|report| report.sms_id.clone()),
            is_final: known.is_some_and(crate::dlr::DeliveryStatus::is_final),
            seconds: report
                .and_then(|report| tally.delivery_time(report))
                .map(|taken| taken.as_secs()),
        }
    }

    fn style(&self) -> Style {
        let known = self.status.as_deref().and_then(crate::dlr::DeliveryStatus::of);
        match known {
            Some(crate::dlr::DeliveryStatus::Delivered) => Style::Good,
            Some(status) if status.is_final() => Style::Bad,
            _ => Style::Doubt,
        }
    }
}

impl Report for ListenReceivedReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Received];

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let (Some(status), Some(msisdn)) = (&self.status, &self.msisdn) else {
            return format!("{}  not a delivery report, kept", paint(Style::Doubt, "-      "));
        };
        let age = self.seconds.map(|seconds| {
            format!(
                "  {} after sending",
                duration::human(Duration::from_secs(seconds))
            )
        });
        let line = format!(
            "{}  {msisdn:<15}{}",
            paint(self.style(), &format!("{:<7}", text::line(status.trim()))),
            age.unwrap_or_default()
        );
        line.trim_end().to_owned()
    }
}

/// Why a listener ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ListenEnd {
    /// A signal.
    Signal,
    /// The time of `--timeout`.
    Timeout,
    /// Everything that `--until-final` waited for has come.
    Final,
}

/// What a listener received.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ListenSummaryReport {
    #[serde(skip)]
    pub(crate) outcome: OutcomeWord,
    pub(crate) stopped_by: ListenEnd,
    #[serde(flatten)]
    counts: ReportCounts,
    /// Absent where no report tells when an SMS was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_seconds: Option<DeliverySeconds>,
    /// Deliveries by the time they took.
    histogram: Vec<DeliveryBucket>,
    /// Requests by the HTTP status that they were answered with.
    answers: RequestCounts,
    /// With `--until-final`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) awaited: Option<AwaitedCounts>,
    /// With `--forward`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forwarded: Option<ForwardCounts>,
}

/// What became of the SMS that `--until-final` waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct AwaitedCounts {
    pub(crate) delivered: u64,
    /// Those with another final status.
    pub(crate) not_delivered: u64,
    /// Those without a final status.
    pub(crate) missing: u64,
}

/// Posts that were passed on to `--forward`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct ForwardCounts {
    pub(crate) posts: u64,
    /// Those that were not answered with a 2xx.
    pub(crate) failed: u64,
    /// Those that were stored and not passed on: too many waited, or the listener ended before an answer came.
    pub(crate) dropped: u64,
}

impl ListenSummaryReport {
    pub(crate) fn new(
        outcome: OutcomeWord,
        stopped_by: ListenEnd,
        tally: ReportTally,
        answers: RequestCounts,
    ) -> Self {
        Self {
            outcome,
            stopped_by,
            delivery_seconds: tally.seconds().map(DeliverySeconds::of),
            histogram: tally.histogram(),
            counts: tally.counts,
            answers,
            awaited: None,
            forwarded: None,
        }
    }

    /// A bar for each time, the longest 40 characters.
    fn bars(&self) -> String {
        let most = self
            .histogram
            .iter()
            .map(|bar| bar.count)
            .max()
            .unwrap_or_default()
            .max(1);
        let bars = self.histogram.iter().map(|bar| {
            let until = bar
                .up_to
                .map(|seconds| duration::human(Duration::from_secs(seconds)));
            let until = until.map_or_else(|| "more".to_owned(), |until| format!("up to {until}"));
            let width = usize::try_from(bar.count * 40 / most).unwrap_or_default();
            let bar = format!("\n  {until:<10} {:>8}  {}", bar.count, "#".repeat(width));
            bar.trim_end().to_owned()
        });
        bars.collect()
    }
}

impl Report for ListenSummaryReport {
    const OUTCOMES: &'static [OutcomeWord] = &[OutcomeWord::Done, OutcomeWord::TimedOut];

    fn outcome(&self) -> OutcomeWord {
        self.outcome
    }

    fn human(&self, paint: &dyn Fn(Style, &str) -> String) -> String {
        let mut text = format!(
            "{}: reports {}, repeated {}, not a report {}",
            paint(Style::Strong, "received"),
            self.counts.reports,
            self.counts.repeated,
            self.counts.foreign
        );
        for (status, count) in &self.counts.by_status {
            text.push_str(&format!("\n  {:<10} {count:>8}", text::line(status)));
        }
        for (country, counts) in &self.counts.by_country {
            let (delivered, not_delivered) = (counts.delivered, counts.not_delivered);
            text.push_str(&format!(
                "\n  {country:<10} delivered {delivered}, not delivered {not_delivered}"
            ));
        }
        if let Some(seconds) = self.delivery_seconds {
            text.push_str(&format!("\n{}{}", seconds.line(), self.bars()));
        }
        let refused = self.answers.0.iter().filter(|(status, _)| **status != 200);
        for (status, count) in refused {
            text.push_str(&format!("\nanswered with HTTP {status}: {count}"));
        }
        if let Some(ForwardCounts {
            posts,
            failed,
            dropped,
        }) = self.forwarded
        {
            text.push_str(&format!(
                "\nforwarded {posts}, failed {failed}, dropped {dropped}"
            ));
        }
        if let Some(AwaitedCounts {
            delivered,
            not_delivered,
            missing,
        }) = self.awaited
        {
            text.push_str(&format!("\nwaited for: delivered {delivered}, not delivered {not_delivered}, no final status {missing}"));
        }
        text
    }
}
