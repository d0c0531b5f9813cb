//! What delivery reports say of a batch.

use crate::dlr::DeliveryStatus;
use crate::domain::duration;
use crate::journal::Delivery;
use crate::text::grouped;
use hdrhistogram::Histogram;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

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
    /// `deliveries` come with when their requests were made.
    pub(crate) fn of(
        rows: u64,
        sent: u64,
        accepted: u64,
        deliveries: impl Iterator<Item = (Timestamp, Delivery)>,
    ) -> Self {
        const DAYS_30: u64 = 30 * 24 * 3600;
        let mut seconds = Histogram::<u64>::new_with_bounds(1, DAYS_30, 3).expect("bounds that are allowed");
        let (mut delivered, mut not_delivered) = (0, 0);
        for (sent_at, delivery) in deliveries.filter(|(_, delivery)| delivery.is_certain) {
            match delivery.status {
                DeliveryStatus::Delivered => delivered += 1,
                status if status.is_final() => not_delivered += 1,
                _ => {}
            }
            let taken = delivery.at.filter(|_| delivery.status == DeliveryStatus::Delivered);
            let taken = taken.and_then(|at| Duration::try_from(at.duration_since(sent_at)).ok());
            if let Some(taken) = taken {
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
