//! What delivery reports say of a batch.

use crate::batch::journal::RowDelivery;
use crate::batch::reconcile::Reconciled;
use crate::dlr::DeliveryStatus;
use crate::domain::duration;
use crate::text::{count, grouped};
use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// The reports that were read.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct ReportsPart {
    /// Delivery reports in the file.
    read: u64,
    /// Those that the journal did not have yet. Each of them is matched, probable or unmatched.
    new: u64,
    /// They came with the id of a request of this batch.
    matched: u64,
    /// They have no id, and are about a number that is unknown.
    probable: u64,
    /// They fit no request of this batch.
    unmatched: u64,
    /// Rows that were unknown and are accepted now.
    settled: u64,
    /// Stored things that are no delivery reports.
    foreign: u64,
    /// Lines that are not as `smspin listen` writes them.
    unreadable: u64,
}

impl ReportsPart {
    pub(crate) fn of(reconciled: &Reconciled) -> Self {
        let counts = reconciled.counts;
        Self {
            read: counts.reports,
            new: counts.new,
            matched: counts.matched,
            probable: counts.probable,
            unmatched: counts.unmatched,
            settled: counts.settled,
            foreign: counts.foreign,
            unreadable: reconciled.unreadable,
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} read, {} of them new",
            count(self.read, "report", "reports"),
            grouped(self.new)
        )];
        let mut add = |number: u64, text: &str| {
            if number > 0 {
                lines.push(format!("  {:>9}  {text}", grouped(number)));
            }
        };
        add(self.matched, "with the id of a request of this batch");
        add(self.probable, "without an id, for a number that is unknown");
        add(self.unmatched, "about none of this batch");
        add(self.foreign, "not a delivery report");
        add(self.unreadable, "not a line of `smspin listen`");
        add(self.settled, "unknown before, and accepted now");
        lines
    }
}

/// From rows to deliveries. Only reports that came with the id of a request count.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct FunnelPart {
    rows: u64,
    /// Numbers that were tried.
    sent: u64,
    accepted: u64,
    delivered: u64,
    /// Those with another final status.
    not_delivered: u64,
    /// From the request to the delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_seconds: Option<FunnelSeconds>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct FunnelSeconds {
    p50: u64,
    p95: u64,
    p99: u64,
    max: u64,
}

impl FunnelPart {
    pub(crate) fn of(
        rows: u64,
        sent: u64,
        accepted: u64,
        deliveries: impl Iterator<Item = RowDelivery>,
    ) -> Self {
        const DAYS_30: u64 = 30 * 24 * 3600;
        let mut seconds = Histogram::<u64>::new_with_bounds(1, DAYS_30, 3).expect("bounds that are allowed");
        let (mut delivered, mut not_delivered) = (0, 0);
        for delivery in deliveries.filter(|delivery| delivery.sent_at.is_some()) {
            match delivery.status {
                DeliveryStatus::Delivered => delivered += 1,
                status if status.is_final() => not_delivered += 1,
                _ => {}
            }
            if let Some(taken) = delivery
                .taken()
                .filter(|_| delivery.status == DeliveryStatus::Delivered)
            {
                seconds.saturating_record(taken.as_secs());
            }
        }
        let at = |share| seconds.value_at_quantile(share);
        Self {
            rows,
            sent,
            accepted,
            delivered,
            not_delivered,
            delivery_seconds: (!seconds.is_empty()).then(|| FunnelSeconds {
                p50: at(0.5),
                p95: at(0.95),
                p99: at(0.99),
                max: seconds.max(),
            }),
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "rows {} > sent {} > accepted {} > delivered {} (not delivered {})",
            grouped(self.rows),
            grouped(self.sent),
            grouped(self.accepted),
            grouped(self.delivered),
            grouped(self.not_delivered)
        )];
        if let Some(FunnelSeconds { p50, p95, p99, max }) = self.delivery_seconds {
            let human = |seconds| duration::human(Duration::from_secs(seconds));
            lines.push(format!(
                "time to delivery: median {}, 95% within {}, 99% within {}, longest {}",
                human(p50),
                human(p95),
                human(p99),
                human(max)
            ));
        }
        lines
    }
}
